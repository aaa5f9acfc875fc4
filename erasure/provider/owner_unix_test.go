//go:build unix

package provider

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A user who may write to one of these files chooses where personal data is sent.
func TestFilesThatOthersMayWrite(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	config := filepath.Join(folder, "config.yaml")
	files := map[string]string{
		"config.yaml": "connections: [{name: acme, describe: acme.yaml, parameters: {base_url: https://mx.acme.example, merchant: {env: M}, key: {file: key}}}]\n",
		"acme.yaml":   acme,
		"key":         "key-from-a-file\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load := func() error {
		_, err := Load(config, func(string) string { return "m" })
		return err
	}
	if err := load(); err != nil {
		t.Fatal(err)
	}
	for name := range files {
		path := filepath.Join(folder, name)
		for mode, want := range map[os.FileMode]string{0o620: "has mode 0620", 0o602: "has mode 0602"} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			err := load()
			if err == nil || !strings.Contains(err.Error(), want+", so other users could change it: chmod go-w "+path) {
				t.Errorf("%s: got %v, want %q", name, err, want)
			}
			if _, err := Names(config); (err == nil) != (name != "config.yaml") {
				t.Errorf("names, with %s: %v", name, err)
			}
		}
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if os.Geteuid() != 0 {
			continue
		}
		if err := os.Chown(path, 65534, -1); err != nil {
			t.Fatal(err)
		}
		if err := load(); err == nil || !strings.Contains(err.Error(), "belongs to user 65534, who could change it") {
			t.Errorf("%s of another user: %v", name, err)
		}
		if err := os.Chown(path, 0, -1); err != nil {
			t.Fatal(err)
		}
	}
	if err := load(); err != nil {
		t.Errorf("readable by all: %v", err)
	}
}
