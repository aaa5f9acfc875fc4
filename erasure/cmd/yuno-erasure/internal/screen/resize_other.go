//go:build !unix

package screen

import "os"

// whenResized returns a channel that never receives: there is no such signal, and the next
// drawing reads the size anyway.
func whenResized() (resized <-chan os.Signal, stop func()) { return nil, func() {} }
