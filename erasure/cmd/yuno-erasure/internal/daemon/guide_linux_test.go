package daemon_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
	"github.com/yuno-community/yuno-customers/internal/testprogram"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// guideBlock is a block of commands in docs/operations.md.
var guideBlock = regexp.MustCompile("(?ms)^```sh( \\w+)?\n(.*?)^```$")

// guideBlocks returns the blocks of a kind, in the order of the page.
func guideBlocks(t *testing.T, kind string) (blocks []string) {
	t.Helper()
	for _, found := range guideBlock.FindAllStringSubmatch(readRepository(t, "docs/operations.md"), -1) {
		if strings.TrimSpace(found[1]) == kind {
			blocks = append(blocks, found[2])
		}
	}
	if len(blocks) < 4 {
		t.Fatalf("the page has only %d blocks of kind %q", len(blocks), kind)
	}
	return blocks
}

// Somebody follows docs/operations.md from the first command to the last, on SQLite, and then
// types every command of its sentences and tables.
func TestGuideOnSQLite(t *testing.T) {
	t.Parallel()
	g := newGuide(t, strings.NewReplacer(), "curl")
	g.run(guideBlocks(t, ""))
	g.runSpans()
}

func TestGuideOnPostgreSQL(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	addresses := []string{}
	for _, name := range []string{"postgres", "erasure", "restored"} {
		addresses = append(addresses, "@db.internal/"+name+"?sslmode=verify-full", "@/"+name+"?host="+cluster.Folder())
	}
	g := newGuide(t, strings.NewReplacer(addresses...), "openssl", "psql", "pg_dump", "pg_restore")
	g.run(guideBlocks(t, "postgres"))
}

// guide runs commands in a folder of its own.
type guide struct {
	t       *testing.T
	folder  string
	env     []string
	replace func(string) string
}

// newGuide returns a guide that uses these programs, and replaces the page's address, which
// other programs may use, and those of a database.
func newGuide(t *testing.T, databases *strings.Replacer, programs ...string) *guide {
	t.Helper()
	for _, program := range programs {
		testprogram.Find(t, program)
	}
	host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254)) // all of 127 is this machine
	// The keys of the page come with its address.
	bin := t.TempDir()
	testprogram.Write(t, filepath.Join(bin, "yuno-erasure"),
		fmt.Sprintf("#!/bin/sh\nYUNO_API_ENDPOINT=http://%s:8080/v1 exec %s \"$@\"\n", host, testbinary.Path(t)))
	return &guide{
		t: t, folder: t.TempDir(),
		env: []string{
			"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + os.TempDir(),
			"YUNO_ERASURE_LISTEN=" + host + ":8080", "YUNO_ERASURE_OPS_LISTEN=" + host + ":8081",
		},
		replace: func(text string) string { return databases.Replace(strings.ReplaceAll(text, "127.0.0.1", host)) },
	}
}

// run runs the blocks in one shell, as somebody does who types them, and stops at the first
// command that fails. What still runs in the end is stopped.
func (g *guide) run(blocks []string) {
	g.t.Helper()
	const cleanup = "trap 'status=$?; set +e; [ $status = 0 ] || echo \"failed in block $block\" >&2; kill ${serve-} ${api-} ${worker-} 2>/dev/null; wait; exit $status' EXIT\n"
	var script strings.Builder
	script.WriteString("set -eu\n" + cleanup)
	for i, block := range blocks {
		fmt.Fprintf(&script, "block=%d\n%s\n", i+1, g.replace(block))
	}
	// A service that does not start makes the page wait for ever.
	ctx, cancel := context.WithTimeout(g.t.Context(), await.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", script.String())
	cmd.Dir, cmd.Env = g.folder, g.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // with what it has started
	if output, err := cmd.CombinedOutput(); err != nil {
		g.t.Fatalf("%v\n%s\n%s", err, output, g.logs())
	}
}

// logs returns what the services of the page have logged.
func (g *guide) logs() string {
	var all strings.Builder
	files, _ := filepath.Glob(filepath.Join(g.folder, "*.log"))
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			fmt.Fprintf(&all, "%s:\n%s\n", filepath.Base(file), text)
		}
	}
	return all.String()
}

// guideSpan is a command in a sentence or a table.
var guideSpan = regexp.MustCompile("`yuno-erasure ([a-z-]+( [^`]+)?)`")

// runSpans runs the commands of sentences and tables. Whether they find anything depends on
// what has happened before; that they are no mistake does not.
func (g *guide) runSpans() {
	g.t.Helper()
	placeholders := strings.NewReplacer(
		"NAME", "old-gateway", "ERASURE", "00000000-0000-4000-8000-000000000000", "TARGET", "00000000-0000-4000-8000-000000000000",
		"CODE", clitest.AccountCode, "--all", "--all --yes", // nobody is there to confirm
	)
	seen := map[string]bool{}
	for _, found := range guideSpan.FindAllStringSubmatch(readRepository(g.t, "docs/operations.md"), -1) {
		line := placeholders.Replace(found[1])
		if found[2] == "" || seen[line] {
			continue // the name of a command
		}
		seen[line] = true
		cmd := exec.CommandContext(g.t.Context(), "sh", "-c", "yuno-erasure "+g.replace(line))
		cmd.Dir, cmd.Env = g.folder, g.env
		output, _ := cmd.CombinedOutput()
		if status := cmd.ProcessState.ExitCode(); status == command.ExitUsage || status < 0 {
			g.t.Errorf("yuno-erasure %s: exit status %d\n%s", line, status, output)
		}
	}
	if len(seen) < 15 {
		g.t.Errorf("found only %d commands", len(seen))
	}
}
