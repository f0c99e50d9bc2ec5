package nats_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/nats"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"server_id":"NA","account_details":[{"name":"$G","id":"$G","stream_detail":[{"name":"ORDERS",
			"consumer_detail":[{"name":"workers","num_pending":40,"num_ack_pending":2}]}]}]}`)
	}))
	defer server.Close()

	orders, err := nats.New(nats.Config{
		Endpoint: server.Listener.Addr().String(),
		Account:  "$G",
		Stream:   "ORDERS",
		Consumer: "workers",
		Lag:      10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the lag is not known
		return
	}
	fmt.Println(orders.Metric().Name, reading.Value, reading.IsActive(orders.Metric()))
	// Output: nats-jetstream-ORDERS 42 true
}
