package influxdb_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/influxdb"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "#datatype,string,long,double\r\n,result,table,_value\r\n,_result,0,42\r\n\r\n")
	}))
	defer server.Close()

	orders, err := influxdb.New(influxdb.Config{
		Server:       influxdb.Server{URL: server.URL},
		Organization: "shop",
		Query:        `from(bucket: "queues") |> range(start: -5m) |> filter(fn: (r) => r._measurement == "orders") |> mean()`,
		Threshold:    10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the number is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value, reading.IsActive(orders.Metric()))
	// Output: influxdb-shop 42 true
}
