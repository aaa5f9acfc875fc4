//go:build unix

package screen

import (
	"os"
	"os/signal"
	"syscall"
)

// whenResized returns a channel that receives when the terminal's size has changed.
func whenResized() (resized <-chan os.Signal, stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGWINCH)
	return signals, func() { signal.Stop(signals) }
}
