package datadog_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/datadog"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":"ok","series":[{"pointlist":[[1767225600000,40],[1767225660000,42],[1767225720000,null]]}]}`)
	}))
	defer server.Close()

	requests, err := datadog.New(datadog.Config{
		API: datadog.API{
			Site:   server.URL, // or datadoghq.eu, say
			Key:    scalerkit.NewSecret("api-key"),
			AppKey: scalerkit.NewSecret("app-key"),
			Query:  "sum:http.requests{service:orders}.as_count()",
		},
		Target: 10,
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
	fmt.Println(requests.Metric().Name, reading.Value, reading.Time.UTC())
	// Output: datadog-sum-http-requests 42 2026-01-01 00:01:00 +0000 UTC
}
