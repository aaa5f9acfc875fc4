package ops

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// Search selects erasures. The command's erasures list has its fields as flags, and the page
// in a form.
type Search struct {
	Account  string `help:"Only erasures of this account." placeholder:"UUID"`
	Customer string `help:"Only erasures of this customer." placeholder:"ID"`
	State    string `help:"Only in this state: in_progress, completed, completed_with_exceptions, attention_required." enum:",in_progress,completed,completed_with_exceptions,attention_required" default:"" placeholder:"STATE"`
	Provider string `help:"Only erasures with a target at this provider." placeholder:"NAME"`
	Reason   string `help:"Only erasures with a target that has this reason; with --provider, at that provider." placeholder:"CODE"`
	Person   bool   `help:"Only erasures with a target that needs a person; with --provider and --reason, that target."`
	Since    string `help:"Only erasures that were accepted at or after this time, such as 2026-11-01 or 2026-11-01T12:00:00Z." placeholder:"TIME"`
	Until    string `help:"Only erasures that were accepted before this time." placeholder:"TIME"`
	Overdue  bool   `help:"Only erasures that are not complete and past their deadline, as the metric counts them."`
	AtRisk   bool   `help:"Only erasures that are not complete and have used half of their time, as the metric counts them."`
}

// Filter returns the filter at a time. The error names what is wrong with which field.
func (s Search) Filter(now time.Time) (erasure.ErasureFilter, error) {
	f := erasure.ErasureFilter{
		AccountCode: s.Account, CustomerID: s.Customer, State: erasure.ErasureState(s.State),
		Provider: s.Provider, Reason: s.Reason, Attention: s.Person,
	}
	if s.Overdue {
		f.OverdueAt = now
	}
	if s.AtRisk {
		f.AtRiskAt = now
	}
	var errs [2]error
	f.Since, errs[0] = ParseTime("since", s.Since)
	f.Until, errs[1] = ParseTime("until", s.Until)
	return f, errors.Join(errs[:]...)
}

// ParseTime returns the time of a flag or field: the zero time for "", and the start of the
// day in UTC for a date.
func ParseTime(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 0 {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("--%s wants a date such as 2026-11-01, or a time such as 2026-11-01T12:00:00Z", name)
}

// searchOf reads the form of the list.
func searchOf(q url.Values) Search {
	field := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return Search{
		Account: field("account"), State: field("state"), Provider: field("provider"), Reason: field("reason"),
		Person: q.Has("person"), Since: field("since"), Until: field("until"), Overdue: q.Has("overdue"), AtRisk: q.Has("at-risk"),
	}
}

// Query returns the search as the query of an address. It never has the customer: addresses
// are kept in histories and logs.
func (s Search) Query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"account": s.Account, "state": s.State, "provider": s.Provider, "reason": s.Reason, "since": s.Since, "until": s.Until,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, set := range map[string]bool{"person": s.Person, "overdue": s.Overdue, "at-risk": s.AtRisk} {
		if set {
			q.Set(name, "1")
		}
	}
	return q
}

// Link returns the address of the list of what the search selects.
func (s Search) Link() string {
	if q := s.Query().Encode(); q != "" {
		return "/erasures?" + q
	}
	return "/erasures"
}

// States are the states that can be searched for.
func (Search) States() []erasure.ErasureState {
	return []erasure.ErasureState{
		erasure.ErasureInProgress, erasure.ErasureAttentionRequired, erasure.ErasureCompleted, erasure.ErasureCompletedWithExceptions,
	}
}

// erasureList is what the list shows.
type erasureList struct {
	Search   Search
	Problem  string
	Erasures []erasure.Erasure
	// Next is the address of the next page, and Reached the time of acceptance down to which
	// this one has looked.
	Next    string
	Reached time.Time
	First   bool
	// Customer says that the list is of a customer who was looked for.
	Customer bool
}

// perPage is the number of erasures on a page of a list.
const perPage = 50

func (p *Page) showErasures(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	list := &erasureList{Search: searchOf(q), First: q.Get("before") == ""}
	filter, err := list.Search.Filter(p.Now())
	if err != nil {
		list.Problem = strings.ReplaceAll(err.Error(), "--", "")
		p.render(w, http.StatusBadRequest, "erasures", p.view(v, "Erasures", "erasures", list))
		return nil
	}
	filter.Before, filter.Limit, filter.WithTargets = q.Get("before"), perPage, true
	page, err := p.Store.SearchErasures(r.Context(), filter)
	if err != nil {
		return err
	}
	list.Erasures = page.Erasures
	if page.Next != "" {
		next := list.Search.Query()
		next.Set("before", page.Next)
		list.Next, list.Reached = "/erasures?"+next.Encode(), timeOfID(page.Next)
	}
	p.render(w, http.StatusOK, "erasures", p.view(v, "Erasures", "erasures", list))
	return nil
}

// timeOfID returns the time in the id of an erasure, to the millisecond; zero if it is none.
func timeOfID(id string) time.Time {
	var high, low int64
	if _, err := fmt.Sscanf(id, "%08x-%04x-", &high, &low); err != nil {
		return time.Time{}
	}
	return time.UnixMilli(high<<16 | low).UTC()
}

// findCustomer looks for an erasure by its own id or that of its customer. The form is sent in the
// body of a request, so that the customer's id is in no address.
func (p *Page) findCustomer(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := strings.TrimSpace(r.PostFormValue("id"))
	if id == "" {
		http.Redirect(w, r, "/erasures", http.StatusSeeOther)
		return nil
	}
	if e, err := p.Store.GetErasure(r.Context(), id); err == nil {
		http.Redirect(w, r, "/erasures/"+url.PathEscape(e.ID), http.StatusSeeOther)
		return nil
	} else if !errors.Is(err, erasure.ErrNotFound) {
		return err
	}
	found, err := p.Store.ErasuresOf(r.Context(), id)
	if err != nil {
		return err
	}
	if len(found) == 1 {
		http.Redirect(w, r, "/erasures/"+url.PathEscape(found[0].ID), http.StatusSeeOther)
		return nil
	}
	p.render(w, http.StatusOK, "erasures", p.view(v, "Erasures of a customer", "erasures", &erasureList{Erasures: found, Customer: true, First: true}))
	return nil
}
