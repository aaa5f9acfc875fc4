package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// pinned are the files in which the root module's tests record the operations of
// the contract, relative to the root. An update rewrites them.
const pinned = "testdata/operation*.golden"

// The proofs are tests of the staged copy. The prefix of a test's name says what it
// is about: whether package contract loads, whose code a failure breaks, or whether
// the generated code is what the contract documents.
var (
	proofPackages = []string{"./internal/proof/load", "./internal/proof", "."}
	proofTests    = "^Test(Contract|Client|Server|Operation|Generated)"
)

// prove runs the stage's proofs: with the new specification, package contract
// loads, sandbox and server pass the conformance suite, client and server agree on
// path and method, and all have one base path. What fails is a breaking change,
// except that a contract that cannot be loaded is refused. It also rewrites the
// pinned operations in the stage.
func (s *stage) prove(ctx context.Context) ([]change, error) {
	command := append([]string{"go", "test", "-count=1", "-vet=off", "-trimpath", "-timeout=2m", "-run", proofTests}, proofPackages...)
	output, err := s.output(ctx, []string{"UPDATE_GOLDEN=1"}, command...)
	switch {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil:
		return nil, errInterrupted
	}
	failures := readFailures(output)
	if len(failures) == 0 {
		failures = []failure{{message: firstError(output, err)}}
	}
	if loadFails.MatchString(output) {
		i := slices.IndexFunc(failures, func(f failure) bool { return strings.HasPrefix(f.test, "TestContract") })
		return nil, fmt.Errorf("package contract cannot judge by the new specification: %s", failures[max(i, 0)].message)
	}
	var out []change
	for _, f := range failures {
		out = append(out, f.change())
	}
	return out, nil
}

// A failure is a failing test, or a package that does not compile if test is "".
type failure struct{ test, message string }

func (f failure) change() change {
	const meaning = "the code of this module must be adapted by hand"
	about := "the packages of this module"
	if strings.HasPrefix(f.test, "TestOperation") || strings.HasPrefix(f.test, "TestGenerated") {
		about = "the tests of package api"
	}
	c := change{ID: "proof", Text: about + ": " + f.message}
	if !strings.HasPrefix(f.test, "TestServer") {
		c.ClientUsers = meaning
	}
	if !strings.HasPrefix(f.test, "TestClient") {
		c.ServerImplementers = meaning
	}
	return c
}

var (
	loadFails   = regexp.MustCompile(`(?m)^FAIL\t\S+/internal/proof/load\b`)
	failedTest  = regexp.MustCompile(`^--- FAIL: (\w+)`)
	testMessage = regexp.MustCompile(`^ +\w+\.go:\d+: (.+)`)
)

// readFailures reads the output of go test: each package that does not compile with
// its first error, and each failing test with its first message.
func readFailures(output string) []failure {
	var out []failure
	open := false // the last failure still lacks its message
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		message := testMessage.FindStringSubmatch(line)
		switch name := failedTest.FindStringSubmatch(line); {
		case name != nil:
			out, open = append(out, failure{name[1], name[1] + " fails"}), true
		case strings.HasPrefix(line, "# "):
			out, open = append(out, failure{"", "a package does not compile"}), true
		case open && out[len(out)-1].test == "":
			out[len(out)-1].message, open = short(line), false
		case open && message != nil:
			out[len(out)-1].message, open = short(message[1]), false
		}
	}
	return out
}

// rewritten lists the pinned files of the stage, relative to it.
func rewritten(stage string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(stage, pinned))
	for i, path := range found {
		found[i] = filepath.Join(filepath.Dir(pinned), filepath.Base(path))
	}
	return found, err
}
