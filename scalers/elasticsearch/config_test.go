package elasticsearch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
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
