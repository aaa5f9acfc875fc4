package ops

import (
	"net/http"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// shownErasure is what the page of an erasure shows.
type shownErasure struct {
	erasure.Erasure
	Targets []shownTarget
	Actions []erasure.Action
	// References are shown only in the response to the click that asks for them.
	Asked bool
}

// shownTarget is a target with what can be done about it.
type shownTarget struct {
	erasure.Target
	Advice     Advice
	Reopenable bool
	References *erasure.References
	Evidence   []shownEvidence
}

// shownEvidence is a change of a target, and who made it, if a person did.
type shownEvidence struct {
	erasure.Evidence
	By string
}

// Overdue reports whether the erasure is not complete and past its deadline.
func (e *shownErasure) Overdue(now time.Time) bool { return e.open() && e.Deadline.Before(now) }

// Left is the time until the deadline of an erasure that is not complete.
func (e *shownErasure) Left(now time.Time) time.Duration { return e.Deadline.Sub(now) }

func (e *shownErasure) open() bool {
	return e.State == erasure.ErasureInProgress || e.State == erasure.ErasureAttentionRequired
}

// Open is open, for the template.
func (e *shownErasure) Open() bool { return e.open() }

func (p *Page) showErasure(w http.ResponseWriter, r *http.Request, v *visit) error {
	shown, err := p.erasure(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	page := p.view(v, "Erasure", "erasures", shown)
	page.Live = livePath(shown)
	p.render(w, http.StatusOK, "erasure", page)
	return nil
}

// erasure reads what the page of an erasure shows.
func (p *Page) erasure(r *http.Request, id string) (*shownErasure, error) {
	e, err := p.Store.GetErasure(r.Context(), id)
	if err != nil {
		return nil, err
	}
	actions, err := p.Store.ListActions(r.Context(), erasure.ActionFilter{ErasureID: e.ID})
	if err != nil {
		return nil, err
	}
	shown := &shownErasure{Erasure: e, Actions: actions}
	for _, t := range e.Targets {
		shown.Targets = append(shown.Targets, shownTarget{
			Target: t, Advice: AdviceOn(t.Reason), Reopenable: t.ReopenableUntil.After(p.Now()), Evidence: withActors(t.Evidence, actions),
		})
	}
	return shown, nil
}

// withActors adds to the changes that people made who they were. An action and the evidence
// of it have the same time, to the microsecond.
func withActors(evidence []erasure.Evidence, actions []erasure.Action) []shownEvidence {
	by := map[time.Time]string{}
	for _, a := range actions {
		by[a.At] = a.Operator
	}
	shown := make([]shownEvidence, len(evidence))
	for i, ev := range evidence {
		shown[i].Evidence = ev
		switch ev.Reason {
		case "retried_by_operator", "reopened_by_operator", "resolved_by_operator", "references_shown", "connection_resumed":
			shown[i].By = by[ev.At]
		}
	}
	return shown
}

// actionList is what the page of actions shows.
type actionList struct {
	Actions []erasure.Action
	Next    string
}

func (p *Page) showActions(w http.ResponseWriter, r *http.Request, v *visit) error {
	list := &actionList{}
	var err error
	list.Actions, err = p.Store.ListActions(r.Context(), erasure.ActionFilter{Before: r.URL.Query().Get("before"), Limit: perPage + 1})
	if err != nil {
		return err
	}
	if len(list.Actions) > perPage {
		list.Actions = list.Actions[:perPage]
		list.Next = "/actions?before=" + list.Actions[perPage-1].ID
	}
	p.render(w, http.StatusOK, "actions", p.view(v, "Who did what", "actions", list))
	return nil
}
