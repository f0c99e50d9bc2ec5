package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// A Usage is what a process has taken since it was started.
type Usage struct {
	Memory     uint64 // resident, in bytes
	PeakMemory uint64 // the most that it was
	Anonymous  uint64 // of Memory, what is no file's: the rest are pages of the program, which others share and the kernel can drop
	CPU        time.Duration
}

// Add adds what another process has taken. The most that each was need not have
// been at one time.
func (u *Usage) Add(other Usage) {
	u.Memory += other.Memory
	u.PeakMemory += other.PeakMemory
	u.Anonymous += other.Anonymous
	u.CPU += other.CPU
}

// ticks is how many of the kernel's units of CPU time make a second, as far as
// programs are told.
const ticks = 100

// Usage returns what the process has taken. It is known on Linux only.
func (p *Process) Usage() (Usage, error) {
	var u Usage
	proc := "/proc/" + strconv.Itoa(p.PID())
	status, err := os.ReadFile(proc + "/status")
	if err != nil {
		return u, err
	}
	for line := range strings.Lines(string(status)) {
		var into *uint64
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "VmRSS":
			into = &u.Memory
		case "VmHWM":
			into = &u.PeakMemory
		case "RssAnon":
			into = &u.Anonymous
		default:
			continue
		}
		if _, err := fmt.Sscanf(value, "%d kB", into); err != nil {
			return u, fmt.Errorf("%s/status: %q: %w", proc, line, err)
		}
		*into *= 1024
	}
	stat, err := os.ReadFile(proc + "/stat")
	if err != nil {
		return u, err
	}
	// The name of the program, in parentheses, may have spaces in it.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return u, fmt.Errorf("%s/stat: %w", proc, err)
		}
		u.CPU += time.Duration(n) * time.Second / ticks
	}
	return u, nil
}
