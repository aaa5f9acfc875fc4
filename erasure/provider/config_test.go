package provider

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// loadText loads a configuration as config.yaml, with files beside it.
func loadText(text string, files map[string]string, getenv func(string) string) ([]*Connection, error) {
	l := &loader{
		getenv: getenv,
		readFile: func(name string) ([]byte, error) {
			if text, ok := files[name]; ok {
				return []byte(text), nil
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		},
		descriptions: map[string]*description{},
		names:        map[string]bool{},
	}
	return l.load("config.yaml", []byte(text))
}

func TestLoad(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"config.yaml": `proxy: none
connections:
  - name: stripe-br
    use: stripe
    parameters:
      api_key: {env: SECRET}
  - name: acme_mx
    describe: descriptions/acme.yaml
    parameters:
      base_url: https://mx.acme.example
      merchant: {env: MERCHANT}
      key: {file: keys/acme}
    limits: {concurrency: 7}
    timeout: 3s
  - name: by-hand
    use: manual
`,
		"descriptions/acme.yaml": acme,
		"keys/acme":              "key-from-a-file\n",
	} {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	connections, err := Load(filepath.Join(folder, "config.yaml"), func(name string) string {
		return map[string]string{"SECRET": secret, "MERCHANT": "merchant_7"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(connections) != 3 {
		t.Fatalf("%d connections, want 3", len(connections))
	}
	stripe, acmeMX, byHand := connections[0], connections[1], connections[2]
	if stripe.Name() != "stripe-br" || stripe.Description() != "stripe" || stripe.Title() != "Stripe" || stripe.Limits() != (Limits{20, 4}) || stripe.timeout != defaultTimeout {
		t.Errorf("stripe: %s %s %s %+v", stripe.Name(), stripe.Description(), stripe.Title(), stripe.Limits())
	}
	if acmeMX.Description() != "acme" || acmeMX.Limits() != (Limits{10, 7}) || acmeMX.timeout != 3*time.Second {
		t.Errorf("acme: %s %+v %v", acmeMX.Description(), acmeMX.Limits(), acmeMX.timeout)
	}
	for name, want := range map[string]string{"base_url": "https://mx.acme.example", "suffix": "", "merchant": "merchant_7", "key": "key-from-a-file"} {
		if got := acmeMX.parameters[name].reveal(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if byHand.Description() != "manual" {
		t.Errorf("manual: %s", byHand.Description())
	}
}

func TestLoadWithoutFile(t *testing.T) {
	t.Parallel()
	if _, err := Load(filepath.Join(t.TempDir(), "config.yaml"), env); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	const stripe = "  - name: a\n    use: stripe\n"
	tests := map[string]struct{ text, want string }{
		"Empty":           {"", "config.yaml: is empty"},
		"NoConnections":   {"proxy: none\n", "config.yaml:1: connections: is missing"},
		"Proxy":           {"proxy: socks\nconnections: []\n", "config.yaml:1: proxy: must be one of none, environment"},
		"UnknownAtTop":    {"connection:\n  - name: a\n", "config.yaml:1: has an unknown field; the fields are: proxy, connections"},
		"UnknownField":    {"connections:\n" + stripe + "    LITERAL:\n      x: y\n", "config.yaml:4: connections[0]: has an unknown field; the fields are: name, use, describe, mode, account, parameters, limits, timeout, answers"},
		"FieldTwice":      {"connections:\n" + stripe + "    use: manual\n", "config.yaml:4: connections[0]: has this field twice"},
		"Tab":             {"connections:\n\t- name: a\n", "config.yaml:2: YAML: a value cannot begin with this character: indent with spaces, not tabs, and quote what begins with @, % or a backquote"},
		"NoName":          {"connections:\n  - use: manual\n", "config.yaml:2: connections[0].name: is missing"},
		"Name":            {"connections:\n  - {name: Stripe BR, use: manual}\n", "config.yaml:2: connections[0].name: must be at most 64 lower-case letters, digits, hyphens and underscores"},
		"NameTwice":       {"connections:\n  - {name: a, use: manual}\n  - {name: a, use: manual}\n", "config.yaml:3: connections[1].name: is the name of an earlier connection too"},
		"NeitherUse":      {"connections:\n  - {name: a}\n", "config.yaml:2: connections[0]: must have either use, a name from the catalogue, or describe, the path of a description"},
		"BothUse":         {"connections:\n  - {name: a, use: stripe, describe: acme.yaml}\n", "config.yaml:2: connections[0]: must have either use, a name from the catalogue, or describe, the path of a description"},
		"NotInCatalogue":  {"connections:\n  - {name: a, use: strype}\n", "config.yaml:2: connections[0].use: is not in the catalogue; there are: " + catalogueNames()},
		"NoSuchFile":      {"connections:\n  - {name: a, describe: none.yaml}\n", "config.yaml:2: connections[0].describe: file does not exist"},
		"InDescription":   {"connections:\n  - {name: a, describe: broken.yaml}\n", "broken.yaml:10: timeout: must be a duration from 1s to 10m, such as 20s"},
		"MissingSecret":   {"connections:\n" + stripe, "config.yaml:2: connections[0].parameters.api_key: is missing: stripe needs it"},
		"LiteralSecret":   {"connections:\n" + stripe + "    parameters:\n      api_key: sk_live_LITERAL\n", "config.yaml:5: connections[0].parameters.api_key: is a secret: give env, the name of an environment variable, or file, a path; never the secret itself"},
		"UnsetVariable":   {"connections:\n" + stripe + "    parameters:\n      api_key: {env: UNSET}\n", "config.yaml:5: connections[0].parameters.api_key.env: names an environment variable that is not set or empty; give the name of the variable, never its value"},
		"MissingFile":     {"connections:\n" + stripe + "    parameters:\n      api_key: {file: none}\n", "config.yaml:5: connections[0].parameters.api_key.file: the file does not exist: write the secret into it, or give the path of the file that has it, from the folder of the configuration"},
		"SecretWithBreak": {"connections:\n" + stripe + "    parameters:\n      api_key: {file: two_lines}\n", "config.yaml:5: connections[0].parameters.api_key.file: the file contains a control character"},
		"SecretWithSpace": {"connections:\n" + stripe + "    parameters:\n      api_key: {file: spaces}\n", "config.yaml:5: connections[0].parameters.api_key.file: the file begins or ends with white space"},
		"BothSources":     {"connections:\n" + stripe + "    parameters:\n      api_key: {env: SECRET, file: none}\n", "config.yaml:5: connections[0].parameters.api_key: must have either env, the name of an environment variable, or file, a path"},
		"Parameter":       {"connections:\n" + stripe + "    parameters:\n      api_kye: x\n", "config.yaml:5: connections[0].parameters: has a name that is not a parameter of stripe; there are: base_url, api_key"},
		"PlainHTTP":       {"connections:\n" + stripe + "    parameters:\n      base_url: http://api.stripe.com\n", "config.yaml:5: connections[0].parameters.base_url: must be https; http is for loopback hosts"},
		"Limits":          {"connections:\n" + stripe + "    limits: {per_second: fast}\n", "config.yaml:4: connections[0].limits.per_second: must be a number from 0.001 to 1000000"},
		"Timeout":         {"connections:\n" + stripe + "    timeout: 1h\n", "config.yaml:4: connections[0].timeout: must be a duration from 1s to 10m, such as 20s"},
		"Answers":         {"connections:\n" + stripe + "    answers: [{when: {status: 404}, then: gone}]\n", "config.yaml:4: connections[0].answers[0].then: must be one of succeeded, already_gone, not_supported, action_required, deferred, retry"},
		"NotForAHeader":   {"connections:\n" + stripe + "    parameters:\n      api_key: {env: ACCENT}\n", "config.yaml:2: connections[0]: its parameters do not make a request: a value cannot be used in this place of a request"},
		"ColonInUserName": {"connections:\n  - name: a\n    use: braintree\n    parameters:\n      merchant_id: m\n      public_key: a:b\n      private_key: {env: SECRET}\n", "config.yaml:2: connections[0]: its parameters do not make a request: a value cannot be used in this place of a request"},
		"HeaderWithSpace": {"connections:\n  - name: a\n    describe: spaced.yaml\n    parameters: {merchant: m, key: {env: SECRET}}\n", "config.yaml:2: connections[0]: its parameters do not make a request: a value cannot be used in this place of a request"},
		"DotSegment":      {"connections:\n  - name: a\n    use: braintree\n    parameters:\n      merchant_id: ..\n      public_key: a\n      private_key: {env: SECRET}\n", "config.yaml:2: connections[0]: its parameters do not make a request: a value cannot be used in this place of a request"},
	}
	files := map[string]string{
		"broken.yaml": strings.Replace(acme, "timeout: 5s", "timeout: 5", 1),
		"spaced.yaml": strings.Replace(acme, "application/json", "'application/json '", 1),
		"two_lines":   "SECRET_IN_FILE\nmore",
		"spaces":      " SECRET_IN_FILE",
	}
	getenv := func(name string) string {
		return map[string]string{"SECRET": secret, "ACCENT": "clé-SECRET"}[name]
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connections, err := loadText(test.text, files, getenv)
			if connections != nil {
				t.Error("connections in spite of mistakes")
			}
			wantMistake(t, err, test.want)
			for _, hidden := range []string{"LITERAL", "SECRET_IN_FILE", secret, "clé"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("the error holds a secret: %v", err)
				}
			}
		})
	}
}

// A file that is missing is named, unless its name may be a secret by mistake.
func TestMissingSecretFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for file, want := range map[string]string{
		filepath.Join(folder, "acme"): filepath.Join(folder, "acme") + " does not exist",
		"sk_live_LITERAL":             "the file does not exist",
		"/LITERAL+x==":                "the file does not exist",
		"LITERAL/x+y/z==":             "the file does not exist",
		folder:                        folder + " cannot be read: is a directory",
	} {
		config := filepath.Join(t.TempDir(), "config.yaml")
		text := "connections:\n  - name: a\n    use: stripe\n    parameters:\n      api_key: {file: " + file + "}\n"
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(config, os.Getenv)
		if err == nil || !strings.Contains(err.Error(), "config.yaml:5: connections[0].parameters.api_key.file: "+want) || strings.Contains(err.Error(), "LITERAL") {
			t.Errorf("%s: got %v, want %q", file, err, want)
		}
	}
}

func TestConfigMistakesAllAtOnce(t *testing.T) {
	t.Parallel()
	_, err := loadText(`proxy: socks
connections:
  - name: a
    use: strype
    mode: lvie
    timeout: never
    limits: {per_second: 0}
  - name: b
    use: stripe
    parameters:
      api_key: literal
      base_url: "ftp://x"
    mode: lvie
    timeout: never
  - name: c
    describe: broken.yaml
`, map[string]string{"broken.yaml": strings.Replace(acme, "method: DELETE", "method: GET", 1)}, env)
	want := `config.yaml:1: proxy: must be one of none, environment
config.yaml:4: connections[0].use: is not in the catalogue; there are: ` + catalogueNames() + `
config.yaml:5: connections[0].mode: must be one of live, test
config.yaml:6: connections[0].timeout: must be a duration from 1s to 10m, such as 20s
config.yaml:7: connections[0].limits.per_second: must be a number from 0.001 to 1000000
config.yaml:11: connections[1].parameters.api_key: is a secret: give env, the name of an environment variable, or file, a path; never the secret itself
config.yaml:12: connections[1].parameters.base_url: must begin with https://
config.yaml:13: connections[1].mode: must be one of live, test
config.yaml:14: connections[1].timeout: must be a duration from 1s to 10m, such as 20s
broken.yaml:13: calls[0].method: must be one of DELETE, POST, PUT, PATCH`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// What is in the place of a key may be a secret. No message repeats it.
func TestMistakesRepeatNoKey(t *testing.T) {
	t.Parallel()
	const stripe = "connections:\n  - name: a\n    use: stripe\n"
	for _, text := range []string{
		"connections:\n  - name: a\n    sk_live_7: 1\n    sk_live_7: 2\n",
		stripe + "    parameters: {api_key: {file: {sk_live_7: 1}}}\n",
		stripe + "    parameters: {<<: {sk_live_7: 1}}\n",
		stripe + "    limits: {sk_live_7: 1}\n",
		stripe + "    answers: [{when: {header: {sk_live_7: [[]]}}, then: succeeded}]\n",
		stripe + "    answers: [{when: {json: {sk_live_7..: [[]]}}, then: succeeded}]\n",
		stripe + "    answers: [{when: {contains: {sk_live_7: x}}, then: succeeded}]\n",
		stripe + "    answers: [{when: {xml: {sk_live_7: {}}}, then: succeeded}]\n",
	} {
		if _, err := loadText(text, nil, env); err == nil || strings.Contains(err.Error(), "sk_live_7") {
			t.Errorf("%q: got %v", text, err)
		}
		if _, err := Names(write(t, "providers.yaml", text)); err != nil && strings.Contains(err.Error(), "sk_live_7") {
			t.Errorf("names of %q: got %v", text, err)
		}
	}
}

// A description that two connections use is read once, and its mistakes are
// reported once.
func TestDescriptionIsSharedByConnections(t *testing.T) {
	t.Parallel()
	text := "connections:\n  - {name: a, describe: d.yaml}\n  - {name: b, describe: ./d.yaml}\n"
	_, err := loadText(text, map[string]string{"d.yaml": strings.Replace(acme, "timeout: 5s", "timeout: 5", 1)}, env)
	var mistakes Mistakes
	if !errors.As(err, &mistakes) || len(mistakes) != 1 {
		t.Errorf("got %v", err)
	}
}

// Answers of the connection come before those of the description.
func TestConnectionAnswers(t *testing.T) {
	t.Parallel()
	config := useEntry("rapyd", map[string]string{"base_url": "http://127.0.0.1:1"},
		"    answers:\n      - when: {status: 400, json: {status.error_code: GONE}}\n        then: already_gone\n")
	c := connect(t, config)
	a := &response{status: 400, body: []byte(`{"status":{"error_code":"GONE"}}`)}
	if got := a.judge(c.rules, c.description.calls[0].rules); got.Kind != gone {
		t.Errorf("got %+v", got)
	}
	a = &response{status: 400, body: []byte(`{"status":{"error_code":"OTHER"}}`)}
	if got := a.judge(c.rules, c.description.calls[0].rules); got.Kind != act {
		t.Errorf("got %+v", got)
	}
}

func TestConnectionPrintsNoSecret(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"stripe", "braintree", "rapyd", "paypal"} {
		c := connect(t, useEntry(name, map[string]string{"base_url": "http://127.0.0.1:1"}, ""))
		copied := struct{ Inner any }{*c} // a copy has no Format
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			for _, text := range []string{fmt.Sprintf(verb, c), fmt.Sprintf(verb, copied), fmt.Sprintf(verb, c.parameters)} {
				if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
					t.Errorf("%s of %s: %s", verb, name, text)
				}
			}
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("connections:\n  - name: a\n    use: stripe\n    parameters:\n      api_key: {env: SECRET}\n")
	f.Add("connections:\n  - name: a\n    use: stripe\n    parameters:\n      api_key: s3cr3t-Key\n")
	f.Add("connections:\n  - {name: a, describe: acme.yaml, parameters: {key: {file: key}, merchant: m}}\n")
	files := map[string]string{"acme.yaml": acme, "key": secret}
	f.Fuzz(func(t *testing.T, text string) {
		connections, err := loadText(text, files, env)
		if err == nil {
			for _, c := range connections {
				_, _ = c.Preview(someone)
			}
			return
		}
		for _, m := range err.(Mistakes) {
			if strings.Contains(m.Problem, secret) {
				t.Errorf("the mistake holds a value: %s", m)
			}
		}
	})
}

// The names are read where the secrets and the descriptions are not known.
func TestNames(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "providers.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("connections:\n- name: stripe-br\n  use: nowhere\n  parameters: {api_key: {env: NOT_SET}}\n- {name: adyen, describe: nowhere.yaml}\n")
	if names, err := Names(file); err != nil || strings.Join(names, " ") != "stripe-br adyen" {
		t.Errorf("got %v, %v", names, err)
	}
	for text, want := range map[string]string{
		"connections: [{name: Stripe}]":           "connections[0].name: must be at most 64",
		"connections: [{name: a}, {name: a}]":     "connections[1].name: is the name of an earlier",
		"connections: [{use: stripe}]":            "connections[0].name: is missing",
		"connections: {}":                         "connections: must be a list",
		"connection: []":                          "connections: is missing",
		"connections: []\n---\nconnections: [{}]": "more than one YAML document",
		"connections: [{name: a, name: b}]":       "connections[0]: has this field twice",
	} {
		write(text)
		if _, err := Names(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
