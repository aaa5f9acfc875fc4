package ops

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// retryLasts is how long targets have that are tried again, as with the command.
const retryLasts = 30 * 24 * time.Hour

// actFor is how long an action on many targets goes on. What is left is said, and done by the
// next click: each batch is complete in itself.
const actFor = patience * 8 / 10

// selected returns the selection of a form: what needs a person at a provider, for a reason.
func selected(form url.Values) erasure.TargetFilter {
	until, err := time.Parse(time.RFC3339Nano, form.Get("until"))
	if err != nil {
		until = time.Time{}
	}
	return erasure.TargetFilter{Provider: form.Get("provider"), Reason: form.Get("reason"), Until: until}
}

// choice is what a form is about: targets of one erasure, or what is selected.
type choice struct {
	ids    []string // of one erasure
	filter erasure.TargetFilter
	n      int
	of     string // "At old-gateway.", for the question
	back   string
}

// choose reads the choice of a form. The targets have to fit.
func (p *Page) choose(ctx context.Context, form url.Values, fits func(erasure.Target) bool) (c choice, err error) {
	if id := form.Get("erasure"); id != "" {
		return p.chooseOf(ctx, id, form.Get("target"), fits)
	}
	c.filter = selected(form)
	if c.filter.Provider == "" || c.filter.Reason == "" {
		return c, errNoPage
	}
	c.of, c.back = "At "+c.filter.Provider+", "+c.filter.Reason+".", "/"
	if c.n, err = p.Store.CountNeedingAttention(ctx, c.filter); err == nil && c.n == 0 {
		err = errNothingFits
	}
	return c, err
}

// errNothingFits is the error of an action on what has changed since it was offered.
var errNothingFits = &problem{http.StatusConflict, "This does not fit any more", "Somebody or something was faster: no target is left that it fits. Nothing was done."}

func (p *Page) chooseOf(ctx context.Context, id, target string, fits func(erasure.Target) bool) (c choice, err error) {
	e, err := p.Store.GetErasure(ctx, id)
	if err != nil {
		return c, err
	}
	c.back = "/erasures/" + e.ID
	known := target == ""
	for _, t := range e.Targets {
		if target != "" && t.ID != target {
			continue
		}
		known = true
		if fits(t) {
			c.ids, c.of = append(c.ids, t.ID), "At "+t.Provider+"."
		}
	}
	switch c.n = len(c.ids); {
	case !known:
		return c, errNoPage
	case c.n == 0:
		return c, errNothingFits
	case c.n > 1:
		c.of = "All of this erasure that it fits."
	}
	return c, nil
}

// each calls change with the targets, and returns what was done in words.
func (p *Page) each(ctx context.Context, c choice, change func(ids []string) error, did string) (string, error) {
	if c.ids != nil {
		if err := change(c.ids); err != nil {
			return "", err
		}
		return count(len(c.ids), "target", "targets") + " " + did + ".", nil
	}
	// The time of the machine: the page's own clock may stand still in a test.
	end := time.Now().Add(actFor)
	changed := 0
	_, err := EachNeedingAttention(ctx, p.Store, c.filter, func(ids []string) error {
		if time.Now().After(end) {
			return errTimeIsUp
		}
		n, err := changeFitting(ids, change)
		changed += n
		return err
	})
	text := count(changed, "target", "targets") + " " + did + "."
	switch {
	case errors.Is(err, errTimeIsUp):
		return text + " There are more: do it again.", nil
	case err != nil && changed > 0:
		p.Logger.WarnContext(ctx, "operations page", "err", err)
		return text + " Then it failed; the log of the service has the cause. Do it again for the others.", nil
	}
	return text, err
}

var errTimeIsUp = errors.New("the time is up")

