package pulsar_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/pulsar"
)

func Example() {
	broker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"subscriptions":{"workers":{"msgBacklog":42}}}`)
	}))
	defer broker.Close()
	orders, err := pulsar.New(pulsar.Config{
		AdminURL:     broker.URL,
		Topic:        "persistent://public/default/orders",
		Subscription: "workers",
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer orders.Close()

	reading, err := orders.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the backlog is not known
		return
	}
	fmt.Println(reading.Value, reading.IsActive(orders.Metric()))
	// Output: 42 true
}
