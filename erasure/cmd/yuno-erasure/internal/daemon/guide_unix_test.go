//go:build unix

package daemon_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
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
	g := newGuide(t, nil)
	g.run(guideBlocks(t, ""))
	g.runSpans()
}

func TestGuideOnPostgreSQL(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	g := newGuide(t, regexp.MustCompile(`@db\.internal/(\w+)\?sslmode=verify-full`), "@/$1?host="+cluster.Folder())
	g.run(guideBlocks(t, "postgres"))
}

// guide runs commands in a folder of its own.
type guide struct {
	t       *testing.T
	folder  string
	env     []string
	replace func(string) string
}

// newGuide returns a guide that replaces the page's ports, which other programs may use, and
// the addresses of a database.
func newGuide(t *testing.T, address *regexp.Regexp, with ...string) *guide {
	t.Helper()
	ports := freePorts(t, 3)
	pairs := []string{}
	for i, port := range ports {
		pairs = append(pairs, fmt.Sprintf("127.0.0.1:808%d", i), fmt.Sprintf("127.0.0.1:%d", port))
	}
	addresses := strings.NewReplacer(pairs...)
	// The keys of the page come with its port.
	bin := t.TempDir()
	testprogram.Write(t, filepath.Join(bin, "yuno-erasure"), fmt.Sprintf("#!/bin/sh\nYUNO_API_ENDPOINT=http://%s/v1 exec %s \"$@\"\n",
		addresses.Replace("127.0.0.1:8080"), testbinary.Path(t)))
	return &guide{
		t: t, folder: t.TempDir(),
		env: []string{
			"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + os.TempDir(),
			"YUNO_ERASURE_LISTEN=" + addresses.Replace("127.0.0.1:8080"), "YUNO_ERASURE_OPS_LISTEN=" + addresses.Replace("127.0.0.1:8081"),
		},
		replace: func(text string) string {
			if address != nil {
				text = address.ReplaceAllString(text, with[0])
			}
			return addresses.Replace(text)
		},
	}
}

// freePorts returns ports below those that the kernel gives to others.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for len(ports) < n {
		port := 20_000 + rand.IntN(10_000)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		_ = listener.Close()
		ports = append(ports, port)
	}
	return ports
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
	cmd := exec.CommandContext(g.t.Context(), "sh", "-c", script.String())
	cmd.Dir, cmd.Env, cmd.WaitDelay = g.folder, g.env, await.Patience
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
