package bulk

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

const (
	commandIDs = 20_000
	curlIDs    = 500
	// rounds is how often the programs take turns. The speed of a shared machine varies,
	// so the result is the median round.
	rounds = 9
)

// BenchmarkCommand measures the command as people run it, from its start to its summary,
// with its journal: 20,000 ids against a bare server, eight at a time. It compares it
// with wrk, which only counts responses, and with xargs and curl, the obvious
// alternative.
func BenchmarkCommand(b *testing.B) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Log("NOT MEASURED: wrk is not installed, so there is nothing to compare with")
		b.SkipNow()
	}
	base, dir := bareServer(b), b.TempDir()
	program, file := testbinary.Path(b), writeIDs(b, dir, 0, commandIDs)
	for b.Loop() {
		byWrk := []float64{wrkRate(b, wrk, dir, base)}
		var byCommand, ratios []float64
		for round := range rounds {
			byCommand = append(byCommand, commandRate(b, program, file, fmt.Sprint(file, round, ".journal"), base))
			byWrk = append(byWrk, wrkRate(b, wrk, dir, base))
			ratios = append(ratios, byCommand[round]*2/(byWrk[round]+byWrk[round+1])) // of the wrk runs before and after
		}
		b.ReportMetric(median(byCommand), "ids/s")
		b.ReportMetric(median(byWrk), "wrk/s")
		b.ReportMetric(median(ratios), "of-wrk")
		if rate := curlRate(b, dir, base); rate > 0 {
			b.ReportMetric(rate, "curl/s")
			b.ReportMetric(median(byCommand)/rate, "times-curl")
		}
	}
}

func median(values []float64) float64 { return slices.Sorted(slices.Values(values))[len(values)/2] }

// writeIDs writes a list of the ids from one number to before another.
func writeIDs(tb testing.TB, dir string, from, to int) (path string) {
	tb.Helper()
	path = filepath.Join(dir, "ids.txt")
	file, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	out := bufio.NewWriter(file)
	for i := from; i < to; i++ {
		fmt.Fprintln(out, benchID(i))
	}
	if err := errors.Join(out.Flush(), file.Close()); err != nil {
		tb.Fatal(err)
	}
	return path
}

// command returns a run of the program against a server.
func command(program, base string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, append([]string{"delete"}, args...)...)
	cmd.Env = append(os.Environ(), client.EnvAccountCode+"="+benchKeys.AccountCode, client.EnvPublicAPIKey+"="+benchKeys.PublicAPIKey,
		client.EnvPrivateSecretKey+"="+benchKeys.PrivateSecretKey, client.EnvAPIEndpoint+"="+base)
	return cmd
}

// commandRate runs the command once, and returns ids per second.
func commandRate(b *testing.B, program, file, journal, base string) float64 {
	b.Helper()
	cmd := command(program, base, "--file", file, "--yes", "--quiet", "--journal", journal)
	start := time.Now()
	output, err := cmd.CombinedOutput()
	took := time.Since(start)
	if want := fmt.Sprintf("%d accepted", commandIDs); err != nil || !strings.Contains(string(output), want) {
		b.Fatalf("%v\n%s", err, output)
	}
	return commandIDs / took.Seconds()
}

var wrkResult = regexp.MustCompile(`Requests/sec: +([0-9.]+)`)

// wrkRate runs wrk, which repeats one request on as many connections, and returns
// responses per second.
func wrkRate(b *testing.B, wrk, dir, base string) float64 {
	b.Helper()
	script := filepath.Join(dir, "delete.lua")
	text := fmt.Sprintf("wrk.method = 'DELETE'\nwrk.headers['x-account-code'] = '%s'\nwrk.headers['public-api-key'] = '%s'\nwrk.headers['private-secret-key'] = '%s'\n",
		benchKeys.AccountCode, benchKeys.PublicAPIKey, benchKeys.PrivateSecretKey)
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	output, err := exec.Command(wrk, "-c", "8", "-t", "1", "-d", "1", "-s", script, base+"/customers/"+benchID(0)).CombinedOutput()
	match := wrkResult.FindSubmatch(output)
	if err != nil || match == nil || strings.Contains(string(output), "Non-2xx") {
		b.Fatalf("%v\n%s", err, output)
	}
	rate, err := strconv.ParseFloat(string(match[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

// curlRate runs curl with xargs, eight at a time, and returns ids per second; 0 if they
// are not installed.
func curlRate(b *testing.B, dir, base string) float64 {
	b.Helper()
	for _, tool := range []string{"xargs", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.Logf("NOT MEASURED: %s is not installed", tool)
			return 0
		}
	}
	// The keys are in a file, because a command line shows them to other users.
	config := filepath.Join(dir, "curlrc")
	text := fmt.Sprintf("silent\nfail\nrequest = DELETE\nheader = \"x-account-code: %s\"\nheader = \"public-api-key: %s\"\nheader = \"private-secret-key: %s\"\n",
		benchKeys.AccountCode, benchKeys.PublicAPIKey, benchKeys.PrivateSecretKey)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	var urls strings.Builder
	for n := range curlIDs {
		urls.WriteString(base + "/customers/" + benchID(n) + "\n")
	}
	cmd := exec.Command("xargs", "-P", "8", "-n", "1", "curl", "-K", config)
	cmd.Stdin = strings.NewReader(urls.String())
	start := time.Now()
	if output, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, output)
	}
	return curlIDs / time.Since(start).Seconds()
}
