package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/sandbox"
)

func TestParseFault(t *testing.T) {
	t.Parallel()
	tests := map[string]sandbox.Fault{
		"none":                                  {Kind: sandbox.None},
		" 429 ; retry-after=3s ":                {Kind: sandbox.TooManyRequests, RetryAfter: 3 * time.Second},
		"503;latency=100ms;retry-after=2s":      {Kind: sandbox.Unavailable, Latency: 100 * time.Millisecond, RetryAfter: 2 * time.Second},
		"reset;applied":                         {Kind: sandbox.Reset, Applied: true},
		"429; retry-after=2":                    {Kind: sandbox.TooManyRequests, RetryAfter: 2 * time.Second},
		"html; status=400":                      {Kind: sandbox.HTML, Status: 400},
		"redirect; status=301; latency=1m":      {Kind: sandbox.Redirect, Status: 301, Latency: time.Minute},
		"504; applied; latency=1.5s":            {Kind: sandbox.GatewayTimeout, Applied: true, Latency: 1500 * time.Millisecond},
		"none;latency=0s; retry-after=0s":       {Kind: sandbox.None},
		"oversized-body; latency=1h; applied  ": {Kind: sandbox.OversizedBody, Latency: time.Hour, Applied: true},
	}
	for text, want := range tests {
		got, err := sandbox.ParseFault(text)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func TestParseFaultRejects(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                          "the kind is missing",
		" ; applied":                "the kind is missing",
		"502":                       `unknown kind "502"`,
		"Reset":                     `unknown kind "Reset"`,
		"500; retry-after=1s":       "500 cannot have a retry-after",
		"429; retry-after=1.5":      "not a number of whole seconds",
		"429; retry-after=-1":       "want whole seconds, such as 2",
		"429; latency=1":            "missing unit",
		"429; retry-after=1500ms":   "not a number of whole seconds",
		"429; retry-after=-1s":      "not a number of whole seconds",
		"reset; latency=-1s":        "negative",
		"reset; latency=soon":       "invalid duration",
		"500; status=501":           "500 cannot have status 501",
		"html; status=199":          "html cannot have status 199",
		"html; status=600":          "html cannot have status 600",
		"redirect; status=299":      "redirect cannot have status 299",
		"redirect; status=400":      "redirect cannot have status 400",
		"html; status=x":            "invalid syntax",
		"reset; applied=false":      `parameter "applied" cannot have a value`,
		"reset; color=red":          `unknown parameter "color"`,
		"reset;":                    `unknown parameter ""`,
		"reset; applied; applied":   `parameter "applied" is duplicated`,
		"none; status=1; latency=-": "invalid duration",
	}
	for text, want := range tests {
		got, err := sandbox.ParseFault(text)
		if err == nil || !strings.Contains(err.Error(), want) || got != (sandbox.Fault{}) {
			t.Errorf("%q: got %+v, %v, want an error with %q", text, got, err, want)
		}
	}
}

func TestFaultString(t *testing.T) {
	t.Parallel()
	f := sandbox.Fault{Kind: sandbox.Unavailable, Latency: 100 * time.Millisecond, RetryAfter: 2 * time.Second, Applied: true}
	if got, want := f.String(), "503; latency=100ms; retry-after=2s; applied"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (sandbox.Fault{}).String(); got != "none" {
		t.Errorf("got %q, want none", got)
	}
}

func TestFaultInJSON(t *testing.T) {
	t.Parallel()
	var got map[string]sandbox.Fault
	if err := json.Unmarshal([]byte(`{"c1": "429; retry-after=2s"}`), &got); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(got)
	if want := `{"c1":"429; retry-after=2s"}`; err != nil || string(out) != want {
		t.Errorf("got %s, %v, want %s", out, err, want)
	}
	if err := json.Unmarshal([]byte(`{"c1": "nonsense"}`), &got); err == nil {
		t.Error("no error for an unknown kind")
	}
	if out, err := json.Marshal(sandbox.Fault{Kind: "nonsense"}); err == nil {
		t.Errorf("got %s for an invalid fault, want an error", out)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	f := sandbox.Fault{Kind: sandbox.Reset}
	for n, want := range map[int]int{-1: 0, 0: 0, 3: 3} {
		if got := f.Times(n); len(got) != want {
			t.Errorf("%d times: got %v", n, got)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	for _, seed := range []string{"none", "503; latency=100ms; retry-after=2s; applied", "html; status=400", "reset;;", "429; retry-after=1e9s", "429; retry-after=2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := sandbox.ParseFault(text)
		if err != nil {
			return
		}
		again, err := sandbox.ParseFault(fault.String())
		if err != nil || again != fault {
			t.Errorf("%q: got %+v, and %+v, %v after String and ParseFault", text, fault, again, err)
		}
	})
}
