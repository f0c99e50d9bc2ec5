package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A formal Config has a field of every format.
type formal struct {
	URL       string           `scaler:"url" format:"url"`
	Server    string           `scaler:"server" format:"server"`
	Addresses []string         `scaler:"addresses" format:"address"`
	Host      string           `scaler:"host" format:"host"`
	Port      string           `scaler:"port" format:"port"`
	Query     scalerkit.Secret `scaler:"query" format:"query"`
}

func TestFormats(t *testing.T) {
	const url = ": is not a URL: want http:// or https://, and a host"
	const server = ": is not the URL of a server: want http:// or https://, a host, and no parameters"
	const host = ": is not the name or the IP address of a host alone"
	const port = ": is no number from 1 to 65535"
	for _, c := range []struct{ key, text, problem string }{
		{"url", "https://example.com/a?b=c", ""},
		{"url", "http://u:p@[::1]:80", ""},
		{"url", "example.com", url},
		{"url", "ftp://u:hunter2@example.com", url},
		{"url", "http://:80", url},
		{"url", "http://a b", url},
		{"server", "https://example.com/a", ""},
		{"server", "https://example.com/a?b=c", server},
		{"server", "https://example.com/#a", server},
		{"server", "example.com", server},
		{"addresses", "a:1,b:2", ""},
		{"addresses", "a", ": has no port: want host:port"},
		{"addresses", "a,b:2,u:hunter2@c:3", ": number 1 has no port: want host:port; number 3 has a user in it: give host:port alone"},
		{"host", "example.com", ""},
		{"host", "::1", ""},
		{"host", "[::1]", host},
		{"host", "example.com:80", host},
		{"host", "example.com/a", host},
		{"port", "65535", ""},
		{"port", "0", port},
		{"port", "http", port},
		{"query", "a=1&b=2", ""},
		{"query", "%zz", `: is not a query string such as "a=1&b=2"`},
	} {
		err := driver.Decode(scalerkit.Spec{Metadata: values{c.key: c.text}}, new(formal))
		if c.problem == "" {
			require.NoError(t, err, c.text)
		} else {
			require.EqualError(t, err, "trigger: "+c.key+c.problem)
		}
	}
	require.NoError(t, driver.Check("x", new(formal)))
	require.EqualError(t, driver.Check("x", &formal{Addresses: []string{"a", ""}}),
		"x trigger: Addresses: number 1 has no port: want host:port; number 2 has no port: want host:port")
}

func TestFormatsThatAreNone(t *testing.T) {
	require.PanicsWithValue(t, `driver: struct { A string "scaler:\"a\" format:\"uri\"" }.A: "uri" is not one of address, host, port, query, server, url`, func() {
		newDriver("x", func(struct {
			A string `scaler:"a" format:"uri"`
		}, scalerkit.Options) (scalerkit.Scaler, error) {
			return nil, nil
		})
	})
	require.PanicsWithValue(t, `driver: struct { A int "scaler:\"a\" format:\"port\"" }.A: a format does not go with type int`, func() {
		newDriver("x", func(struct {
			A int `scaler:"a" format:"port"`
		}, scalerkit.Options) (scalerkit.Scaler, error) {
			return nil, nil
		})
	})
}

// A login is a Config whose fields depend on each other.
type login struct {
	Mode     string           `scaler:"mode"`
	User     string           `scaler:"user"`
	Password scalerkit.Secret `scaler:"password" from:"auth"`
	Token    scalerkit.Secret `scaler:"token" from:"auth"`
}

func (l *login) Parse(p *driver.Problems) {
	if l.Mode != "" {
		p.Require(&l.User, "mode %s needs it", l.Mode)
	}
	p.Together(&l.User, &l.Password)
	p.Exclude(&l.User, &l.Token)
}

func TestFieldsThatDependOnEachOther(t *testing.T) {
	secret := scalerkit.NewSecret("hunter2")
	for want, l := range map[string]login{
		"": {Mode: "basic", User: "u", Password: secret},
		"x trigger: User: is missing: mode basic needs it":             {Mode: "basic"},
		"x trigger: User: is missing: it goes with Password":           {Password: secret},
		"x trigger: Password: is missing: it goes with User":           {User: "u"},
		"x trigger: User: and Token are both set: keep one of the two": {User: "u", Password: secret, Token: secret},
	} {
		err := driver.Check("x", &l)
		if want == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, want)
		}
	}
	require.NoError(t, driver.Check("x", &login{Token: secret}))
	require.NoError(t, driver.Check("x", new(login)))
	require.EqualError(t, driver.Decode(scalerkit.Spec{Metadata: values{"user": "u"}}, new(login)), "trigger: password: is missing: it goes with user")
}
