package client_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/internal/pipenet"
)

// frame returns an HTTP/2 frame (RFC 9113, section 4.1).
func frame(kind, flags byte, stream uint32, payload string) string {
	header := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))[1:]
	header = append(header, kind, flags)
	return string(binary.BigEndian.AppendUint32(header, stream)) + payload
}

var (
	settings  = frame(4, 0, 0, "")
	goAway0   = frame(7, 0, 0, "\x00\x00\x00\x00\x00\x00\x00\x00") // last stream 0, NO_ERROR
	accepted1 = func(stream uint32) string { return frame(1, 5, stream, "\x08\x03202") }
	refused   = func(stream uint32) string { return frame(3, 0, stream, "\x00\x00\x00\x07") }
	canceled  = func(stream uint32) string { return frame(3, 0, stream, "\x00\x00\x00\x08") }
	broken    = func(stream uint32) string { return frame(3, 0, stream, "\x00\x00\x00\x01") } // PROTOCOL_ERROR
	notFound1 = func(stream uint32) string {
		return frame(1, 4, stream, "\x08\x03400") + frame(0, 1, stream, notFoundBody)
	}
)

// http2Server plays one reply for each request, over any number of connections.
func http2Server(t *testing.T, replies ...func(stream uint32) string) (baseURL string, requests *atomic.Int32) {
	t.Helper()
	requests, handle := http2Handler(replies...)
	return "http://" + listen(t, handle), requests
}

func http2Handler(replies ...func(stream uint32) string) (requests *atomic.Int32, handle func(net.Conn)) {
	requests = new(atomic.Int32)
	return requests, func(conn net.Conn) {
		frames := make(chan string, 10)
		defer close(frames)
		go func() { // a pipe has no buffer, so the client may be writing as well
			for text := range frames {
				_, _ = io.WriteString(conn, text)
			}
		}()
		frames <- settings
		_, _ = io.ReadFull(conn, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
		header := make([]byte, 9)
		for {
			if _, err := io.ReadFull(conn, header); err != nil {
				return
			}
			length := int64(header[0])<<16 | int64(header[1])<<8 | int64(header[2])
			if _, err := io.CopyN(io.Discard, conn, length); err != nil {
				return
			}
			if isHeaders := header[3] == 1; isHeaders {
				n := min(int(requests.Add(1)), len(replies))
				frames <- replies[n-1](binary.BigEndian.Uint32(header[5:]))
			}
		}
	}
}

// An HTTP/2 server tells which requests it did not process. net/http repeats those,
// whatever headers middleware has added, and no others that were written.
func TestHTTP2Refusals(t *testing.T) {
	t.Parallel()
	goAway := func(uint32) string { return goAway0 }
	for name, tc := range map[string]struct {
		replies   []func(uint32) string
		requests  int32
		ok        bool
		ambiguous bool
	}{
		"GoAway":  {[]func(uint32) string{goAway, accepted1}, 2, true, false},
		"Refused": {[]func(uint32) string{refused, accepted1}, 2, true, false},
		// Only of these two does a server say that it has not acted on the request.
		"Canceled": {[]func(uint32) string{canceled}, 1, false, true},
	} {
		for header, withHeader := range map[string]client.Option{
			"Plain":             client.WithMiddleware(),
			"Idempotency-Key":   client.WithMiddleware(watch(func(req *http.Request) { req.Header.Set("Idempotency-Key", "7") })),
			"X-Idempotency-Key": client.WithMiddleware(watch(func(req *http.Request) { req.Header.Set("X-Idempotency-Key", "7") })),
		} {
			t.Run(name+"/"+header, func(t *testing.T) {
				t.Parallel()
				baseURL, requests := http2Server(t, tc.replies...)
				over := client.NewTransport()
				over.Protocols = new(http.Protocols)
				over.Protocols.SetUnencryptedHTTP2(true)
				c := newClient(t, baseURL, client.WithRetry(0, 0), withHeader, client.WithHTTPClient(&http.Client{Transport: over}))
				var resp client.Response
				err := c.DeleteCustomer(t.Context(), customerID, client.WithResponse(&resp))
				if (err == nil) != tc.ok || resp.Attempts != 1 || requests.Load() != tc.requests {
					t.Fatalf("got %v after %d attempts and %d requests", err, resp.Attempts, requests.Load())
				}
				var stream streamError
				if err != nil && (asError(t, err).MayHaveApplied != tc.ambiguous || !errors.As(err, &stream) || stream.Code != 8) {
					t.Errorf("got %v with MayHaveApplied %v and code %d", err, !tc.ambiguous, stream.Code)
				}
			})
		}
	}
}

// net/http also repeats a request after PROTOCOL_ERROR, which proxies send when they
// cannot read the response of a server that has acted. What the repetition gets says
// nothing about the first request.
func TestHTTP2RepeatedRequestIsAmbiguous(t *testing.T) {
	t.Parallel()
	for name, replies := range map[string][]func(uint32) string{
		"NotFound": {broken, notFound1},
		"Canceled": {broken, canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			baseURL, requests := http2Server(t, replies...)
			over := client.NewTransport()
			over.Protocols = new(http.Protocols)
			over.Protocols.SetUnencryptedHTTP2(true)
			c := newClient(t, baseURL, client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: over}))
			e := asError(t, c.DeleteCustomer(t.Context(), customerID))
			if !e.MayHaveApplied || e.Attempts != 1 || requests.Load() != 2 {
				t.Errorf("got %v with MayHaveApplied %v after %d requests", e, e.MayHaveApplied, requests.Load())
			}
		})
	}
}

