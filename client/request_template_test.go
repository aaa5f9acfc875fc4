package client

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/openapi"
)

// sameAsGenerated compares the request of the template for an id with that of the
// generated code.
func sameAsGenerated(t *testing.T, template *requestTemplate, id string) {
	t.Helper()
	want, err := api.NewDeleteCustomerRequest(template.baseURL+"/", id, &api.DeleteCustomerParams{AccountCode: template.accountCode})
	if err != nil {
		t.Fatal(err)
	}
	dropEmptyValues(want)
	want.Header.Set("User-Agent", "agent")
	got := template.request(id)
	if got.Method != want.Method || got.URL.String() != want.URL.String() || got.Host != want.Host {
		t.Errorf("%q: got %s %s, want %s %s", id, got.Method, got.URL, want.Method, want.URL)
	}
	if !maps.EqualFunc(got.Header, want.Header, slices.Equal) {
		t.Errorf("%q: got header %v, want %v", id, got.Header, want.Header)
	}
}

func TestTemplateMatchesGeneratedRequest(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://api.example.com/v1", "https://api.example.com", "http://127.0.0.1:8080/a%20b/v1"} {
		template, err := newRequestTemplate(base, "code", http.Header{"User-Agent": {"agent"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d", "a:b", "a=b==", "...", "-._~", "A.json"} {
			sameAsGenerated(t, template, id)
		}
		other, err := template.withAccountCode("other")
		if err != nil {
			t.Fatal(err)
		}
		sameAsGenerated(t, other, "a")
	}
}

// An optional parameter that the client does not set is not sent.
func TestDropEmptyValues(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequest(http.MethodDelete, "https://example.com/v1/customers/c1?reason=&mode=a", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"X-Reason": {""}, "X-Account-Code": {"a1"}}
	dropEmptyValues(r)
	if got := r.URL.RawQuery; got != "mode=a" {
		t.Errorf("got query %q", got)
	}
	if want := (http.Header{"X-Account-Code": {"a1"}}); !maps.EqualFunc(r.Header, want, slices.Equal) {
		t.Errorf("got header %v, want %v", r.Header, want)
	}
}

// The generated code has no constants for the security schemes.
func TestKeyHeadersAreTheSpecifications(t *testing.T) {
	t.Parallel()
	var spec struct {
		Components struct {
			SecuritySchemes map[string]struct{ Type, In, Name string }
		}
	}
	if err := json.Unmarshal(openapi.Overlaid(), &spec); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, scheme := range spec.Components.SecuritySchemes {
		if scheme.Type != "apiKey" || scheme.In != "header" {
			t.Errorf("got scheme %v, want an API key in a header", scheme)
		}
		want = append(want, http.CanonicalHeaderKey(scheme.Name))
	}
	h := http.Header{}
	newKeyring(Credentials{PublicAPIKey: "public", PrivateSecretKey: "private"}).attach(h)
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(h)); !slices.Equal(got, want) {
		t.Errorf("got headers %v, want %v", got, want)
	}
	template, err := newRequestTemplate("https://api.example.com", "code", http.Header{"User-Agent": {"agent"}})
	if err != nil || !slices.Equal(template.header[headerAccountCode], []string{"code"}) {
		t.Errorf("got %v, %v, want the account code as %s", template, err, headerAccountCode)
	}
	if h.Get("public-api-key") != "public" || h.Get("private-secret-key") != "private" {
		t.Error("the keys are mixed up")
	}
}
