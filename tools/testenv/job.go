package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
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

// tests is the job of running go vet and go test, with these flags, in each
// module of the workspace by itself: with the versions that its go.mod says, and
// not the newest that any of them does. What it prints is go test's output with a
// line for each test that was skipped. In CI, where every server is there, such a
// test has failed.
func tests(flags []string, out io.Writer) job {
	return func(ctx context.Context, env []string) (int, error) {
		dirs, err := moduleDirs(ctx)
		if err != nil {
			return 1, err
		}
		env = append(env, "GOWORK=off")
		r := newReport(out)
		worst := 0
		for _, dir := range dirs {
			code, err := testModule(ctx, env, dir, flags, r)
			if err != nil {
				return max(code, 1), err
			}
			worst = max(worst, code)
		}
		if r.skipped > 0 && inCI() {
			return 1, fmt.Errorf("%d tests were skipped, which CI takes for a failure", r.skipped)
		}
		return worst, nil
	}
}

func testModule(ctx context.Context, env []string, dir string, flags []string, r *report) (int, error) {
	vet := child(ctx, env, "go", "vet", "./...")
	vet.Dir = dir
	vetCode, err := exitCode(vet, vet.Run())
	if err != nil {
		return vetCode, err
	}
	test := child(ctx, env, slices.Concat([]string{"go", "test", "-json"}, flags, []string{"./..."})...)
	test.Dir = dir
	stdout, err := test.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := test.Start(); err != nil {
		return 1, err
	}
	readErr := r.read(stdout)
	testCode, err := exitCode(test, test.Wait())
	return max(vetCode, testCode), errors.Join(readErr, err)
}

// inCI says whether nothing may be missing.
func inCI() bool {
	ci, _ := os.LookupEnv("CI")
	return ci == "true"
}

// moduleDirs returns the directory of each module of go.work.
func moduleDirs(ctx context.Context) ([]string, error) {
	out, err := child(ctx, os.Environ(), "go", "list", "-m", "-f", "{{.Dir}}").Output()
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
