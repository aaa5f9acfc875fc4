// Package providersim is a payment provider on a loopback port, in the shape of
// any entry of the catalogue, which misbehaves on demand. It is for tests and
// demonstrations, also outside of `go test`.
//
// Every reference exists until it is deleted; then the provider answers in its
// own way that it is gone. What nobody knows about a provider is made up, and
// says so in shape.go. It checks that a request carries a proof of who is
// asking, not that the proof is right. Nothing is kept when it is closed.
package providersim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sort"
	"sync"
	"time"
)

// A Sim is a running provider. All methods are safe for concurrent use.
type Sim struct {
	shape    Shape
	url      string
	server   *http.Server
	shutdown context.CancelFunc
	served   chan struct{} // closed when the server has ended

	mu        sync.Mutex
	script    []Fault
	misbehave func(request int) Fault
	records   map[string]*Record
	requests  []Request
	deletions int // requests so far that ask for a deletion
}

// A Record is what happened to one reference.
type Record struct {
	// Asked is how many requests named the reference, whatever became of them.
	Asked int
	// Deleted is how many of them had an effect: at most one, unless the
	// reference was restored.
	Deleted int
	// Gone is how many found it deleted before.
	Gone int

	unknown bool
}

// A Request is what arrived, secrets included: this is no place for real keys.
type Request struct {
	Method, URI string
	Header      http.Header
	Body        string
}

// Start begins to serve on a free port of 127.0.0.1.
func Start(shape Shape) (*Sim, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, shutdown := context.WithCancel(context.Background())
	s := &Sim{
		shape:    shape,
		url:      "http://" + listener.Addr().String(),
		shutdown: shutdown,
		served:   make(chan struct{}),
		records:  map[string]*Record{},
	}
	s.server = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(listener) // ErrServerClosed, from Close
	}()
	return s, nil
}

// Close ends the server and every request under way, those that hang included.
func (s *Sim) Close() error {
	s.shutdown()
	err := s.server.Close()
	<-s.served
	return err
}

// URL is the base of the simulator, without a path.
func (s *Sim) URL() string { return s.url }

// Parameters are the base URLs that point the catalogue's entry here.
func (s *Sim) Parameters() map[string]string {
	parameters := map[string]string{}
	for name, path := range s.shape.BaseURLs {
		parameters[name] = s.url + path
	}
	return parameters
}

// Script queues faults, one for each of the next requests that ask for a
// deletion. OK stands for a request without one.
func (s *Sim) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, faults...)
}

// Misbehave chooses the fault of every request that asks for a deletion once the
// script is empty; requests count from 0. It is called by one goroutine at a
// time. nil ends it.
func (s *Sim) Misbehave(choose func(request int) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.misbehave = choose
}

// Forget makes references unknown, as if they had never been.
func (s *Sim) Forget(references ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, reference := range references {
		s.record(reference).unknown = true
	}
}

// Record is what happened to a reference so far.
func (s *Sim) Record(reference string) Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.records[reference]; ok {
		return *r
	}
	return Record{}
}

// References are all those that were named in a request or forgotten, sorted.
func (s *Sim) References() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var references []string
	for reference := range s.records {
		references = append(references, reference)
	}
	sort.Strings(references)
	return references
}

// Requests are all that arrived, in order, those for access tokens included.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// record needs the lock.
func (s *Sim) record(reference string) *Record {
	r, ok := s.records[reference]
	if !ok {
		r = &Record{}
		s.records[reference] = r
	}
	return r
}

func (s *Sim) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { // where a redirect or a wrong URL leads
		if _, ok := s.note(w, r); ok {
			http.NotFound(w, r)
		}
	})
	if s.shape.TokenPath != "" {
		mux.HandleFunc("POST "+s.shape.TokenPath, s.serveToken)
	}
	for _, call := range s.shape.Calls {
		mux.HandleFunc(call.Pattern, func(w http.ResponseWriter, r *http.Request) { s.serveCall(w, r, call) })
	}
	return mux
}

// note records a request. It reports whether the request says who is asking.
func (s *Sim) note(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		return nil, false
	}
	s.mu.Lock()
	s.requests = append(s.requests, Request{r.Method, r.RequestURI, r.Header.Clone(), string(body)})
	s.mu.Unlock()
	if r.Header.Get(s.shape.Proof) == "" {
		Answer{http.StatusUnauthorized, `{"error":"who is asking?"}`}.write(w)
		return nil, false
	}
	return body, true
}

func (s *Sim) serveToken(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.note(w, r); ok {
		Answer{http.StatusOK, `{"access_token":"simulated","token_type":"Bearer","expires_in":3600}`}.write(w)
	}
}

func (s *Sim) serveCall(w http.ResponseWriter, r *http.Request, call Call) {
	body, ok := s.note(w, r)
	if !ok {
		return
	}
	reference, err := call.reference(r, body)
	if err != nil {
		Answer{http.StatusBadRequest, `{"error":"no reference"}`}.write(w)
		return
	}
	fault := s.next(reference)
	if fault.instead(w, r, call) {
		return
	}
	answer := call.Deleted
	if !s.delete(reference) && !call.Repeatable {
		answer = call.Gone
	}
	fault.afterwards(w, r, answer)
}

func (s *Sim) next(reference string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(reference).Asked++
	n := s.deletions
	s.deletions++
	if len(s.script) > 0 {
		fault := s.script[0]
		s.script = s.script[1:]
		return fault
	}
	if s.misbehave != nil {
		return s.misbehave(n)
	}
	return OK()
}

// delete reports whether there was something to delete.
func (s *Sim) delete(reference string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.record(reference)
	if r.unknown || r.Deleted > 0 {
		r.Gone++
		return false
	}
	r.Deleted++
	return true
}

// reference is what a request asks to delete.
func (c Call) reference(r *http.Request, body []byte) (string, error) {
	if c.Field == "" {
		return r.PathValue("reference"), nil
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		return "", err
	}
	reference, ok := fields[c.Field].(string)
	if !ok {
		return "", errors.New("no reference")
	}
	return reference, nil
}
