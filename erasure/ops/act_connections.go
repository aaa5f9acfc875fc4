package ops

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/yuno-community/yuno-customers/erasure"
)

func (p *Page) pause(ctx context.Context, form url.Values) (*deed, error) {
	name, err := p.knownConnection(ctx, form)
	if err != nil {
		return nil, err
	}
	return &deed{
		Question: "Send nothing more to " + name + "?", Button: "Pause", Back: "/",
		Lines: []string{"Its targets stay pending, and deadlines keep running. A request that is under way is not stopped. Only somebody who resumes it ends this pause."},
		Note:  "Why, for the log and the other operators", NoteMost: erasure.MaxPauseReason,
		do: func(ctx context.Context, reason string) (string, error) {
			paused, err := p.Store.PauseConnection(ctx, erasure.PauseRequest{Name: name, At: p.Now(), Reason: reason, ByHand: true})
			if !paused {
				return name + " was paused by hand already.", err
			}
			return "Nothing more is sent to " + name + ".", err
		},
	}, nil
}

func (p *Page) resume(ctx context.Context, form url.Values) (*deed, error) {
	name, err := p.knownConnection(ctx, form)
	if err != nil {
		return nil, err
	}
	return &deed{
		Question: "Go on with " + name + "?", Button: "Resume", Back: "/",
		Lines: []string{"Targets that came to need a person because it refused the key, found nobody without proof, or gave responses that nothing describes are tried again. Those whose deadline is near or over get a week."},
		do: func(ctx context.Context, _ string) (string, error) {
			jobs, resumed, err := p.Store.ResumeConnection(ctx, erasure.ResumeRequest{Name: name, At: p.Now(), ByHand: true}, p.Enqueue)
			text := count(len(jobs), "target", "targets") + " will be tried again."
			switch {
			case err != nil && len(jobs) > 0: // each batch of them is complete
				p.Logger.WarnContext(ctx, "operations page", "err", err)
				return text + " The time was not enough for all: do it again.", nil
			case err != nil:
				return "", err
			case !resumed:
				return name + " was not paused; " + text, nil
			}
			return name + " goes on; " + text, nil
		},
	}, nil
}

// knownConnection returns the connection of a form, if a process ever had it.
func (p *Page) knownConnection(ctx context.Context, form url.Values) (string, error) {
	states, err := p.Store.Connections(ctx)
	if err != nil {
		return "", err
	}
	for _, state := range states {
		if state.Name == form.Get("connection") {
			return state.Name, nil
		}
	}
	return "", errNoPage
}

// check makes the check of a connection. It changes nothing here, so it is not recorded.
func (p *Page) check(_ context.Context, form url.Values) (*deed, error) {
	for _, c := range p.Connections {
		if c.Name == form.Get("connection") {
			return &deed{
				Question: "Check " + c.Name + "?", Button: "Check", Back: "/",
				Lines: []string{"A harmless read with its credentials shows whether they reach the configured account and mode. It deletes nothing."},
				do:    func(ctx context.Context, _ string) (string, error) { return c.checked(ctx), nil },
			}, nil
		}
	}
	return nil, &problem{http.StatusNotFound, "This process does not have that connection", "Ask the page of a process with workers, or use yuno-erasure providers check."}
}

// checked makes the check, and says what came of it.
func (c Connection) checked(ctx context.Context) string {
	o := c.Check(ctx)
	text := map[erasure.OutcomeKind]string{
		erasure.OutcomeSucceeded:      "passed",
		erasure.OutcomeActionRequired: "shows that the credentials are wrong",
		erasure.OutcomeNotSupported:   "is not known: the provider has no harmless read that would show it",
	}[o.Kind]
	if text == "" {
		text = "did not show whether the credentials are right"
	}
	text = "The check of " + c.Name + " " + text
	if o.Reason != "" {
		text += " (" + o.Reason
		if o.Status != 0 {
			text += fmt.Sprintf(", HTTP %d", o.Status)
		}
		text += ")"
	}
	return text + "."
}
