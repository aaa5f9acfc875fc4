package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/yuno-community/yuno-customers/api"
)

// New mounts impl behind the checks that the package comment lists. The handler is
// safe for concurrent use; serve it with [Serve], or with any http.Server, directly
// or behind a mux that passes the path on as it was sent.
//
// impl gets an account code that the caller's keys give access to and a customer id
// of 1 to 64 characters, decoded. It may return any response that the contract
// documents; see the package comment for what is made of everything else. Its
// context is done when the client goes away and when the timeout has passed.
// A panic in impl is answered 500 like an error, [http.ErrAbortHandler] included:
// impl has not begun an answer that would need aborting.
//
// The error joins every mistake in the arguments.
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
	if impl == nil {
		errs = append(errs, errors.New("implementation: nil"))
	}
	if keys, ok := auth.(*StaticKeys); auth == nil || ok && keys == nil {
		errs = append(errs, errors.New("authenticator: nil"))
	}
	for _, opt := range opts {
		if opt == nil {
			errs = append(errs, errors.New("option: nil"))
			continue
		}
		errs = append(errs, opt(h))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	h.prefix = h.basePath + "/customers/"
	h.route = h.prefix + "{customer_id}"
	return h, nil
}

type handler struct {
	impl       api.StrictServerInterface
	auth       Authenticator
	basePath   string
	prefix     string
	route      string
	timeout    time.Duration
	maxCalls   int64
	calls      atomic.Int64 // in progress, those given up included
	limit      Limiter
	observe    func(context.Context, Event)
	incomingID func(*http.Request) string
	log        *slog.Logger
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	id := h.requestID(r)
	ctx := context.WithValue(r.Context(), requestIDKey{}, id)

	a, route := h.answer(ctx, w, r)
	if a.cause != nil {
		h.logCause(ctx, a, id)
	}
	if a.status != StatusClientGone {
		a.write(w, id)
	}
	if h.observe != nil {
		h.tell(ctx, Event{Route: route, Status: a.status, Code: a.code, Duration: time.Since(start), RequestID: id})
	}
	if a.status == StatusClientGone {
		// Returning would have net/http send 200, which a client that closed
		// only its sending half could read as success.
		panic(http.ErrAbortHandler)
	}
}

// answer checks path and method, and leaves the rest to decide.
func (h *handler) answer(client context.Context, w http.ResponseWriter, r *http.Request) (a answer, route string) {
	unread := hasBody(w, r)
	defer func() {
		if unread {
			w.Header().Set("Connection", "close") // see hasBody
		}
	}()
	customer, ok := customerID(r.URL, h.prefix)
	switch {
	case !ok:
		return notFound, ""
	case r.Method != http.MethodDelete:
		return unsupportedMethod, h.route
	}
	req := request{
		customerID:   customer,
		publicKeys:   r.Header["Public-Api-Key"],
		secretKeys:   r.Header["Private-Secret-Key"],
		accountCodes: r.Header["X-Account-Code"],
	}
	ctx, cancel := context.WithTimeout(client, h.timeout)
	defer cancel()
	if unread && r.ContentLength < 0 {
		// Whether there is a body at all may take bodyPatience to learn. Nobody is
		// waited for whose keys are wrong; keys that are right are looked up twice.
		if refused := h.await(client, ctx, req, (*handler).checkKeys); refused.status != 0 {
			return refused, h.route
		}
		unread = !isEmpty(w, r)
	}
	req.hasBody = unread
	return h.await(client, ctx, req, (*handler).decide), h.route
}

// authenticate returns what the keys of a request give access to, or the answer to
// them if they give none; otherwise that is the zero answer.
func (h *handler) authenticate(ctx context.Context, req request) (Principal, answer) {
	keys, ok := req.keys()
	if !ok {
		return Principal{}, invalidCredentials
	}
	principal, err := h.auth.Authenticate(ctx, keys)
	switch {
	case errors.Is(err, ErrInvalidCredentials):
		return Principal{}, invalidCredentials
	case errors.Is(err, ErrExpiredCredentials):
		return Principal{}, expiredCredentials
	case err != nil:
		return Principal{}, internalError.because(fmt.Errorf("authenticating: %w", err))
	}
	return principal, answer{}
}

// checkKeys returns the answer to a request whose keys give no access, or the zero
// answer.
func (h *handler) checkKeys(ctx context.Context, req request) answer {
	_, refused := h.authenticate(ctx, req)
	return refused
}

// decide is everything after path and method, in the order that the package
// comment documents.
func (h *handler) decide(ctx context.Context, req request) answer {
	principal, refused := h.authenticate(ctx, req)
	if refused.status != 0 {
		return refused
	}
	if h.limit != nil {
		if wait := h.limit(ctx, req.publicKeys[0]); wait > 0 {
			return tooManyRequests.after(wait)
		}
	}
	if a, ok := req.check(); !ok {
		return a
	}
	account := req.accountCodes[0]
	if !principal.mayErase(account) {
		return otherAccount
	}
	response, err := h.impl.DeleteCustomer(ctx, api.DeleteCustomerRequestObject{
		CustomerID: req.customerID,
		Params:     api.DeleteCustomerParams{AccountCode: account},
	})
	if err != nil {
		return internalError.because(err)
	}
	a, err := answerOf(response)
	if err != nil {
		return internalError.because(err)
	}
	return a
}
