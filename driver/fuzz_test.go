package driver_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// FuzzDecode makes a trigger of text: a line for each value, of which the
// first character says where it is given and the rest is key=value. Values of
// the authentication and of the environment begin with a sentinel, which must
// not be in the error.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"",
		"mtext=x\naint=5\nefloat=1e3\nalist=a,b\namap=a=1\naquery=a=1&b=2\n",
		"mint=5\naint=6\neint=7\n",
		"mchoice=fuor\nachoices=one,five\neflag=maybe\n",
		"mwait=-5s\nawait=9223372036854775807\nemaybeInt=\n",
		"mtextt=x\natextFromEnv=V\nmFromEnv=\na=\nm=",
		"mfloat=NaN\nafloat=0x1p-2\nefloat=1e999\n",
		"mint32=2147483648\naint64=-6\n",
		"msecret=s\nasecret=s\nesecret=s\nkUtilization\n",
		"mmap=a==b\namap==\nmquery=%zz\naquery=;\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// A key may contain the sentinel, and so may a value in the metadata.
		if strings.Contains(string(data), sentinel) {
			t.Skip()
		}
		spec := specOf(data)
		var got variety
		err := driver.Decode(spec, &got)
		if err != nil {
			require.NotContains(t, err.Error(), sentinel)
			require.NotContains(t, fmt.Sprintf("%#v", err), sentinel)
			require.NotEmpty(t, scalerkit.ConfigErrors(err))
		} else {
			require.NoError(t, driver.Check(spec.Type, &got), "what was decoded stands up to a check")
		}
		var again variety
		require.Equal(t, fmt.Sprint(err), fmt.Sprint(driver.Decode(spec, &again)), "equal arguments, equal error")

		// With a Warn there is never more to complain about.
		lenient, warnings, lenientErr := decodeLeniently[variety](spec)
		if err == nil {
			require.NoError(t, lenientErr)
			require.Empty(t, warnings)
			require.Equal(t, got, lenient)
		}
		require.NotContains(t, fmt.Sprint(warnings, lenientErr), sentinel)
	})
}

// specOf returns the trigger that data describes.
func specOf(data []byte) scalerkit.Spec {
	metadata, auth, env := values{}, values{}, values{}
	spec := scalerkit.Spec{Type: "x", Metadata: metadata}
	for line := range bytes.Lines(data) {
		key, value, _ := strings.Cut(strings.TrimSuffix(string(line[1:]), "\n"), "=")
		switch line[0] {
		case 'm':
			metadata[key] = value
		case 'a':
			auth[key] = sentinel + value
		case 'b':
			auth[key] = value + sentinel
		case 'e':
			metadata[key+"FromEnv"] = "V" + key
			env["V"+key] = sentinel + value
		case 'n':
			metadata[key+"FromEnv"] = value
		case 'k':
			spec.MetricType = scalerkit.TargetKind(key)
		case 'i':
			spec.Identity.Provider = key
		}
	}
	spec.Auth, spec.Env = scalerkit.Secrets(auth), scalerkit.Secrets(env)
	return spec
}
