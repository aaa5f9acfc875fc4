package command

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "nowhere", "file")
	_, open := os.Open(nowhere)
	_, stat := os.Stat(nowhere)
	_, create := CreateFile(nowhere)
	rename := os.Rename(nowhere, nowhere+"2")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, inUse := net.Listen("tcp", taken.Addr().String())
	_, refused := net.Dial("tcp", "127.0.0.1:1")
	_, notHere := net.Listen("tcp", "192.0.2.1:0") // reserved for documentation

	missing := nowhere + ": no such file or directory"
	tests := map[string]struct {
		err  error
		want string
	}{
		"Other":   {errors.New("open: the door"), "open: the door"},
		"Open":    {fmt.Errorf("the log: %w", open), "the log: " + missing},
		"Create":  {create, missing},
		"Rename":  {rename, nowhere + "2: no such file or directory"},
		"Two":     {errors.Join(open, fmt.Errorf("--file: %w", stat)), missing + "\n--file: " + missing},
		"InUse":   {fmt.Errorf("--listen: %w", inUse), "--listen: another program uses " + taken.Addr().String() + ": stop it, or choose another port"},
		"Refused": {fmt.Errorf("connecting: %w", refused), "connecting: 127.0.0.1:1: connection refused"},
		"NotHere": {notHere, "192.0.2.1:0: cannot assign requested address"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Plain(test.err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
