package seleniumgrid_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/seleniumgrid"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":{"nodesInfo":{"nodes":[]},"sessionsInfo":{"sessionQueueRequests":[
			"{\"browserName\":\"chrome\",\"platformName\":\"linux\"}","{\"browserName\":\"chrome\",\"platformName\":\"linux\"}"]}}}`)
	}))
	defer server.Close()

	chrome, err := seleniumgrid.New(seleniumgrid.Config{
		Server:       seleniumgrid.Server{URL: server.URL + "/graphql"},
		BrowserName:  "chrome",
		PlatformName: "Linux",
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer chrome.Close()

	reading, err := chrome.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: what the Grid needs is not known
		return
	}
	fmt.Println(chrome.Metric().Name, reading.Value, reading.IsActive(chrome.Metric()))
	// Output: selenium-grid-chrome-Linux 2 true
}
