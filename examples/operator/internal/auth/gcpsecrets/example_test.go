package gcpsecrets_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/gcpsecrets"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func Example() {
	fake := &storetest.SecretManager{Secrets: map[string]string{"shop/redis/latest": "hunter2"}}

	manager := gcpsecrets.New(gcpsecrets.Config{
		Secrets: []v1alpha1.GCPSecretManagerSecret{{Parameter: "password", ID: "redis"}},
		Key:     scalerkit.NewSecret(fake.NewServiceAccount("shop", "keda@shop.iam.gserviceaccount.com")),
		Client:  store.NewClient(storetest.Hosts{"secretmanager.googleapis.com": fake}),
	})
	answer, err := manager.Read(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Values["password"])
	// Output: hunter2
}
