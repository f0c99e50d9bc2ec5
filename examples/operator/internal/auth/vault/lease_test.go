package vault_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestLeasedSecretIsKeptForTwoThirdsOfItsLife(t *testing.T) {
	b := newBench()
	v := b.open("hvs.given",
		secret("username", "database/creds/reader", "username", generic),
		secret("password", "database/creds/reader", "password", generic))
	first := store.Answer{
		Values: map[string]string{"username": "user-1", "password": "password-1"},
		Life:   store.Lasting(b.now, 10*time.Minute),
	}
	require.Equal(t, first, read(t, v))
	b.now = first.Life.Renew.Add(-time.Second)
	require.Equal(t, first, read(t, v))

	b.now = first.Life.Renew
	require.Equal(t, store.Answer{
		Values: map[string]string{"username": "user-2", "password": "password-2"},
		Life:   store.Lasting(b.now, 10*time.Minute),
	}, read(t, v))
}

func TestCertificateAndKeyBelongTogether(t *testing.T) {
	b := newBench()
	of := func(parameter, key, name string) v1alpha1.VaultSecret {
		s := secret(parameter, "pki/issue/reader", key, pki)
		s.PkiData = v1alpha1.VaultPkiData{CommonName: name, AltNames: "a", IPSans: "i", URISans: "u", OtherSans: "o", TTL: "10m", Format: "pem"}
		return s
	}
	other := secret("other", "pki/issue/reader", "certificate", pki)
	other.PkiData.CommonName = "other.example.com"
	v := b.open("hvs.given", of("cert", "certificate", "reader"), of("key", "private_key", "reader"), of("ca", "ca_chain", "reader"), other)
	first := store.Answer{
		Values: map[string]string{"cert": "certificate-1", "key": "key-1", "ca": "intermediate\nroot", "other": "certificate-2"},
		Life:   store.Lasting(b.now, 10*time.Minute),
	}
	require.Equal(t, first, read(t, v))
	require.Equal(t, []map[string]any{
		{"common_name": "reader", "alt_names": "a", "ip_sans": "i", "uri_sans": "u", "other_sans": "o", "ttl": "10m", "format": "pem"},
		{"common_name": "other.example.com"},
	}, b.Asked())

	b.now = first.Life.Renew.Add(-time.Second)
	require.Equal(t, first, read(t, v))
	b.now = first.Life.Renew
	require.Equal(t, "certificate-3", read(t, v).Values["cert"])
}

func TestTokenIsRenewedSoThatLeasesLiveOn(t *testing.T) {
	for name, token := range map[string]string{"given": "hvs.renewable", "from a login": ""} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			b.Give("hvs.renewable", time.Hour, true)
			b.Leased["database/creds/reader"] = 24 * time.Hour
			v := b.open(token, secret("username", "database/creds/reader", "username", generic))
			before := read(t, v)
			require.Equal(t, b.now.Add(40*time.Minute), before.Life.Renew)
			require.Equal(t, b.now.Add(time.Hour), before.Life.End)
			b.gate.Seen()

			b.now = before.Life.Renew
			after := read(t, v)
			require.Equal(t, []string{"POST /v1/auth/token/renew-self"}, b.gate.Seen())
			require.Equal(t, before.Values, after.Values)
			require.Equal(t, b.now.Add(40*time.Minute), after.Life.Renew)
		})
	}
}

func TestLoginAnewWhenRenewalsEnd(t *testing.T) {
	b := newBench()
	b.Max = 90 * time.Minute
	b.Leased["database/creds/reader"] = 24 * time.Hour
	v := b.open("", secret("username", "database/creds/reader", "username", generic))
	before := read(t, v)
	for range 2 { // 40 minutes each: the second renewal is for 10 minutes
		b.now = b.now.Add(40 * time.Minute)
		b.gate.Seen()
		_ = read(t, v)
	}
	require.Equal(t, []string{"GET /v1/database/creds/reader", "POST /v1/auth/kubernetes/login", "POST /v1/auth/token/renew-self"}, b.gate.Seen())
	after := read(t, v)
	require.NotEqual(t, before.Values, after.Values, "a lease ends with the token that it was made with")
	require.Equal(t, store.Lasting(b.now, time.Hour), after.Life)
}

func TestGivenTokenThatCannotBeRenewedIsUsedToItsEnd(t *testing.T) {
	b := newBench()
	b.Give("hvs.short", time.Hour, false)
	v := b.open("hvs.short", secret("p", "secret/redis", "password", generic))
	require.Equal(t, store.Life{End: b.now.Add(time.Hour)}, read(t, v).Life)

	b.now = b.now.Add(59 * time.Minute)
	require.Equal(t, map[string]string{"p": "hunter2"}, read(t, v).Values)
	b.now = b.now.Add(time.Minute)
	_, err := v.Read(t.Context())
	require.EqualError(t, err, "p: GET https://vault:8200/v1/secret/redis: access denied: 403 Forbidden: permission denied; invalid token")
}

func TestGivenTokenWhoseRenewalFailsIsUsed(t *testing.T) {
	b := newBench()
	b.Give("hvs.renewable", time.Hour, true)
	v := b.open("hvs.renewable", secret("p", "secret/redis", "password", generic))
	read(t, v)
	b.Give("hvs.renewable", time.Hour, false)
	b.now = b.now.Add(45 * time.Minute)
	require.Equal(t, map[string]string{"p": "hunter2"}, read(t, v).Values)
}

func TestLoginAnewWhenTheTokenIsRevoked(t *testing.T) {
	b := newBench()
	v := b.open("", secret("p", "secret/redis", "password", generic))
	read(t, v)
	b.gate.Seen()
	b.Revoke()
	require.Equal(t, map[string]string{"p": "hunter2"}, read(t, v).Values)
	require.Contains(t, b.gate.Seen(), "POST /v1/auth/kubernetes/login")
}

func TestNoLoginAnewForWhatMayNotBeRead(t *testing.T) {
	b := newBench()
	v := b.open("", secret("p", "secret/kafka", "password", generic))
	for range 2 {
		_, err := v.Read(t.Context())
		require.EqualError(t, err, "p: GET https://vault:8200/v1/secret/kafka: access denied: 403 Forbidden: 1 error occurred: * permission denied")
	}
	seen := b.gate.Seen()
	require.Equal(t, "POST /v1/auth/kubernetes/login", seen[len(seen)-1])
	require.NotEqual(t, seen[len(seen)-2], seen[len(seen)-1], "one login only")
}
