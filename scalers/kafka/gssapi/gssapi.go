// Package gssapi lets package kafka ask brokers as a user of Kerberos (sasl
// gssapi), for which it links the library of jcmturner, the only one for Go that
// needs no library in C.
//
// A program hands it to the driver:
//
//	kafka.Driver(func(c *kafka.Config) { c.Kerberos.GSSAPI = gssapi.Mechanisms })
//
// and does the same with those of package mskiam, if it asks Amazon MSK as well.
//
// # Who asks
//
// The user of the realm, by a password or by the key in a keytab, or whoever the
// ticket in a credential cache is for: that is not renewed, and readings fail once
// it has expired. Who renews it from outside puts it into a file that ccacheName
// names, in the directory of the program's for such, which is read for each
// connection. Tickets are fetched when a connection is opened, from the KDC that
// kerberosConfig names: the library dials that by itself, and not by
// scalerkit.Options.Dial. Nothing is written to files.
//
// The principal of a broker is kerberosServiceName/host, with the host as in
// bootstrapServers or as the brokers call each other. A broker has to prove that it
// has the key of that principal.
package gssapi

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/segmentio/kafka-go/sasl"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/guard"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/scalers/kafka"
)

// Mechanisms makes the mechanism GSSAPI, with credential caches from where KEDA has
// them: /tmp/kerberos/ccache.
var Mechanisms = WithCaches("/tmp/kerberos/ccache")

// WithCaches makes the mechanism GSSAPI, with credential caches from a directory:
// every trigger may ask as those whose tickets are there. Without a directory, there
// are none.
func WithCaches(dir string) kafka.GSSAPI { return mechanisms{dir} }

type mechanisms struct{ caches string }

// Check implements kafka.GSSAPI.
func (m mechanisms) Check(c *kafka.Cluster, p *driver.Problems) {
	k := &c.Kerberos
	switch {
	case k.CacheName == "":
	case m.caches == "":
		p.Add(&k.CacheName, "names a file of the program's, which has none for such: give its content in %s", p.Name(&k.CredentialCache))
	case k.CacheName != filepath.Base(k.CacheName) || k.CacheName == "." || k.CacheName == "..":
		p.Add(&k.CacheName, "is a path: give the name of a file alone")
	}
	if k.Config != "" {
		if _, err := parseConfig(k.Config); err != nil { // it quotes what it does not like
			p.Add(&k.Config, "is not the content of a krb5.conf")
		}
	}
	if k.Keytab.IsSet() {
		if _, err := parseKeytab(k.Keytab); err != nil {
			p.Add(&k.Keytab, "is neither a keytab nor one in base64")
		}
	}
	if k.CredentialCache.IsSet() {
		if _, err := parseCache(k.CredentialCache); err != nil {
			p.Add(&k.CredentialCache, "is neither a credential cache nor one in base64")
		}
	}
}

// Open implements kafka.GSSAPI.
func (m mechanisms) Open(c *kafka.Cluster) (sasl.Mechanism, error) {
	k := &c.Kerberos
	one := mechanism{service: k.ServiceName}
	conf, err := parseConfig(k.Config)
	if err != nil {
		return nil, err
	}
	fast := client.DisablePAFXFAST(k.DisableFAST)
	switch {
	case k.CredentialCache.IsSet():
		cache, err := parseCache(k.CredentialCache)
		if err != nil {
			return nil, err
		}
		one.client = func() (*client.Client, error) { return client.NewFromCCache(cache, conf, fast) }
	case k.CacheName != "":
		one.client = func() (*client.Client, error) {
			cache, err := m.read(k.CacheName)
			if err != nil {
				return nil, err
			}
			return client.NewFromCCache(cache, conf, fast)
		}
	case k.Keytab.IsSet():
		keys, err := parseKeytab(k.Keytab)
		if err != nil {
			return nil, err
		}
		one.client = func() (*client.Client, error) {
			return client.NewWithKeytab(c.Username, k.Realm, keys, conf, fast), nil
		}
	default:
		one.client = func() (*client.Client, error) {
			return client.NewWithPassword(c.Username, k.Realm, c.Password.Reveal(), conf, fast), nil
		}
	}
	return one, nil
}

