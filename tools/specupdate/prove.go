package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// pinned are the files in which the root module's tests record the operations of
// the contract, relative to the root. An update rewrites them.
const pinned = "testdata/operation*.golden"

// A proof is a run of tests of the staged copy.
type proof struct {
	pkg, run string
	env      []string
	about    string
}

var (
	contractLoads = proof{pkg: "./internal/proof/load", run: ".", about: "package contract cannot judge by the new specification"}

	// agreements are whether the module's packages still agree, and whether its
	// tests of the generated code pass.
	agreements = []proof{
		{pkg: "./internal/proof", run: ".", about: "the packages of this module"},
		{pkg: ".", run: "^(TestOperation|TestGenerated)", env: []string{"UPDATE_GOLDEN=1"}, about: "the tests of package api"},
	}
)

// prove runs the stage's proofs: with the new specification, package contract
// loads, sandbox and server pass the conformance suite, client and server agree on
// path and method, and all have one base path. What fails is a breaking change,
// except that a contract that cannot be loaded is refused. It also rewrites the
// pinned operations in the stage.
func (s *stage) prove(ctx context.Context) ([]change, error) {
	failures, err := s.run(ctx, contractLoads)
	if err != nil {
		return nil, err
	}
	if len(failures) > 0 {
		return nil, fmt.Errorf("%s: %s", contractLoads.about, failures[0].message)
	}
	var out []change
	for _, p := range agreements {
		failures, err := s.run(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, f := range failures {
			out = append(out, f.change(p))
		}
	}
	return out, nil
}

// A failure is a failing test, or a package that does not compile if test is "".
type failure struct{ test, message string }

func (f failure) change(p proof) change {
	const meaning = "the code of this module must be adapted by hand"
	c := change{ID: "proof", Text: p.about + ": " + f.message}
	if !strings.HasPrefix(f.test, "TestServer") {
		c.ClientUsers = meaning
	}
	if !strings.HasPrefix(f.test, "TestClient") {
		c.ServerImplementers = meaning
	}
	return c
}

// run runs one proof. An error means that it did not come to an end.
func (s *stage) run(ctx context.Context, p proof) ([]failure, error) {
	output, err := s.goCommand(ctx, p.env, "test", "-count=1", "-vet=off", "-timeout=2m", "-run", p.run, p.pkg)
	switch {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil:
		return nil, errInterrupted
	}
	if failures := failedTests(output); len(failures) > 0 {
		return failures, nil
	}
	return []failure{{message: firstError(output, err)}}, nil
}

var (
	failedTest  = regexp.MustCompile(`^--- FAIL: (\w+)`)
	testMessage = regexp.MustCompile(`^ +\w+\.go:\d+: (.+)`)
)

// failedTests reads the output of go test: each test that failed, with its first
// message.
func failedTests(output string) []failure {
	var out []failure
	open := false
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		if name := failedTest.FindStringSubmatch(line); name != nil {
			out = append(out, failure{test: name[1], message: name[1] + " fails"})
			open = true
			continue
		}
		if message := testMessage.FindStringSubmatch(line); message != nil && open {
			out[len(out)-1].message = short(message[1])
			open = false
		}
	}
	return out
}

// rewritten lists the pinned files in root and in the stage, relative to each.
func rewritten(root, stage string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, dir := range []string{root, stage} {
		found, err := filepath.Glob(filepath.Join(dir, pinned))
		if err != nil {
			return nil, err
		}
		for _, path := range found {
			name := filepath.Join(filepath.Dir(pinned), filepath.Base(path))
			if _, err := os.Stat(filepath.Join(stage, name)); err == nil && !seen[name] {
				seen[name] = true
				out = append(out, name)
			}
		}
	}
	return out, nil
}
