package main

// googleSources are those of Google's cloud, which is not there: the key is no
// key, and no request is sent.
var googleSources = []source{{
	name: "gcpcloudtasks",
	config: `gcpcloudtasks.Config{
		Access:    gcpcloudtasks.Access{Key: scalerkit.NewSecret(args[0])},
		ProjectID: program.Name,
		QueueName: program.Name,
	}`,
	unserved: true,
	args:     func(string) []string { return []string{notAKey} },
	goal:     aFifthMore,
}, {
	name: "gcppubsub",
	config: `gcppubsub.Config{
		Access:           gcppubsub.Access{Key: scalerkit.NewSecret(args[0])},
		SubscriptionName: program.Name,
	}`,
	unserved: true,
	args:     func(string) []string { return []string{notAKey} },
	goal:     aFifthMore,
}, {
	name: "gcpstackdriver",
	config: `gcpstackdriver.Config{
		Access:    gcpstackdriver.Access{Key: scalerkit.NewSecret(args[0])},
		ProjectID: program.Name,
		Filter:    "metric.type = \"" + program.Name + "\"",
	}`,
	unserved: true,
	args:     func(string) []string { return []string{notAKey} },
	goal:     aFifthMore,
}, {
	name: "gcpstorage",
	config: `gcpstorage.Config{
		Access:     gcpstorage.Access{Key: scalerkit.NewSecret(args[0])},
		BucketName: program.Name,
	}`,
	unserved: true,
	args:     func(string) []string { return []string{notAKey} },
	goal:     aFifthMore,
}}

// notAKey looks like the key of a service account and has none in it.
const notAKey = `{"type": "service_account", "project_id": "weight", "client_email": "weight@weight.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token"}`
