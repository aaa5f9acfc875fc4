package provider

import (
	"reflect"
	"strings"
	"testing"
)

// acme is a description without mistakes, for tests to break.
const acme = `provider: acme
title: Acme
parameters:
  base_url: {kind: url, default: "https://api.acme.example"}
  suffix: {kind: path, default: ""}
  merchant: {}
  key: {kind: secret}
auth: {bearer: "${key}"}
limits: {per_second: 10, concurrency: 2}
timeout: 5s
calls:
  - name: delete_customer
    method: DELETE
    url: ${base_url}/v1/${merchant}/customers/${customer}${suffix}
    headers: {Accept: application/json}
    answers:
      - when: {status: 200}
        then: succeeded
`

func TestDescription(t *testing.T) {
	t.Parallel()
	d, err := parseDescription("acme.yaml", []byte(acme))
	if err != nil {
		t.Fatal(err)
	}
	if d.name != "acme" || d.title != "Acme" || d.timeout.Seconds() != 5 || d.limits != (Limits{PerSecond: 10, Concurrency: 2}) {
		t.Errorf("got %+v", d)
	}
	if len(d.parameters) != 4 || !reflect.DeepEqual(d.parameters[2], Parameter{Name: "merchant", Kind: "text", Required: true}) {
		t.Errorf("parameters %+v", d.parameters)
	}
}

func TestDescriptionDefaults(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("limits: {per_second: 10, concurrency: 2}\n", "", "timeout: 5s\n", "").Replace(acme)
	d, err := parseDescription("acme.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if d.limits != defaultLimits || d.timeout != defaultTimeout {
		t.Errorf("limits %+v, timeout %v", d.limits, d.timeout)
	}
}

func TestDescriptionMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ old, new, want string }{
		"Empty":                {acme, "", "acme.yaml: is empty"},
		"Comment":              {acme, "# nothing\n", "acme.yaml: is empty"},
		"NotAMapping":          {acme, "- x\n", "acme.yaml:1: must be a mapping"},
		"Syntax":               {"title: Acme", "title: [", "acme.yaml:1: YAML: did not find expected ',' or ']'"},
		"TwoDocuments":         {acme, acme + "---\n" + acme, "acme.yaml: contains more than one YAML document"},
		"TooLarge":             {acme, strings.Repeat("#", maxFileSize+1), "acme.yaml: larger than 1048576 bytes"},
		"Alias":                {"title: Acme", "title: &x Acme", "acme.yaml:2: title: anchors and aliases are not supported"},
		"CheckDeletes":         {"calls:", "check: {method: DELETE, url: \"${base_url}/v1\", answers: [{when: {has: a}, then: proven}]}\ncalls:", "acme.yaml:11: check.method: must be one of GET, POST"},
		"CheckOfACustomer":     {"calls:", "check: {url: \"${base_url}/${customer}\", answers: [{when: {has: a}, then: proven}]}\ncalls:", "acme.yaml:11: check.url: uses ${customer}, which is not defined here"},
		"CheckOfNothing":       {"calls:", "check: {url: \"${base_url}/v1\", answers: [{when: {has: a}, then: refuted, reason: x}]}\ncalls:", "acme.yaml:11: check.answers: must say which response means proven or passed"},
		"CheckByStatus":        {"calls:", "check: {url: \"${base_url}/v1\", answers: [{when: {status: 200}, then: proven}]}\ncalls:", "acme.yaml:11: check.answers[0]: must name something in the body, because any server can return a status"},
		"CheckWithoutMode":     {"calls:", "check: {url: \"${base_url}/v1\", mode: {json: live}, answers: [{when: {has: a}, then: proven}]}\ncalls:", "acme.yaml:11: check.mode.live: is missing"},
		"CheckSucceeds":        {"calls:", "check: {url: \"${base_url}/v1\", answers: [{when: {has: a}, then: succeeded}]}\ncalls:", "acme.yaml:11: check.answers[0].then: must be one of proven, passed, refuted, unknown"},
		"VerifyOfNobody":       {"    answers:\n", "    verify: {url: \"${base_url}/v1\", answers: [{when: {json: {a: b}}, then: gone}]}\n    answers:\n", "acme.yaml:16: calls[0].verify: does not use ${customer} in url, headers or body, so it would read something else"},
		"VerifyByStatus":       {"    answers:\n", "    verify: {url: \"${base_url}/${customer}\", answers: [{when: {status: 404}, then: gone}]}\n    answers:\n", "acme.yaml:16: calls[0].verify.answers[0].when: " + needsWords},
		"VerifyNeverGone":      {"    answers:\n", "    verify: {url: \"${base_url}/${customer}\", answers: [{when: {status: 200}, then: still_there}]}\n    answers:\n", "acme.yaml:16: calls[0].verify.answers: must say which response means gone"},
		"Host":                 {"auth:", "hosts: {\"https://x\": live}\nauth:", "acme.yaml:8: hosts.https://x: must be a host such as api.example.com or *.example.com"},
		"HostMode":             {"auth:", "hosts: {api.acme.example: prod}\nauth:", "acme.yaml:8: hosts.api.acme.example: must be one of any, live, test"},
		"UnknownField":         {"timeout: 5s", "time_out: 5s", "acme.yaml:10: time_out: is not a known field; the fields are: provider, title, about, parameters, hosts, auth, limits, timeout, check, calls, afterwards"},
		"NoProvider":           {"provider: acme\n", "", "acme.yaml:1: provider: is missing"},
		"ProviderInProse":      {"provider: acme", "provider: Acme Inc.", "acme.yaml:1: provider: must be a name of at most 64 lower-case letters, digits and underscores, beginning with a letter"},
		"NoTitle":              {"title: Acme\n", "", "acme.yaml:1: title: is missing"},
		"TitleIsNull":          {"title: Acme", "title:", "acme.yaml:2: title: has no value"},
		"Timeout":              {"timeout: 5s", "timeout: 0s", "acme.yaml:10: timeout: must be a duration from 1s to 10m, such as 20s"},
		"Rate":                 {"per_second: 10", "per_second: 0", "acme.yaml:9: limits.per_second: must be a number from 0.001 to 1000000"},
		"RateNaN":              {"per_second: 10", "per_second: .nan", "acme.yaml:9: limits.per_second: must be a number from 0.001 to 1000000"},
		"Concurrency":          {"concurrency: 2", "concurrency: 1.5", "acme.yaml:9: limits.concurrency: must be a whole number"},
		"ParameterName":        {"merchant: {}", "Merchant-Id: {}", "acme.yaml:6: parameters.Merchant-Id: is not a valid parameter name: use lower-case letters, digits and underscores, and no built-in variable"},
		"ReservedName":         {"merchant: {}", "token: {}", "acme.yaml:6: parameters.token: is not a valid parameter name: use lower-case letters, digits and underscores, and no built-in variable"},
		"ParameterTwice":       {"  merchant: {}", "  merchant: {}\n  merchant: {}", "acme.yaml:7: parameters.merchant: is duplicated"},
		"ParameterKind":        {"merchant: {}", "merchant: {kind: number}", "acme.yaml:6: parameters.merchant.kind: must be one of text, url, path, secret"},
		"SecretDefault":        {"{kind: secret}", "{kind: secret, default: abc}", "acme.yaml:7: parameters.key.default: a secret has no default: it comes from the environment or a file"},
		"DefaultURL":           {"https://api.acme.example", "http://api.acme.example", "acme.yaml:4: parameters.base_url.default: must be https; http is for loopback hosts"},
		"DefaultPath":          {`path, default: ""`, "path, default: x", "acme.yaml:5: parameters.suffix.default: must be empty or begin with a slash and have plain segments only"},
		"NoAuth":               {`auth: {bearer: "${key}"}` + "\n", "", "acme.yaml:1: auth: is missing"},
		"TwoSchemes":           {`{bearer: "${key}"}`, `{bearer: "${key}", basic: {username: "${key}"}}`, "acme.yaml:8: auth: must have exactly one of bearer, basic, headers, hmac_sha256, oauth2"},
		"LiteralBearer":        {`"${key}"`, "sk_live_123", "acme.yaml:8: auth.bearer: must use a parameter of kind secret: a key is never written into a description"},
		"LiteralBasic":         {`{bearer: "${key}"}`, "{basic: {username: a, password: b}}", "acme.yaml:8: auth.basic: must use a parameter of kind secret: a key is never written into a description"},
		"LiteralHeader":        {`{bearer: "${key}"}`, "{headers: {X-Key: abc}}", "acme.yaml:8: auth.headers: must use a parameter of kind secret: a key is never written into a description"},
		"LiteralHMAC":          {`{bearer: "${key}"}`, `{hmac_sha256: {key: abc, message: "${path}", headers: {S: "${signature}"}}}`, "acme.yaml:8: auth.hmac_sha256.key: must use a parameter of kind secret: a key is never written into a description"},
		"HMACEncoding":         {`{bearer: "${key}"}`, `{hmac_sha256: {key: "${key}", message: "${path}", encoding: rot13, headers: {S: "${signature}"}}}`, "acme.yaml:8: auth.hmac_sha256.encoding: must be one of base64, base64url, hex, base64_of_hex"},
		"HMACWithoutMessage":   {`{bearer: "${key}"}`, `{hmac_sha256: {key: "${key}", headers: {S: "${signature}"}}}`, "acme.yaml:8: auth.hmac_sha256.message: is missing"},
		"SignatureOfItself":    {`{bearer: "${key}"}`, `{hmac_sha256: {key: "${key}", message: "${signature}", headers: {S: "${signature}"}}}`, "acme.yaml:8: auth.hmac_sha256.message: uses ${signature}, which is not defined here"},
		"LiteralClientSecret":  {`{bearer: "${key}"}`, `{oauth2: {token_url: "${base_url}/token", client_id: a, client_secret: b}}`, "acme.yaml:8: auth.oauth2.client_secret: must use a parameter of kind secret: a key is never written into a description"},
		"NoTokenURL":           {`{bearer: "${key}"}`, `{oauth2: {client_id: a, client_secret: "${key}"}}`, "acme.yaml:8: auth.oauth2.token_url: is missing"},
		"NoCalls":              {acme[strings.Index(acme, "calls:"):], "", "acme.yaml:1: must have calls, or an afterwards that says what a person has to do"},
		"AfterwardsReason":     {"timeout: 5s", "afterwards: {then: action_required}", "acme.yaml:10: afterwards.reason: is missing: action_required needs one"},
		"CallWithoutName":      {"name: delete_customer\n    method", "method", "acme.yaml:12: calls[0].name: is missing"},
		"Method":               {"method: DELETE", "method: GET", "acme.yaml:13: calls[0].method: must be one of DELETE, POST, PUT, PATCH"},
		"NoURL":                {"url: ${base_url}/v1/${merchant}/customers/${customer}${suffix}", "body: {json: {id: '${customer}'}}", "acme.yaml:12: calls[0].url: is missing"},
		"ForEach":              {"method: DELETE", "method: DELETE\n    for_each: cards", "acme.yaml:14: calls[0].for_each: must be one of customer, tokens, payments"},
		"CustomerNotUsed":      {"/${customer}", "", "acme.yaml:12: calls[0]: does not use ${customer} in url, headers or body, so it would delete nothing, or everything"},
		"TokenNotUsed":         {"method: DELETE", "method: DELETE\n    for_each: tokens", "acme.yaml:12: calls[0]: does not use ${token} in url, headers or body, so it would delete nothing, or everything"},
		"TokenWithoutForEach":  {"${customer}", "${customer}/${token}", "acme.yaml:14: calls[0].url: uses ${token}, which is not defined here"},
		"UnknownVariable":      {"${merchant}", "${merchnat}", "acme.yaml:14: calls[0].url: uses ${merchnat}, which is not defined here"},
		"UnknownInHeader":      {"application/json", "'${salt}'", "acme.yaml:15: calls[0].headers.Accept: uses ${salt}, which is not defined here"},
		"TemplateSyntax":       {"${merchant}", "${merchant", "acme.yaml:14: calls[0].url: has a ${} whose name is not lower-case letters, digits and underscores"},
		"URLWithoutBase":       {"${base_url}/v1", "/v1", "acme.yaml:14: calls[0].url: must begin with https:// or a parameter of kind url"},
		"URLBeginsWithText":    {"${base_url}/v1", "${merchant}/v1", "acme.yaml:14: calls[0].url: must begin with https:// or a parameter of kind url"},
		"URLBaseInTheMiddle":   {"customers/", "customers/${base_url}/", "acme.yaml:14: calls[0].url: uses ${base_url}, a base URL, after the beginning"},
		"URLHostGoesOn":        {"${base_url}/v1", "${base_url}.evil.example/v1", "acme.yaml:14: calls[0].url: must have a slash after its base URL"},
		"URLHostGoesOnByValue": {"${base_url}/v1/${merchant}", "${base_url}${suffix}${merchant}", "acme.yaml:14: calls[0].url: must have a slash after its base URL"},
		"URLHostByValue":       {"${base_url}/v1", "https://${merchant}/v1", "acme.yaml:14: calls[0].url: must have a slash after its host"},
		"URLPlain":             {"${base_url}/v1", "http://api.acme.example/v1", "acme.yaml:14: calls[0].url: must be https; http is for loopback hosts"},
		"URLFragment":          {"/customers", "/#customers", "acme.yaml:14: calls[0].url: must not have a fragment, a backslash or white space"},
		"URLSecret":            {"${merchant}", "${merchant}/${key}", "acme.yaml:14: calls[0].url: uses the secret ${key}: servers and proxies log URLs"},
		"BaseURLInHeader":      {"application/json", "'${base_url}'", "acme.yaml:15: calls[0].headers.Accept: uses ${base_url} outside a url"},
		"HeaderName":           {"Accept:", "'Accept ':", "acme.yaml:15: calls[0].headers.Accept : is not a valid header name"},
		"HeaderOfConnection":   {"Accept:", "Host:", "acme.yaml:15: calls[0].headers.Host: belongs to the connection and cannot be set"},
		"HeaderTwice":          {"{Accept: application/json}", "{Accept: a, accept: b}", "acme.yaml:15: calls[0].headers.accept: is duplicated in different case"},
		"TwoBodies":            {"headers: {Accept: application/json}", "body: {json: {}, form: {}}", "acme.yaml:15: calls[0].body: must have exactly one of json, form, xml"},
		"BodyHex":              {"headers: {Accept: application/json}", "body: {json: {a: [1, 0x1f]}}", "acme.yaml:15: calls[0].body.json.a[1]: must be text, or a number, boolean or null as JSON writes it"},
		"BodyKeyIsAList":       {"headers: {Accept: application/json}", "body: {json: {[a]: 1}}", "acme.yaml:15: calls[0].body.json: keys must be plain text"},
		"NoAnswers":            {acme[strings.Index(acme, "    answers:"):], "", "acme.yaml:12: calls[0].answers: is missing"},
		"NothingSucceeds":      {"then: succeeded", "then: already_gone", "acme.yaml:17: calls[0].answers: must say which response means succeeded"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(acme, test.old) {
				t.Fatalf("the description does not hold %q", test.old)
			}
			_, err := parseDescription("acme.yaml", []byte(strings.Replace(acme, test.old, test.new, 1)))
			wantMistake(t, err, test.want)
		})
	}
}

