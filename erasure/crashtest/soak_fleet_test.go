package crashtest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// slot is the place of one process after the other, each with the same flags.
type slot struct {
	k       *soak
	name    string
	keyFile string
	flags   []string
	api     bool
	// steady processes are never killed, nor restarted.
	steady atomic.Bool

	mu      sync.Mutex // held while the process is started, stopped, or must stay
	current atomic.Pointer[service]
}

// leaves is the provider that leaves the configuration and comes back.
const leaves = "stripe"

// newSlots returns one slot for SQLite. It becomes steady in the middle of the run. For
// PostgreSQL, it returns a steady one, without the provider that leaves, and two others.
func (k *soak) newSlots() []*slot {
	logged := "--erasure-log=" + filepath.Join(k.folder, "erasures.log")
	one := &slot{k: k, name: "one", api: true, flags: []string{logged, "--providers=" + k.providersFile}}
	slots := []*slot{one}
	if k.cluster != nil {
		fewer := filepath.Join(k.folder, "fewer.yaml")
		names := slices.DeleteFunc(slices.Clone(providerNames), func(name string) bool { return name == leaves })
		k.writeFile(fewer, k.connections(names, k.urls(), limits{10_000, 16}))
		steady := &slot{k: k, name: "steady", api: true, keyFile: k.keyFile, flags: []string{logged, "--providers=" + fewer}}
		steady.steady.Store(true)
		one.flags = one.flags[1:] // one process writes the log
		two := &slot{k: k, name: "two", flags: []string{"--role=worker", "--providers=" + k.providersFile}}
		slots = []*slot{steady, one, two}
	}
	for _, sl := range slots {
		if sl.keyFile == "" {
			sl.keyFile = filepath.Join(k.folder, sl.name+".key")
		}
	}
	return slots
}

func (sl *slot) service() *service { return sl.current.Load() }

// start starts a process, with the newest keys. The caller holds mu, or nobody else has the
// slot yet.
func (sl *slot) start() {
	k := sl.k
	sl.copyKeys()
	cmd := k.serve(append([]string{"--log-level=info", "--max-backoff=3s", "--keep-references=5s", shortHeartbeat}, sl.flags...)...)
	cmd.Env = append(cmd.Env, "YUNO_ERASURE_MASTER_KEY_FILE="+sl.keyFile)
	sl.current.Store(&service{testbinary.Start(k.t, cmd)})
}

// copyKeys copies the key file to this process's machine.
func (sl *slot) copyKeys() {
	if sl.keyFile == sl.k.keyFile {
		return
	}
	keys, err := os.ReadFile(sl.k.keyFile)
	if err != nil {
		sl.k.t.Fatal(err)
	}
	sl.k.writeFile(sl.keyFile, keys)
}

// stop stops the process like an operator. The caller holds mu, or is the last.
func (sl *slot) stop() {
	k, v := sl.k, sl.service()
	away := k.outages()
	v.Signal(k.t, syscall.SIGTERM)
	if status := v.Wait(k.t); status != 0 && !k.excused(away) {
		k.t.Errorf("%s stopped with status %d:\n%s", sl.name, status, v.Output.Tail())
	}
	k.examine(v)
}

// any returns a slot that is not steady, held; nil if there is none.
func (k *soak) any(random *rand.Rand) *slot {
	for _, i := range random.Perm(len(k.slots)) {
		if sl := k.slots[i]; !sl.steady.Load() && sl.mu.TryLock() {
			if !sl.steady.Load() {
				return sl
			}
			sl.mu.Unlock()
		}
	}
	return nil
}

// killService kills a process at a random moment, also while it starts.
func (k *soak) killService(ctx context.Context, random *rand.Rand) {
	sl := k.any(random)
	if sl == nil {
		return
	}
	defer sl.mu.Unlock()
	for again := true; again; again = random.IntN(4) == 0 {
		v := sl.service()
		v.Kill()
		k.did.kills.Add(1)
		k.examine(v)
		pause(ctx, k.moment(random, 2*time.Second))
		sl.start()
		pause(ctx, k.moment(random, 500*time.Millisecond))
	}
}

