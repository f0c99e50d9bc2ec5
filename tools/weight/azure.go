package main

// azureSources are those of Azure.
var azureSources = []source{{
	name: "azureappinsights",
	config: `azureappinsights.Config{
		API: azureappinsights.API{
			Entra: azureappinsights.Entra{Cloud: "Private"}, TenantID: args[1], ClientID: args[2], ClientSecret: scalerkit.NewSecret(args[3]),
			Authority: args[0],
		},
		ApplicationInsightsID: "a", MetricID: "requests/count", Timespan: "0:5", Aggregation: "sum", TargetValue: 1,
		ResourceURL: args[0],
	}`,
	unserved: true,
	args:     application,
	goal:     aFifthMore,
}, {
	name:    "azureblob",
	config:  `azureblob.Config{BlobContainerName: program.Name, Access: azureblob.Access{Connection: scalerkit.NewSecret(args[0])}}`,
	server:  "SCALERKIT_TEST_AZURITE",
	args:    func(connection string) []string { return []string{connection} },
	goal:    aFifthMore,
	prepare: makeContainer,
}, {
	name: "azureeventhubs",
	config: `azureeventhubs.Config{
		EventHubName:       program.Name,
		Connection:         scalerkit.NewSecret(args[0]),
		StorageConnection:  scalerkit.NewSecret(args[1]),
		BlobContainer:      program.Name,
		CheckpointStrategy: "blobMetadata",
	}`,
	unserved: true,
	args:     func(address string) []string { return []string{namespace(address), account(address)} },
	goal:     aFifthMore,
}, {
	name: "azureloganalytics",
	config: `azureloganalytics.Config{
		API: azureloganalytics.API{
			Entra: azureloganalytics.Entra{Cloud: "Private"}, TenantID: args[1], ClientID: args[2], ClientSecret: scalerkit.NewSecret(args[3]),
			Authority: args[0],
		},
		WorkspaceID: "w", Query: "print 1", Threshold: 1,
		ResourceURL: args[0],
	}`,
	unserved: true,
	args:     application,
	goal:     aFifthMore,
}, {
	name: "azuremonitor",
	config: `azuremonitor.Config{
		API: azuremonitor.API{
			Entra: azuremonitor.Entra{Cloud: "Private"}, TenantID: args[1], ClientID: args[2], ClientSecret: scalerkit.NewSecret(args[3]),
			Authority: args[0],
		},
		SubscriptionID: "s", ResourceGroupName: "g", ResourceURI: "a/b/c", MetricName: program.Name, Aggregation: "Average", TargetValue: 1,
		ResourceManager: args[0],
	}`,
	unserved: true,
	args:     application,
	goal:     aFifthMore,
}, {
	name: "azurepipelines",
	config: `azurepipelines.Config{PoolName: program.Name, Access: azurepipelines.Access{
		OrganizationURL: args[0], PersonalAccessToken: scalerkit.NewSecret(args[1]),
	}}`,
	unserved: true,
	args:     func(address string) []string { return []string{"http://" + address + "/weight", "weight"} },
	goal:     aFifthMore,
}, {
	name:    "azurequeue",
	config:  `azurequeue.Config{QueueName: program.Name, Access: azurequeue.Access{Connection: scalerkit.NewSecret(args[0])}}`,
	server:  "SCALERKIT_TEST_AZURITE",
	args:    func(connection string) []string { return []string{connection} },
	goal:    aFifthMore,
	prepare: makeStorageQueue,
}, {
	name:     "azureservicebus",
	config:   `azureservicebus.Config{QueueName: program.Name, Connection: scalerkit.NewSecret(args[0])}`,
	unserved: true,
	args:     func(address string) []string { return []string{namespace(address)} },
	goal:     aFifthMore,
}}

// application is one that asks an API at an address.
func application(address string) []string {
	return []string{"https://" + address, "weight", "weight", "weight"}
}
