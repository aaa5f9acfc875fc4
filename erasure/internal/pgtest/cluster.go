//go:build unix

package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

// Cluster is one PostgreSQL server and its files. Its methods may be called by one
// goroutine at a time.
type Cluster struct {
	dir      string
	settings []string
	as       *syscall.Credential // the server's user; nil for this process's
	drops    bool                // each database at the end of its test

	mu     sync.Mutex
	server *os.Process // nil while it does not run
	exited chan struct{}
}

// onDisk is where clusters are. The test's own temporary directory is unsuitable: a socket's
// path is limited to about 100 bytes, and another user needs access.
const onDisk = "/tmp"

// start creates a cluster in a folder and starts its server with some settings.
func start(folder string, settings ...string) (_ *Cluster, err error) {
	initdb, err := serverBinary("initdb")
	if err != nil {
		return nil, err
	}
	c := &Cluster{settings: settings}
	if c.as, err = unprivileged(); err != nil {
		return nil, err
	}
	if c.dir, err = os.MkdirTemp(folder, "pgtest-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.remove())
		}
	}()
	if c.as != nil {
		if err := os.Chown(c.dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
			return nil, err
		}
	}
	cmd := c.command(initdb, "--pgdata="+c.data(), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return c, c.Start()
}

// Start starts the server after [Cluster.Kill], and waits until it accepts connections.
func (c *Cluster) Start() error {
	binary, err := serverBinary("postgres")
	if err != nil {
		return err
	}
	args := append([]string{
		"-D", c.data(), "-k", c.dir, "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "log_min_messages=fatal",
		"-c", "dynamic_shared_memory_type=mmap", // in the cluster's folder: POSIX's is left in /dev/shm by a kill
	}, c.settings...)
	cmd := c.command(binary, args...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	started, exited := make(chan error, 1), make(chan struct{})
	go func() {
		// The kernel stops the server when the thread that started it ends, so that a
		// killed test binary leaves no server behind. This thread must therefore live as
		// long as the server.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(exited)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	c.mu.Lock()
	c.server, c.exited = cmd.Process, exited
	c.mu.Unlock()

	for deadline := time.Now().Add(await.Patience); ; {
		if err = c.admin("SELECT 1"); err == nil {
			return nil
		}
		select {
		case <-exited:
			return fmt.Errorf("postgres did not start: %s", output.Bytes())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres does not accept connections: %w", err)
		}
	}
}

// Kill ends the server with SIGKILL, as a crash would.
func (c *Cluster) Kill() error { return c.stop(syscall.SIGKILL) }

// Running reports whether the server was started and not stopped since.
func (c *Cluster) Running() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server != nil
}

func (c *Cluster) stop(signal os.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil {
		return nil
	}
	if err := c.server.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-c.exited
	c.server = nil
	return nil
}

// remove stops the server at once and deletes its files.
func (c *Cluster) remove() error {
	return errors.Join(c.stop(syscall.SIGQUIT), os.RemoveAll(c.dir))
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) address(database string) string {
	q := url.Values{"host": {c.dir}, "user": {"postgres"}}
	return "postgres:///" + database + "?" + q.Encode()
}

func (c *Cluster) command(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Dir = c.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	return cmd
}

// unprivileged returns the user for the server, because PostgreSQL does not run as root.
// It returns nil if this process has another user.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("running as root, and there is no user postgres or nobody to run PostgreSQL as")
}
