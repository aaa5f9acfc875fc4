package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

func runCommand(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); !holds(); {
		select {
		case <-deadline:
			tick.Stop()
			t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}
