package dynatrace_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/dynatrace"
)

func Example() {
	environment := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"result":[{"data":[{"timestamps":[1767225600000],"values":[42]}]}]}`)
	}))
	defer environment.Close()

	requests, err := dynatrace.New(dynatrace.Config{
		Host:      environment.URL, // or https://abc12345.live.dynatrace.com, say
		Token:     scalerkit.NewSecret("dt0c01.secret"),
		Selector:  "builtin:service.requestCount.total:fold",
		From:      "now-5m",
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
	fmt.Println(requests.Metric().Name, reading.Value, reading.Time.UTC())
	// Output: dynatrace 42 2026-01-01 00:00:00 +0000 UTC
}
