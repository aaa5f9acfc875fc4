package server_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

// wrongHead is head with a key that is nobody's.
var wrongHead = strings.Replace(head, publicKey, "sandbox_nobody", 1)

// ended reports whether the server has closed the connection by now.
func (c *pipeClient) ended() bool {
	_ = c.SetReadDeadline(time.Now())
	_, err := c.r.ReadByte()
	return err == io.EOF
}

// Connections that send nothing or wrong keys make room for others, whose requests in
// progress are never cut off.
func TestServeMaxConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		release := make(chan struct{})
		s := serve(t, mount(t, func(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
			<-release
			return api.DeleteCustomer202Response{}, nil
		}), server.WithMaxConnections(4), server.WithServeLogger(slog.New(slog.NewTextHandler(&log, nil))))
		working := mustDial(t, s.listener)
		working.send(t, head+"\r\n")
		synctest.Wait()
		for range 100 {
			mustDial(t, s.listener)
			wrong := mustDial(t, s.listener)
			wrong.send(t, wrongHead+"\r\n")
			wrong.receive(t).want(t, http.StatusUnauthorized, "INVALID_CREDENTIALS")
		}
		another := mustDial(t, s.listener)
		another.send(t, head+"\r\n")
		synctest.Wait()
		close(release)
		working.receive(t).want(t, http.StatusAccepted, "")
		another.receive(t).want(t, http.StatusAccepted, "")
		if n := strings.Count(log.String(), "connections are at their limit"); n != 1 {
			t.Errorf("the limit is logged %d times, want once:\n%s", n, log.String())
		}
		time.Sleep(time.Minute)
		for range 100 {
			mustDial(t, s.listener)
		}
		if !strings.Contains(log.String(), "limit=4 not_logged=") || strings.Count(log.String(), "at their limit") != 2 {
			t.Errorf("the limit is not logged a minute later:\n%s", log.String())
		}
		s.stop()
		<-s.result
	})
}

// Valid keys keep an idle connection open; wrong ones do not.
func TestServeIdleAfterWrongKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, accepting))
		right, wrong := mustDial(t, s.listener), mustDial(t, s.listener)
		right.send(t, head+"\r\n")
		right.receive(t)
		wrong.send(t, wrongHead+"\r\n")
		wrong.receive(t)
		time.Sleep(9 * time.Second)
		if wrong.ended() || right.ended() {
			t.Error("closed too early")
		}
		time.Sleep(2 * time.Second)
		if !wrong.ended() || right.ended() {
			t.Errorf("closed: with wrong keys %v, with right ones %v", wrong.ended(), right.ended())
		}
		s.stop()
		<-s.result
	})
}

func TestWithMaxConnectionsRejects(t *testing.T) {
	t.Parallel()
	err := server.Serve(t.Context(), nil, nil, server.WithMaxConnections(0))
	if err == nil || !strings.Contains(err.Error(), "the limit of connections is 0") {
		t.Errorf("got %v", err)
	}
}
