package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A job is what the servers are started for. It returns an exit code.
type job func(ctx context.Context, env []string) (int, error)

// command is the job of running a command.
func command(args []string) job {
	return func(ctx context.Context, env []string) (int, error) {
		cmd := child(ctx, env, args...)
		cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
		return exitCode(cmd, cmd.Run())
	}
}

// tests is the job of running go vet and go test, with these flags, in all
// modules of the workspace. What it prints is go test's output with a line for
// each test that was skipped. In CI, where every server is there, such a test
// has failed.
func tests(flags []string, out io.Writer) job {
	return func(ctx context.Context, env []string) (int, error) {
		packages, err := workspacePackages(ctx)
		if err != nil {
			return 1, err
		}
		vet := child(ctx, env, append([]string{"go", "vet"}, packages...)...)
		vetCode, err := exitCode(vet, vet.Run())
		if err != nil {
			return vetCode, err
		}

		args := append([]string{"go", "test", "-json"}, flags...)
		cmd := child(ctx, env, append(args, packages...)...)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			return 1, err
		}
		if err := cmd.Start(); err != nil {
			return 1, err
		}
		r := newReport(out)
		readErr := r.read(stdout)
		code, err := exitCode(cmd, cmd.Wait())
		if err := errors.Join(readErr, err); err != nil {
			return max(code, 1), err
		}
		if r.skipped > 0 && inCI() {
			return 1, fmt.Errorf("%d tests were skipped, which CI takes for a failure", r.skipped)
		}
		return max(code, vetCode), nil
	}
}

// inCI says whether nothing may be missing.
func inCI() bool {
	ci, _ := os.LookupEnv("CI")
	return ci == "true"
}

// workspacePackages returns a pattern for each module of go.work.
func workspacePackages(ctx context.Context) ([]string, error) {
	out, err := child(ctx, os.Environ(), "go", "list", "-m", "-f", "{{.Dir}}/...").Output()
	return strings.Fields(string(out)), err
}

// child is a command that has ten seconds to end after ctx did.
func child(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	tie(cmd)
	return cmd
}

// exitCode returns the exit code of a command that returned err. An error is
// left only if the command has none.
func exitCode(cmd *exec.Cmd, err error) (int, error) {
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() >= 0 {
		return cmd.ProcessState.ExitCode(), nil
	}
	return 1, fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
}
