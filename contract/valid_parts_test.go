package contract

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/routers"
)

// What a Checker remembers of valid responses changes no verdict on others.
func TestValidPartsChangeNoVerdict(t *testing.T) {
	t.Parallel()
	c := mustNew(t)
	verdict := func(status int, contentType, body string) []Rule {
		t.Helper()
		got := &recordingT{}
		resp, err := c.Transport(got, fixedResponse{status, contentType, body}).RoundTrip(rightRequest(t))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return got.rules()
	}
	const wrongBody = `{"code":1,"messages":["m"]}`
	for range 2 {
		for _, r := range []struct {
			status            int
			contentType, body string
			want              []Rule
		}{
			{http.StatusBadRequest, "application/json", errorBody, nil},
			{http.StatusBadRequest, "application/json", wrongBody, []Rule{RuleSchema}},
			{http.StatusBadRequest, "text/html", errorBody, []Rule{RuleContentType}},
		} {
			if got := verdict(r.status, r.contentType, r.body); !slices.Equal(got, r.want) {
				t.Errorf("%d %s %s: violations %v, want %v", r.status, r.contentType, r.body, got, r.want)
			}
		}
	}
	if n := len(c.valid.parts); n != 3 {
		t.Errorf("%d parts are remembered, want those of the valid response, id and account", n)
	}
}

// Nor does what it remembers of valid parameters.
func TestValidParametersChangeNoVerdict(t *testing.T) {
	t.Parallel()
	c := mustNew(t, WithStrict())
	tooLong := base + "/customers/" + strings.Repeat("x", 65)
	wrongAccount := func(r *http.Request) { r.Header.Set(accountHeader, "not a UUID") }
	for range 2 {
		for _, request := range []struct {
			name  string
			edits []edit
			want  []Rule
		}{
			{"right", nil, nil},
			{"wrong id", []edit{to(tooLong)}, []Rule{RulePathParameter}},
			{"wrong account", []edit{wrongAccount}, []Rule{RuleHeaderSchema}},
			{"no account", []edit{without(accountHeader)}, []Rule{RuleHeaderMissing}},
			{"both wrong", []edit{to(tooLong), wrongAccount}, []Rule{RulePathParameter, RuleHeaderSchema}},
		} {
			r := rightRequest(t)
			for _, change := range request.edits {
				change(r)
			}
			got := (&recordingT{c.inspect(r, false).violations}).rules()
			slices.Sort(got)
			slices.Sort(request.want)
			if !slices.Equal(got, request.want) {
				t.Errorf("%s: violations %v, want %v", request.name, got, request.want)
			}
		}
	}
	if n := len(c.valid.parts); n != 2 {
		t.Errorf("%d parts are remembered, want the valid id and the valid account", n)
	}
}

func TestPartsDiffer(t *testing.T) {
	t.Parallel()
	one, other := &routers.Route{}, &routers.Route{}
	parts := []part{
		partOf(one, []string{"ab"}, nil), partOf(other, []string{"ab"}, nil), partOf(one, []string{"a", "b"}, nil),
		partOf(one, []string{"a"}, []byte("b")), partOf(one, []string{"a"}, []byte("c")), partOf(one, nil, nil),
	}
	seen := map[part]int{}
	for i, p := range parts {
		if before, ok := seen[p]; ok {
			t.Errorf("parts %d and %d are the same", before, i)
		}
		seen[p] = i
	}
	if partOf(one, []string{"a"}, []byte("b")) != parts[3] {
		t.Error("a part differs from itself")
	}
}

func TestValidPartsAreLimited(t *testing.T) {
	t.Parallel()
	var v validParts
	route := &routers.Route{}
	for i := range maxValidParts + 1 {
		v.add(partOf(route, []string{strconv.Itoa(i)}, nil))
	}
	if !v.has(partOf(route, []string{strconv.Itoa(maxValidParts)}, nil)) || len(v.parts) > maxValidParts {
		t.Errorf("%d parts are remembered, want at most %d, and the last one", len(v.parts), maxValidParts)
	}
}
