package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"time"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startLimit is for each step of a start on a machine that is busy with other
// things. Fetching and building what is to be started may take longer.
const startLimit = 2 * time.Minute

// A host is where the processes of one server run.
type host struct {
	dir       string // shared with the other hosts
	certs     certs
	processes []*process
}

// A process runs from start until the host ends, or until it fails.
type process struct {
	name     string
	cmd      *exec.Cmd
	log      string
	exited   chan struct{} // closed once cmd.Wait has returned
	graceful bool          // it is interrupted, and ends by itself
}

// path returns the path of a file in the directory.
func (h *host) path(name string) string { return filepath.Join(h.dir, name) }

// write writes a file into the directory and returns its path.
func (h *host) write(name, content string) (string, error) {
	path := h.path(name)
	return path, os.WriteFile(path, []byte(content), 0o600)
}

// dirOf makes a directory with files and the server's certificate. Root may not
// run the servers of databases, so it leaves the directory to the user of Debian's
// package.
func (h *host) dirOf(username, name string, files map[string]string) (dir string, err error) {
	for file, from := range map[string]string{"server.pem": h.certs.serverCert, "server-key.pem": h.certs.serverKey} {
		content, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		files[file] = string(content)
	}
	dir = h.path(name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	paths := []string{dir}
	for file, content := range files {
		path, err := h.write(filepath.Join(name, file), content)
		if err != nil {
			return "", err
		}
		paths = append(paths, path)
	}
	if os.Getuid() != 0 {
		return dir, nil
	}
	if err := os.Chmod(h.dir, 0o711); err != nil { // the files in it are still root's alone
		return "", err
	}
	owner, err := osuser.Lookup(username)
	if err != nil {
		return "", err
	}
	uid, _ := strconv.Atoi(owner.Uid) // it is a number on Linux
	gid, _ := strconv.Atoi(owner.Gid)
	for _, path := range paths {
		if err := os.Chown(path, uid, gid); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// run starts a process. Its name is that of its log, and env is added to the
// environment.
func (h *host) run(name string, env []string, program string, args ...string) error {
	log, err := os.Create(h.path(name + ".log"))
	if err != nil {
		return err
	}
	defer log.Close() // the process has it open by itself

	cmd := exec.Command(program, args...) //nolint:noctx // it outlives the start, and ends with the host
	cmd.Dir = h.dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	tieServer(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	p := &process{name: name, cmd: cmd, log: log.Name(), exited: make(chan struct{})}
	h.processes = append(h.processes, p)
	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // its state tells how the process ended
	}()
	return nil
}

// end ends the processes, the last first. They have nothing worth saving, so
// most are not asked.
func (h *host) end() {
	for i := len(h.processes) - 1; i >= 0; i-- {
		p := h.processes[i]
		if p.graceful && p.cmd.Process.Signal(os.Interrupt) == nil {
			select {
			case <-p.exited:
			case <-time.After(10 * time.Second):
			}
		}
		kill(p.cmd)
		<-p.exited
	}
}

// await calls ready until it returns no error. It gives up after startLimit, or
// when ctx ends or a process does.
func (h *host) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		for _, p := range h.processes {
			select {
			case <-p.exited:
				return fmt.Errorf("%s ended: %v: %s", p.name, p.cmd.ProcessState, p.tail())
			default:
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *process) tail() string {
	out, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return lastLines(out, 5)
}

// output runs a program to its end, within startLimit, and returns what it
// printed.
func (h *host) output(ctx context.Context, env []string, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, lastLines(out, 5))
	}
	return string(out), nil
}

// listening says whether somebody listens at a port.
func listening(ctx context.Context, port int) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", loopback.Address(port))
	if err != nil {
		return err
	}
	return conn.Close()
}

// answers says whether a URL is answered with 200.
func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}
