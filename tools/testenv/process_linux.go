package main

import (
	"os/exec"
	"syscall"
)

// tie makes the command end when testenv does, be it killed.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}

// tieServer does the same for a server, and gives it a process group of its
// own: a Ctrl-C is for the command and testenv, which ends the server last.
func tieServer(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// kill ends a server with its process group.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// endWithParent makes testenv end, and clean up, when its parent does: "go
// run" passes on no SIGTERM, and goes without its child.
func endWithParent() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0)
}
