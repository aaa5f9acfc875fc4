package contract

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTransportJudgesResponses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		response fixedResponse
		want     []Rule
	}{
		{fixedResponse{status: 202}, nil},
		{fixedResponse{status: 400, contentType: "application/json", body: errorBody}, nil},
		{fixedResponse{status: 202, body: "x"}, []Rule{RuleBodyUnexpected}},
		{fixedResponse{status: 204}, []Rule{RuleStatus}},
		{fixedResponse{status: 302}, []Rule{RuleStatus}},
		{fixedResponse{status: 400, contentType: "text/html", body: errorBody}, []Rule{RuleContentType}},
		{fixedResponse{status: 400, contentType: "application/json", body: errorBody[:9]}, []Rule{RuleJSON}},
		{fixedResponse{status: 400, contentType: "application/json", body: strings.Repeat(" ", MaxBody+1)}, []Rule{RuleBodyTooLarge}},
		{fixedResponse{status: 400, contentType: "application/json", body: strings.Repeat(" ", MaxBody-len(errorBody)) + errorBody}, nil},
	} {
		got := &recordingT{}
		resp, err := mustNew(t).Transport(got, tt.response).RoundTrip(rightRequest(t))
		if err != nil {
			t.Fatal(err)
		}
		read, err := io.ReadAll(resp.Body)
		if err != nil || string(read) != tt.response.body {
			t.Errorf("%v: the client reads %d bytes and error %v, want %d bytes", tt.response.status, len(read), err, len(tt.response.body))
		}
		_ = resp.Body.Close()
		if !slices.Equal(got.rules(), tt.want) {
			t.Errorf("%d: got %v, want %v", tt.response.status, got.violations, tt.want)
		}
	}
}

func TestWithRequestsOnlyIgnoresWrongResponses(t *testing.T) {
	t.Parallel()
	got := &recordingT{}
	c := mustNew(t, WithRequestsOnly())
	resp, err := c.Transport(got, fixedResponse{status: 503, body: "<html>"}).RoundTrip(rightRequest(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if len(got.violations) > 0 {
		t.Errorf("found %v", got.violations)
	}
}

// The response is returned although its body stalls.
func TestWithRequestsOnlyDoesNotReadBodies(t *testing.T) {
	t.Parallel()
	stalled, writer := io.Pipe()
	c := mustNew(t, WithRequestsOnly())
	resp, err := c.Transport(t, roundTripFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 400, Header: http.Header{"Content-Type": {"application/json"}}, Body: stalled}, nil
	})).RoundTrip(rightRequest(t))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.WriteString(writer, errorBody)
		_ = writer.Close()
	}()
	if read, err := io.ReadAll(resp.Body); string(read) != errorBody || err != nil {
		t.Errorf("the client reads %q and error %v", read, err)
	}
}

func TestWithRequestsOnlyCountsWhatTheClientRead(t *testing.T) {
	t.Parallel()
	right := fixedResponse{status: 400, contentType: "application/json", body: errorBody}
	for name, tt := range map[string]struct {
		response fixedResponse
		read     int64 // bytes of the body
		want     int64
	}{
		"Whole":     {right, 1 << 30, 1},
		"NotRead":   {right, 0, 0},
		"HalfRead":  {right, 9, 0},
		"NoBody":    {fixedResponse{status: 202}, 1 << 30, 1},
		"Wrong":     {fixedResponse{status: 400, contentType: "application/json", body: errorBody[:9]}, 1 << 30, 0},
		"TooLarge":  {fixedResponse{status: 400, contentType: "application/json", body: strings.Repeat(" ", MaxBody) + errorBody}, 1 << 30, 0},
		"WrongType": {fixedResponse{status: 400, contentType: "text/html", body: errorBody}, 1 << 30, 0},
	} {
		c := mustNew(t, WithRequestsOnly())
		resp, err := c.Transport(t, tt.response).RoundTrip(rightRequest(t))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.CopyN(io.Discard, resp.Body, tt.read)
		_, _ = resp.Body.Read(nil) // at the end once more
		_ = resp.Body.Close()
		var seen int64
		for _, r := range c.Coverage().Responses {
			seen += r.Seen
		}
		if seen != tt.want {
			t.Errorf("%s: seen %d times, want %d", name, seen, tt.want)
		}
	}
}

