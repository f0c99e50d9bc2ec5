package httpsource_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

func TestTokensAreKeptUntilTheyAreRefused(t *testing.T) {
	var fetched atomic.Int64
	var shut atomic.Bool
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if shut.Load() || user != "u" || password != secret {
			http.Error(w, password, http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token": "%s-%d", "expires_in": 3600}`, r.FormValue("scope"), fetched.Add(1))
	})
	tokens, err := httpsource.NewTokens(httpsource.OAuth{TokenURI: server, ClientID: "u", ClientSecret: scalerkit.NewSecret(secret), Scopes: []string{"a", "b"}}, scalerkit.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, tokens.Close()) }()
	want := func(want string) {
		t.Helper()
		got, err := tokens.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	want("a b-1")
	want("a b-1")
	tokens.Forget("another")
	want("a b-1")
	tokens.Forget("a b-1")
	want("a b-2")

	shut.Store(true)
	tokens.Forget("a b-2")
	_, err = tokens.Token(t.Context())
	require.ErrorIs(t, err, scalerkit.ErrDenied)
	require.EqualError(t, err, "POST "+server+": access denied: 401 Unauthorized: [redacted]")
}
