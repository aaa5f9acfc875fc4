package conformance

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/testprogram"
)

// rawServer accepts connections one after the other and reads a request from each. last
// returns the one before its response: the first line, the headers with their names as sent,
// and the body.
func rawServer(t *testing.T) (address string, last func() (line string, header http.Header, body string)) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	read := make(chan []byte, 1)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			var raw bytes.Buffer
			if r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &raw))); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
			}
			read <- raw.Bytes()
			_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
			_ = conn.Close()
		}
	}()
	return "http://" + listener.Addr().String(), func() (string, http.Header, string) {
		var raw []byte
		select {
		case raw = <-read:
		default:
			t.Error("no request arrived")
		}
		head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		header := http.Header{}
		for _, line := range lines[1:] {
			name, value, _ := strings.Cut(line, ":")
			header[name] = append(header[name], strings.TrimSpace(value))
		}
		var body []byte
		if r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw))); err == nil {
			body, _ = io.ReadAll(r.Body)
		}
		return lines[0], header, string(body)
	}
}

// The real curl sends what the suite sends, byte by byte except for the order of headers.
func TestCurlSendsTheSame(t *testing.T) {
	t.Parallel()
	program := testprogram.Find(t, "curl")
	ref := newReference()
	target := ref.target()
	target.SecondAccount, target.Exists = Credentials{}, nil
	r, err := newRun(target, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	s := r.session
	if err := s.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	address, last := rawServer(t)
	for _, name := range []string{
		"accepted", "header-name-case", "id-percent-encoded", "accept-header", "keys-missing", "key-secret-empty", "key-secret-repeated", "key-secret-other-case",
		"account-malformed", "id-quotes", "id-control-characters", "id-near-miss", "path-unknown", "path-double-slash", "path-dot-segments", "path-encoded-dot-segments",
		"method-head", "method-options", "method-post", "method-put", "method-unknown", "method-lower-case", "method-override", "query-keys", "body-json", "body-chunked", "body-large",
	} {
		c := suite[slices.IndexFunc(suite, func(c testCase) bool { return c.name == name })]
		if _, err := s.judge(t.Context(), c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p := newPlaceholders(s.target.Credentials, s.target.SecondAccount, s.persons())
		for _, sent := range s.sent {
			command := curl{s.endpoint, p}.command(sent)
			shell(t, command.line, environmentOf(p, address+"/v1")...)
			line, header, body := last()
			if want := sent.method + " " + sent.target + " HTTP/1.1"; line != want {
				t.Errorf("%s: got %q, want %q", name, line, want)
			}
			want := sent.header.Clone()
			delete(header, "Host")
			delete(header, "Content-Length") // net/http reads the body by it
			if sent.chunked {
				want["Transfer-Encoding"] = []string{"chunked"}
			}
			if !maps.EqualFunc(header, want, slices.Equal) || body != string(sent.body) {
				t.Errorf("%s: got %q and a body of %d bytes, want %q and %d; by %s %s", name, header, len(body), want, len(sent.body), program, command.line)
			}
		}
	}
}
