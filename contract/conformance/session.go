package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// session is the state of one run, which its cases share.
type session struct {
	target   Target
	endpoint *endpoint
	checker  *contract.Checker
	timeout  time.Duration // of one request, and of one call of a function of the target
	rounds   int           // of the timing case; 0 leaves it out
	now      func() time.Time

	caseName    string            // of the current case
	operation   string            // that the current case is about
	unserved    map[string]string // why an operation is not judged, by operationId
	merchantIDs map[string]string // by customer id; see showsMerchantID
	aside       *aside            // nil if no case has asked for it
	proof       proof
	sleep       func(ctx context.Context, d time.Duration)
	onTrace     func(Trace) // nil if nobody watches

	lookUpTried, lookUpFailed bool   // see exists
	secondTried               bool   // see trySecondAccount
	secondRefused             string // what a valid request with the second account got

	given   int               // different ids in Target.Customers
	unused  []int             // places in Target.Customers that no case has used yet
	inRun   []string          // customers that the run has used
	inCase  []string          // customers that the current case has used
	origins map[string]string // by customer id, for people
	kept    string            // see keptCustomer; "" if no case has asked for it

	mu           sync.Mutex
	findings     []finding      // of the current case
	requests     int            // of the current case
	sent         []*sentRequest // of the current case
	limited      bool           // the target refused a request of the current case because of its rate
	inDoubt      bool           // see skipInDoubt
	statusesSeen map[int]bool   // of the responses to valid requests; see hint
}

// errNoCustomer ends a case for which the target has no customer left.
var errNoCustomer = errors.New("no customer left")

// skipError ends a case that turns out not to apply to the target.
type skipError string

func (e skipError) Error() string { return string(e) }

// customer returns the id of a customer that exists and that the case may erase.
func (s *session) customer(ctx context.Context) (string, error) {
	if s.target.NewCustomer != nil {
		return s.newCustomer(ctx)
	}
	if len(s.unused) == 0 {
		return "", errNoCustomer
	}
	place := s.unused[0]
	id := s.target.Customers[place]
	s.unused = s.unused[1:]
	s.origins[id] = s.target.origin(place)
	s.use(id)
	return id, s.prove(ctx, id)
}

func (s *session) newCustomer(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	id, err := s.target.NewCustomer(ctx)
	if err != nil {
		return "", fmt.Errorf("conformance: creating a customer: %w", err)
	}
	if err := wire.CheckCustomerID(id); err != nil {
		return "", fmt.Errorf("conformance: the id of a new customer %w", err)
	}
	s.proof.existing[id] = true
	s.origins[id] = "one that Target.NewCustomer made"
	s.use(id)
	return id, nil
}

// use notes that the current case is about a customer.
func (s *session) use(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inCase = append(s.inCase, id)
	if !slices.Contains(s.inRun, id) {
		s.inRun = append(s.inRun, id)
	}
}

// keptCustomer returns the id of a customer that exists and that no case may erase. It is
// the same customer in every case, unless the implementation erases it by mistake.
func (s *session) keptCustomer(ctx context.Context) (string, error) {
	if s.kept == "" {
		id, err := s.customer(ctx)
		if err != nil {
			return "", err
		}
		s.kept = id
	}
	s.use(s.kept)
	return s.kept, nil
}

// refusalTarget returns the id of a customer for requests that must be refused: the kept
// customer or, for strict targets without customers, an unknown one.
func (s *session) refusalTarget(ctx context.Context) (string, error) {
	id, err := s.keptCustomer(ctx)
	if errors.Is(err, errNoCustomer) && s.target.Strict {
		return unknownID(), nil
	}
	return id, err
}

// unknownID returns an id that no customer has.
func unknownID() string { return wire.NewUUID() }

// exists asks the target whether it has the customer.
func (s *session) exists(ctx context.Context, id string) (bool, error) {
	if err := s.tryLookUp(ctx); err != nil {
		return false, err
	}
	return s.lookUp(ctx, id)
}

// tryLookUp looks up an id that no customer has, once: a look-up that finds everybody would
// accuse a target that erases.
func (s *session) tryLookUp(ctx context.Context) error {
	if s.lookUpTried {
		return nil
	}
	s.lookUpTried = true
	found, err := s.lookUp(ctx, unknownID())
	if err == nil && found {
		s.lookUpFailed = true
		err = errors.New("conformance: looking up a customer: an id that was made up just now is found, so any id is")
	}
	return err
}

// lookUp calls Target.Exists. After an error it is not called again: each case would wait
// for it.
func (s *session) lookUp(ctx context.Context, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	exists, err := s.target.Exists(ctx, id)
	if err != nil {
		s.lookUpFailed = true
		return false, fmt.Errorf("conformance: looking up a customer: %w", err)
	}
	return exists, nil
}

// looksUp reports whether customers can be looked up in the storage of the target.
func (s *session) looksUp() bool { return s.target.Exists != nil && !s.lookUpFailed }

// ignoringFindings returns what f returns and drops the violations found meanwhile.
func (s *session) ignoringFindings(f func() response) response {
	s.mu.Lock()
	n := len(s.findings)
	s.mu.Unlock()
	resp := f()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.findings = s.findings[:n]
	return resp
}

// dropLast removes the last finding of the case if it is of the given rule.
func (s *session) dropLast(rule contract.Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.findings); n > 0 && s.findings[n-1].Rule == rule {
		s.findings = s.findings[:n-1]
	}
}
