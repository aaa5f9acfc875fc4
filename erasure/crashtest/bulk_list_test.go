package crashtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// A bulk delete is killed again and again, and its list is another one each time it is
// resumed: in another order, as text or as CSV, with some ids more and some fewer. Nobody is
// erased who is not in the list then. In the end everybody is, and the report has every id
// once.
func TestBulkDeleteKilledWhileItsListChanges(t *testing.T) {
	t.Parallel()
	customers, kills := 2_000, 4
	if long() {
		customers, kills = 20_000, 10
	}
	ids := make([]string, customers)
	for i := range ids {
		ids[i] = fmt.Sprintf("c%d", i)
	}
	sb := sandbox.New(t, sandbox.WithCustomers(ids...), sandbox.WithRecordLimit(0))
	for i := range 20 {
		sb.FailCustomer(ids[customers/20*i+7], sandbox.Fault{Kind: sandbox.LostResponse})
	}
	r := &bulkRun{t: t, sandbox: sb, folder: t.TempDir()}
	r.list = filepath.Join(r.folder, "ids.txt")
	for kill := range kills {
		rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		absent := ids[:customers/10]
		writeList(t, r.list, ids[len(absent):], kill%2 == 1)
		before := r.present(absent)
		r.killAfter(rand.N(customers / (kills + 1)))
		if after := r.present(absent); after != before {
			t.Errorf("%d customers were erased who are not in the list", before-after)
		}
	}
	t.Logf("%d customers remain after %d kills", r.remaining(), kills)
	writeList(t, r.list, ids, kills%2 == 1)
	report := filepath.Join(r.folder, "report.jsonl")
	p := r.start("--report", report)
	await.OK(t, "the last run ends", func() error {
		if p.Running() != nil {
			return nil
		}
		return await.Remaining(r.remaining())
	})
	if code := p.Wait(t); code != exitNotFound || r.remaining() != 0 {
		t.Errorf("exit status %d, want %d; %d customers remain\n%s", code, exitNotFound, r.remaining(), p.Output.Tail())
	}
	wantEveryID(t, report, customers)
}

// writeList writes the ids, one per line, or as a spreadsheet would save them.
func writeList(t *testing.T, path string, ids []string, table bool) {
	t.Helper()
	text := strings.Join(ids, "\n")
	if table {
		text = "\ufeffname,id\r\n\"A, B\"," + strings.Join(ids, "\r\n\"A, B\",") + "\r\n"
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// present counts those of the customers that are not erased yet.
func (r *bulkRun) present(customers []string) (n int) {
	for _, id := range r.sandbox.Customers(r.sandbox.Credentials().AccountCode) {
		if slices.Contains(customers, id) {
			n++
		}
	}
	return n
}
