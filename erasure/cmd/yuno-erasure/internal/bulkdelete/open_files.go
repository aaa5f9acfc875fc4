package bulkdelete

import (
	"fmt"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// otherFiles is how many files a run has open besides a connection for each request: the
// list and its temporary parts, the journal, reports, the terminal, name servers, and what
// the runtime needs.
const otherFiles = 16

// checkOpenFiles rejects a concurrency for which this machine allows the process too few
// open files. Otherwise some requests would fail for a reason that is not the service's.
func checkOpenFiles(concurrency int) error {
	limit, ok := openFilesLimit()
	if !ok || limit >= uint64(concurrency+otherFiles) {
		return nil
	}
	hint := fmt.Sprintf("ulimit -n %d before it", max(1024, concurrency+otherFiles))
	if limit > otherFiles {
		hint += fmt.Sprintf(", or --concurrency %d", limit-otherFiles)
	}
	return command.NewUsageError(fmt.Sprintf("too many open files: --concurrency %d needs %d, and this machine allows the program %d (ulimit -n). Nothing was sent",
		concurrency, concurrency+otherFiles, limit), hint)
}
