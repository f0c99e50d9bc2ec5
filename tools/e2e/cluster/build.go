package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

// buildLimit is how long another process may take to build the components.
const buildLimit = time.Hour

// packages are what the components are built from. The tool directives of
// go.mod name them too, so that their modules are among its requirements.
var packages = map[Component]string{
	Etcd:              "go.etcd.io/etcd/server/v3",
	APIServer:         "k8s.io/kubernetes/cmd/kube-apiserver",
	ControllerManager: "k8s.io/kubernetes/cmd/kube-controller-manager",
	Scheduler:         "k8s.io/kubernetes/cmd/kube-scheduler",
	Kwok:              "sigs.k8s.io/kwok/cmd/kwok",
}

// Build builds the components that are missing, and all of them if this module
// or Go has changed since, and returns the directory where they are. From
// nothing it takes about ten minutes on two cores. The working directory has to
// be in this module.
func Build(ctx context.Context) (string, error) {
	root, err := ModuleRoot(ctx)
	if err != nil {
		return "", err
	}
	bin := filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(ctx, filepath.Join(bin, ".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()

	want, err := version(root)
	if err != nil {
		return "", err
	}
	stamp := filepath.Join(bin, ".version")
	if got, err := os.ReadFile(stamp); err == nil && bytes.Equal(got, want) && complete(bin) {
		return bin, nil
	}
	for component, pkg := range packages {
		fmt.Fprintf(os.Stderr, "building %s\n", component)
		build := goCommand(ctx, "build", "-ldflags", "-s -w", "-o", filepath.Join(bin, string(component)), pkg)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("building %s: %w: %s", component, err, bytes.TrimSpace(out))
		}
	}
	return bin, os.WriteFile(stamp, want, 0o644)
}

// version stands for all that the components are made of.
func version(root string) ([]byte, error) {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		sum.Write(content)
	}
	return fmt.Appendf(nil, "%s %x\n", runtime.Version(), sum.Sum(nil)), nil
}

func complete(bin string) bool {
	for component := range packages {
		if _, err := os.Stat(filepath.Join(bin, string(component))); err != nil {
			return false
		}
	}
	return true
}

// ModuleRoot returns the directory of this module. The working directory has to
// be in it.
func ModuleRoot(ctx context.Context) (string, error) {
	out, err := goCommand(ctx, "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(out)))
	if !strings.HasSuffix(filepath.ToSlash(root), "tools/e2e") {
		return "", errors.New("the working directory is not in the module tools/e2e")
	}
	return root, nil
}

func goCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	return cmd
}

// lock waits until no other process holds the file locked.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	unlock = func() { file.Close() }
	err = process.Poll(ctx, buildLimit, func(context.Context) error {
		return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	})
	if err != nil {
		unlock()
		return nil, fmt.Errorf("waiting for another build, which holds %s: %w", path, err)
	}
	return unlock, nil
}
