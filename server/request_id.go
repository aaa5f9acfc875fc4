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

type requestIDKey struct{}

// RequestID returns the id of the request that ctx belongs to, the one that its
// answer carries as X-Request-Id, or "" outside a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// requestID returns a new random id, unless a hook gives one that is fit to be
// sent and logged.
func (h *handler) requestID(r *http.Request) string {
	if h.incomingID != nil {
		if id := h.hookedRequestID(r); validRequestID(id) {
			return id
		}
	}
	return newRequestID()
}

// newRequestID returns 128 random bits. They have to be unique, not secret, so the
// generator of package math/rand/v2 will do, which asks the kernel only for its seed.
func newRequestID() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(b[8:], rand.Uint64())
	return hex.EncodeToString(b[:])
}

// hookedRequestID returns "" for a hook that panics: the request is answered all
// the same.
func (h *handler) hookedRequestID(r *http.Request) (id string) {
	defer func() {
		if p := recover(); p != nil {
			h.logCause(r.Context(), internalError.because(newPanicError(p)), "")
		}
	}()
	return h.incomingID(r)
}

// validRequestID bounds what a caller may put into our logs: visible ASCII, and
// no quote or backslash that would have to be escaped there.
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
