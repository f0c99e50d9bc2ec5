package awssecrets_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/awssecrets"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func Example() {
	manager := awssecrets.New(awssecrets.Config{
		Region: "eu-west-1",
		Secrets: []v1alpha1.AwsSecretManagerSecret{
			{Parameter: "username", Name: "redis", SecretKey: "username"},
			{Parameter: "password", Name: "redis", SecretKey: "password"},
		},
		Identity: scalerkit.Identity{Provider: "aws"},
		Client:   store.NewClient(nil),
	})
	answer, err := manager.Read(context.Background())
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(len(answer.Values))
}
