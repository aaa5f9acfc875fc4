package ops

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

const (
	// maxRequests is how many requests use the database at once. The others wait. It is
	// small beside the pool, most of which is for deletes and attempts.
	maxRequests = 3
	// patience is how long a request waits for its turn and for the database.
	patience = 10 * time.Second
	// maxForm is the largest form, which has a note.
	maxForm = 16 << 10
)

// Config is what a [Page] needs. Fields without a default are required.
type Config struct {
	Store *sqlstore.Store
	// Enqueue puts targets into the queue that are to be tried again.
	Enqueue erasure.EnqueueFunc
	// Connections are those of this process's configuration; none in a process without
	// workers.
	Connections []Connection
	// Unworked returns the number of due jobs in each queue that no process works on.
	Unworked func(context.Context) (map[string]int, error)
	// HeartbeatTimeout is that of [erasure.Config].
	HeartbeatTimeout time.Duration
	// Proxies are trusted to name their client in X-Forwarded-For.
	Proxies []netip.Prefix
	Logger  *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
}

// Connection is a configured connection, with what only its configuration says.
type Connection struct {
	Name, Title, Mode, Account string
	PerSecond                  float64 // requests; 0 for no limit
	Concurrency                int
	// Check makes the connection's harmless read.
	Check func(context.Context) erasure.Outcome
}

// Page is the operations page. It is safe for concurrent use.
type Page struct {
	Config
	handler  http.Handler
	turns    chan struct{}
	streams  chan struct{}
	attempts *attempts
	overview overviewCache
}

// New returns the page. It does not use the database before the first request.
func New(cfg Config) *Page {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	p := &Page{Config: cfg, turns: make(chan struct{}, maxRequests), streams: make(chan struct{}, maxLive), attempts: newAttempts(cfg.Now)}
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.fail(w, r, &problem{http.StatusForbidden, "This form came from another site", "Nothing was done. Open the page itself, and do it there."})
	}))
	p.handler = protection.Handler(p.routes())
	return p
}

// routes lists every path. Whatever is not in it is answered as if it did not exist, but only
// to those who are logged in.
func (p *Page) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{file}", serveAsset)
	mux.HandleFunc("GET /login", p.open(p.showLogin))
	mux.HandleFunc("POST /login", p.open(p.logIn))
	mux.HandleFunc("POST /logout", p.open(p.logOut))

	mux.HandleFunc("GET /{$}", p.private(p.showOverview))
	mux.HandleFunc("GET /erasures", p.private(p.showErasures))
	mux.HandleFunc("POST /erasures", p.private(p.findCustomer))
	mux.HandleFunc("GET /erasures/{id}", p.private(p.showErasure))
	mux.HandleFunc("GET /accounts", p.private(p.showAccounts))
	mux.HandleFunc("GET /actions", p.private(p.showActions))
	mux.HandleFunc("GET /live/overview", p.live(p.overviewVersion))
	mux.HandleFunc("GET /live/erasures/{id}", p.live(p.erasureVersion))
	mux.HandleFunc("GET /act/{deed}", p.private(p.ask))
	mux.HandleFunc("POST /act/{deed}", p.private(p.act))
	mux.HandleFunc("/", p.private(func(http.ResponseWriter, *http.Request, *visit) error { return errNoPage }))
	return mux
}

// ServeHTTP implements [http.Handler].
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// Not no-referrer: with it a browser says of a form that it comes from nowhere.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	p.handler.ServeHTTP(w, r)
}

// open returns the handler of a page for everybody. The page does not exist before there is
// an operator.
func (p *Page) open(next func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return p.bounded(func(w http.ResponseWriter, r *http.Request) error {
		has, err := p.Store.HasOperators(r.Context())
		switch {
		case err != nil:
			return err
		case !has:
			http.Error(w, "The operations page is off. To turn it on: yuno-erasure operators add NAME", http.StatusNotFound)
			return nil
		}
		return next(w, r)
	})
}

// bounded returns a handler that waits for its turn to use the database, and shows errors.
func (p *Page) bounded(next func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		r = r.WithContext(ctx)
		select {
		case p.turns <- struct{}{}:
			defer func() { <-p.turns }()
		case <-ctx.Done():
			p.fail(w, r, errBusy)
			return
		}
		if err := next(w, r); err != nil {
			p.fail(w, r, err)
		}
	}
}

// visit is a request of somebody who is logged in.
type visit struct {
	erasure.Login
	token string
	done  string // what the request before has done
}

// mayAct reports whether the operator may act.
func (v *visit) mayAct() bool { return v != nil && v.Operator.Role == erasure.RoleOperator }

// private returns the handler of a page for those who are logged in. Others are asked to log
// in, if the page is on.
func (p *Page) private(next func(w http.ResponseWriter, r *http.Request, v *visit) error) http.HandlerFunc {
	login := p.open(func(w http.ResponseWriter, r *http.Request) error {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			http.Redirect(w, r, loginPath(r.URL), http.StatusSeeOther)
			return nil
		}
		return &problem{http.StatusUnauthorized, "Your login has ended", "Nothing was done. Log in, and do it again."}
	})
	page := p.bounded(func(w http.ResponseWriter, r *http.Request) error {
		v := r.Context().Value(visitKey{}).(*visit)
		if r.Method == http.MethodGet {
			v.done = takeDone(w, r)
		}
		return next(w, r, v)
	})
	return func(w http.ResponseWriter, r *http.Request) {
		token := tokenOf(r)
		if token == "" {
			login(w, r)
			return
		}
		l, err := p.findLogin(r, token)
		switch {
		case errors.Is(err, erasure.ErrNotFound):
			login(w, r)
		case err != nil:
			p.fail(w, r, err)
		default:
			page(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, &visit{Login: l, token: token})))
		}
	}
}

type visitKey struct{}

// findLogin finds a login, within the bounds of other requests.
func (p *Page) findLogin(r *http.Request, token string) (erasure.Login, error) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return erasure.Login{}, errBusy
	}
	l, err := p.Store.Login(ctx, token, p.Now(), r.Header.Get(liveHeader) == "" && !strings.HasPrefix(r.URL.Path, LivePrefix))
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = errSlow // a driver may call it something else
	}
	return l, err
}
