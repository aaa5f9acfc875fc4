package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestRoutePrecedence(t *testing.T) {
	t.Parallel()
	c := collector{}
	for _, pattern := range []string{"GET /a/{id}", "GET /a/b", "DELETE /a/{id}", "GET /a/{id}/c", "GET /{x}/{y}/{z}"} {
		c.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
	}
	rs := c.routes()
	for path, want := range map[string]string{
		"/a/b": "/a/b", "/a/c": "/a/{id}", "/a/b/c": "/a/{id}/c", "/a/b/d": "/{x}/{y}/{z}",
		"/a": "", "/a/": "", "/a/b/": "", "/a/b/c/d": "", "a/b": "", "": "",
	} {
		got := ""
		if rt := rs.match(&url.URL{Path: path}); rt != nil {
			got = rt.template
		}
		if got != want {
			t.Errorf("%q: got route %q, want %q", path, got, want)
		}
	}

	rt := rs.match(&url.URL{Path: "/a/c"})
	if rt.allow != "DELETE, GET" || rt.methods["GET"].others != "DELETE" {
		t.Errorf("got methods %q, beside GET %q", rt.allow, rt.methods["GET"].others)
	}
	r := httptest.NewRequest(http.MethodGet, "/1%2F2/%2541/...", nil)
	rs.match(r.URL).setPathValues(r)
	if x, y, z := r.PathValue("x"), r.PathValue("y"), r.PathValue("z"); x != "1/2" || y != "%41" || z != "..." {
		t.Errorf("got %q, %q and %q", x, y, z)
	}
}

func TestInvalidParameter(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/":          "MISSING_PARAMETERS",
		"/?p=":       "MISSING_PARAMETERS",
		"/?p=x":      "INVALID_PARAMETERS",
		"/?p=&p=":    "INVALID_PARAMETERS",
		"/?q=x":      "MISSING_PARAMETERS",
		"/?p=x&p=%z": "INVALID_PARAMETERS",
	} {
		if got := invalidParameter(httptest.NewRequest(http.MethodGet, target, nil), "p").code; got != want {
			t.Errorf("%s: got %s, want %s", target, got, want)
		}
	}
	inPath := httptest.NewRequest(http.MethodGet, "/", nil)
	inPath.SetPathValue("p", "x")
	if got := invalidParameter(inPath, "p").code; got != CodeInvalidParameters {
		t.Errorf("in the path: got %s, want %s", got, CodeInvalidParameters)
	}
}
