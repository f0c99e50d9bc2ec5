// Package broker runs message brokers beside a cluster, for tests that take
// them down or look at who is connected to them.
package broker

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/scalerkit/scalerkit/tools/e2e/process"
	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startLimit is how long a broker may take to answer.
const startLimit = 30 * time.Second

// A Redis is a server with a password. Its keys do not outlive it.
type Redis struct {
	process.Process
	Client *redis.Client

	Address, Password string

	dir  string
	port int
}

// StartRedis starts a server on a free port and in a directory, such as a
// cluster's TempDir. The caller has to Close it. The program redis-server has
// to be installed.
func StartRedis(ctx context.Context, dir string) (*Redis, error) {
	r := &Redis{Password: "scalerkit-test", dir: dir, port: loopback.FreePort()}
	r.Address, r.Log = loopback.Address(r.port), filepath.Join(dir, "redis.log")
	r.Client = redis.NewClient(&redis.Options{Addr: r.Address, Password: r.Password, MaxRetries: -1})
	if err := r.Restart(ctx); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Restart starts the server again, after killing it if it runs, and returns
// when it answers.
func (r *Redis) Restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	r.Kill()
	err := r.Start(r.dir, nil, "redis-server", "--bind", "127.0.0.1", "--port", strconv.Itoa(r.port), "--requirepass", r.Password, "--save", "")
	if err != nil {
		return err
	}
	return r.Await(ctx, func(ctx context.Context) error { return r.Client.Ping(ctx).Err() })
}

// Close ends the server.
func (r *Redis) Close() {
	r.Kill()
	_ = r.Client.Close() // nothing is pending
}

// Authentication returns the manifest of a TriggerAuthentication for a Redis, and of the
// Secret that it takes the password from. Both are called redis. Another manifest may
// follow.
func Authentication(password string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata: {name: redis}
stringData: {password: %q}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: redis}
spec:
  secretTargetRef: [{parameter: password, name: redis, key: password}]
---
`, password)
}
