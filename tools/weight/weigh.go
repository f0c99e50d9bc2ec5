package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// runs is how often resident memory is measured; the middle one counts.
const runs = 5

// A weight is what a program costs.
type weight struct {
	modules  float64 // linked, with the program's own
	size     float64 // of the stripped binary, in MB
	resident float64 // after the reading, in MiB
}

// over says in what respects w is heavier than a goal.
func (w weight) over(goal weight) (respects []string) {
	if w.modules > goal.modules {
		respects = append(respects, "modules")
	}
	if w.size > goal.size {
		respects = append(respects, "size")
	}
	if w.resident > goal.resident {
		respects = append(respects, "memory")
	}
	return respects
}

// weighKind generates, builds and runs one of the source's programs. Its reading
// must not fail where there is a server.
func (s source) weighKind(ctx context.Context, dir, kind string, args []string) (w weight, err error) {
	file, err := s.generate(dir, kind)
	if err != nil {
		return w, err
	}
	deps, err := goTool(ctx, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", file)
	if err != nil {
		return w, err
	}
	w.modules = float64(distinct(deps))
	binary := strings.TrimSuffix(file, ".go")
	if _, err := goTool(ctx, "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, file); err != nil {
		return w, err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return w, err
	}
	w.size = float64(info.Size()) / 1e6
	var measured []float64
	for range runs {
		mib, reading, err := residentAfterReading(ctx, binary, args)
		if err != nil {
			return w, fmt.Errorf("run %s: %w", binary, err)
		}
		if _, err := strconv.ParseFloat(reading, 64); err != nil && !s.unserved {
			return w, fmt.Errorf("%s did not read: %s", kind, reading)
		}
		measured = append(measured, mib)
	}
	slices.Sort(measured)
	w.resident = measured[runs/2]
	return w, nil
}

// goTool runs the go command as for a container without a C library, where such
// programs go, and with the versions that the library asks for.
func goTool(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s %s: %w", args[0], args[len(args)-1], err)
	}
	return string(out), nil
}

// distinct counts the different lines that are not empty.
func distinct(lines string) int {
	seen := map[string]bool{}
	for line := range strings.FieldsSeq(lines) {
		seen[line] = true
	}
	return len(seen)
}

// residentAfterReading runs the program and returns the MiB that it holds once
// it has printed its reading, and what it printed.
func residentAfterReading(ctx context.Context, binary string, args []string) (mib float64, reading string, err error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, "", err
	}
	if err := cmd.Start(); err != nil {
		return 0, "", err
	}
	reading, readErr := bufio.NewReader(stdout).ReadString('\n')
	status, statusErr := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	stdin.Close()
	if err := errors.Join(cmd.Wait(), readErr, statusErr); err != nil {
		return 0, "", err
	}
	mib, err = resident(string(status))
	return mib, strings.TrimSpace(reading), err
}

// resident reads the resident memory, in MiB, from a /proc/PID/status.
func resident(status string) (float64, error) {
	_, rest, _ := strings.Cut(status, "VmRSS:")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.ParseFloat(kib, 64)
	return n / 1024, err
}
