package ops

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

const (
	// liveEvery is how often a page that updates itself looks for changes.
	liveEvery = 3 * time.Second
	// liveFor is how long one stream lasts. The browser then begins another, which needs a
	// valid login.
	liveFor = 50 * time.Second
	// maxLive is how many streams there are at once. A page beyond that does not update itself.
	maxLive = 20
)

// LivePrefix begins the paths of streams of events, which last.
const LivePrefix = "/live/"

// liveHeader is on the request of a page that updates itself. It does not prolong the login:
// nobody may be there.
const liveHeader = "X-Live"

// live sends an event whenever what the page at the path shows has changed. The page then
// loads itself again. It sends no content, so that there is one way to render a page.
func (p *Page) live(version func(ctx context.Context, r *http.Request) (uint64, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case p.streams <- struct{}{}:
			defer func() { <-p.streams }()
		default:
			w.WriteHeader(http.StatusNoContent) // tells the browser not to come back
			return
		}
		if _, err := p.findLogin(r, tokenOf(r)); err != nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(liveFor + patience))
		end := time.After(liveFor)
		tick := time.NewTicker(liveEvery)
		defer tick.Stop()
		var last uint64
		for n := 0; ; n++ {
			now, err := p.version(r, version)
			switch {
			case err != nil:
				return
			case n == 0 || now != last:
				last = now
				fmt.Fprintf(w, "data: %x\n\n", now)
			default:
				_, _ = io.WriteString(w, ":\n\n") // so that a reader who is gone is noticed
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-end:
				return
			case <-r.Context().Done():
				return
			}
		}
	}
}

// version looks for changes within the bounds of other requests.
func (p *Page) version(r *http.Request, version func(ctx context.Context, r *http.Request) (uint64, error)) (uint64, error) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return version(ctx, r)
}

// overviewVersion changes whenever the overview shows something else. Ages are not counted.
func (p *Page) overviewVersion(ctx context.Context, _ *http.Request) (uint64, error) {
	o, err := p.currentOverview(ctx)
	if err != nil {
		return 0, err
	}
	hash := fnv.New64a()
	fmt.Fprint(hash, o.Counts.Erasures, o.Counts.Overdue, o.Counts.AtRisk, o.Counts.Open, o.Counts.Attention, o.Waiting.Due, o.Waiting.Running, o.Unworked)
	for _, c := range o.Conns {
		fmt.Fprint(hash, c.Name, c.Live, c.PausedAt, c.Reason)
	}
	return hash.Sum64(), nil
}

// erasureVersion changes with every change of the erasure.
func (p *Page) erasureVersion(ctx context.Context, r *http.Request) (uint64, error) {
	e, err := p.Store.GetErasure(ctx, r.PathValue("id"))
	if err != nil {
		return 0, err
	}
	hash := fnv.New64a()
	fmt.Fprint(hash, e.State)
	for _, t := range e.Targets {
		fmt.Fprint(hash, t.ID, len(t.Evidence))
	}
	return hash.Sum64(), nil
}

// livePath returns the path of the events of an erasure that may still change by itself.
func livePath(e *shownErasure) string {
	if e.State != erasure.ErasureInProgress || e.Asked {
		return ""
	}
	return "/live/erasures/" + e.ID
}
