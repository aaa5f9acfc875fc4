package testprogram

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// Programs run at once, though other goroutines start processes all the time.
func TestWrite(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("scripts cannot be run here")
	}
	var wg sync.WaitGroup
	for range 8 {
		dir := t.TempDir()
		wg.Go(func() {
			for range 50 {
				program := filepath.Join(dir, "program")
				Write(t, program, "#!"+sh+"\nexit 0\n")
				if err := exec.CommandContext(t.Context(), program).Run(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
