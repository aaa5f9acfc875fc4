package providers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

func TestList(t *testing.T) {
	t.Parallel()
	file, _ := clitest.ProvidersFile(t)
	for _, format := range [][]string{nil, {"--json"}} {
		code, stdout, stderr := clitest.Run(t.Context(), append([]string{"providers", "list", "--providers", file}, format...)...)
		if code != command.ExitOK || !strings.Contains(stdout, "stripe") ||
			!strings.Contains(stdout, "old-gateway") || strings.Contains(stdout, "sk_secret") {
			t.Errorf("exit %d\n%s%s", code, stdout, stderr)
		}
	}
	stated := clitest.WriteFile(t, "stated.yaml", "connections:\n  - {name: a, use: stripe, mode: test, account: acct_1, parameters: {api_key: {env: PATH}}}\n"+
		"  - {name: b, use: manual}\n  - {name: c, use: mollie, parameters: {api_key: {env: PATH}}}\n")
	code, stdout, stderr := clitest.Run(t.Context(), "providers", "list", "--providers", stated)
	if code != command.ExitOK || !matches(stdout, `(?m)^a +stripe +test +acct_1 `, `(?m)^b +manual +- +- `, `(?m)^c +mollie +live +- `) {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, stderr = clitest.Run(t.Context(), "providers", "list", "--providers", stated, "--json")
	if code != command.ExitOK || !matches(stdout, `"mode": "test"`, `"account": "acct_1"`, `"mode": "live"`) {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, _ = clitest.Run(t.Context(), "providers", "list", "--catalogue")
	if code != command.ExitOK || !strings.Contains(stdout, "adyen") || !strings.Contains(stdout, "razorpay") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}

func matches(text string, patterns ...string) bool {
	return !slices.ContainsFunc(patterns, func(p string) bool { return !regexp.MustCompile(p).MatchString(text) })
}

func TestPreviewSendsNothing(t *testing.T) {
	t.Parallel()
	file, sim := clitest.ProvidersFile(t)
	for _, format := range [][]string{nil, {"--json"}} {
		code, stdout, stderr := clitest.Run(t.Context(), append([]string{"providers", "test", "stripe", "--providers", file, "--customer", "cus_9"}, format...)...)
		if code != command.ExitOK || !strings.Contains(stdout, "/v1/customers/cus_9") ||
			strings.Contains(stdout, "sk_secret") {
			t.Errorf("exit %d\n%s%s", code, stdout, stderr)
		}
	}
	if len(sim.Requests()) != 0 {
		t.Error("sent a request")
	}
}

func TestPreviewSends(t *testing.T) {
	t.Parallel()
	file, sim := clitest.ProvidersFile(t)
	code, stdout, _ := clitest.Run(t.Context(), "providers", "test", "stripe", "--providers", file, "--customer", "cus_9", "--send", "--yes")
	if code != command.ExitOK ||
		!strings.Contains(stdout, "Outcome: succeeded (payment_history_kept), HTTP status 200, verified\n") ||
		sim.Record("cus_9").Deleted != 1 {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	code, stdout, stderr := clitest.Run(t.Context(), "providers", "test", "old-gateway", "--providers", file, "--customer", "7", "--send", "--yes")
	if code != command.ExitFailure || !strings.Contains(stdout, "Outcome: action_required (ask_by_hand)") ||
		!strings.Contains(stderr, "did not confirm the deletion\n") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

// A path separator in a reference would change the request: the hint says what is allowed.
func TestPreviewUnusableReference(t *testing.T) {
	t.Parallel()
	file, sim := clitest.ProvidersFile(t)
	code, _, stderr := clitest.Run(t.Context(), "providers", "test", "stripe", "--providers", file, "--customer", "a/b", "--send", "--yes")
	if code != command.ExitUsage || !strings.Contains(stderr, `none may contain / \ % ? # ;`) || len(sim.Requests()) != 0 {
		t.Errorf("exit %d, %d requests, %s", code, len(sim.Requests()), stderr)
	}
}

// A server that answers everything with not found proves nothing: the error says what does.
func TestPreviewUnproven(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error": {"code": "resource_missing"}}`)
	}))
	defer server.Close()
	t.Setenv("STRIPE_KEY", "sk_live_secret")
	file := clitest.WriteFile(t, "providers.yaml", "connections:\n  - name: s\n    use: stripe\n    parameters: {base_url: "+strconv.Quote(server.URL)+", api_key: {env: STRIPE_KEY}}\n")
	code, stdout, stderr := clitest.Run(t.Context(), "providers", "test", "s", "--providers", file, "--customer", "cus_1", "--send", "--yes")
	if code != command.ExitFailure || !strings.Contains(stdout, "retry (not_found_unproven), HTTP status 404") ||
		!strings.Contains(stderr, "provider s knows no such customer, and nothing proves that the key reaches the right account (yuno-erasure providers check s)\n") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestPreviewJSON(t *testing.T) {
	t.Parallel()
	file, _ := clitest.ProvidersFile(t)
	for _, send := range []bool{false, true} {
		args := []string{"providers", "test", "stripe", "--providers", file, "--customer", "cus_10", "--json"}
		if send {
			args = append(args, "--send", "--yes")
		}
		code, stdout, stderr := clitest.Run(t.Context(), args...)
		var got struct {
			Requests []struct{ Method, URL string }
			Outcome  *struct {
				Kind   erasure.OutcomeKind
				Status int
			}
		}
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != command.ExitOK || len(got.Requests) != 1 ||
			got.Requests[0].Method != "DELETE" || !strings.HasSuffix(got.Requests[0].URL, "/v1/customers/cus_10") || (got.Outcome != nil) != send {
			t.Fatalf("send %v: exit %d, %v\n%s%s", send, code, err, stdout, stderr)
		}
		if send && (got.Outcome.Kind != erasure.OutcomeSucceeded || got.Outcome.Status != 200) {
			t.Errorf("outcome %+v", got.Outcome)
		}
	}
}

func TestPreviewNothingToSend(t *testing.T) {
	t.Parallel()
	file, _ := clitest.ProvidersFile(t)
	code, stdout, _ := clitest.Run(t.Context(), "providers", "test", "old-gateway", "--providers", file, "--customer", "7")
	if code != command.ExitOK || stdout != "There is nothing to send: an operator has to ask this provider.\n" {
		t.Errorf("exit %d, %q", code, stdout)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	file, _ := clitest.ProvidersFile(t)
	for want, args := range map[string][]string{
		"no provider is configured\nTry: yuno-erasure providers list":        {"list"},
		"no provider is configured\nTry: yuno-erasure providers test stripe": {"test", "stripe"},
		"stripe: a reference is missing\nTry: --customer":                    {"test", "stripe", "--providers", file},
	} {
		code, stdout, stderr := clitest.Run(t.Context(), append([]string{"providers"}, args...)...)
		if code != command.ExitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit %d, stderr %q", args, code, stderr)
		}
	}
	code, _, stderr := clitest.Run(t.Context(), "providers", "test", "nobody", "--providers", file)
	if code != command.ExitUsage || !strings.Contains(stderr, `no provider is named "nobody"`) {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

func TestSendingAsks(t *testing.T) {
	t.Parallel()
	file, sim := clitest.ProvidersFile(t)
	code, stdout, stderr := clitest.Run(t.Context(), "providers", "test", "stripe", "--providers", file, "--customer", "cus_9", "--send")
	if code != command.ExitUsage || stdout != "" || !strings.Contains(stderr, "This permanently deletes at stripe what the flags name.") ||
		!strings.Contains(stderr, "no terminal to ask for confirmation") || !strings.Contains(stderr, "--yes") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	if len(sim.Requests()) != 0 {
		t.Error("sent a request")
	}
}

// A key that reaches another place finds nobody, which confirms nothing.
func TestSendingWithAWrongKey(t *testing.T) {
	t.Parallel()
	for place, deleted := range map[providersim.Place]bool{providersim.Right: true, providersim.OtherMode: false} {
		file, sim := clitest.ProvidersFile(t)
		sim.Forget("cus_9")
		sim.Reach(place)
		code, stdout, stderr := clitest.Run(t.Context(), "providers", "test", "stripe", "--providers", file, "--customer", "cus_9", "--send", "--yes")
		switch {
		case deleted && (code != command.ExitOK || !strings.Contains(stdout, "Outcome: already_gone")):
			t.Errorf("with the right key: exit %d\n%s%s", code, stdout, stderr)
		case !deleted && (code != command.ExitFailure || !strings.Contains(stdout, "Outcome: retry (not_found_unproven)")):
			t.Errorf("with a wrong key: exit %d\n%s%s", code, stdout, stderr)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	file, sim := clitest.ProvidersFile(t)
	check := func(place providersim.Place, more ...string) (int, string, string) {
		sim.Reach(place)
		return clitest.Run(t.Context(), append([]string{"providers", "check", "--providers", file}, more...)...)
	}
	code, stdout, stderr := check(providersim.Right)
	want := "NAME         RESULT    REASON    STATUS  COMPARED\n" +
		"stripe       passed    -         200     mode\n" +
		"old-gateway  no_check  no_check  -       -\n"
	if code != command.ExitOK || stdout != want || stderr != "" {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, stderr = check(providersim.OtherMode, "stripe", "--json")
	var got []struct {
		Name, Result, Reason string
		Status               int
		Compared             []string
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || len(got) != 1 || code != command.ExitFailure || stderr != "yuno-erasure: 1 check did not pass\n" {
		t.Fatalf("exit %d, %v\n%s%s", code, err, stdout, stderr)
	}
	if got[0].Name != "stripe" || got[0].Result != "unknown" || got[0].Reason != "mode_not_stated" || got[0].Status != 200 || len(got[0].Compared) != 1 {
		t.Errorf("got %+v", got[0])
	}
	sim.ScriptReads(providersim.NotFoundPage())
	if code, stdout, _ = check(providersim.Right, "stripe"); code != command.ExitFailure || !strings.Contains(stdout, "unknown") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	for _, r := range sim.Requests() {
		if r.Method != "GET" {
			t.Errorf("sent %s %s", r.Method, r.URI)
		}
	}
	if code, _, stderr = check(providersim.Right, "nobody"); code != command.ExitUsage || !strings.Contains(stderr, `no provider is named "nobody"`) {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}
