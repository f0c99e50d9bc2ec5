package loki_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/loki"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000,"42"]}]}}`)
	}))
	defer server.Close()

	complaints, err := loki.New(loki.Config{
		Server:    loki.Server{Address: server.URL},
		Query:     `sum(rate({app="orders"} |= "error" [1m]))`,
		Threshold: 10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer complaints.Close()

	reading, err := complaints.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the rate is not known
		return
	}
	fmt.Println(complaints.Metric().Name, reading.Value, reading.IsActive(complaints.Metric()))
	// Output: loki 42 true
}
