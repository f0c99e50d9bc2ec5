package metricsapi_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/metricsapi"
)

func server(answer string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
}

func Example() {
	shop := server(`{"queues":[{"name":"orders","length":42}]}`)
	defer shop.Close()
	orders, err := metricsapi.New(metricsapi.Config{
		URL:      shop.URL + "/stats",
		Location: `queues.#(name=="orders").length`,
		Target:   10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the length is not known
		return
	}
	fmt.Println(reading.Value, reading.IsActive(orders.Metric()))
	// Output: 42 true
}

// A program in a cluster says which endpoints a Service has.
func ExampleLookup() {
	one, two := server("queue_length 3\n"), server("queue_length 4\n")
	defer one.Close()
	defer two.Close()
	lookup := func(_ context.Context, namespace, service string, port int) ([]string, error) {
		fmt.Println("look up", namespace, service, port)
		return []string{strings.TrimPrefix(one.URL, "http://"), strings.TrimPrefix(two.URL, "http://")}, nil
	}
	worker, err := metricsapi.Driver(lookup).Open(scalerkit.Spec{Metadata: map[string]string{
		"url": "http://worker.shop.svc:8080/metrics", "format": "prometheus", "valueLocation": "queue_length", "targetValue": "5",
		"aggregateFromKubeServiceEndpoints": "true", "aggregationType": "sum",
	}}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer worker.Close()
	reading, err := worker.Read(context.Background())
	fmt.Println(reading.Value, err)
	// Output:
	// look up shop worker 8080
	// 7 <nil>
}
