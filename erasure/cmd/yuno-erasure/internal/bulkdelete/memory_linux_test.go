package bulkdelete_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// Ten million ids take less than 50 MB when they are looked up, erased and verified, and
// when that is resumed. It takes hours and 12 GB of disk, so it runs on request only; a
// number in place of "long" takes as many ids.
func TestMemoryOfTenMillionByMerchantID(t *testing.T) {
	n, err := strconv.Atoi(strings.Replace(os.Getenv("MEMORY"), "long", "10000000", 1))
	if err != nil {
		t.Skip("MEMORY=long go test -timeout 10h -run TestMemoryOfTenMillionByMerchantID ./cmd/yuno-erasure/internal/bulkdelete")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		merchantID := r.URL.Query().Get("merchant_customer_id")
		switch {
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusAccepted)
		case merchantID != "":
			_, _ = fmt.Fprintf(w, `{"id":"c%s","merchant_customer_id":%q}`, merchantID, merchantID)
		default:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"code":"NOT_FOUND","messages":["no"]}`))
		}
	}))
	t.Cleanup(server.Close)
	env, dir := keysFor(sandbox.New(t, sandbox.WithoutListener()).Credentials(), server.URL+"/v1"), t.TempDir()
	file, err := os.Create(filepath.Join(dir, "own.txt"))
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(file)
	for i := range n {
		_, _ = fmt.Fprintf(out, "0b1f7e0c-95f0-4a35-8f0d-%012d\n", i)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	const limit = 50_000_000 >> 10 // KiB
	for _, c := range []struct{ args, want string }{
		{"delete --by merchant-id --file own.txt --yes --report report.csv --concurrency 16", fmt.Sprintf("%d accepted", n)},
		{"delete --by merchant-id --file own.txt --yes --report report.csv --resume", fmt.Sprintf("%d accepted", n)},
		{"verify --journal own.txt.journal --report verified.csv --concurrency 16", fmt.Sprintf("%d gone", n)},
		{"verify --journal own.txt.journal --report verified.csv --resume", fmt.Sprintf("%d gone", n)},
	} {
		cmd := clitest.Process(t, dir, env, strings.Fields(c.args)...)
		output, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(output), c.want) {
			t.Fatalf("%s: %v\n%.2000s", c.args, err, output)
		}
		peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		t.Logf("%s: at most %d KiB, %v of processor time", c.args, peak, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		if peak > limit {
			t.Errorf("%s: %d KiB, want at most %d", c.args, peak, limit)
		}
	}
}
