package main

// others are the rest.
var others = []source{{
	name:   "cron",
	config: `cron.Config{Timezone: args[0], Start: args[1], End: args[2], DesiredReplicas: 1}`,
	args:   func(string) []string { return []string{"UTC", "0 6 * * *", "0 18 * * *"} },
	// The parser alone has nothing to do with a network, and the vocabulary has.
	goal: func(weight) weight { return weight{modules: 5, size: 5, resident: 6} },
}, {
	name:     "external",
	config:   `external.Config{Server: external.Server{Address: args[0], EnableTLS: args[1] != ""}}`,
	unserved: true,
	args:     func(address string) []string { return []string{address, noTLS} },
	goal:     aFifthMore,
}, {
	name: "huaweicloudeye",
	config: `huaweicloudeye.Config{
		Account: huaweicloudeye.Account{
			Endpoint:  args[0],
			Region:    program.Name,
			ProjectID: program.Name,
			AccessKey: program.Name,
			SecretKey: scalerkit.NewSecret(program.Name),
		},
		Namespace:         program.Name,
		MetricName:        program.Name,
		DimensionName:     program.Name,
		DimensionValue:    program.Name,
		TargetMetricValue: 1,
	}`,
	unserved: true,
	args:     func(address string) []string { return []string{"http://" + address} },
	goal:     aFifthMore,
}, {
	name:     "kubernetes",
	config:   `kubernetes.Config{Selector: args[0], Value: 1}`,
	unserved: true, // a client is the program's
	args:     func(string) []string { return []string{"app=weight"} },
	goal:     func(weight) weight { return weight{modules: 12, size: 6, resident: 7} },
}}
