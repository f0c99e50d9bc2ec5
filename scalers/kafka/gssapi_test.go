package kafka_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/scalers/kafka/gssapi"
	"github.com/scalerkit/scalerkit/scalers/kafka/mskiam"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// withKerberos are the drivers that know gssapi, one of them with MSK IAM as well.
func withKerberos() []scalerkit.Driver {
	return []scalerkit.Driver{
		kafka.Driver(func(c *kafka.Config) { c.Kerberos.GSSAPI = gssapi.Mechanisms }),
		mskiam.ApacheDriver(func(c *kafka.ApacheConfig) { c.Kerberos.GSSAPI = gssapi.Mechanisms }),
	}
}

// TestSuiteWithKerberos has a broker that a KDC vouches for.
func TestSuiteWithKerberos(t *testing.T) {
	address := os.Getenv("SCALERKIT_TEST_KAFKA_KERBEROS")
	if address == "" {
		t.Skip("SCALERKIT_TEST_KAFKA_KERBEROS is not set: run make test")
	}
	file := func(variable string) string {
		content, err := os.ReadFile(os.Getenv(variable))
		require.NoError(t, err)
		return string(content)
	}
	conf, keytab, cache := file("SCALERKIT_TEST_KAFKA_KERBEROS_CONFIG"), file("SCALERKIT_TEST_KAFKA_KERBEROS_KEYTAB"), file("SCALERKIT_TEST_KAFKA_KERBEROS_CACHE")
	who := values{"kerberosConfig": conf, "username": username, "realm": "SCALERKIT.TEST"}
	a := newAdmin(t, os.Getenv("SCALERKIT_TEST_KAFKA_KERBEROS_OPEN"))
	var runs atomic.Int64
	drivers := append(withKerberos(), kafka.Driver(func(c *kafka.Config) {
		c.Kerberos.GSSAPI = gssapi.WithCaches(filepath.Dir(os.Getenv("SCALERKIT_TEST_KAFKA_KERBEROS_CACHE")))
	}))
	for name, v := range map[string]variant{
		"Password": {driver: drivers[0], auth: who.with(values{"password": password})},
		"Keytab":   {driver: drivers[1], auth: who.with(values{"keytab": base64.StdEncoding.EncodeToString([]byte(keytab))})},
		"Name":     {driver: drivers[2], auth: values{"kerberosConfig": conf, "ccacheName": filepath.Base(os.Getenv("SCALERKIT_TEST_KAFKA_KERBEROS_CACHE"))}},
		"Cache":    {driver: drivers[0], auth: values{"kerberosConfig": conf, "kerberosCredentialCache": cache, "kerberosDisableFAST": "true"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v.metadata = values{"sasl": "gssapi"}
			topic := fmt.Sprintf("suite-%s-%d", name, time.Now().UnixNano())
			a.create(t, topic, filled...)
			scalertest.Suite{Driver: v.driver, Start: func(testing.TB) scalertest.Source {
				s := source(v, a, address, topic, fmt.Sprintf("%s-%d-", topic, runs.Add(1)), 1)
				if name == "Password" {
					const wrong = "not-the-password"
					denied := s.Spec
					denied.Auth = scalerkit.Secrets(v.auth.with(values{"password": wrong}))
					s.Denied, s.Secrets = &denied, []string{password, wrong}
				}
				return s
			}}.Run(t)
		})
	}
	for name, c := range map[string]struct {
		auth values
		kind error
		text string // a part of it
	}{
		"a user unknown":       {who.with(values{"username": "nobody", "password": password}), scalerkit.ErrDenied, "KDC_ERR_C_PRINCIPAL_UNKNOWN"},
		"another service":      {who.with(values{"password": password, "kerberosServiceName": "nifi"}), nil, "get a ticket for nifi/127.0.0.1: "},
		"a keytab of another":  {who.with(values{"username": "nobody", "keytab": keytab}), scalerkit.ErrDenied, "KDC_ERR_C_PRINCIPAL_UNKNOWN"},
		"a realm without KDCs": {who.with(values{"realm": "ELSEWHERE.TEST", "password": password}), nil, "no KDC"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := drivers[0].Open(scalerkit.Spec{
				Metadata: values{"bootstrapServers": address, "consumerGroup": "workers", "topic": "orders", "sasl": "gssapi"},
				Auth:     scalerkit.Secrets(c.auth),
			}, scalerkit.Options{})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			_, err = s.Read(t.Context())
			require.ErrorContains(t, err, c.text)
			if c.kind != nil {
				require.ErrorIs(t, err, c.kind)
			} else {
				require.NotErrorIs(t, err, scalerkit.ErrDenied)
			}
		})
	}
}

func TestMistakesWithKerberosAreNamed(t *testing.T) {
	const trigger = `kafka trigger "orders": `
	keytab := "\x05\x02\x00\x00\x00\x00"
	who := values{"kerberosConfig": "[libdefaults]\n", "username": "u", "realm": "R"}
	drivers := append(withKerberos(), kafka.Driver(), kafka.Driver(func(c *kafka.Config) { c.Kerberos.GSSAPI = gssapi.WithCaches("") }))
	for want, c := range map[string]struct {
		driver int
		auth   values
	}{
		trigger + `sasl: gssapi takes a Kerberos library, which this program does not link: package scalers/kafka/gssapi has it`: {2, who.with(values{"password": "p"})},
		trigger + `username: is missing: sasl gssapi needs it` + "\n" +
			trigger + `realm: is missing: sasl gssapi needs it` + "\n" +
			trigger + `password: is missing: sasl gssapi needs it, or keytab, or kerberosCredentialCache` + "\n" +
			trigger + `kerberosConfig: is missing: sasl gssapi needs it`: {0, nil},
		trigger + `keytab: and password are both set: keep one of the two`:                  {0, who.with(values{"password": "p", "keytab": keytab})},
		trigger + `kerberosCredentialCache: and password are both set: keep one of the two`: {0, who.with(values{"password": "p", "kerberosCredentialCache": "\x05\x04"})},
		trigger + `ccacheName: and password are both set: keep one of the two`:              {0, who.with(values{"ccacheName": "user", "password": "p"})},
		trigger + `ccacheName: is a path: give the name of a file alone`:                    {0, values{"kerberosConfig": "[libdefaults]\n", "ccacheName": "../user"}},
		trigger + `ccacheName: names a file of the program's, which has none for such: give its content in kerberosCredentialCache`: {
			3, values{"kerberosConfig": "[libdefaults]\n", "ccacheName": "user"},
		},
		trigger + `keytab: is neither a keytab nor one in base64`:                            {0, who.with(values{"keytab": "/etc/kafka.keytab"})},
		trigger + `kerberosCredentialCache: is neither a credential cache nor one in base64`: {0, values{"kerberosConfig": "[libdefaults]\n", "kerberosCredentialCache": "\x05\x04\x00"}},
		trigger + `kerberosConfig: is not the content of a krb5.conf`:                        {0, values{"kerberosConfig": "[libdefaults]\n ticket_lifetime = x\n", "username": "u", "realm": "R", "password": "p"}},
	} {
		_, err := drivers[c.driver].Open(scalerkit.Spec{
			Type: "kafka", Name: "orders", Metadata: values{"bootstrapServers": "kafka:9092", "consumerGroup": "workers", "topic": "orders", "sasl": "gssapi"},
			Auth: scalerkit.Secrets(c.auth),
		}, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
}