func TestDescriptionMistakesAllAtOnce(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("timeout: 5s", "timeout: no", "method: DELETE", "method: GET", "merchant: {}", "merchant: {kind: x}").Replace(acme)
	_, err := parseDescription("acme.yaml", []byte(text))
	for _, want := range []string{
		"acme.yaml:10: timeout: must be a duration from 1s to 10m, such as 20s",
		"acme.yaml:13: calls[0].method: must be one of DELETE, POST, PUT, PATCH",
		"acme.yaml:6: parameters.merchant.kind: must be one of text, url, path, secret",
	} {
		wantMistake(t, err, want)
	}
}

// A description either has mistakes, each in this file, or makes requests.
func FuzzDescription(f *testing.F) {
	f.Add(acme)
	f.Add(everywhere)
	files, err := catalogueFiles.ReadDir("catalogue")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := catalogueFiles.ReadFile("catalogue/" + file.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDescription("fuzz.yaml", []byte(text))
		if err != nil {
			for _, m := range err.(Mistakes) { // anything else is a bug
				if m.File != "fuzz.yaml" || m.Problem == "" {
					t.Errorf("mistake %+v", m)
				}
			}
			return
		}
		c := &Connection{name: "fuzz", description: d, parameters: map[string]value{}}
		for _, p := range d.parameters {
			text := map[string]string{"url": "https://example.com", "path": "/p", "text": "t", "secret": secret}[p.Kind]
			c.parameters[p.Name] = value{secret: p.Kind == "secret", reveal: func() string { return text }}
		}
		previews, err := c.Preview(someone)
		if err != nil {
			return // such as a literal path with an empty segment
		}
		for _, p := range previews {
			if strings.Contains(p.String(), secret) {
				t.Errorf("the secret is in %q", p)
			}
		}
	})
}
