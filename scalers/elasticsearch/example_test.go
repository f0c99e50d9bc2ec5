package elasticsearch_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/elasticsearch"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"timed_out":false,"_shards":{"total":1,"failed":0},"hits":{"total":{"value":42,"relation":"eq"}}}`)
	}))
	defer server.Close()

	orders, err := elasticsearch.New(elasticsearch.Config{
		Server: elasticsearch.Server{Addresses: []string{server.URL}},
		Search: elasticsearch.Search{
			Index:         []string{"orders"},
			Query:         `{"size":0,"track_total_hits":true,"query":{"term":{"status":"waiting"}}}`,
			ValueLocation: "hits.total.value",
			Target:        10,
		},
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
	fmt.Println(orders.Metric().Name, reading.Value, reading.IsActive(orders.Metric()))
	// Output: elasticsearch-query 42 true
}