func TestTransportReturnsErrors(t *testing.T) {
	t.Parallel()
	got, want := &recordingT{}, errors.New("reset")
	_, err := mustNew(t).Transport(got, roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, want })).RoundTrip(rightRequest(t))
	if !errors.Is(err, want) || len(got.violations) > 0 {
		t.Errorf("got error %v and %v", err, got.violations)
	}
}

func TestTransportReturnsBodyErrors(t *testing.T) {
	t.Parallel()
	want := errors.New("cut")
	got := &recordingT{}
	closed := false
	resp, err := mustNew(t).Transport(got, roundTripFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 400, Header: http.Header{"Content-Type": {"application/json"}},
			Body: &brokenBody{Reader: io.MultiReader(strings.NewReader(errorBody[:5]), failingReader{want}), closed: &closed},
		}, nil
	})).RoundTrip(rightRequest(t))
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.ReadAll(resp.Body)
	if string(read) != errorBody[:5] || !errors.Is(err, want) {
		t.Errorf("the client reads %q and %v, want %q and %v", read, err, errorBody[:5], want)
	}
	if err := resp.Body.Close(); err != nil || !closed {
		t.Errorf("close: %v, closed %v", err, closed)
	}
	if !slices.Equal(got.rules(), []Rule{RuleTruncated}) {
		t.Errorf("got %v, want rule %s", got.violations, RuleTruncated)
	}
}

// Only transports of tests return a nil body.
func TestTransportAcceptsNilBody(t *testing.T) {
	t.Parallel()
	got := &recordingT{}
	_, err := mustNew(t).Transport(got, roundTripFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 400, Header: http.Header{}}, nil
	})).RoundTrip(rightRequest(t))
	if err != nil || !slices.Equal(got.rules(), []Rule{RuleContentType, RuleBodyMissing}) {
		t.Errorf("got error %v and %v", err, got.violations)
	}
}

func TestTransportDoesNotChangeTheRequest(t *testing.T) {
	t.Parallel()
	r := rightRequest(t)
	sized("{}")(r)
	_, _ = mustNew(t).Transport(&recordingT{}, roundTripFunc(func(got *http.Request) (*http.Response, error) {
		if got != r {
			t.Error("another request was sent")
		}
		if b, err := io.ReadAll(got.Body); string(b) != "{}" || err != nil {
			t.Errorf("body %q, error %v", b, err)
		}
		return &http.Response{StatusCode: 202, Body: http.NoBody}, nil
	})).RoundTrip(r)
}

func TestTransportDefault(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(status(202, ""))
	defer server.Close()
	r := rightRequest(t)
	to(server.URL + "/v1/customers/c1")(r)
	resp, err := mustNew(t).Transport(t, nil).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

// After a 101 the connection stays open, so reading it as a body would not end.
func TestTransportSwitchingProtocols(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		_ = rw.Flush()
		_, _ = io.Copy(io.Discard, conn) // until the other side closes
		_ = conn.Close()
	}))
	t.Cleanup(server.Close)

	for name, opts := range map[string][]Option{"Transport": nil, "TransportForRequestsOnly": {WithRequestsOnly()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := &recordingT{}
			r := rightRequest(t)
			to(server.URL + "/v1/customers/c1")(r)
			resp, err := mustNew(t, opts...).Transport(got, new(http.Transport)).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			_, writable := resp.Body.(io.Writer)
			if len(opts) > 0 {
				if len(got.violations) > 0 || !writable {
					t.Errorf("found %v, writable %v; want an untouched response", got.violations, writable)
				}
				return
			}
			if body, err := io.ReadAll(resp.Body); len(body) > 0 || err != nil {
				t.Errorf("got body %q, error %v", body, err)
			}
			if rules := got.rules(); len(rules) != 1 || rules[0] != RuleStatus {
				t.Errorf("found %v, want rule %s", got.violations, RuleStatus)
			}
		})
	}
}

type brokenBody struct {
	io.Reader
	closed *bool
}

func (b *brokenBody) Close() error { *b.closed = true; return nil }
