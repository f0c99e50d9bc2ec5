package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// debian says what a server is installed from.
type debian struct {
	packages []string
	programs []string // what the packages bring: names on the PATH, or paths
}

// missing says which programs are not there, and why they were not installed.
func (d debian) missing(refusal error) error {
	var names []string
	for _, program := range d.programs {
		if _, err := exec.LookPath(program); err != nil {
			names = append(names, program)
		}
	}
	switch {
	case len(names) == 0:
		return nil
	case refusal == nil:
		return fmt.Errorf("%s did not come with the package %s", strings.Join(names, ", "), strings.Join(d.packages, ", "))
	}
	return fmt.Errorf("no %s: %w", strings.Join(names, ", "), refusal)
}

// install installs the packages of those servers that miss a program. The
// error, if any, is why there was no installing.
func install(ctx context.Context, chosen []server, log io.Writer) error {
	var packages []string
	for _, s := range chosen {
		if s.needs.missing(nil) != nil {
			packages = append(packages, s.needs.packages...)
		}
	}
	if len(packages) == 0 {
		return nil
	}
	slices.Sort(packages)
	packages = slices.Compact(packages)
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errors.New("this machine has no apt-get to install it with")
	}
	if os.Getuid() != 0 {
		return fmt.Errorf("only root can run apt-get install %s", strings.Join(packages, " "))
	}

	begin := time.Now()
	if err := aptGet(ctx, "update"); err != nil {
		return err
	}
	if err := aptGet(ctx, append([]string{"install", "-y", "--no-install-recommends"}, packages...)...); err != nil {
		return err
	}
	fmt.Fprintf(log, "installed: %s, %d ms\n", strings.Join(packages, " "), time.Since(begin).Milliseconds())
	return nil
}

func aptGet(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	// Another apt-get, such as a machine's own at its start, is waited for.
	cmd.Args = slices.Insert(cmd.Args, 1, "-q", "-o", "DPkg::Lock::Timeout=120")
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("apt-get %s: %w: %s", strings.Join(args, " "), err, lastLines(out, 5))
	}
	return nil
}

// lastLines returns the last n lines of a program's output, in one.
func lastLines(out []byte, n int) string {
	lines := strings.Split(string(bytes.TrimSpace(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}
