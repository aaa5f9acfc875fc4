package client_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/pipenet"
)

// newPipedYuno is newYuno without a network, for tests under synctest whose script
// never responds. In synctest, time passes only while every goroutine waits, so a
// time limit ends only the step that it is meant for, even on a slow machine. The
// returned HTTP client connects to it.
func newPipedYuno(tb testing.TB, script ...http.HandlerFunc) (y *yuno, over *http.Client) {
	tb.Helper()
	pipes := pipenet.Listen()
	y = &yuno{script: script}
	y.Server = httptest.NewUnstartedServer(y)
	_ = y.Listener.Close()
	y.Listener = pipes
	y.Start()
	tb.Cleanup(y.Close)
	over = &http.Client{Transport: &http.Transport{DialContext: pipes.DialContext}}
	tb.Cleanup(over.CloseIdleConnections)
	return y, over
}
