package prometheus_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource/awsidentity"
	"github.com/scalerkit/scalerkit/scalers/prometheus"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000,"42"]}]}}`)
	}))
	defer server.Close()

	requests, err := prometheus.New(prometheus.Config{
		Server:    prometheus.Server{Address: server.URL},
		Query:     "sum(rate(http_requests_total[2m]))",
		Threshold: 10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer requests.Close()

	reading, err := requests.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the rate is not known
		return
	}
	fmt.Println(requests.Metric().Name, reading.Value, reading.IsActive(requests.Metric()))
	// Output: prometheus 42 true
}

// A program passes the identities that its triggers may ask with. This one links
// Amazon's SDK, and neither Azure's nor Google's.
func ExampleDriver() {
	registry := scalerkit.NewRegistry(prometheus.Driver(awsidentity.Identities()))
	_, err := registry.Open(scalerkit.Spec{
		Type: "prometheus",
		Name: "requests",
		Metadata: map[string]string{
			"serverAddress": "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1a2b3c",
			"query":         "sum(rate(http_requests_total[2m]))",
			"threshold":     "10",
		},
		Identity: scalerkit.Identity{Provider: "aws"},
	}, scalerkit.Options{})
	fmt.Println(err)
	// Output: prometheus trigger "requests": awsRegion: is missing: signatures of AWS need it
}
