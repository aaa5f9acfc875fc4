package providersim

import "net/http"

// A Read is a harmless request that shows what credentials reach, or what became of a
// reference.
type Read struct {
	// Pattern is an http.ServeMux pattern. A read of a reference has {reference}.
	Pattern string
	// Found is the response for credentials that reach the right account, or for a
	// reference that exists.
	Found Response
	// Gone is the response for a reference that does not exist.
	Gone Response
	// OtherMode and OtherAccount are the responses for credentials that reach the other
	// mode or another account. Without a status they are Found.
	OtherMode, OtherAccount Response
}

// Place is what the credentials of a client reach.
type Place int

// The places. In another one than Right every reference is unknown.
const (
	Right Place = iota
	OtherMode
	OtherAccount
)

// Reach sets what the credentials of all clients reach from now on.
func (s *Sim) Reach(place Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.place = place
}

// ScriptReads queues faults for the next reads, one per request.
func (s *Sim) ScriptReads(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readScript = append(s.readScript, faults...)
}

// MisbehaveReads sets the function that chooses the fault of every read once the script of
// reads is empty. It gets the reference, or "" for a check, and is called by one
// goroutine at a time. nil removes it.
func (s *Sim) MisbehaveReads(choose func(reference string) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.misread = choose
}

func (s *Sim) serveRead(w http.ResponseWriter, r *http.Request, read Read) {
	if _, ok := s.note(w, r); !ok {
		return
	}
	fault, resp := s.nextRead(r.PathValue("reference"), read)
	if fault.instead(w, r, Call{Wrong: notOK}) {
		return
	}
	fault.afterwards(w, r, resp)
}

// nextRead returns the next fault of reads, and the response without it.
func (s *Sim) nextRead(reference string, read Read) (Fault, Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var fault Fault
	switch {
	case len(s.readScript) > 0:
		fault, s.readScript = s.readScript[0], s.readScript[1:]
	case s.misread != nil:
		fault = s.misread(reference)
	}
	switch {
	case reference != "" && !s.exists(reference):
		return fault, read.Gone
	case s.place == OtherMode && read.OtherMode.Status != 0:
		return fault, read.OtherMode
	case s.place == OtherAccount && read.OtherAccount.Status != 0:
		return fault, read.OtherAccount
	}
	return fault, read.Found
}

// exists reports whether a reference exists where the credentials reach. The caller
// holds mu.
func (s *Sim) exists(reference string) bool {
	r, ok := s.records[reference]
	return s.place == Right && (!ok || !r.unknown && r.Deleted == 0)
}
