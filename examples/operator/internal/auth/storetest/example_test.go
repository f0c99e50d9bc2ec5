package storetest_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
)

func Example() {
	vault := &storetest.Vault{Now: time.Now, Static: map[string]map[string]any{"secret/redis": {"password": "hunter2"}}}
	gate := &storetest.Gate{Store: vault}
	client := store.NewClient(storetest.Hosts{"vault.example.com": gate})

	gate.Shut(true)
	err := store.Request{Method: http.MethodGet, URL: "https://vault.example.com/v1/secret/redis"}.Do(context.Background(), client, nil)
	fmt.Println(err)
	fmt.Println(gate.Seen())
	// Output:
	// GET https://vault.example.com/v1/secret/redis: 503 Service Unavailable
	// [GET /v1/secret/redis]
}
