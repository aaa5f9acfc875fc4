package ops

import (
	"context"
	"errors"
	"net/http"

	"github.com/yuno-community/yuno-customers/erasure"
)

// problem is an error that the page explains to a person.
type problem struct {
	status      int
	title, text string
}

func (e *problem) Error() string { return e.title }

var (
	errNoPage = &problem{http.StatusNotFound, "There is no such page", "The address is wrong, or what it named never existed."}
	errBusy   = &problem{http.StatusServiceUnavailable, "The page is busy", "Too many requests wait for the database. Deletes are not affected. Try again in a moment."}
	errSlow   = &problem{http.StatusServiceUnavailable, "The database did not respond in time", "Deletes are not affected by this page. Try again, or narrow the search down."}
	errBroken = &problem{http.StatusInternalServerError, "The page does not work right now", "The log of the service has the cause. What you were about to do was not done, or was done as a whole: look before you repeat it."}
	errViewer = &problem{http.StatusForbidden, "You may look, and not act", "Your role is viewer. Nothing was done."}
)

// fail shows an error. The cause of one that is no problem of the reader's is logged, and not
// shown.
func (p *Page) fail(w http.ResponseWriter, r *http.Request, err error) {
	var known *problem
	switch {
	case errors.As(err, &known):
	case errors.Is(err, erasure.ErrNotFound):
		known = errNoPage
	case errors.Is(err, context.DeadlineExceeded), errors.Is(r.Context().Err(), context.DeadlineExceeded):
		known = errSlow // a driver may call it something else
	case r.Context().Err() != nil:
		return // the reader is gone
	default:
		known = errBroken
		p.Logger.WarnContext(r.Context(), "operations page", "path", r.Pattern, "err", err)
	}
	v, _ := r.Context().Value(visitKey{}).(*visit)
	p.render(w, known.status, "problem", p.view(v, known.title, "", known.text))
}
