package client

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
)

// Response is the response to the last attempt of a call, and the number of its
// attempts. If the server echoes an API key, Header and Body contain "[redacted]"
// in its place; a header whose name contains a key is left out.
type Response struct {
	// StatusCode is 0 if there was no response.
	StatusCode int

	// Attempts is the number of requests handed to the transport. It is 0 if an
	// argument was invalid or the context had already ended.
	Attempts int

	// RequestID is the X-Request-Id of the response, by which the server's operator
	// finds the request. It is "" if there was none, or if it has more than 128
	// bytes, or characters with which it could be something else than an id. It
	// contains no key and no customer id.
	RequestID string

	// Header is nil if there was no response.
	Header http.Header

	// Body is nil if it was empty, incomplete, or larger than 64 KiB. That of a
	// retrieved customer is personal data, which encoding/json shows, and package fmt
	// if the Response is in an unexported field of what is printed.
	Body []byte
}

// Format writes status, attempts, request id and the size of the body for every verb.
func (r Response) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, r.summary()) }

// LogValue implements [slog.LogValuer] with the same text as Format: headers and
// bodies do not belong in logs.
func (r Response) LogValue() slog.Value { return slog.StringValue(r.summary()) }

func (r Response) summary() string {
	return fmt.Sprintf("Response{StatusCode:%d Attempts:%d RequestID:%q Body:%d bytes}", r.StatusCode, r.Attempts, r.RequestID, len(r.Body))
}
