package forgejorunner_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/forgejorunner"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func open(t *testing.T, url string, metadata values) scalerkit.Scaler {
	s := spec(url, "docker", token)
	maps.Copy(s.Metadata, metadata)
	scaler, err := forgejorunner.Driver().Open(s, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, scaler.Close()) })
	return scaler
}

func TestWhoseJobsCount(t *testing.T) {
	f := newFake(t)
	f.set("/repos/shop/a%20b/actions/runners/jobs", "docker", 1)
	f.set("/orgs/shop/actions/runners/jobs", "docker", 2)
	f.set("/admin/runners/jobs", "docker", 3)
	f.set("/user/actions/runners/jobs", "docker", 4)
	for _, c := range []struct {
		metadata values
		want     float64
	}{
		{values{"owner": "shop", "repo": "a b", "org": "shop"}, 1},
		{values{"org": "shop"}, 2},
		{nil, 3},
		{values{"global": "false", "name": "any"}, 4},
		{values{"address": f.URL + "/"}, 3},
	} {
		scalertest.WantValue(t, open(t, f.URL, c.metadata), c.want)
	}
}

func TestLabelsAreEscaped(t *testing.T) {
	f := newFake(t)
	f.set("/admin/runners/jobs", "a b&c#d%,e", 5)
	s := open(t, f.URL, values{"labels": "a b&c#d%, e"})
	scalertest.WantValue(t, s, 5)
	require.Equal(t, scalerkit.Metric{Name: "forgejo", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 1}}, s.Metric())
}

func TestAnswers(t *testing.T) {
	for body, want := range map[string]string{
		"null":            "",
		"[]":              "",
		"{}":              "json: cannot unmarshal object into Go value of type []struct { ID int64 }",
		"7":               "json: cannot unmarshal number into Go value of type []struct { ID int64 }",
		`["a"]`:           "json: cannot unmarshal string into Go value of type struct { ID int64 }",
		"":                "unexpected end of JSON input",
		"<!DOCTYPE html>": "invalid character '<' looking for beginning of value",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		t.Cleanup(server.Close)
		s := open(t, server.URL, nil)
		if want == "" {
			scalertest.WantValue(t, s, 0)
			continue
		}
		scalertest.WantError(t, s, nil, `read jobs for "docker": GET `+server.URL+"/api/v1/admin/runners/jobs: the answer is not the JSON that it should be: "+want)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `forgejo-runner trigger "runners": `
	for want, metadata := range map[string]values{
		trigger + "repo: is missing: it goes with owner":                                                     {"owner": "shop"},
		trigger + "owner: is missing: it goes with repo":                                                     {"repo": "orders"},
		trigger + "address: is not the URL of a server: want http:// or https://, a host, and no parameters": {"address": "forgejo"},
	} {
		s := spec("http://forgejo", "docker", token)
		maps.Copy(s.Metadata, metadata)
		_, err := forgejorunner.Driver().Open(s, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
	_, err := forgejorunner.Driver().Open(spec("http://forgejo", "docker", ""), scalerkit.Options{})
	require.EqualError(t, err, trigger+"token: is missing: requests need it")
}
