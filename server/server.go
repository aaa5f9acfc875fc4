package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/connlimit"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// New mounts impl behind the checks that the package comment lists. The handler is
// safe for concurrent use. Serve it with [Serve] or any http.Server, directly or
// behind a mux that does not change the path.
//
// impl receives parameters that are decoded and checked, and an account code that the
// keys of the request give access to. For operations without an account code,
// [PrincipalOf] returns the accounts of the keys. impl may return any response that the
// contract documents, with a type of its own where package api has none. Any other
// response, an error or a panic becomes a 500. That includes a panic with
// [http.ErrAbortHandler], because no response has begun that would have to be
// aborted. The context of impl ends when the client disconnects or the timeout
// passes; see [WithTimeout].
//
// The error joins every invalid argument.
func New(impl api.StrictServerInterface, auth Authenticator, opts ...Option) (http.Handler, error) {
	h := &handler{
		impl:     impl,
		auth:     auth,
		basePath: defaultBasePath,
		timeout:  defaultTimeout,
		maxCalls: defaultMaxCalls,
		log:      slog.Default(),
	}
	var errs []error
	if wire.IsNil(impl) {
		errs = append(errs, errors.New("the implementation is nil"))
	}
	if wire.IsNil(auth) {
		errs = append(errs, errors.New("the authenticator is nil"))
	}
	for i, opt := range opts {
		if opt == nil {
			errs = append(errs, fmt.Errorf("option %d is nil", i))
			continue
		}
		errs = append(errs, opt(h))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	h.routes = newRoutes(h.basePath, h.operations...)
	if h.guarded {
		h.guard = newGuard(auth, h.maxCalls)
	}
	return h, nil
}

type handler struct {
	impl       api.StrictServerInterface
	auth       Authenticator
	basePath   string
	operations []string // of WithOperations; empty for all
	routes     routes
	timeout    time.Duration
	maxCalls   int64
	calls      atomic.Int64   // in progress, including those that outlive their request
	guarded    bool           // WithGuard
	guard      *guard         // nil without
	proxies    []netip.Prefix // WithTrustedProxies
	limit      Limiter
	observe    func(context.Context, Event)
	incomingID func(*http.Request) string
	log        *slog.Logger

	overloaded, throttled sampler
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	id := h.requestID(r)
	ctx := withScope(r.Context(), requestID(id))

	resp, rt := h.respond(ctx, w, r)
	resp.hold(r.Context(), start)
	if resp.cause != nil {
		h.logCause(ctx, resp, id)
	}
	if resp.status != StatusClientGone {
		resp.write(w, r, id)
	}
	if h.observe != nil {
		h.reportEvent(ctx, Event{
			Route: rt.template, Method: rt.nameOf(r.Method), Status: resp.status, Code: resp.code,
			Duration: time.Since(start), RequestID: id,
		})
	}
	if resp.status == StatusClientGone {
		// If the handler returned, net/http would send 200. A client that closed
		// only its sending half could read that as success.
		panic(http.ErrAbortHandler)
	}
}

// respond checks path and method and leaves the rest to authenticate and decide.
// The route has no template if the path does not exist.
func (h *handler) respond(client context.Context, w http.ResponseWriter, r *http.Request) (response, *route) {
	unread := hasBody(w, r)
	coded := len(r.TransferEncoding) > 0
	defer func() {
		if unread || coded { // a coded request may end elsewhere for a proxy
			w.Header().Set("Connection", "close") // see hasBody
		}
	}()
	rt := h.routes.match(r.URL)
	if rt == nil {
		return notFound, &route{}
	}
	m, ok := rt.methods[r.Method]
	if !ok {
		return unsupportedMethod.withAllow(rt.allow), rt
	}
	req := newRequest(rt, m, r, h.proxies)
	ctx, cancel := context.WithTimeout(client, h.timeout)
	defer cancel()

	if !unread || r.ContentLength > 0 {
		req.hasBody = unread
		return h.await(client, ctx, func(ctx context.Context) response { return h.authenticateAndDecide(ctx, req) }), rt
	}
	// The length of the body is not declared: waiting for its first byte may take
	// bodyTimeout, so the keys come first.
	principal, refused := h.awaitPrincipal(client, ctx, req)
	if refused.status != 0 {
		return refused, rt
	}
	unread = !isEmpty(w, r)
	req.hasBody = unread
	return h.await(client, ctx, func(ctx context.Context) response { return h.decide(ctx, req, principal) }), rt
}

// awaitPrincipal authenticates a request whose body has not been looked at. Like
// authenticate, it returns a response only if the keys give no access.
func (h *handler) awaitPrincipal(client, ctx context.Context, req *request) (Principal, response) {
	// A call that outlives its request still writes principal. The response is not
	// zero then, and principal is not touched again.
	var principal Principal
	refused := h.await(client, ctx, func(ctx context.Context) (resp response) {
		principal, resp = h.authenticate(ctx, req)
		return resp
	})
	if refused.status != 0 {
		return Principal{}, refused
	}
	return principal, response{}
}

func (h *handler) authenticateAndDecide(ctx context.Context, req *request) response {
	principal, refused := h.authenticate(ctx, req)
	if refused.status != 0 {
		return refused
	}
	return h.decide(ctx, req, principal)
}

// authenticate returns what the keys of a request give access to. If they give no
// access, it returns the response to send; otherwise that is the zero response.
func (h *handler) authenticate(ctx context.Context, req *request) (Principal, response) {
	keys, ok := req.keys()
	if !ok {
		return Principal{}, h.refuse(invalidCredentials)
	}
	principal, err := h.lookUp(ctx, req.from, keys)
	switch {
	case errors.Is(err, errThrottled):
		return Principal{}, tooManyRequests.withRetryAfter(retryLater).withHold(throttleTime).withCause(err)
	case errors.Is(err, ErrInvalidCredentials):
		return Principal{}, h.refuse(invalidCredentials)
	case errors.Is(err, ErrExpiredCredentials):
		return Principal{}, h.refuse(expiredCredentials)
	case err != nil:
		return Principal{}, internalError.withCause(fmt.Errorf("authenticating: %w", err))
	}
	connlimit.Of(ctx).Trust()
	return principal, response{}
}

func (h *handler) lookUp(ctx context.Context, from netip.Prefix, keys Keys) (Principal, error) {
	if h.guard != nil {
		return h.guard.authenticate(ctx, from, keys)
	}
	return h.auth.Authenticate(ctx, keys)
}

func (h *handler) refuse(resp response) response {
	if h.guard != nil {
		return resp.withHold(refusalTime)
	}
	return resp
}

// decide checks everything that follows the keys, in the order that the package
// comment documents, and calls the implementation.
func (h *handler) decide(ctx context.Context, req *request, principal Principal) response {
	if h.limit != nil {
		if wait := h.limit(ctx, req.publicKeys[0]); wait > 0 {
			return tooManyRequests.withRetryAfter(wait)
		}
	}
	if refused := req.check(); refused.status != 0 {
		return refused
	}
	if !req.operation.allowed(principal) {
		return otherAccount
	}
	resp, err := req.operation.call(withScope(ctx, principal), h.impl)
	if err != nil {
		return internalError.withCause(err)
	}
	return resp.withAllow(req.allow) // matters to a 405 only
}
