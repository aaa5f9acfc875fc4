package daemon_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
)

// What operators do with the command is recorded, and the page of a running service shows it to
// those whom the command has let in.
func TestOperationsPage(t *testing.T) {
	t.Parallel()
	s := serveWith(t, []string{`{"id": "c1", "providers": [{"provider": "old-gateway", "customer": "GW-4711"}, {"provider": "stripe", "customer": "cus_1"}]}`})
	if status, text := clitest.Get(t, s.ops+"/"); status != http.StatusNotFound || !strings.Contains(text, "yuno-erasure operators add") {
		t.Errorf("without operators: %d %s", status, text)
	}
	s.delete("c1")
	id := s.Erasures()[0].ID
	var target string
	for _, candidate := range s.Erasure(id).Targets {
		if candidate.State == erasure.TargetActionRequired {
			target = candidate.ID
		}
	}
	s.OK("erasures", "show", id, "--references", "--operator", "ada")
	s.OK("erasures", "resolve", target, "--note", "by letter", "--operator", "ada")
	s.OK("erasures", "reopen", id, "--operator", "ada")
	s.OK("providers", "pause", "stripe", "--operator", "ada")
	s.OK("providers", "resume", "stripe", "--operator", "ada")
	credential := strings.TrimSpace(s.OK("operators", "add", "grace"))

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	hc := &http.Client{Transport: &http.Transport{}, Jar: jar}
	response, err := hc.PostForm(s.ops+"/login", url.Values{"name": {"grace"}, "credential": {credential}, "next": {"/erasures/" + id}})
	if err != nil {
		t.Fatal(err)
	}
	page := bodyOf(t, response)
	for _, want := range []string{"old-gateway", "by letter", "looked at the references of", "resolved", "reopened", "by ada", "the command"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the erasure lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "GW-4711") {
		t.Error("the page shows a reference")
	}
	response, err = hc.Get(s.ops + "/")
	if err != nil {
		t.Fatal(err)
	}
	if page := bodyOf(t, response); !strings.Contains(page, "20 requests a second, 4 at once") {
		t.Errorf("the overview lacks the limits of a connection:\n%s", page)
	}
	for _, kind := range []string{"show_references", "resolve", "reopen", "pause_connection", "resume_connection", "add_operator"} {
		if list := s.OK("actions", "list"); !strings.Contains(list, " "+kind+" ") {
			t.Errorf("the actions lack %s:\n%s", kind, list)
		}
	}
}

// bodyOf returns the body of a response that has to be a page.
func bodyOf(t *testing.T, response *http.Response) string {
	t.Helper()
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v\n%s", response.StatusCode, err, text)
	}
	return string(text)
}
