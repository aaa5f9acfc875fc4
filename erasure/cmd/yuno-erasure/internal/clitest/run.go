package clitest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli"
)

// AccountCode is the code of no account in particular.
const AccountCode = "493e9374-510a-4201-9e09-de669d75f256"

// Run runs the command in this process, with nothing on standard input.
func Run(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	return RunWithInput(ctx, strings.NewReader(""), args...)
}

// RunWithInput runs the command in this process.
func RunWithInput(ctx context.Context, stdin io.Reader, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = cli.Run(ctx, args, stdin, &out, &errs)
	return status, out.String(), errs.String()
}

// Get requests a URL.
func Get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// WriteFile writes a file into a new folder and returns its path.
func WriteFile(t *testing.T, name, content string) (path string) {
	t.Helper()
	path = t.TempDir() + string(os.PathSeparator) + name
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// WantEmpty fails the test if a folder contains anything.
func WantEmpty(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) > 0 {
		t.Errorf("%s contains %v, %v", folder, entries, err)
	}
}
