package elasticsearch_test

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/elasticsearch"
)

func TestMistakesAreNamed(t *testing.T) {
	const cloud = "shop:ZXUtd2VzdC0xLmF3cy5lbGFzdGljLWNsb3VkLmNvbSQxMjM0NTY3ODkwYWJjZGVm"
	const elastic, open = `elasticsearch trigger "orders": `, `opensearch trigger "orders": `
	for want, c := range map[string]struct{ metadata, auth values }{
		elastic + "addresses: is missing: give them, or a cloudID":                                                 {values{"addresses": ""}, nil},
		elastic + "addresses: is not the URL of a server: want http:// or https://, a host, and no parameters":     {values{"addresses": "elasticsearch:9200"}, nil},
		elastic + "cloudID: and addresses are both set: keep one of the two":                                       {values{"cloudID": cloud}, values{"apiKey": "k"}},
		elastic + "cloudID: is not one that Elastic Cloud gives out, name:text in base64":                          {values{"addresses": "", "cloudID": "shop"}, values{"apiKey": "k"}},
		elastic + "apiKey: is missing: Elastic Cloud lets nobody in without":                                       {values{"addresses": "", "cloudID": cloud}, nil},
		elastic + "apiKey: and username are both set: keep one of the two":                                         {values{"username": "u"}, values{"apiKey": "k", "password": "p"}},
		elastic + "password: is missing: it goes with username":                                                    {values{"username": "u"}, nil},
		elastic + "index: is missing: let the authentication deliver it, or set it in the metadata":                {values{"index": ""}, nil},
		elastic + "query: is missing: give it, or a searchTemplateName":                                            {values{"query": ""}, nil},
		elastic + "searchTemplateName: and query are both set: keep one of the two":                                {values{"searchTemplateName": "t"}, nil},
		elastic + "query: is not JSON":                                                                             {values{"query": "my-query"}, nil},
		elastic + `parameters: has "a", which is not name:value`:                                                   {values{"query": "", "searchTemplateName": "t", "parameters": "a"}, nil},
		elastic + `parameters: has "a:", which is not name:value`:                                                  {values{"query": "", "searchTemplateName": "t", "parameters": "b:1;a:"}, nil},
		elastic + `targetValue: "0" is not greater than 0`:                                                         {values{"targetValue": "0"}, nil},
		open + "clientCert: is missing: enableTLS needs it\n" + open + "clientKey: is missing: enableTLS needs it": {values{"enableTLS": "true"}, nil},
		open + "clientCert: and clientKey are not a PEM certificate and the private key that belongs to it":        {values{"enableTLS": "true"}, values{"clientCert": "c", "clientKey": "k"}},
		open + "caCert: has no PEM certificate":                                                                    {values{"enableTLS": "false"}, values{"caCert": "c"}},
		open + "username: is missing: it goes with password":                                                       {values{"enableTLS": "false"}, values{"password": "p"}},
	} {
		driver := elasticsearch.Driver()
		if _, is := c.metadata["enableTLS"]; is {
			driver = elasticsearch.OpenSearchDriver()
		}
		metadata := values{"addresses": "http://elasticsearch:9200", "index": "keda", "query": "{}", "valueLocation": "a", "targetValue": "5"}
		for key, value := range c.metadata {
			metadata[key] = value
		}
		_, err := driver.Open(scalerkit.Spec{Name: "orders", Metadata: metadata, Auth: scalerkit.Secrets(c.auth)}, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
}

func TestTheMetric(t *testing.T) {
	search := elasticsearch.Search{Index: []string{"a"}, Template: "waiting.orders", ValueLocation: "a", Target: 2.5, Activation: 1}
	target := scalerkit.Target{Kind: scalerkit.PerReplica, Value: 2.5}
	s, err := elasticsearch.New(elasticsearch.Config{Server: elasticsearch.Server{Addresses: []string{"http://a"}}, Search: search}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{Name: "elasticsearch-waiting-orders", Target: target, Activation: 1}, s.Metric())
	require.NoError(t, s.Close())

	search.Template, search.Query = "", "{}"
	s, err = elasticsearch.NewOpenSearch(elasticsearch.OpenSearchConfig{OpenSearchServer: elasticsearch.OpenSearchServer{Addresses: []string{"http://a"}}, Search: search}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{Name: "opensearch-query", Target: target, Activation: 1}, s.Metric())
	require.NoError(t, s.Close())
}

// asked is a client that tells where requests go, and who they say asks.
type asked func(where, who string)

func (a asked) RoundTrip(r *http.Request) (*http.Response, error) {
	a(r.URL.String(), r.Header.Get("Authorization"))
	return nil, errors.New("there is no network")
}

func TestACloudIDIsAnAddress(t *testing.T) {
	for text, want := range map[string]string{
		"eu-west-1.aws.elastic-cloud.com$1234567890abcdef$fedcba": "https://1234567890abcdef.eu-west-1.aws.elastic-cloud.com/keda/_search ApiKey k",
		"eu-west-1.aws.elastic-cloud.com:9243$1234567890abcdef":   "https://1234567890abcdef.eu-west-1.aws.elastic-cloud.com:9243/keda/_search ApiKey k",
		"evil.example.com/path$1234567890abcdef":                  "",
		"eu-west-1.aws.elastic-cloud.com$":                        "",
	} {
		got := ""
		s, err := elasticsearch.New(elasticsearch.Config{
			Server: elasticsearch.Server{
				CloudID: "shop:" + base64.StdEncoding.EncodeToString([]byte(text)), APIKey: scalerkit.NewSecret("k"),
				Link: httpsource.Link{Client: &http.Client{Transport: asked(func(where, who string) { got = where + " " + who })}},
			},
			Search: elasticsearch.Search{Index: []string{"keda"}, Query: "{}", ValueLocation: "took", Target: 1},
		}, scalerkit.Options{})
		if want == "" {
			require.EqualError(t, err, "elasticsearch trigger: CloudID: is not one that Elastic Cloud gives out, name:text in base64")
			continue
		}
		require.NoError(t, err)
		_, err = s.Read(t.Context())
		require.ErrorIs(t, err, httpsource.ErrNoAnswer)
		require.Equal(t, want, got)
		require.NoError(t, s.Close())
	}
}

// OpenSearch is shown the client certificate with enableTLS only, and then no user.
func TestAClientCertificateForOpenSearch(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _, user := r.BasicAuth()
		_, _ = fmt.Fprintf(w, `{"_shards":{"failed":0},"certificates":%d,"users":%d}`, len(r.TLS.PeerCertificates), map[bool]int{true: 1}[user])
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	client, trusted := tlstest.NewPair(t, "keda"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for enable, want := range map[string][]float64{"true": {1, 0}, "false": {0, 1}} {
		for i, location := range []string{"certificates", "users"} {
			s, err := elasticsearch.OpenSearchDriver().Open(scalerkit.Spec{
				Metadata: values{"addresses": server.URL, "index": "keda", "query": "{}", "valueLocation": location, "targetValue": "5", "enableTLS": enable, "username": "user"},
				Auth: scalerkit.Secrets(values{
					"password": "p", "caCert": trusted, "clientCert": client.Cert, "clientKey": client.Key,
				}),
			}, scalerkit.Options{})
			require.NoError(t, err)
			reading, err := s.Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, want[i], reading.Value, "enableTLS %s, %s", enable, location)
			require.NoError(t, s.Close())
		}
	}
}