// changeFitting changes targets at once or, if one of them does not fit any more, those that do.
func changeFitting(ids []string, change func(ids []string) error) (changed int, err error) {
	err = change(ids)
	if err == nil {
		return len(ids), nil
	}
	if len(ids) == 1 && errors.Is(err, erasure.ErrNotOpen) {
		return 0, nil
	}
	if !errors.Is(err, erasure.ErrNotOpen) {
		return 0, err
	}
	for _, id := range ids {
		n, err := changeFitting([]string{id}, change)
		changed += n
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

func needsPerson(t erasure.Target) bool { return t.State.NeedsAttention() }

func (p *Page) retry(ctx context.Context, form url.Values) (*deed, error) {
	c, err := p.choose(ctx, form, needsPerson)
	if err != nil {
		return nil, err
	}
	return &deed{
		Question: "Try " + count(c.n, "target", "targets") + " again?", Where: c.of, Button: "Try again", Back: c.back,
		Lines: []string{"What earlier attempts have done is not asked again. There are 30 days from now; the deadline of an erasure does not move."},
		do: func(ctx context.Context, _ string) (string, error) {
			return p.each(ctx, c, func(ids []string) error {
				return p.Store.Retry(ctx, ids, p.Now(), p.Now().Add(retryLasts), p.Enqueue)
			}, "will be tried again")
		},
	}, nil
}

func (p *Page) resolve(ctx context.Context, form url.Values) (*deed, error) {
	c, err := p.choose(ctx, form, needsPerson)
	if err != nil {
		return nil, err
	}
	return &deed{
		Question: "Close " + count(c.n, "target", "targets") + " as deleted by hand?", Where: c.of, Button: "Resolve", Back: c.back,
		Lines: []string{
			"What is closed counts as succeeded, and the ids by which the provider knew the customer are destroyed. This cannot be taken back.",
		},
		Note: "What was done, for the evidence. No personal data: name a ticket.", NoteMost: erasure.MaxNote,
		do: func(ctx context.Context, note string) (string, error) {
			return p.each(ctx, c, func(ids []string) error {
				for _, id := range ids {
					if err := p.Store.Resolve(ctx, id, note, p.Now()); err != nil {
						return err
					}
				}
				return nil
			}, "closed")
		},
	}, nil
}

func (p *Page) reopen(ctx context.Context, form url.Values) (*deed, error) {
	c, err := p.choose(ctx, form, func(t erasure.Target) bool { return t.ReopenableUntil.After(p.Now()) })
	if err != nil {
		return nil, err
	}
	if c.ids == nil {
		return nil, errNoPage
	}
	return &deed{
		Question: "Ask again at " + count(c.n, "target", "targets") + " that ended well?", Where: c.of, Button: "Reopen", Back: c.back,
		Lines: []string{
			"Do this if a success turned out to be none: a key of another account, a wrong address. The provider is asked again with all ids by which it knew the customer.",
		},
		do: func(ctx context.Context, _ string) (string, error) {
			return p.each(ctx, c, func(ids []string) error {
				return p.Store.Reopen(ctx, ids, p.Now(), p.Now().Add(retryLasts), p.Enqueue)
			}, "will be asked again")
		},
	}, nil
}

func (p *Page) references(ctx context.Context, form url.Values) (*deed, error) {
	c, err := p.chooseOf(ctx, form.Get("erasure"), "", needsPerson)
	if err != nil {
		return nil, err
	}
	return &deed{
		Question: "Show by which ids the providers know this customer?", Button: "Show", Back: c.back,
		Lines: []string{"Of " + count(c.n, "target that needs a person", "targets that need a person") + ", to ask the provider by hand. Handle these ids as personal data. That you have looked is recorded, in the evidence too."},
		show: func(w http.ResponseWriter, r *http.Request, v *visit) error {
			known, err := p.Store.ShowReferences(r.Context(), form.Get("erasure"), p.Now())
			if err != nil {
				return err
			}
			shown, err := p.erasure(r, form.Get("erasure"))
			if err != nil {
				return err
			}
			for i := range shown.Targets {
				if refs, ok := known[shown.Targets[i].ID]; ok {
					shown.Targets[i].References = &refs
				}
			}
			shown.Asked = true
			p.render(w, http.StatusOK, "erasure", p.view(v, "Erasure", "erasures", shown))
			return nil
		},
	}, nil
}
