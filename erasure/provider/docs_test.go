package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
)

// page is docs/providers.md: its examples are files of this test.
func page(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/providers.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// block is the fenced block of the page that begins with this line.
func block(t *testing.T, language, first string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page(t), "```"+language+"\n"+first)
	text, _, closed := strings.Cut(rest, "\n```\n")
	if !ok || !closed {
		t.Fatalf("no block that begins with %q", first)
	}
	return first + text + "\n"
}

func loadPage(t *testing.T, config string) []*Connection {
	t.Helper()
	folder := t.TempDir()
	files := map[string]string{
		"config.yaml":  strings.Replace(config, "/run/secrets/acmepay", "acmepay.key", 1),
		"acmepay.yaml": block(t, "yaml", "# acmepay.yaml"),
		"acmepay.key":  secret + "\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	connections, err := Load(filepath.Join(folder, "config.yaml"), func(string) string { return secret })
	if err != nil {
		t.Fatal(err)
	}
	return connections
}

func TestPageExample(t *testing.T) {
	t.Parallel()
	connections := loadPage(t, block(t, "yaml", "# providers.yaml"))
	if len(connections) != 3 {
		t.Fatalf("%d connections", len(connections))
	}
	c := connections[1]
	previews, err := c.Preview(erasure.References{Customer: "c_1", Tokens: []string{"k_1"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range previews {
		got = append(got, p.String())
	}
	if got, want := strings.TrimSpace(strings.Join(got, "\n")), strings.TrimSpace(block(t, "text", "DELETE")); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, j := range []judged{
		{"", "delete_card", 204, ``, succeeded, ""},
		{"", "delete_card", 404, `{"code":"CARD_NOT_FOUND"}`, gone, ""},
		{"", "delete_card", 404, ``, act, "not_found_unconfirmed"},
		{"", "delete_customer", 200, `{"result":"DELETED"}`, succeeded, "invoices_kept"},
		{"", "delete_customer", 200, `{"result":"DELETED_BEFORE"}`, gone, ""},
		{"", "delete_customer", 200, `{"result":"OPEN_INVOICE"}`, erasure.OutcomeDeferred, "open_invoice"},
		{"", "delete_customer", 422, ``, act, "request_refused"},
		{"", "delete_customer", 423, ``, erasure.OutcomeDeferred, "dispute_open"}, // of the connection
	} {
		for _, call := range c.description.calls {
			if call.name != j.call {
				continue
			}
			outcome := (&response{status: j.status, body: []byte(j.body)}).judge(c.rules, call.rules)
			if outcome.Kind != j.kind || outcome.Reason != j.reason {
				t.Errorf("%s %d %s: got %s %q", j.call, j.status, j.body, outcome.Kind, outcome.Reason)
			}
		}
	}
}

func TestPageKnownAnswers(t *testing.T) {
	t.Parallel()
	c := loadPage(t, block(t, "yaml", "# known-answers.yaml"))[0]
	a := &response{status: 404, body: []byte(`{"errors":[{"code":"NOT_FOUND"}]}`)}
	if got := a.judge(c.rules, c.description.calls[1].rules); got.Kind != gone {
		t.Errorf("got %+v", got)
	}
}

// Each of the schemes on the page is one that a description can have.
func TestPageAuth(t *testing.T) {
	t.Parallel()
	text := strings.TrimPrefix(block(t, "yaml", "# one of"), "# one of\n")
	schemes := regexp.MustCompile(`(?m)^[a-z0-9_]+:`).FindAllStringIndex(text, -1)
	if len(schemes) != 5 {
		t.Fatalf("%d schemes", len(schemes))
	}
	for i, at := range schemes {
		end := len(text)
		if i+1 < len(schemes) {
			end = schemes[i+1][0]
		}
		scheme := strings.ReplaceAll("\n"+strings.TrimSuffix(text[at[0]:end], "\n"), "\n", "\n  ")
		description := "provider: acme\ntitle: Acme\nparameters:\n  base_url: {kind: url}\n  public_key: {}\n  client_id: {}\n" +
			"  api_key: {kind: secret}\n  private_key: {kind: secret}\n  secret_key: {kind: secret}\n  client_secret: {kind: secret}\n" +
			"auth:" + scheme + "\nafterwards: {then: action_required, reason: x}\n"
		if _, err := parseDescription("acme.yaml", []byte(description)); err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}

// The table of the catalogue has every entry, with the parameters to set.
func TestPageCatalogue(t *testing.T) {
	t.Parallel()
	text := page(t)
	for _, entry := range Catalogue() {
		parameters := ""
		for _, p := range entry.Parameters {
			if p.Required {
				parameters += fmt.Sprintf("`%s` ", p.Name)
			}
		}
		if row := fmt.Sprintf("\n| `%s` | %s|", entry.Name, parameters); !strings.Contains(text, row) {
			t.Errorf("no row that begins with %q", row)
		}
	}
}

// The page's table of proofs says what the descriptions have.
func TestPageProofs(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(page(t), "\n| `use` | check |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, d := range catalogue() {
		if d.name == "manual" {
			continue
		}
		_, row, ok := strings.Cut(table, "\n| `"+d.name+"` | ")
		row, _, _ = strings.Cut(row, "\n")
		cells := strings.Split(row, " | ")
		if !ok || len(cells) != 4 {
			t.Errorf("%s: row %q", d.name, row)
			continue
		}
		gone, verified := 0, 0
		for _, c := range d.calls {
			if slices.ContainsFunc(c.rules, func(r rule) bool { return r.then.kind == erasure.OutcomeAlreadyGone }) {
				gone++
			}
			if c.verify != nil {
				verified++
			}
		}
		for cell, has := range map[int]bool{0: len(d.checks) > 0, 2: gone > 0, 3: verified > 0} {
			if none := strings.HasPrefix(cells[cell], "none"); none == has {
				t.Errorf("%s: the page says %q", d.name, cells[cell])
			}
		}
	}
}

// The examples of a check and of a verify are those of a description.
func TestPageCheckAndVerify(t *testing.T) {
	t.Parallel()
	description := block(t, "yaml", "# acmepay.yaml") + "    verify:" +
		strings.TrimPrefix(block(t, "yaml", "# verify.yaml"), "# verify.yaml\n    verify:") + block(t, "yaml", "# check.yaml")
	d, err := parseDescription("acmepay.yaml", []byte(description))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.checks) != 1 || d.checks[0].mode == nil || d.checks[0].account == nil || d.calls[1].verify == nil {
		t.Errorf("got %+v", d)
	}
}

// docs/operations.md explains every reason that a description of the catalogue gives, so that
// somebody who sees it in a list knows what to do.
func TestPageReasons(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(guide), "\n## Reasons\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, d := range catalogue() {
		for _, reason := range (&Connection{description: d}).Reasons() {
			if !strings.Contains(section, "`"+reason+"`") {
				t.Errorf("%s: %s is not explained", d.name, reason)
			}
		}
	}
}

// The page lists every general rule exactly.
func TestPageRules(t *testing.T) {
	t.Parallel()
	text := page(t)
	for status, row := range map[int]string{
		401: "| 401, 403 | `%s` | `%s` |",
		410: "| 404, 410 | `%s` | `%s` |",
		429: "| 429 | `%s` | `%s` |",
		201: "| any other 200 to 299 | `%s` | `%s` |",
		302: "| anything else, redirects included | `%s` | `%s` |",
	} {
		outcome := (&response{status: status}).judge()
		if row = fmt.Sprintf(row, outcome.Kind, outcome.Reason); !strings.Contains(text, row) {
			t.Errorf("no row %s", row)
		}
	}
	for _, mistake := range []string{
		"is a secret: give env, the name of an environment variable, or file, a path; never the secret itself",
		"which is not defined here",
	} {
		if !strings.Contains(text, mistake) {
			t.Errorf("no mistake %q", mistake)
		}
	}
}

func TestTheRecordOfAnImportOnThePage(t *testing.T) {
	t.Parallel()
	customer, err := erasure.ParseCustomer([]byte(block(t, "json", `{"id": `)))
	if err != nil || len(customer.Connections) != 2 || len(customer.Connections[1].Payments) != 2 {
		t.Errorf("got %+v, %v", customer, err)
	}
}
