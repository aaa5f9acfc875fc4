//go:build !unix

package bulkdelete

import "io/fs"

// foreignOwner reports that the owner is unknown.
func foreignOwner(fs.FileInfo) (uid int, foreign bool) { return 0, false }
