package sources

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/tools/e2e/example"
	"github.com/scalerkit/scalerkit/tools/e2e/pki"
	"github.com/scalerkit/scalerkit/tools/e2e/process"
	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// redisCredentials are for the namespaces of TestExternalScaler's subtests.
const redisCredentials = `
credentials:
- {namespace: testexternalscaler-external, name: redis, parameters: {password: {env: REDIS_PASSWORD}}}
- {namespace: testexternalscaler-external-push, name: redis, parameters: {password: {env: REDIS_PASSWORD}}}
`

// TestExternalScaler has examples/externalscaler read Redis for the operator,
// which shows it a certificate. As Redis does not push, external-push polls.
func TestExternalScaler(t *testing.T) {
	dir, address := t.TempDir(), loopback.Address(loopback.FreePort())
	authority, err := pki.NewAuthority("externalscaler")
	require.NoError(t, err)
	us, err := authority.Server("127.0.0.1")
	require.NoError(t, err)
	operator, err := authority.Client("operator")
	require.NoError(t, err)
	file := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, us.Write(file("tls.crt"), file("tls.key")))
	require.NoError(t, pki.Replace(file("ca.crt"), authority.PEM))
	require.NoError(t, pki.Replace(file("credentials.yaml"), []byte(redisCredentials)))

	program := file("externalscaler")
	require.NoError(t, example.Build(t.Context(), "externalscaler", program))
	p := process.Process{Log: file("log")}
	require.NoError(t, p.Start(dir, []string{"REDIS_PASSWORD=" + password}, program, "-listen", address,
		"-cert", "tls.crt", "-key", "tls.key", "-client-ca", "ca.crt", "-credentials", "credentials.yaml"))
	t.Cleanup(p.Kill)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, p.Await(ctx, func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			err = conn.Close()
		}
		return err
	}))

	client := connect(t, &redis.UniversalOptions{Addrs: []string{r.Redis.Address}})
	for _, trigger := range []string{"external", "external-push"} {
		t.Run(trigger, func(t *testing.T) {
			s := list(trigger, fmt.Sprintf("scalerAddress: %q, triggerType: redis, triggerCredentials: redis, address: %q", address, r.Redis.Address), client)
			s.parameters = map[string]string{"caCert": string(authority.PEM), "tlsClientCert": string(operator.Cert), "tlsClientKey": string(operator.Key)}
			s.scales(t)
		})
	}
}
