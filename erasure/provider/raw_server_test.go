package provider

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// rawServer responds to HTTP/1.1 requests with canned bytes, one connection each, and
// keeps what arrived byte for byte: net/http's server would not tell how a
// header was spelled.
type rawServer struct {
	listener  net.Listener
	responses []string

	mu       sync.Mutex
	requests []string
}

func listen(t *testing.T, responses ...string) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &rawServer{listener: listener, responses: responses}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			w.serve(t, connection)
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return w
}

func (w *rawServer) serve(t *testing.T, connection net.Conn) {
	defer connection.Close()
	var raw bytes.Buffer
	request, err := http.ReadRequest(bufio.NewReader(io.TeeReader(connection, &raw)))
	if err != nil {
		t.Errorf("reading a request: %v", err)
		return
	}
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		t.Errorf("reading a body: %v", err)
	}
	w.mu.Lock()
	n := len(w.requests)
	w.requests = append(w.requests, strings.ReplaceAll(raw.String(), w.listener.Addr().String(), "HOST"))
	w.mu.Unlock()
	if n >= len(w.responses) {
		t.Errorf("request %d was not expected:\n%s", n+1, raw.String())
		return
	}
	_, _ = io.WriteString(connection, w.responses[n])
}

func (w *rawServer) url() string { return "http://" + w.listener.Addr().String() }

func (w *rawServer) got() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.requests...)
}

// responseBytes is a whole response, after which the connection ends.
func responseBytes(status int, body string, headers ...string) string {
	lines := append([]string{fmt.Sprintf("HTTP/1.1 %d %s", status, http.StatusText(status)), "Connection: close"}, headers...)
	if status != http.StatusNoContent {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// requestBytes is a whole request from its lines; the last is the body.
func requestBytes(lines ...string) string { return strings.Join(lines, "\r\n") }

// endlessServer responds with head and then with part until the client hangs up.
func endlessServer(t *testing.T, head, part string) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(connection)); err != nil {
				t.Errorf("reading a request: %v", err)
			}
			for _, err = io.WriteString(connection, head); err == nil; _, err = io.WriteString(connection, part) {
			}
			_ = connection.Close()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return "http://" + listener.Addr().String()
}
