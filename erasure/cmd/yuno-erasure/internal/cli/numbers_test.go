package cli

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// numbers are values of the flags that are a number or a duration.
var numbers = []struct {
	command string // with the arguments that it needs
	flag    string
	bad     string // separated by spaces, as are good ones
	good    string
}{
	{"delete c1", "concurrency", "0 -1 1001 9999999999999999999", "1 1000"},
	{"delete c1", "rate", "NaN +Inf -Inf -1 1e-300 1e300", "0 0.001 2.5 1000000"},
	{"delete c1", "max-failures", "-1 9999999999", "0 1"},
	{"delete c1", "give-up-after", "1ns -1s 1300000h", "0 1s 168h"},
	{"verify --journal j", "after", "1ns -1s 1300000h", "0 1s 720h"},
	{"verify --journal j", "concurrency", "0 -1 1001", "1 1000"},
	{"verify --journal j", "rate", "NaN +Inf -1 1e-300 1e300", "0 0.001"},
	{"verify --journal j", "give-up-after", "1ns -1s 1300000h", "0 1s"},
	{"serve", "deadline", "0 1ns -1s 59s 1300000h", "1m 87600h"},
	{"serve", "attempt-timeout", "0 1ns -1s 1300000h", "1s 24h"},
	{"serve", "keep-references", "1ns -1s 1300000h", "0 1s 87600h"},
	{"serve", "keep-master-keys", "1ns -1s 59m 1300000h 4000d", "0 1h 90d"},
	{"serve", "max-backoff", "0 1ns -1s 1300000h", "100ms 720h"},
	{"serve", "rate", "NaN +Inf -Inf -1 1e-300 1e300", "0 0.001 1000000"},
	{"serve", "heartbeat-timeout", "0 1ns -1s 999ms 1300000h", "1s 24h"},
	{"serve", "stop-after", "0 1ns -1s 1300000h", "1s 24h"},
	{"healthcheck", "timeout", "0 1ns -1s 61s 1300000h", "10ms 1m"},
	{"customers import --account a f", "batch", "0 -1 10001", "1 10000"},
	{"erasures list", "limit", "0 -1 1000001", "1 1000000"},
	{"erasures retry e1", "deadline", "0 1ns -1s 1300000h", "1m 87600h"},
	{"erasures reopen e1", "deadline", "0 1ns -1s 1300000h", "1m 87600h"},
	{"actions list", "limit", "0 -1 1000001", "1 1000000"},
	{"keys drop-older", "older-than", "1ns -1s 1300000h 4000d", "0 1s 90d"},
	{"demo", "port", "-1 65536", "0 65535"},
	{"sandbox", "port", "-1 65536", "0 65535"},
	{"conform http://127.0.0.1:1/v1", "timing", "-1 1 49 1000001", "0 50"},
	{"conform http://127.0.0.1:1/v1", "min-coverage", "NaN +Inf -0.1 1.1", "0 0.5 1"},
	{"conform http://127.0.0.1:1/v1", "timeout", "0 1ns -1s 1300000h", "10ms 1h"},
}

// A number that makes no sense is a usage error of two lines that names the flag, before
// anything is opened or sent.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range numbers {
		t.Run(strings.Split(c.command, " ")[0]+"/"+c.flag, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(c.command)
			for _, value := range strings.Fields(c.bad) {
				status, stdout, stderr := run(t, append(slices.Clone(args), "--"+c.flag+"="+value)...)
				if status != command.ExitUsage || stdout != "" || !strings.Contains(stderr, "--"+c.flag) ||
					!strings.Contains(stderr, "\nTry: ") || strings.Count(stderr, "\n") != 2 {
					t.Errorf("%s: exit status %d, stdout %q, stderr %q", value, status, stdout, stderr)
				}
			}
			parser := newParser(t, &root{})
			for _, value := range strings.Fields(c.good) {
				if _, err := parser.Parse(append(slices.Clone(args), "--"+c.flag+"="+value)); err != nil {
					t.Errorf("%s: %v", value, err)
				}
			}
		})
	}
}

// Every flag that is a number or a duration is in the table above.
func TestNumbersAreAll(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range numbers {
		known[commandName(c.command)+" "+c.flag] = true
	}
	forEach(newParser(t, &root{}).Model.Node, nil, func(node *kong.Node, args []string) {
		for _, flag := range node.Flags {
			switch flag.Target.Kind() {
			case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64, reflect.Float64:
				name := strings.Join(args, " ") + " " + flag.Name
				if flag.Target.Type().String() != "slog.Level" && !known[name] {
					t.Errorf("%s has no values in the table", name)
				}
			}
		}
	})
}

// commandName returns the words of a command line that name the subcommand.
func commandName(line string) string {
	words := strings.Fields(line)
	switch words[0] {
	case "actions", "customers", "erasures", "keys":
		return words[0] + " " + words[1]
	}
	return words[0]
}
