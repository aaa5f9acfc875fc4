package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Either the size or the time tells that a file is another.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		text string
		by   time.Duration
	}{
		"SameSize": {"c1\n", time.Second},
		"SameTime": {"c0\nc1\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "ids.txt", "c0\n")
			then := time.Now().Add(-time.Hour)
			if err := os.Chtimes(file, then, then); err != nil {
				t.Fatal(err)
			}
			in, err := inputOfFile(file, "")
			if err != nil {
				t.Fatal(err)
			}
			defer in.close()
			if err := os.WriteFile(file, []byte(change.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(file, then, then.Add(change.by)); err != nil {
				t.Fatal(err)
			}
			opened, err := in.open()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(opened); len(got) > 0 || err == nil {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}

func TestCopyOfStandardInputIsPrivate(t *testing.T) {
	yuno(t, 1)
	journal := filepath.Join(t.TempDir(), "j")
	var out bytes.Buffer
	run(t.Context(), []string{"delete", "--file", "-", "--journal", journal}, strings.NewReader("c0\n"), &out, &out)
	if info, err := os.Stat(journal + ".input"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v\n%s", info, err, &out)
	}
}

// Ids of the command line have no journal that could be gone on with, unless it is
// named.
func TestResumeIsSaidWhereThereIsAJournal(t *testing.T) {
	sb := yuno(t, 1)
	sb.Close()
	for _, more := range [][]string{nil, {"--journal", filepath.Join(t.TempDir(), "j")}} {
		_, _, stderr := runCommand(t.Context(), append([]string{"delete", "c0"}, more...)...)
		if strings.Contains(stderr, "--resume") != (more != nil) {
			t.Errorf("%v: %s", more, stderr)
		}
	}
}

// Of two runs that read standard input for one journal, the one that is later
// leaves the copy of the other alone: it may be all there is of that input.
func TestTwoRunsOfStandardInput(t *testing.T) {
	sb := yuno(t, 2)
	journal := filepath.Join(t.TempDir(), "j")
	args := []string{"delete", "--file", "-", "--journal", journal}
	var out, lateOut bytes.Buffer
	first := readerFunc(func(p []byte) (int, error) { // while the late one reads
		if code := run(t.Context(), args, strings.NewReader("c0\n"), &out, &out); code != exitOK {
			t.Errorf("exit %d\n%s", code, &out)
		}
		return 0, io.EOF
	})
	if code := run(t.Context(), args, io.MultiReader(strings.NewReader("c1\n"), first), &lateOut, &lateOut); code != exitUsage || !strings.Contains(lateOut.String(), "belongs to an earlier run") {
		t.Errorf("exit %d\n%s", code, &lateOut)
	}
	if content, err := os.ReadFile(journal + ".input"); err != nil || string(content) != "c0\n" || left(sb) != 1 {
		t.Errorf("the copy is %q, %v; %d left", content, err, left(sb))
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
