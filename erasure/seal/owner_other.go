//go:build !unix

package seal

// checkOwner has nothing to look at where files have no owner of this kind.
func checkOwner(string) error { return nil }
