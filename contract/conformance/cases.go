package conformance

import (
	"slices"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// suite returns every case, in the order in which they run: first what must
// work, then what must be refused, and at the end that no refusal had an effect.
func suite() []testCase {
	return slices.Concat(acceptedCases(), keyCases(), accountCases(), customerIDCases(), nearMissCases(), pathCases(), overrideCases(), bodyCases(), protocolCases(), closingCases())
}

// CaseInfo describes one case of the conformance suite.
type CaseInfo struct {
	Name  string   `json:"name"`
	Why   string   `json:"why"`
	Needs []string `json:"needs,omitempty"` // what a target must offer, for people
}

// Cases lists the conformance suite in the order in which it runs.
func Cases() []CaseInfo {
	var list []CaseInfo
	for _, c := range suite() {
		list = append(list, CaseInfo{Name: c.name, Why: c.why, Needs: c.needs.names()})
	}
	return list
}

var needNames = []struct {
	need need
	name string
}{
	{needsStrict, "a target that is judged by Strict"},
	{needsCustomer, "customers that may be erased"},
	{needsSpareUnlessStrict, "customers that may be erased, or Strict"},
	{needsSpare, "customers that may be erased"},
	{needsSecondAccount, "credentials of a second account"},
	{needsHTTP2, "a target that can be asked for HTTP/2"},
	{needsExists, "a way to look up customers (Target.Exists)"},
	{needsLoopback, "a target on this machine, because a key goes into a URL"},
	{needsTiming, "the timing option"},
}

func (n need) names() []string {
	var names []string
	for _, item := range needNames {
		if n&item.need != 0 {
			names = append(names, item.name)
		}
	}
	return names
}

// missing returns what the target lacks for the needs, or "".
func (s *session) missing(n need) string {
	customers := s.target.NewCustomer != nil || len(s.unused) > 0
	lacks := map[need]bool{
		needsStrict:            !s.target.Strict,
		needsCustomer:          !customers,
		needsSpareUnlessStrict: !s.target.Strict && !customers && s.spare == "",
		needsSpare:             !customers && s.spare == "",
		needsSecondAccount:     s.target.SecondAccount == (Credentials{}),
		needsHTTP2:             s.endpoint.http2 == nil,
		needsExists:            s.target.Exists == nil,
		needsLoopback:          !wire.IsLoopback(s.endpoint.baseURL.Hostname()),
		needsTiming:            s.rounds == 0,
	}
	for _, item := range needNames {
		if n&item.need != 0 && lacks[item.need] {
			return "needs " + item.name
		}
	}
	return ""
}

// erases reports whether a case of the name passes only if a customer was erased.
func erases(name string) bool {
	return slices.ContainsFunc(suite(), func(c testCase) bool { return c.name == name && c.needs&needsCustomer != 0 })
}
