package bulk

import (
	"context"
	"errors"
	"maps"
	"os"
	"strings"
	"testing"
)

// resultsOf reads the outcomes of a journal without its list.
func resultsOf(t *testing.T, path string) map[string]Outcome {
	t.Helper()
	got := map[string]Outcome{}
	err := ReadResults(t.Context(), path, func(r Result) error {
		if _, ok := got[r.ID]; ok {
			t.Errorf("%s has two results", r.ID)
		}
		got[r.ID] = r.Outcome
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReadResults(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	r.server.respond = func(id string, n int) Result {
		if id == "c1" && n == 1 {
			return Result{Outcome: Failed, Status: 500}
		}
		return Result{Outcome: Accepted, Status: 202}
	}
	for i, want := range []map[string]Outcome{
		{"c0": Accepted, "c1": Failed, "c2": Accepted},
		{"c0": Accepted, "c1": Accepted, "c2": Accepted},
	} {
		if _, err := r.run(t.Context(), i > 0); err != nil {
			t.Fatal(err)
		}
		if got := resultsOf(t, r.path); !maps.Equal(got, want) {
			t.Errorf("run %d: %v, want %v", i, got, want)
		}
	}
	facts, err := ReadJournal(r.path)
	if err != nil || facts.AccountCode != "a1" || facts.BaseURL != "https://example.com/v1" || facts.Records != 3 || facts.Started.IsZero() {
		t.Errorf("%+v, %v", facts, err)
	}
}

// A journal can be read while its run goes on, and it is left alone.
func TestReadResultsOfARunUnderWay(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	r.server.respond = func(id string, _ int) Result {
		if id == "c2" {
			if got := resultsOf(t, r.path); got["c2"] != MaybeDeleted {
				t.Errorf("%v: c2 is under way", got)
			}
		}
		return Result{Outcome: Accepted, Status: 202}
	}
	if summary, err := r.run(t.Context(), false); err != nil || summary.Accepted != 3 {
		t.Errorf("%+v, %v", summary, err)
	}
}

func TestReadResultsOfAKilledRun(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	cut := strings.LastIndex(string(content), `{"event":"outcome"`)
	if err := os.WriteFile(r.path, content[:cut+30], 0o400); err != nil {
		t.Fatal(err)
	}
	outcomes := map[Outcome]int{}
	for _, outcome := range resultsOf(t, r.path) {
		outcomes[outcome]++
	}
	if outcomes[Accepted] != 2 || outcomes[MaybeDeleted] != 1 {
		t.Errorf("%v, want the last outcome to be unknown", outcomes)
	}
	stop := errors.New("stop")
	if err := ReadResults(t.Context(), r.path, func(Result) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v, want the error of yield", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = ReadResults(ctx, r.path, func(Result) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestReadResultsRejects(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"records no run":                   "",
		"is not a journal of this program": "c1\n",
		"its format is 99":                 `{"version":99}` + "\n",
		"is damaged at its beginning":      `{"version":3,"records":99999999999}` + "\n",
		"is damaged at byte 27":            `{"version":3,"records":10}` + "\n{}\n",
	} {
		r := newRunner(t, 0)
		if err := os.WriteFile(r.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var rejected *JournalError
		if err := ReadResults(t.Context(), r.path, func(Result) error { return nil }); !errors.As(err, &rejected) || !strings.Contains(err.Error(), want) || rejected.Hint == "" {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := ReadJournal(t.TempDir() + "/none"); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("none: %v", err)
	}
}

// What a header says decides about memory. A hostile one costs no more than its lines.
func TestReadResultsOfAHugeHeader(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 0)
	last := entry{Event: eventSending, Result: Result{N: maxRecords - 1, ID: "c1"}}
	text := string(last.appendTo([]byte(`{"version":3,"records":2147483647}` + "\n")))
	if err := os.WriteFile(r.path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := resultsOf(t, r.path); got["c1"] != MaybeDeleted {
		t.Errorf("%v", got)
	}
}
