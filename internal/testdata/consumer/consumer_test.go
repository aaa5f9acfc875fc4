package consumer

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
)

func TestErase(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(api.Handler(api.NewStrictHandler(Server{}, nil)))
	defer server.Close()
	c, err := New(server.URL, "account", func(*http.Request) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Erase(t.Context(), "customer"); err != nil {
		t.Error(err)
	}
}
