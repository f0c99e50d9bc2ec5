package graphite_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/graphite"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"target":"shop.orders.waiting","datapoints":[[40,1700000000],[42,1700000060],[null,1700000120]]}]`)
	}))
	defer server.Close()

	orders, err := graphite.New(graphite.Config{
		Server:    graphite.Server{Address: server.URL},
		Query:     "shop.orders.waiting",
		QueryTime: "-10Minutes",
		Threshold: 10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: their number is not known
		return
	}
	fmt.Println(reading.Value, reading.Time.UTC(), reading.IsActive(orders.Metric()))
	// Output: 42 2023-11-14 22:14:20 +0000 UTC true
}
