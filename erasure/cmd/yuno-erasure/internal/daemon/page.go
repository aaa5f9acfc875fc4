package daemon

import (
	"bytes"
	"maps"
	"net/http"
)

// page is a whole response that is sent to several clients. It is also the
// ResponseWriter that a handler renders it to.
type page struct {
	header http.Header
	status int
	body   bytes.Buffer
}

var _ http.ResponseWriter = (*page)(nil)

// render returns the response of a handler to a request without headers.
func render(handler http.Handler) *page {
	p := &page{header: http.Header{}, status: http.StatusOK}
	handler.ServeHTTP(p, &http.Request{Method: http.MethodGet, Header: http.Header{}})
	return p
}

// Header implements [http.ResponseWriter].
func (p *page) Header() http.Header { return p.header }

// WriteHeader implements [http.ResponseWriter].
func (p *page) WriteHeader(status int) { p.status = status }

// Write implements [http.ResponseWriter].
func (p *page) Write(text []byte) (int, error) { return p.body.Write(text) }

func (p *page) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.header)
	w.WriteHeader(p.status)
	_, _ = w.Write(p.body.Bytes()) // fails only if the client is gone
}
