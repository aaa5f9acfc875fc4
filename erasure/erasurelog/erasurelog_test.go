package erasurelog_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/erasurelog"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfolder"
)

var at = time.Date(2026, 11, 26, 12, 0, 0, 123000, time.UTC)

func change(n int64) erasure.Change {
	id := fmt.Sprintf("erasure-%d", n)
	return erasure.Change{N: n, Erasure: erasure.Erasure{
		ID: id, AccountCode: "account", CustomerID: fmt.Sprintf("customer-%d", n), State: erasure.ErasureCompleted,
		AcceptedAt: at, Deadline: at.Add(time.Hour), FinalAt: at.Add(time.Minute),
		Targets: []erasure.Target{{ID: "target", ErasureID: id, Provider: "stripe", State: erasure.TargetSucceeded}},
	}}
}

func export(t *testing.T, changes int64) string {
	t.Helper()
	var b bytes.Buffer
	e, err := erasurelog.NewExporter(&b, "db", at, at)
	if err != nil {
		t.Fatal(err)
	}
	for n := int64(1); n <= changes; n++ {
		if err := e.Add(change(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func read(text string) (got []erasure.Change, file erasurelog.File, err error) {
	file, err = erasurelog.Read(strings.NewReader(text), func(c erasure.Change) error {
		got = append(got, c)
		return nil
	})
	return got, file, err
}

func TestExport(t *testing.T) {
	t.Parallel()
	got, file, err := read(export(t, 3))
	if err != nil || !file.Complete || file.Last != 3 || !reflect.DeepEqual(got, []erasure.Change{change(1), change(2), change(3)}) {
		t.Errorf("got %+v, %+v, %v", got, file, err)
	}
	if _, file, err := read(export(t, 0)); err != nil || !file.Complete {
		t.Errorf("an empty one: %+v, %v", file, err)
	}
}

// Every way to change a file but cutting it short makes it damaged; a file that was cut
// short is not complete.
func TestAlterationIsFound(t *testing.T) {
	t.Parallel()
	whole := export(t, 4)
	lines := strings.SplitAfter(whole, "\n")
	lines = lines[:len(lines)-1]
	join := func(lines ...string) string { return strings.Join(lines, "") }
	for name, text := range map[string]string{
		"ChangedByte":    strings.Replace(whole, "customer-2", "customer-7", 1),
		"ChangedLast":    strings.Replace(whole, `"changes":4`, `"changes":3`, 1),
		"RemovedFirst":   join(lines[0], lines[2], lines[3], lines[4], lines[5]),
		"RemovedLast":    join(lines[0], lines[1], lines[2], lines[3], lines[5]),
		"Swapped":        join(lines[0], lines[2], lines[1], lines[3], lines[4], lines[5]),
		"Doubled":        join(lines[0], lines[1], lines[1], lines[2], lines[3], lines[4], lines[5]),
		"AfterTheEnd":    whole + lines[1],
		"NoHeader":       join(lines[1:]...),
		"Empty":          "",
		"BlankLine":      lines[0] + "\n" + lines[1],
		"CarriageReturn": strings.ReplaceAll(whole, "\n", "\r\n"),
		"Other":          `{"id": "c1"}` + "\n",
	} {
		if _, _, err := read(text); !errors.As(err, new(*erasurelog.DamagedError)) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for i := range len(lines) - 1 {
		if _, file, err := read(join(lines[:i+1]...)); err != nil || file.Complete || file.Torn {
			t.Errorf("%d lines: got %+v, %v", i+1, file, err)
		}
	}
	got, file, err := read(whole[:len(whole)-5])
	if err != nil || file.Complete || !file.Torn || len(got) != 4 {
		t.Errorf("torn: got %+v, %v", file, err)
	}
}

// A line that is two things at once is none, even with a checksum that matches.
func TestLineIsOneThing(t *testing.T) {
	t.Parallel()
	whole := export(t, 0)
	header, end, _ := strings.Cut(whole, "\n")
	sumOf := func(line string) string { return line[len(line)-len(`"}`)-32 : len(line)-len(`"}`)] }
	for body, want := range map[string]bool{
		`{"end":{"changes":0}}`: true,
		`{"end":{"changes":0},"erasure":{"n":1,"id":"e","account":"a","customer":"c"}}`: false,
	} {
		sum := sha256.Sum256([]byte(sumOf(header) + body))
		line := fmt.Sprintf(`%s,"sum":"%x"}`, body[:len(body)-1], sum[:16]) + "\n"
		if got, _, err := read(header + "\n" + line); (err == nil) != want || len(got) > 0 {
			t.Errorf("%s: got %v, %v", body, got, err)
		}
		if want && line != end {
			t.Errorf("got %q, want %q", line, end)
		}
	}
}

// A change that this program cannot understand is not applied in part.
func TestUnknownStates(t *testing.T) {
	t.Parallel()
	for name, alter := range map[string]func(*erasure.Change){
		"State":      func(c *erasure.Change) { c.Targets[0].State = "queued" },
		"NoState":    func(c *erasure.Change) { c.Targets[0].State = "" },
		"NoTarget":   func(c *erasure.Change) { c.Targets[0].ID = "" },
		"NoProvider": func(c *erasure.Change) { c.Targets[0].Provider = "" },
		"NoID":       func(c *erasure.Change) { c.ID = "" },
		"NoAccount":  func(c *erasure.Change) { c.AccountCode = "" },
		"NoCustomer": func(c *erasure.Change) { c.CustomerID = "" },
	} {
		c := change(1)
		c.Targets = []erasure.Target{{ID: "t", Provider: "stripe", State: erasure.TargetSucceeded}}
		for _, altered := range []bool{false, true} {
			if altered {
				alter(&c)
			}
			var b strings.Builder
			e, err := erasurelog.NewExporter(&b, "db", time.Time{}, time.Now())
			if err != nil || e.Add(c) != nil || e.Close() != nil {
				t.Fatal(err)
			}
			if _, _, err := read(b.String()); errors.As(err, new(*erasurelog.DamagedError)) != altered {
				t.Errorf("%s: altered %v: got %v", name, altered, err)
			}
		}
	}
}

// Each byte of a line matters.
func TestEveryByteIsChecked(t *testing.T) {
	t.Parallel()
	whole := []byte(export(t, 1))
	for i := range whole {
		text := bytes.Clone(whole)
		text[i] ^= 1
		if _, file, err := read(string(text)); err == nil && file.Complete {
			t.Errorf("byte %d: %q is accepted as %q", i, whole[i], text[i])
		}
	}
}

func open(t *testing.T, path string, size int64) *erasurelog.Writer {
	t.Helper()
	w, err := erasurelog.Open(path, "db", size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func appendTo(t *testing.T, w *erasurelog.Writer, numbers ...int64) {
	t.Helper()
	var changes []erasure.Change
	for _, n := range numbers {
		changes = append(changes, change(n))
	}
	if err := w.Append(changes); err != nil {
		t.Fatal(err)
	}
}

func numbers(t *testing.T, path string, after int64) (got []int64, log *erasurelog.Log) {
	t.Helper()
	log, err := erasurelog.Load(path, after)
	if err == nil {
		err = log.Each(func(c erasure.Change) error {
			got = append(got, c.N)
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return got, log
}

func TestLogGoesOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(ownfolder.New(t), "erasures.log")
	w := open(t, path, 1<<20)
	appendTo(t, w, 1, 2)
	if _, err := erasurelog.Open(path, "db", 1<<20); err == nil || !strings.Contains(err.Error(), "another process writes") {
		t.Errorf("a second writer: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	w = open(t, path, 1<<20)
	if w.Last() != 2 || len(w.Tail()) != 2 || w.Database() != "db" {
		t.Errorf("goes on after %d, %d in the tail, of %s", w.Last(), len(w.Tail()), w.Database())
	}
	appendTo(t, w, 3)
	if got, log := numbers(t, path, 0); !reflect.DeepEqual(got, []int64{1, 2, 3}) || !log.Open || log.Last != 3 {
		t.Errorf("got %v, %+v", got, log)
	}
}

// What a crash leaves of the last write is removed, and written again by the caller.
func TestTornWriteIsRepaired(t *testing.T) {
	t.Parallel()
	for name, rest := range map[string]string{"HalfALine": `{"erasure":{"n":3`, "Zeros": strings.Repeat("\x00", 100) + "\n", "ZerosThenALine": "\x00\x00\n{}\n"} {
		path := filepath.Join(ownfolder.New(t), "erasures.log")
		w := open(t, path, 1<<20)
		appendTo(t, w, 1, 2)
		_ = w.Close()
		whole, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, append(whole, rest...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, log := numbers(t, path, 0); len(got) != 2 || !log.Open {
			t.Errorf("%s: reads %v", name, got)
		}
		w = open(t, path, 1<<20)
		appendTo(t, w, 3)
		if got, _ := numbers(t, path, 0); !reflect.DeepEqual(got, []int64{1, 2, 3}) {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(ownfolder.New(t), "erasures.log")
	for n := int64(1); n <= 5; n++ { // a part is full after one change; each Writer is a new process
		w := open(t, path, 300)
		appendTo(t, w, n)
		_ = w.Close()
	}
	if got, _ := numbers(t, path, 0); !reflect.DeepEqual(got, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("all: %v", got)
	}
	if got, _ := numbers(t, path, 3); !reflect.DeepEqual(got, []int64{4, 5}) {
		t.Errorf("what a database at 3 needs: %v", got)
	}
	if got, _ := numbers(t, erasurelog.PartPath(path, 2), 0); !reflect.DeepEqual(got, []int64{1, 2}) {
		t.Errorf("up to part 2: %v", got)
	}

	t.Run("AnotherPart", func(t *testing.T) {
		other := filepath.Join(ownfolder.New(t), "erasures.log")
		w := open(t, other, 300)
		appendTo(t, w, 2)
		appendTo(t, w, 3)
		copied, err := os.ReadFile(erasurelog.PartPath(other, 1))
		if err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile(erasurelog.PartPath(path, 2))
		if err == nil {
			err = os.WriteFile(erasurelog.PartPath(path, 2), copied, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := erasurelog.Load(path, 0); err == nil || !strings.Contains(err.Error(), "is not the part before") {
			t.Errorf("got %v", err)
		}
		if err := os.WriteFile(erasurelog.PartPath(path, 2), kept, 0o600); err != nil {
			t.Fatal(err)
		}
	})

	if err := os.Remove(erasurelog.PartPath(path, 3)); err != nil {
		t.Fatal(err)
	}
	if _, err := erasurelog.Load(path, 2); err == nil || !strings.Contains(err.Error(), ".3 is missing: the database has changes up to number 2") {
		t.Errorf("without part 3: %v", err)
	}
	if _, err := erasurelog.Load(path, 3); err != nil {
		t.Errorf("without part 3, which is not needed: %v", err)
	}
}

// A crash between closing a part and creating the next leaves no current part.
func TestCrashBetweenParts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(ownfolder.New(t), "erasures.log")
	w := open(t, path, 300)
	appendTo(t, w, 1)
	appendTo(t, w, 2)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := w.Append([]erasure.Change{change(3)}); !errors.Is(err, erasurelog.ErrMoved) || w.Last() != 1 {
		t.Fatalf("got %v, goes on after %d", err, w.Last())
	}
	appendTo(t, w, 2, 3)
	if got, _ := numbers(t, path, 0); !reflect.DeepEqual(got, []int64{1, 2, 3}) {
		t.Errorf("got %v", got)
	}
}

// Of several changes of an erasure the last one counts.
func TestLastChangeCounts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(ownfolder.New(t), "erasures.log")
	w := open(t, path, 300)
	first, last := change(1), change(1)
	last.N = 3
	for _, c := range []erasure.Change{first, change(2), last} {
		if err := w.Append([]erasure.Change{c}); err != nil {
			t.Fatal(err)
		}
	}
	if got, log := numbers(t, path, 0); !reflect.DeepEqual(got, []int64{2, 3}) || log.Erasures() != 2 {
		t.Errorf("got %v", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("{\"log\":{\"version\":1,\"kind\":\"log\",\"at\":\"2026-01-01T00:00:00Z\"},\"sum\":\"00000000000000000000000000000000\"}\n"))
	f.Add([]byte("\x00\n{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := erasurelog.Read(bytes.NewReader(text), nil)
		if err == nil && (file.Size > int64(len(text)) || file.Header.Version != 1 || file.Torn == (file.Size == int64(len(text)))) {
			t.Errorf("got %+v of %d bytes", file, len(text))
		}
	})
}
