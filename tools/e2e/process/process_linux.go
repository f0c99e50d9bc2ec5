package process

import (
	"os/exec"
	"syscall"
)

// tie makes the command end when this process does, be it killed. The command
// has a process group of its own: a Ctrl-C is for us, and we end it.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// EndWithParent sends this process a SIGTERM when its parent ends:
// "go test" that is killed goes without its test binary.
func EndWithParent() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0)
}
