package scalerkit_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

const sentinel = "hunter2"

// A vault hides Secrets in all sorts of corners.
type vault struct {
	Open    scalerkit.Secret
	closed  scalerkit.Secret
	Pointer *scalerkit.Secret
	hidden  *scalerkit.Secret
	List    []scalerkit.Secret
	list    []scalerkit.Secret
	Map     map[string]scalerkit.Secret
	keys    map[scalerkit.Secret]int
	Any     any
	any     any
	inner   struct {
		deep [1]struct{ s scalerkit.Secret }
	}
	credentials struct{ Key scalerkit.Secret }
}

func newVault() vault {
	s := scalerkit.NewSecret(sentinel)
	v := vault{
		Open: s, closed: s, Pointer: &s, hidden: &s,
		List: []scalerkit.Secret{s}, list: []scalerkit.Secret{s},
		Map: map[string]scalerkit.Secret{"k": s}, keys: map[scalerkit.Secret]int{s: 1},
		Any: s, any: s, credentials: struct{ Key scalerkit.Secret }{s},
	}
	v.inner.deep[0].s = s
	return v
}

func TestSecretsArePrintedByNoVerb(t *testing.T) {
	s, v := scalerkit.NewSecret(sentinel), newVault()
	for verb := rune(' '); verb <= '~'; verb++ {
		for _, flags := range []string{"", "+", "#", "-20", "020", " ", "+#"} {
			for _, value := range []any{s, &s, v, &v, []any{s, &s, v}, map[any]any{s: v}, slog.AnyValue(s)} {
				text := fmt.Sprintf("%"+flags+string(verb), value)
				require.NotContains(t, text, sentinel, "%%%s%c of a %T", flags, verb, value)
				require.NotContains(t, text, fmt.Sprintf("%x", sentinel), "%%%s%c of a %T", flags, verb, value)
			}
		}
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		require.Equal(t, "[redacted]", fmt.Sprintf(format, s), format)
		require.Equal(t, "", fmt.Sprintf(format, scalerkit.Secret{}), format)
	}
	require.Equal(t, "[redacted]", fmt.Sprint(s))
	require.Equal(t, "{[redacted] {}}", fmt.Sprint(struct{ A, B any }{s, struct{ S scalerkit.Secret }{}}))
	require.EqualError(t, fmt.Errorf("password %v is wrong", s), "password [redacted] is wrong")
}

func TestSecretsAreNotMarshalled(t *testing.T) {
	s := scalerkit.NewSecret(sentinel)
	text, err := json.Marshal(map[string]any{"value": s, "pointer": &s, "key": map[scalerkit.Secret]int{s: 1}, "unset": scalerkit.Secret{}})
	require.NoError(t, err)
	require.JSONEq(t, `{"value": "[redacted]", "pointer": "[redacted]", "key": {"[redacted]": 1}, "unset": ""}`, string(text))

	text, err = xml.Marshal(s)
	require.NoError(t, err)
	require.Equal(t, "<Secret>[redacted]</Secret>", string(text))

	v := newVault()
	v.keys = nil
	text, err = json.Marshal(v)
	require.NoError(t, err)
	require.NotContains(t, string(text), sentinel)
}

func TestSecretsAreNotLogged(t *testing.T) {
	s, v := scalerkit.NewSecret(sentinel), newVault()
	var log bytes.Buffer
	text := slog.New(slog.NewTextHandler(&log, nil))
	structured := slog.New(slog.NewJSONHandler(&log, nil))
	for _, l := range []*slog.Logger{text, structured} {
		l.Info("m", "secret", s)
		require.Contains(t, log.String(), "[redacted]")
		l.Info("m", "pointer", &s, "vault", v, "pointer to vault", &v, "list", []any{s, &s}, "g", slog.GroupValue(slog.Any("s", s)))
		l.With("s", s, "v", v).Error("m", "err", fmt.Errorf("%v of %+v", s, v))
		require.NotContains(t, log.String(), sentinel)
		log.Reset()
	}
}

func TestSecretsAreComparable(t *testing.T) {
	s := scalerkit.NewSecret(sentinel)
	require.Equal(t, sentinel, s.Reveal())
	require.True(t, s.IsSet())
	require.True(t, s == scalerkit.NewSecret("hunter"+fmt.Sprint(2)))
	require.False(t, s == scalerkit.NewSecret("hunter3"))
	require.Equal(t, 1, map[scalerkit.Secret]int{s: 1}[scalerkit.NewSecret(sentinel)])

	require.True(t, scalerkit.NewSecret("") == scalerkit.Secret{})
	require.False(t, scalerkit.Secret{}.IsSet())
	require.Equal(t, "", scalerkit.Secret{}.Reveal())
	require.Equal(t, "", scalerkit.Secret{}.String())
}