// streamError shows that net/http still converts its error to this form.
type streamError struct {
	StreamID, Code uint32
	Cause          error
}

func (streamError) Error() string { return "" }

// The client cannot tell why net/http looks for another connection.
func TestHTTP2GoAwayThenNoConnection(t *testing.T) {
	t.Parallel()
	baseURL, _ := http2Server(t, func(uint32) string { return goAway0 })
	over := client.NewTransport()
	over.Protocols = new(http.Protocols)
	over.Protocols.SetUnencryptedHTTP2(true)
	dial := over.DialContext
	var dials atomic.Int32
	elsewhere := closedPort(t)
	over.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) > 1 {
			address = elsewhere
		}
		return dial(ctx, network, address)
	}
	c := newClient(t, baseURL, client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: over}))
	if e := asError(t, c.DeleteCustomer(t.Context(), customerID)); !e.MayHaveApplied || dials.Load() != 2 {
		t.Errorf("got %v with MayHaveApplied %v after %d dials", e, e.MayHaveApplied, dials.Load())
	}
}

// A server that never serves a connection is not flooded with requests.
func TestHTTP2GoAwayForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pipes := pipenet.Listen()
		defer pipes.Close()
		requests, handle := http2Handler(func(uint32) string { return goAway0 })
		go func() {
			for conn, err := pipes.Accept(); err == nil; conn, err = pipes.Accept() {
				go func() {
					defer conn.Close()
					handle(conn)
				}()
			}
		}()
		over := client.NewTransport()
		over.Protocols = new(http.Protocols)
		over.Protocols.SetUnencryptedHTTP2(true)
		over.DialContext = pipes.DialContext
		c := newClient(t, "http://127.0.0.1/v1", client.WithRetry(0, 0), client.WithHTTPClient(&http.Client{Transport: over}))
		e := asError(t, c.DeleteCustomer(t.Context(), customerID))
		if !e.MayHaveApplied || !strings.Contains(e.Error(), "ends each HTTP/2 connection") || requests.Load() < 5 || requests.Load() > 20 {
			t.Errorf("got %v with MayHaveApplied %v after %d requests", e, e.MayHaveApplied, requests.Load())
		}
		over.CloseIdleConnections()
	})
}
