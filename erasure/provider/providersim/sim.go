// Package providersim simulates a payment provider on a loopback port, in the
// shape of any catalogue entry. It misbehaves on demand. It is for tests and
// demonstrations, also outside `go test`.
//
// Every reference exists until it is deleted. After that the provider's own
// not-found response is returned. shape.go says which responses are made up
// because the provider does not document them. The simulator checks that a
// request is authenticated, not that its credentials are right. It keeps nothing
// when it is closed.
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
	served   chan struct{} // closed when the server has stopped

	mu         sync.Mutex
	script     []Fault
	readScript []Fault
	misbehave  func(request int) Fault
	misread    func(reference string) Fault
	records    map[string]*Record
	requests   []Request
	deletions  int // requests for a deletion so far
	place      Place
}

// A Record counts what happened to one reference.
type Record struct {
	// Asked is how many requests named the reference, whatever their outcome.
	Asked int
	// Deleted is how many of them deleted it: at most one.
	Deleted int
	// Gone is how many found it already deleted.
	Gone int

	unknown bool
}

// A Request is a request as received, secrets included: do not use real keys.
type Request struct {
	Method, URI string
	Header      http.Header
	Body        string
}

// Start serves a shape on a free port of 127.0.0.1.
func Start(shape Shape) (*Sim, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return StartOn(listener, shape), nil
}

// StartOn serves a shape on a listener, which [Sim.Close] closes.
func StartOn(listener net.Listener, shape Shape) *Sim {
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
	return s
}

// Close stops the server and aborts every request, also those that hang.
func (s *Sim) Close() error {
	s.shutdown()
	err := s.server.Close()
	<-s.served
	return err
}

// URL returns the base URL of the simulator, without a path.
func (s *Sim) URL() string { return s.url }

// Parameters returns the base URLs that point the catalogue entry to the simulator.
func (s *Sim) Parameters() map[string]string {
	parameters := map[string]string{}
	for name, path := range s.shape.BaseURLs {
		parameters[name] = s.url + path
	}
	return parameters
}

// Script queues faults for the next requests for a deletion, one per request. OK
// lets a request succeed.
func (s *Sim) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, faults...)
}

// Misbehave sets the function that chooses the fault of every request for a
// deletion once the script is empty. It gets the number of the request, from 0,
// and is called by one goroutine at a time. nil removes it.
func (s *Sim) Misbehave(choose func(request int) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.misbehave = choose
}

// Forget makes references unknown, as if they had never existed.
func (s *Sim) Forget(references ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, reference := range references {
		s.record(reference).unknown = true
	}
}

// Record returns what has happened to a reference so far.
func (s *Sim) Record(reference string) Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.records[reference]; ok {
		return *r
	}
	return Record{}
}

// References returns all references that were requested or forgotten, sorted.
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

// Requests returns all requests in the order received, reads and those for access
// tokens included.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// record returns the record of a reference. The caller holds mu.
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
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { // for redirects and wrong URLs
		if _, ok := s.note(w, r); ok {
			http.NotFound(w, r)
		}
	})
	if s.shape.TokenPath != "" {
		mux.HandleFunc("POST "+s.shape.TokenPath, s.serveToken)
	}
	reads := s.shape.Checks
	for _, call := range s.shape.Calls {
		mux.HandleFunc(call.Pattern, func(w http.ResponseWriter, r *http.Request) { s.serveCall(w, r, call) })
		if call.Verify != nil {
			reads = append(reads, *call.Verify)
		}
	}
	for _, read := range reads {
		mux.HandleFunc(read.Pattern, func(w http.ResponseWriter, r *http.Request) { s.serveRead(w, r, read) })
	}
	return mux
}

// note records a request. It reports whether the request is authenticated.
func (s *Sim) note(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		return nil, false
	}
	s.mu.Lock()
	s.requests = append(s.requests, Request{r.Method, r.RequestURI, r.Header.Clone(), string(body)})
	s.mu.Unlock()
	if r.Header.Get(s.shape.Proof) == "" {
		Response{http.StatusUnauthorized, `{"error":"unauthenticated"}`}.write(w)
		return nil, false
	}
	return body, true
}

func (s *Sim) serveToken(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.note(w, r); ok {
		Response{http.StatusOK, `{"access_token":"simulated","token_type":"Bearer","expires_in":"3600"}`}.write(w)
	}
}

func (s *Sim) serveCall(w http.ResponseWriter, r *http.Request, call Call) {
	body, ok := s.note(w, r)
	if !ok {
		return
	}
	reference, err := call.reference(r, body)
	if err != nil {
		Response{http.StatusBadRequest, `{"error":"no reference"}`}.write(w)
		return
	}
	fault := s.next(reference)
	if fault.instead(w, r, call) {
		return
	}
	resp := call.Deleted
	if fault.kind != pretend {
		resp = s.delete(reference, call)
	}
	fault.afterwards(w, r, resp)
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

// delete deletes a reference and returns the response.
func (s *Sim) delete(reference string, call Call) Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.record(reference)
	if s.exists(reference) {
		r.Deleted++
		return call.Deleted
	}
	r.Gone++
	again := call.Repeatable && s.place == Right && r.Deleted > 0
	switch {
	case again && call.Again.Status != 0:
		return call.Again
	case again:
		return call.Deleted
	}
	return call.Gone
}

// reference returns the reference that a request asks to delete.
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
