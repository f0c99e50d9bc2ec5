//go:build !linux

package main

import "os/exec"

// Other systems have no signal at the death of a parent: there, a testenv that
// is killed leaves its servers.

func tie(*exec.Cmd) {}

func tieServer(*exec.Cmd) {}

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func endWithParent() {}
