package sandbox

import (
	"net/http"
)

// FailNext gives one fault to each of the next requests, in order. A zero Fault lets
// its request pass. The faults follow those of earlier calls.
//
//	sb.FailNext(sandbox.Fault{Kind: sandbox.Unavailable}.Times(3)...)
//
// An invalid Fault fails the test of [New]. Its request gets a 501 with the reason,
// after [Open] too.
func (s *Sandbox) FailNext(faults ...Fault) {
	if s.t != nil {
		s.t.Helper()
	}
	s.reportInvalid(faults...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, faults...)
}

// FailCustomer gives f to every request for a customer, of any account and by any of its
// ids, until the next call for the customer. A zero Fault ends it. Such requests use up no fault of
// [Sandbox.FailNext], which also describes what an invalid Fault does.
func (s *Sandbox) FailCustomer(id string, f Fault) {
	if s.t != nil {
		s.t.Helper()
	}
	s.reportInvalid(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f == (Fault{}) || f == (Fault{Kind: None}) {
		delete(s.byCustomer, id)
		return
	}
	s.byCustomer[id] = f
}

// reportInvalid fails the test for each invalid fault.
func (s *Sandbox) reportInvalid(faults ...Fault) {
	if s.t == nil {
		return
	}
	s.t.Helper()
	for _, f := range faults {
		if err := f.validate(); err != nil {
			s.t.Errorf("sandbox: fault %q: %v", f, err)
		}
	}
}

// nextFault returns the fault for a request, and removes it from the script.
func (s *Sandbox) nextFault(r *http.Request) Fault {
	ids := inPath(s.store, r) // of a request with another method too
	if op := operationOf(r); op.customers != nil {
		ids = op.customers(s.store, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if f, ok := s.byCustomer[id]; ok {
			return f
		}
	}
	if len(s.script) == 0 {
		return Fault{}
	}
	f := s.script[0]
	s.script = s.script[1:]
	return f
}
