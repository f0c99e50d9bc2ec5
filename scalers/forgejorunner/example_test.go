package forgejorunner_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/forgejorunner"
)

func Example() {
	forgejo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"id":1,"status":"waiting"},{"id":2,"status":"waiting"}]`)
	}))
	defer forgejo.Close()

	runners, err := forgejorunner.New(forgejorunner.Config{
		Address: forgejo.URL,
		Token:   scalerkit.NewSecret("secret"),
		Labels:  []string{"docker"},
		Org:     "shop",
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer runners.Close()

	reading, err := runners.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the jobs are not known
		return
	}
	fmt.Println(runners.Metric().Name, reading.Value, reading.IsActive(runners.Metric()))
	// Output: forgejo 2 true
}
