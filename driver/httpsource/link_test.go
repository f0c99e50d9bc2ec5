package httpsource_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

func TestLink(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { status(401, r.Header.Get("X-Key"))(w, r) })
	key := httpsource.Header("X-Key", "key ", scalerkit.NewSecret(secret))
	require.Equal(t, key, httpsource.Header("X-Key", "key ", scalerkit.NewSecret(secret)))
	link := httpsource.Link{Timeout: time.Second, TLS: driver.TLS{Insecure: true}, Client: new(http.Client)}
	require.Equal(t, httpsource.Access{Timeout: time.Second, TLS: link.TLS, Client: link.Client, Credential: key}, link.Access(key))
	err := client(t, link.Access(key), scalerkit.Options{}).GetJSON(t.Context(), server, nil)
	require.EqualError(t, err, "GET "+server+": access denied: 401 Unauthorized: key [redacted]")

	link.Credential = &credential{token: "own"}
	require.Equal(t, link.Credential, link.Access(key).Credential)
	require.Nil(t, (&httpsource.Link{}).Access(nil).Credential)
	link.Client.CloseIdleConnections()
	http.DefaultClient.CloseIdleConnections()
}
