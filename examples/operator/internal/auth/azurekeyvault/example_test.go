package azurekeyvault_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/azurekeyvault"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func Example() {
	vault, err := azurekeyvault.New(azurekeyvault.Config{
		AzureKeyVault: v1alpha1.AzureKeyVault{
			VaultURI: "https://orders.vault.azure.net",
			Secrets:  []v1alpha1.AzureKeyVaultSecret{{Parameter: "password", Name: "redis"}},
		},
		Identity: scalerkit.Identity{Provider: "azure-workload"},
		Client:   store.NewClient(nil),
	})
	if err != nil {
		log.Print(err) // outside of AKS there is no workload identity
		return
	}
	answer, err := vault.Read(context.Background())
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(len(answer.Values))
}
