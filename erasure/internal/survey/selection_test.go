package survey_test

import (
	"io"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

func TestSelection(t *testing.T) {
	t.Parallel()
	const n = 1000
	tr := &trial{journal: newJournal(t), respond: func(id string) (survey.Result, error) {
		if strings.HasSuffix(id, "7") {
			return survey.Result{Outcome: survey.NotFound}, nil
		}
		return survey.Result{Outcome: survey.Found, CustomerID: "c-" + id}, nil
	}}
	tr.run(t, listOf(numberedIDs(n)...))
	list, err := survey.Scan(t.Context(), listOf(numberedIDs(n)...))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	tr.options.Resume = true
	s, err := survey.Open(t.Context(), list, tr.complete())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for want, outcome := range map[int]survey.Outcome{n * 9 / 10: survey.Found, n / 10: survey.NotFound, 0: survey.Unknown} {
		found, err := s.Select(t.Context(), func(r survey.Result) bool { return r.Outcome == outcome })
		if err != nil || found.Len() != want {
			t.Fatalf("%s: got %d, %v", outcome, found.Len(), err)
		}
		text, err := io.ReadAll(found.Reader(func(text []byte, r survey.Result) []byte { return append(append(text, r.ID...), '\n') }))
		lines := strings.Fields(string(text))
		if err != nil || len(lines) != want {
			t.Fatalf("%s: read %d, %v", outcome, len(lines), err)
		}
		for i := range want {
			k := i * 7 % want // in any order
			if r, err := found.At(k); err != nil || r.ID != lines[k] || r.Outcome != outcome {
				t.Fatalf("%s: result %d is %+v, %v, want %s", outcome, k, r, err, lines[k])
			}
		}
		for _, k := range []int{-1, want} {
			if r, err := found.At(k); err == nil {
				t.Errorf("%s: result %d is %+v", outcome, k, r)
			}
		}
	}
}
