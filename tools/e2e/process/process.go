// Package process runs programs beside a test. They end with it, however it
// ends.
package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A Process is a program that runs, or did, or is to. Its methods are not
// called concurrently.
type Process struct {
	// Log is the path of the file to which the program writes. It is continued
	// at each start.
	Log string

	cmd    *exec.Cmd     // nil before the first start
	exited chan struct{} // closed once cmd.Wait has returned
}

// Start starts a program in a directory, with env added to the environment.
func (p *Process) Start(dir string, env []string, program string, args ...string) error {
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the process has it open by itself

	cmd := exec.Command(program, args...) //nolint:noctx // it ends when it is killed
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	tie(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	p.cmd, p.exited = cmd, exited
	go func() {
		defer close(exited)
		_ = cmd.Wait() // its state tells how the process ended
	}()
	return nil
}

// PID returns the process' id. It was started before.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited is closed when the process has ended. It was started before.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Signal sends a signal to the process, if it runs.
func (p *Process) Signal(s os.Signal) {
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(s) // it may have ended
	}
}

// Kill ends the process with SIGKILL, if it runs, and waits for its end.
func (p *Process) Kill() {
	if p.cmd == nil {
		return
	}
	p.Signal(os.Kill)
	<-p.exited
}

// Await calls ready until it returns no error. It gives up when ctx ends or
// the process does.
func (p *Process) Await(ctx context.Context, ready func(context.Context) error) error {
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("ended: %v: %s", p.cmd.ProcessState, p.Tail())
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w: %s", err, p.Tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Tail returns the last lines of the log.
func (p *Process) Tail() string {
	out, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], " | ")
}

// Poll calls ask until it returns no error. It gives up when the time is over,
// with the last error.
func Poll(ctx context.Context, limit time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
