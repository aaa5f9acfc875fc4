package server

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
)

const (
	requestIDHeader = "X-Request-Id"
	maxRequestID    = 128
)

// requestID is the id of a request in its context.
type requestID string

// RequestID returns the id of the request that ctx belongs to, which the response
// carries as X-Request-Id. Outside a request it returns "".
func RequestID(ctx context.Context) string {
	return string(scopeOf[requestID](ctx))
}

// requestID returns the id from the hook if there is one that may be sent and
// logged, and a random id otherwise.
func (h *handler) requestID(r *http.Request) string {
	if h.incomingID != nil {
		if id := h.hookedRequestID(r); validRequestID(id) {
			return id
		}
	}
	return newRequestID()
}

// newRequestID returns 128 random bits. They have to be unique, not secret, so
// math/rand/v2 is enough: it asks the kernel only for its seed.
func newRequestID() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(b[8:], rand.Uint64())
	var text [2 * len(b)]byte
	hex.Encode(text[:], b[:])
	return string(text[:])
}

// hookedRequestID returns "" if the hook panics, so that the request still gets its
// response.
func (h *handler) hookedRequestID(r *http.Request) (id string) {
	defer func() {
		if p := recover(); p != nil {
			h.logCause(r.Context(), internalError.withCause(newPanicError(p)), "")
		}
	}()
	return h.incomingID(r)
}

// validRequestID limits what a caller can write into our logs: visible ASCII, and no
// quote or backslash that would have to be escaped there.
func validRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
