package vault_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/vault"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func Example() {
	fake := &storetest.Vault{
		Now:    time.Now,
		Static: map[string]map[string]any{"secret/data/redis": {"data": map[string]any{"password": "hunter2"}}},
	}
	fake.Give("hvs.token", 0, false)

	v := vault.New(vault.Config{
		HashiCorpVault: v1alpha1.HashiCorpVault{
			Address:        "https://vault.example.com:8200",
			Authentication: v1alpha1.VaultAuthenticationToken,
			Credential:     &v1alpha1.Credential{Token: "hvs.token"},
			Secrets:        []v1alpha1.VaultSecret{{Parameter: "password", Path: "secret/data/redis", Key: "password"}},
		},
		Client: store.NewClient(storetest.Hosts{"vault.example.com:8200": fake}),
		Now:    time.Now,
	})
	answer, err := v.Read(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Values["password"])
	// Output: hunter2
}