// read reads a credential cache, of which nothing is quoted.
func (m mechanisms) read(name string) (*credentials.CCache, error) {
	const most = 1 << 20 // bytes
	file, err := os.OpenInRoot(m.caches, name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return nil, err
	}
	cache, err := parseCache(scalerkit.NewSecret(string(content)))
	if err != nil {
		return nil, fmt.Errorf("%s is no credential cache", name)
	}
	return cache, nil
}

// The library's parsers may panic.

func parseConfig(text string) (conf *config.Config, err error) {
	err = guard.Do(func() (err error) {
		conf, err = config.NewFromString(text)
		return err
	})
	if unsupported := (config.UnsupportedDirective{}); errors.As(err, &unsupported) {
		return conf, nil // which it has left out
	}
	return conf, err
}

func parseKeytab(content scalerkit.Secret) (*keytab.Keytab, error) {
	keys := keytab.New()
	err := parse(content, keys.Unmarshal)
	if err == nil && len(keys.Entries) == 0 {
		err = errors.New("it has no key")
	}
	return keys, err
}

func parseCache(content scalerkit.Secret) (*credentials.CCache, error) {
	cache := new(credentials.CCache)
	return cache, parse(content, cache.Unmarshal)
}

// parse parses what begins with a 5, as keytabs and caches do, or is in base64.
func parse(content scalerkit.Secret, f func([]byte) error) error {
	data := []byte(content.Reveal())
	if len(data) == 0 || data[0] != 5 {
		var err error
		if data, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content.Reveal()), "")); err != nil {
			return err
		}
	}
	return guard.Do(func() error { return f(data) })
}

// A mechanism is the SASL mechanism GSSAPI.
type mechanism struct {
	service string
	client  func() (*client.Client, error)
}

// Name implements sasl.Mechanism.
func (mechanism) Name() string { return "GSSAPI" }

// Start implements sasl.Mechanism.
func (m mechanism) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	broker := sasl.MetadataFromContext(ctx)
	if broker == nil {
		return nil, nil, errors.New("nobody says which broker this is")
	}
	type result struct {
		session *session
		message []byte
		err     error
	}
	done := make(chan result, 1)
	go func() { // the library knows no context
		var r result
		r.err = guard.Do(func() (err error) {
			r.session, r.message, err = m.begin(m.service + "/" + broker.Host)
			return err
		})
		done <- r
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, nil, r.err
		}
		return r.session, r.message, nil
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
}

// begin fetches a ticket for a service, and returns what is said first with it.
func (m mechanism) begin(service string) (*session, []byte, error) {
	c, err := m.client()
	if err != nil {
		return nil, nil, errors.New(shown(err))
	}
	defer c.Destroy()
	ticket, key, err := c.GetServiceTicket(service)
	if err != nil {
		return nil, nil, explain(service, err)
	}
	message, err := initial(c.Credentials, ticket, key)
	return &session{key: key}, message, err
}

// denials are what a KDC says of those whom it does not know.
var denials = []string{"KDC_ERR_PREAUTH_FAILED", "KDC_ERR_C_PRINCIPAL_UNKNOWN", "KDC_ERR_CLIENT_REVOKED", "KDC_ERR_KEY_EXPIRED", "KRB_AP_ERR_TKT_EXPIRED"}

// explain says what an error of the library's is about. That has no secret in it.
func explain(service string, err error) error {
	err = fmt.Errorf("get a ticket for %s: %s", service, shown(err))
	for _, denial := range denials {
		if strings.Contains(err.Error(), denial) {
			return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
		}
	}
	return err
}

func shown(err error) string {
	const most = 300 // bytes
	return line.Cut(line.Of(err.Error()), most)
}
