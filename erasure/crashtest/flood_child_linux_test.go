package crashtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// startChild runs [TestFloodChild] in a process of its own, until the test ends.
func startChild(t *testing.T, kind, target string, connections int) *service {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFloodChild$", "-test.timeout=0")
	cmd.Env = append(os.Environ(), "FLOOD_CHILD="+strings.Join([]string{kind, target, strconv.Itoa(connections)}, " "))
	return &service{testbinary.Start(t, cmd)}
}

// startFlood starts a flood and waits until it is one.
func startFlood(t *testing.T, kind, target string, connections int) *service {
	t.Helper()
	v := startChild(t, kind, target, connections)
	await.True(t, "the flood has begun", func() bool { return strings.Contains(string(v.Output.Tail()), "flooding") })
	return v
}

// TestFloodChild is the process of a flood, or the bare server of its control.
func TestFloodChild(t *testing.T) {
	kind, target, connections := "", "", 0
	if _, err := fmt.Sscanf(os.Getenv("FLOOD_CHILD"), "%s %s %d", &kind, &target, &connections); err != nil {
		if kind != "bare" {
			t.Skip("is started by TestFloods")
		}
		serveBare(t)
	}
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19); err != nil {
		t.Fatal(err)
	}
	var begun atomic.Int64
	for range connections {
		go func() {
			for first := true; ; {
				conn, err := net.Dial("tcp", target)
				if first { // even if the target is too busy to accept
					begun.Add(1)
					first = false
				}
				if err != nil {
					time.Sleep(100 * time.Millisecond)
					continue
				}
				flood(conn, kind)
				_ = conn.Close()
			}
		}()
	}
	await.True(t, "all have dialed", func() bool { return begun.Load() == int64(connections) })
	fmt.Println("flooding")
	<-t.Context().Done()
}

func serveBare(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("msg=serving address=%s \n", listener.Addr())
	t.Fatal(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })))
}

var floodKey atomic.Int64

// flood does with a connection what its kind does, until it is closed.
func flood(conn net.Conn, kind string) {
	r := bufio.NewReader(conn)
	for {
		if _, err := io.WriteString(conn, floodRequest(kind)); err != nil {
			return
		}
		switch kind {
		case "abort":
			return
		case "idle":
			_, _ = io.Copy(io.Discard, r)
			time.Sleep(time.Second) // it is not a flood of connections
			return
		}
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.Close {
			return
		}
	}
}

func floodRequest(kind string) string {
	const head = "DELETE /v1/customers/c1 HTTP/1.1\r\nHost: flood\r\nX-Account-Code: 493e9374-510a-4201-9e09-de669d75f256\r\nPrivate-Secret-Key: wrong\r\n"
	switch kind {
	case "idle":
		return ""
	case "metrics":
		return "GET /metrics HTTP/1.1\r\nHost: flood\r\n\r\n"
	case "lengths":
		return head + "Public-Api-Key: wrong\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	case "different":
		return head + fmt.Sprintf("Public-Api-Key: wrong-%d\r\n\r\n", floodKey.Add(1))
	}
	return head + "Public-Api-Key: wrong\r\n\r\n"
}
