package newrelic_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/newrelic"
)

func Example() {
	nerdGraph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":{"actor":{"account":{"nrql":{"results":[{"count":42}]}}}}}`)
	}))
	defer nerdGraph.Close()

	requests, err := newrelic.New(newrelic.Config{
		Account:   1234567,
		Key:       scalerkit.NewSecret("NRAK-secret"),
		Region:    nerdGraph.URL, // or EU, say
		Query:     "SELECT count(*) FROM Transaction WHERE appName = 'orders' SINCE 1 minute ago",
		Threshold: 10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer requests.Close()

	reading, err := requests.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the number is not known
		return
	}
	fmt.Println(requests.Metric().Name, reading.Value, reading.IsActive(requests.Metric()))
	// Output: new-relic 42 true
}
