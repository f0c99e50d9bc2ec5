package activemq_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/activemq"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A transport answers everything, and remembers the last request.
type transport struct {
	body string
	last *http.Request
}

// RoundTrip implements http.RoundTripper.
func (tr *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	tr.last = r
	w := httptest.NewRecorder()
	_, _ = w.WriteString(tr.body)
	return w.Result(), nil
}

// classicValues and artemisValues are what a trigger has in its metadata.
var (
	classicValues = values{"managementEndpoint": "activemq.shop:8161", "brokerName": "localhost", "destinationName": "orders"}
	artemisValues = values{"managementEndpoint": "artemis.shop:8161", "brokerName": "amq", "brokerAddress": "shop", "queueName": "orders"}
)

func open(t *testing.T, d scalerkit.Driver, metadata values, tr *transport) scalerkit.Scaler {
	s, err := d.Open(scalerkit.Spec{Type: d.Name(), Name: "orders", Auth: login("hunter2"), Metadata: metadata}, scalerkit.Options{HTTPClient: &http.Client{Transport: tr}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func with(metadata, more values) values {
	all := maps.Clone(metadata)
	maps.Copy(all, more)
	return all
}

func TestMetric(t *testing.T) {
	s := open(t, activemq.Driver(), classicValues, nil)
	want := scalerkit.Metric{Name: "activemq-orders", Target: scalerkit.Target{Value: 10, Kind: scalerkit.PerReplica}, InFlight: true}
	require.Equal(t, want, s.Metric())
	s = open(t, activemq.ArtemisDriver(), artemisValues, nil)
	want.Name, want.Activation = "artemis-orders", 10
	require.Equal(t, want, s.Metric())
	s = open(t, activemq.ArtemisDriver(), with(artemisValues, values{"queueLength": "50", "activationQueueLength": "0"}), nil)
	want.Target.Value, want.Activation = 50, 0
	require.Equal(t, want, s.Metric())
}

func TestRequests(t *testing.T) {
	const (
		classicPath = "/api/jolokia/read/org.apache.activemq:type=Broker,brokerName=localhost,destinationType=Queue,destinationName=orders/QueueSize"
		artemisPath = "/console/jolokia/read/org.apache.activemq.artemis:broker=%22amq%22,component=addresses,address=%22shop%22,subcomponent=queues,routing-type=%22anycast%22,queue=%22orders%22/MessageCount"
	)
	for name, test := range map[string]struct {
		driver       scalerkit.Driver
		metadata     values
		url, origin  string
		metric, text string
	}{
		"classic": {driver: activemq.Driver(), metadata: classicValues, url: "http://activemq.shop:8161" + classicPath, origin: "http://activemq.shop:8161", metric: "activemq-orders"},
		"classic by a URL": {
			driver: activemq.Driver(), metadata: values{"restAPITemplate": "https://x.shop" + classicPath},
			url: "https://x.shop" + classicPath, origin: "http://x.shop", metric: "activemq-orders",
		},
		"classic by a template": {
			driver:   activemq.Driver(),
			metadata: with(classicValues, values{"corsHeader": "https://console.shop", "restAPITemplate": "https://{{.ManagementEndpoint}}/x/{{.BrokerName}},destinationName={{.DestinationName}}"}),
			url:      "https://activemq.shop:8161/x/localhost,destinationName=orders", origin: "https://console.shop", metric: "activemq-orders",
		},
		"Artemis": {driver: activemq.ArtemisDriver(), metadata: artemisValues, url: "http://artemis.shop:8161" + artemisPath, origin: "http://artemis.shop:8161", metric: "artemis-orders"},
		"Artemis by an escaped URL": {
			driver: activemq.ArtemisDriver(), metadata: values{"restApiTemplate": "https://x.shop" + artemisPath},
			url: "https://x.shop" + artemisPath, origin: "http://x.shop", metric: "artemis-orders",
		},
		"Artemis by a template": {
			driver:   activemq.ArtemisDriver(),
			metadata: with(artemisValues, values{"restApiTemplate": `https://<<managementEndpoint>>/x/<<brokerName>>,<<brokerAddress>>,queue="<<queueName>>",routing-type="multicast"/MessageCount`}),
			url:      "https://artemis.shop:8161/x/amq,shop,queue=%22orders%22,routing-type=%22multicast%22/MessageCount", origin: "http://artemis.shop:8161", metric: "artemis-orders",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := &transport{body: size(7)}
			s := open(t, test.driver, test.metadata, tr)
			require.Equal(t, test.metric, s.Metric().Name)
			scalertest.WantValue(t, s, 7)
			require.Equal(t, test.url, tr.last.URL.String())
			require.Equal(t, test.origin, tr.last.Header.Get("Origin"))
			user, password, _ := tr.last.BasicAuth()
			require.Equal(t, "scalerkit:hunter2", user+":"+password)
		})
	}
}

func TestErrors(t *testing.T) {
	const read = `read size of queue "orders": `
	for body, test := range map[string]struct {
		kind error
		text string
	}{
		absent: {scalerkit.ErrNotFound, "Jolokia answers: not found: 404 Not Found: javax.management.InstanceNotFoundException : org.apache.activemq"},
		`{"status":403,"error":"java.lang.Exception : Reading attribute QueueSize is forbidden"}`: {scalerkit.ErrDenied, "Jolokia answers: access denied: 403 Forbidden: java.lang.Exception : Reading attribute QueueSize is forbidden"},
		`{"status":500,"error":"java.io.IOException : closed"}`:                                   {nil, "Jolokia answers: 500 Internal Server Error: java.io.IOException : closed"},
		`{"status":200,"value":null}`:                                                             {nil, "the answer has no value"},
		`{"queues":[]}`:                                                                           {nil, "this is not an answer of Jolokia: it has no status"},
	} {
		scalertest.WantError(t, open(t, activemq.Driver(), classicValues, &transport{body: body}), test.kind, read+test.text)
		scalertest.WantError(t, open(t, activemq.ArtemisDriver(), artemisValues, &transport{body: body}), test.kind, read+test.text)
	}
}

func TestConfigErrors(t *testing.T) {
	classic, artemis := activemq.Driver(), activemq.ArtemisDriver()
	for text, test := range map[string]struct {
		driver   scalerkit.Driver
		metadata values
	}{
		"managementEndpoint: is missing: without restAPITemplate, it has to be given":                {classic, values{"brokerName": "b", "destinationName": "q"}},
		"destinationName: is missing: without restAPITemplate, it has to be given":                   {classic, values{"managementEndpoint": "a:1", "brokerName": "b"}},
		"brokerAddress: is missing: without restApiTemplate, it has to be given":                     {artemis, values{"managementEndpoint": "a:1", "brokerName": "b", "queueName": "q"}},
		"brokerName: is missing: restApiTemplate has a place for it, it has to be given":             {artemis, values{"queueName": "q", "restApiTemplate": "http://a/<<brokerName>>,queue=<<queueName>>"}},
		"managementEndpoint: is not host:port, such as activemq.shop.svc:8161":                       {classic, values{"managementEndpoint": "http://a:1", "brokerName": "b", "destinationName": "q"}},
		"restAPITemplate: is not a URL over http or https":                                           {classic, values{"restAPITemplate": "a.shop/api/jolokia,destinationName=q"}},
		"restApiTemplate: is not a URL over http or https":                                           {artemis, values{"restApiTemplate": "http://a%zz/queue=q"}},
		"restAPITemplate: has credentials in it, which are for the parameters username and password": {classic, values{"restAPITemplate": "http://u:secret@a/destinationName=q"}},
		"targetQueueSize: \"0\" is not greater than 0":                                               {classic, with(classicValues, values{"targetQueueSize": "0"})},
		"restAPITemplate: does not name a queue, as in http://{{.ManagementEndpoint}}/api/jolokia/read/org.apache.activemq:type=Broker,brokerName={{.BrokerName}},destinationType=Queue,destinationName={{.DestinationName}}/QueueSize": {classic, values{"restAPITemplate": "http://a:1/x"}},
	} {
		_, err := test.driver.Open(scalerkit.Spec{Type: test.driver.Name(), Name: "orders", Auth: login("hunter2"), Metadata: test.metadata}, scalerkit.Options{})
		require.EqualError(t, err, test.driver.Name()+` trigger "orders": `+text)
	}
	_, err := classic.Open(scalerkit.Spec{Type: "activemq", Name: "orders", Metadata: classicValues}, scalerkit.Options{})
	require.ErrorContains(t, err, "username: is missing")
	require.ErrorContains(t, err, "password: is missing")
}
