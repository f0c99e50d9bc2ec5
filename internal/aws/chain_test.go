package aws_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
)

// newMachine starts the metadata service of a virtual machine.
func newMachine(t *testing.T, key awsfake.Key) {
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch role := "/latest/meta-data/iam/security-credentials/"; {
		case strings.HasSuffix(r.URL.Path, "/api/token"):
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
			_, _ = io.WriteString(w, "token")
		case r.URL.Path == role:
			_, _ = io.WriteString(w, "machine")
		default:
			_, _ = io.WriteString(w, `{"Code":"Success","AccessKeyId":"`+key.ID+`","SecretAccessKey":"`+key.Secret+`","Token":"`+key.Token+
				`","Expiration":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}`)
		}
	}))
	t.Cleanup(metadata.Close)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.URL)
}

// A gauge knows how many connections are open.
type gauge struct {
	mu            sync.Mutex
	opened, ended int
}

func (g *gauge) dial(ctx context.Context, network, address string) (net.Conn, error) {
	inner, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened++
	return gauged{inner, sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.ended++
	})}, nil
}

type gauged struct {
	net.Conn
	ended func()
}

func (g gauged) Close() error {
	g.ended()
	return g.Conn.Close()
}

// What the platform has is asked as Options say, but through no proxy, and no
// connection to it outlives the Session.
func TestCredentialsOfThePlatformAreFetchedDirectlyAndLeaveNoConnection(t *testing.T) {
	key := awsfake.Key{ID: "ASIAPLATFORM", Secret: "platform-secret", Token: "platform-session", Owner: "platform"}
	for name, platform := range map[string]func(*testing.T){
		"EKS pod identity":  func(t *testing.T) { awsfake.PodIdentity(t, key) },
		"a virtual machine": func(t *testing.T) { newMachine(t, key) },
	} {
		t.Run(name, func(t *testing.T) {
			newSTS(t)
			awsfake.SetKey(t, awsfake.Key{})
			platform(t)
			var connections gauge
			account := aws.Account{Region: awsfake.Region, IdentityOwner: "operator"}
			session := account.Key().Open(scalerkit.Options{
				Dial: connections.dial,
				HTTP: scalerkit.HTTP{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1"})},
			})
			found, err := session.Credentials(t.Context())
			require.NoError(t, err)
			require.Equal(t, key.ID, found.AccessKeyID)
			require.NoError(t, session.Close())
			connections.mu.Lock()
			defer connections.mu.Unlock()
			require.Positive(t, connections.opened)
			require.Equal(t, connections.opened, connections.ended)
		})
	}
}