// supervise starts processes again that have ended by themselves, as a supervisor does.
func (k *soak) supervise(ctx context.Context) {
	for pause(ctx, time.Second) {
		k.superviseOnce()
		if k.length > 0 && k.age() > k.length/2 {
			k.slots[0].mu.Lock()
			k.slots[0].steady.Store(true)
			k.slots[0].mu.Unlock()
		}
	}
}

// superviseOnce accepts that a process does not start without its database. One that has
// served has to survive that.
func (k *soak) superviseOnce() {
	for _, sl := range k.slots {
		if !sl.mu.TryLock() {
			continue
		}
		v := sl.service()
		switch {
		case v.Running() == nil:
			sl.mu.Unlock()
			continue
		case served.Match(v.Output.Bytes()) && !k.interrupted.Load():
			k.t.Errorf("%s has ended by itself:\n%s", sl.name, v.Output.Tail())
		case k.cluster == nil: // its database was not away
			k.t.Logf("%s has ended before it served:\n%s", sl.name, v.Output.Tail())
		}
		k.did.restarts.Add(1)
		k.examine(v)
		sl.start()
		sl.mu.Unlock()
	}
}

var served = regexp.MustCompile(`msg=(serving|working) `)

// cluster is a PostgreSQL server that is killed.
type cluster struct {
	*pgtest.Cluster
	away atomic.Bool
}

// killDatabase kills the server and starts it again.
func (k *soak) killDatabase(ctx context.Context, random *rand.Rand) {
	c := k.cluster
	c.away.Store(true)
	k.did.databaseKills.Add(1)
	defer c.away.Store(false)
	if err := c.Kill(); err != nil {
		k.t.Error(err)
	}
	pause(ctx, k.moment(random, 4*time.Second))
	restart(k.t, c.Cluster)
}

// outages returns what excused compares with.
func (k *soak) outages() int64 {
	if k.cluster == nil {
		return 0
	}
	if k.cluster.away.Load() {
		return -1
	}
	return k.did.databaseKills.Load()
}

// excused reports whether the database was away at some time since outages was called.
func (k *soak) excused(before int64) bool { return before == -1 || before != k.outages() }

// soakLog counts the messages of level WARN and above, of all processes.
type soakLog struct {
	mu     sync.Mutex
	counts map[string]int
}

var warning = regexp.MustCompile(`level=(WARN|ERROR) msg=("(?:[^"\\]|\\.)*"|\S+)`)

func (l *soakLog) add(text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[string]int{}
	}
	for _, found := range warning.FindAllSubmatch(text, -1) {
		l.counts[string(found[1])+" "+string(found[2])]++
	}
}

// String implements [fmt.Stringer].
func (l *soakLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for message, n := range l.counts {
		lines = append(lines, fmt.Sprintf("\n%7d %s", n, message))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// examine looks at what a process that has ended wrote.
func (k *soak) examine(v *service) {
	text := v.Output.Bytes()
	k.log.add(text)
	for _, never := range append(slices.Clone(secrets), []byte("\npanic: "), []byte("\nfatal error: "), []byte("references_unreadable")) {
		if at := bytes.Index(text, never); at >= 0 {
			k.t.Errorf("the log of a process contains %q:\n%s", never, text[max(0, at-500):min(len(text), at+2000)])
		}
	}
}

// try runs a subcommand, which has to succeed unless the database was away, or was busy
// for as long as a command waits.
func (k *soak) try(args ...string) (ok bool) {
	away, began := k.outages(), time.Now()
	r := k.system.run(args...)
	switch took := time.Since(began); {
	case r.code == 0 || k.excused(away):
	case strings.Contains(r.stderr, "locked by another process") && took > 9*time.Second:
		k.did.busy.Add(1)
	default:
		k.t.Errorf("%v: status %d after %v: %s", args, r.code, took, r.stderr)
	}
	return r.code == 0
}
