package connlimit

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fixture is a limiter on a listener whose connections come from where the test says.
type fixture struct {
	*Limiter
	t        *testing.T
	listener net.Listener
	dialed   chan net.Conn
	full     atomic.Int64
}

func newFixture(t *testing.T, limit int) *fixture {
	f := &fixture{t: t, dialed: make(chan net.Conn)}
	f.Limiter = New(limit, 10*time.Second, func() { f.full.Add(1) })
	f.listener = f.Listen(f)
	return f
}

// Accept implements net.Listener.
func (f *fixture) Accept() (net.Conn, error) {
	conn, ok := <-f.dialed
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

// Close implements net.Listener.
func (f *fixture) Close() error { close(f.dialed); return nil }

// Addr implements net.Listener.
func (f *fixture) Addr() net.Addr { return address("listener:1") }

type address string

func (address) Network() string  { return "test" }
func (a address) String() string { return string(a) }

type from struct {
	net.Conn
	address
}

func (f from) RemoteAddr() net.Addr { return f.address }

// connect opens a connection and waits until it is accepted. Time passes, so that
// connections have an age.
func (f *fixture) connect(where string) *Conn {
	f.t.Helper()
	c, err := f.try(where)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *fixture) try(where string) (*Conn, error) {
	time.Sleep(time.Millisecond)
	client, server := net.Pipe()
	f.t.Cleanup(func() { _ = client.Close() })
	go func() { f.dialed <- from{server, address(where + ":1234")} }()
	conn, err := f.listener.Accept()
	c, _ := conn.(*Conn)
	return c, err
}

// open reports whether nobody has closed the connection.
func open(c *Conn) bool {
	_ = c.SetReadDeadline(time.Now())
	_, err := c.Read(make([]byte, 1))
	return err != io.EOF && !errors.Is(err, io.ErrClosedPipe)
}

func TestStrangersMakeRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 32)
		busy := f.connect("merchant")
		busy.Begin()
		busy.Trust()
		idle := f.connect("merchant")
		idle.Trust()
		slow := f.connect("elsewhere")
		var flood []*Conn
		for range 1000 {
			c := f.connect("flood")
			c.Begin() // a request without valid keys does not protect
			flood = append(flood, c)
			if n := len(f.conns); n > 32 {
				t.Fatalf("%d connections are open, want at most 32", n)
			}
		}
		if !open(busy) || !open(idle) || !open(slow) {
			t.Errorf("open: busy %v, idle %v, of another address %v; want all", open(busy), open(idle), open(slow))
		}
		if open(flood[0]) || !open(flood[999]) {
			t.Errorf("open: first %v, last %v; want the first ones closed", open(flood[0]), open(flood[999]))
		}
		if f.full.Load() == 0 {
			t.Error("nothing was said")
		}
	})
}

// A client has the whole network of an IPv6 address: what it opens from as many addresses
// makes room before the connection of somebody else.
func TestStrangersOfOneNetworkMakeRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 32)
		slow := f.connect("[2001:db8:1::1]")
		for i := range 100 {
			f.connect(fmt.Sprintf("[2001:db8:2::%x]", i))
		}
		if !open(slow) {
			t.Error("the connection of another network was closed")
		}
	})
}

func TestIdlestMakesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 3)
		conns := []*Conn{f.connect("a"), f.connect("a"), f.connect("a")}
		for _, c := range conns {
			c.Begin()
			c.Trust()
		}
		for _, i := range []int{1, 0} { // idle since then
			time.Sleep(time.Second)
			conns[i].End()
		}
		f.connect("b").Trust()
		if !open(conns[0]) || open(conns[1]) || !open(conns[2]) {
			t.Errorf("open: %v %v %v, want only the second closed", open(conns[0]), open(conns[1]), open(conns[2]))
		}
	})
}

// Requests of those who are trusted are never cut off: others wait.
func TestWaitsForRoom(t *testing.T) {
	t.Parallel()
	for name, makeRoom := range map[string]func(*Conn){
		"Close": func(c *Conn) { _ = c.Close() },
		"End":   func(c *Conn) { c.End() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, 2)
				busy := []*Conn{f.connect("a"), f.connect("a")}
				for _, c := range busy {
					c.Begin()
					c.Trust()
				}
				accepted := make(chan *Conn)
				go func() { accepted <- f.connect("b") }()
				time.Sleep(time.Hour)
				synctest.Wait()
				select {
				case <-accepted:
					t.Fatal("accepted without room")
				default:
				}
				if f.full.Load() != 1 {
					t.Errorf("said %d times that it waits, want once", f.full.Load())
				}
				makeRoom(busy[1])
				if c := <-accepted; !open(c) || !open(busy[0]) {
					t.Error("the new connection or the busy one is closed")
				}
			})
		})
	}
}

func TestClosedWhileWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		c := f.connect("a")
		c.Begin()
		c.Trust()
		refused := make(chan error)
		go func() {
			_, err := f.try("b")
			refused <- err
		}()
		synctest.Wait()
		time.Sleep(time.Second)
		_ = f.listener.Close()
		if err := <-refused; !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want that the listener is closed", err)
		}
	})
}

func TestIdleStrangersAreClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 100)
		idle, trusted, busy, active := f.connect("a"), f.connect("a"), f.connect("a"), f.connect("a")
		trusted.Trust()
		busy.Begin()
		for range 5 {
			time.Sleep(9 * time.Second)
			active.Begin()
			active.End()
		}
		if open(idle) || !open(trusted) || !open(busy) || !open(active) {
			t.Errorf("open: idle %v, trusted %v, busy %v, active %v", open(idle), open(trusted), open(busy), open(active))
		}
		busy.End()
		time.Sleep(20 * time.Second)
		if open(busy) || open(active) || !open(trusted) {
			t.Errorf("in the end: busy %v, active %v, trusted %v", open(busy), open(active), open(trusted))
		}
		for _, c := range []*Conn{idle, trusted, busy} {
			_ = c.Close() // by the server, which does not know
		}
		if len(f.conns) != 0 {
			t.Errorf("%d connections count, want 0", len(f.conns))
		}
	})
}

func TestNilConnDoesNotCount(t *testing.T) {
	t.Parallel()
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	c := Of(Context(t.Context(), server))
	c.Begin()
	c.Trust()
	c.End()
	if c != nil {
		t.Errorf("got %v, want nil", c)
	}
}
