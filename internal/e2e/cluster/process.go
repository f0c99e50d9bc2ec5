package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A process is a component that runs, or did.
type process struct {
	log    string
	cmd    *exec.Cmd     // nil before the first start
	exited chan struct{} // closed once cmd.Wait has returned
}

// start starts a program in a directory. Its log continues the one of the run
// before.
func (p *process) start(dir, program string, args ...string) error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the process has it open by itself

	cmd := exec.Command(program, args...) //nolint:noctx // it outlives the start, and ends with the cluster
	cmd.Dir = dir
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

// kill ends the process, if it runs, and waits for its end.
func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.exited
}

// await calls ready until it returns no error. It gives up when ctx ends or
// the process does.
func (p *process) await(ctx context.Context, ready func(context.Context) error) error {
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("ended: %v: %s", p.cmd.ProcessState, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w: %s", err, p.tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// tail returns the last lines of the log.
func (p *process) tail() string {
	out, err := os.ReadFile(p.log)
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

// ports remembers the ports that were given out, since their takers may not
// listen yet.
var ports struct {
	sync.Mutex
	taken map[int]bool
}

// FreePort returns a port that nobody listens at. It is below the range from
// which systems take the ports of outgoing connections, so that none of these
// gets there before the server does.
func FreePort() int {
	ports.Lock()
	defer ports.Unlock()
	for {
		port := 12000 + rand.IntN(20000)
		if ports.taken[port] {
			continue
		}
		l, err := net.Listen("tcp", Address(port))
		if err != nil {
			continue
		}
		l.Close()
		if ports.taken == nil {
			ports.taken = map[int]bool{}
		}
		ports.taken[port] = true
		return port
	}
}
