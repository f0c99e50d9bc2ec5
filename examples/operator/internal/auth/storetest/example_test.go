package storetest_test

import (
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
)

func Example() {
	vault := &storetest.Vault{Now: time.Now, Static: map[string]map[string]any{"secret/redis": {"password": "hunter2"}}}
	gate := &storetest.Gate{Store: vault}
	client := &http.Client{Transport: storetest.Hosts{"vault.example.com": gate}}

	gate.Shut(true)
	answer, err := client.Get("https://vault.example.com/v1/secret/redis")
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	fmt.Println(answer.Status, gate.Seen())
	// Output: 503 Service Unavailable [GET /v1/secret/redis]
}
