package conformance

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// proof is what shows that customers existed. Target.Customers may be wrong: the list of an
// earlier run, or ids of another account. Then the target is right to know no such customer,
// and must not be accused of having erased it.
type proof struct {
	existing map[string]bool // by id
	given    []string        // to the current case, and not known to exist
	accepted bool            // a deletion in the current case
	unclear  bool            // a valid deletion in the current case got no response, or a 5xx
	unknown  int             // customers of the list
	erased   bool            // a deletion was accepted in an earlier case
}

const whyUnknown = skipError("a customer of the list is not known to the target: it gets CUSTOMER_NOT_FOUND, and nothing shows that it existed")

// prove looks up a customer of the list, if the target offers a way.
func (s *session) prove(ctx context.Context, id string) error {
	exists := false
	switch {
	case s.looksUp():
		var err error
		if exists, err = s.exists(ctx, id); err != nil {
			return err
		}
	case s.serves(retrieveCustomer):
		exists = s.ignoringFindings(func() response { return s.read(ctx, customerPath(id)) }).customer() != nil
	}
	s.proof.existing[id] = exists
	return nil
}

// giveUnknown notes that the current case depends on a customer, unless that one is known to
// exist.
func (p *proof) giveUnknown(id string) {
	if !p.existing[id] {
		p.given = append(p.given, id)
	}
}

// withProof returns the outcome of a case. If it found something and its customers are of the
// list, it erases them: if one turns out to be unknown, what was found is an effect of that.
func (s *session) withProof(ctx context.Context, findings []finding, err error) ([]finding, error) {
	unclear := s.proof.unclear
	defer func() { s.proof.given, s.proof.erased = nil, s.proof.erased || s.proof.accepted }()
	if len(findings) == 0 || s.proof.accepted || err != nil && !errors.As(err, new(skipError)) {
		return findings, err
	}
	for _, id := range s.proof.given {
		resp := s.ignoringFindings(func() response { return s.erase(ctx, id) })
		if s.kept == id {
			s.kept = "" // it is gone now, or never was
		}
		if s.aside != nil && s.aside.id == id {
			s.aside = nil
		}
		switch {
		case !resp.saysGone():
		case unclear: // the customer may be gone because of that deletion, or unknown
			findings = slices.DeleteFunc(findings, func(f finding) bool { return strings.HasPrefix(string(f.Rule), "case-") })
			if len(findings) == 0 {
				return nil, whyUnknown
			}
			return findings, err
		default:
			s.proof.unknown++
			return nil, whyUnknown
		}
	}
	return findings, err
}
