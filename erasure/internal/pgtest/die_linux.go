package pgtest

import "syscall"

// dieWithParent makes the kernel stop the server when this process ends.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
