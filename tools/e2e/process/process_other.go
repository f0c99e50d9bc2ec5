//go:build !linux

package process

import "os/exec"

// Other systems have no signal at the death of a parent: there, a test that is
// killed leaves its cluster.

func tie(*exec.Cmd) {}

// EndWithParent does nothing.
func EndWithParent() {}
