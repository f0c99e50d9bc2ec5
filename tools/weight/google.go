package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"sync"
)

// googleSources are those of Google's cloud, which is not there: the proxy that
// leads to it is where nobody listens, see environment.
var googleSources = []source{{
	name: "gcpcloudtasks",
	config: `gcpcloudtasks.Config{
		Access:    gcpcloudtasks.Access{Key: scalerkit.NewSecret(args[0])},
		ProjectID: program.Name,
		QueueName: program.Name,
	}`,
	unserved: true,
	args:     func(string) []string { return []string{serviceAccount()} },
	goal:     aFifthMore,
}, {
	name: "gcppubsub",
	config: `gcppubsub.Config{
		Access:           gcppubsub.Access{Key: scalerkit.NewSecret(args[0])},
		SubscriptionName: program.Name,
	}`,
	unserved: true,
	args:     func(string) []string { return []string{serviceAccount()} },
	goal:     aFifthMore,
}, {
	name: "gcpstackdriver",
	config: `gcpstackdriver.Config{
		Access:    gcpstackdriver.Access{Key: scalerkit.NewSecret(args[0])},
		ProjectID: program.Name,
		Filter:    "metric.type = \"" + program.Name + "\"",
	}`,
	unserved: true,
	args:     func(string) []string { return []string{serviceAccount()} },
	goal:     aFifthMore,
}, {
	name: "gcpstorage",
	config: `gcpstorage.Config{
		Access:     gcpstorage.Access{Key: scalerkit.NewSecret(args[0])},
		BucketName: program.Name,
	}`,
	unserved: true,
	args:     func(string) []string { return []string{serviceAccount()} },
	goal:     aFifthMore,
}}

// serviceAccount returns the key of a service account that nobody knows.
var serviceAccount = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(map[string]any{
		"type": "service_account", "project_id": "weight", "client_email": "weight@weight.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": "https://oauth2.googleapis.com/token",
	})
	if err != nil {
		panic(err)
	}
	return string(text)
})
