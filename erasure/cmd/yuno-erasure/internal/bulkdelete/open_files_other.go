//go:build !unix

package bulkdelete

// openFilesLimit reports that no limit is known.
func openFilesLimit() (limit uint64, ok bool) { return 0, false }
