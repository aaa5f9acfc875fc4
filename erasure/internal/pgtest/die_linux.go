package pgtest

import "syscall"

// dieWithParent makes the kernel stop the server at once when we are gone.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
