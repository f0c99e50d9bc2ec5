package main

// queries are sources that are asked over HTTP.
var queries = []source{{
	name: "elasticsearch",
	config: `elasticsearch.Config{
		Server: elasticsearch.Server{
			Addresses: []string{args[0]},
			Username:  args[1],
			Password:  scalerkit.NewSecret(args[2]),
			Link:      httpsource.Link{TLS: driver.TLS{Insecure: true}},
		},
		Search: elasticsearch.Search{
			Index:         []string{"weight"},
			Query:         "{\"size\":0}",
			ValueLocation: "hits.total.value",
			Target:        1,
		},
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), user, password, noKey, noKey} },
	goal:    aFifthMore,
}, {
	name: "graphite",
	config: `graphite.Config{
		Server:    graphite.Server{Address: args[0], Access: ` + access + `},
		Query:     "weight",
		QueryTime: "-10Minutes",
		Threshold: 1,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), user, password, noTokens} },
	goal:    aFifthMore,
}, {
	name: "influxdb",
	config: `influxdb.Config{
		Server: influxdb.Server{
			URL:     args[0],
			Version: "3",
			Token:   scalerkit.NewSecret(args[1]),
			Link:    httpsource.Link{TLS: driver.TLS{Insecure: true}},
		},
		Database:  "weight",
		Query:     "SELECT level FROM weight",
		MetricKey: "level",
		Threshold: 1,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), password, noKey, noKey} },
	goal:    aFifthMore,
}, {
	name: "loki",
	config: `loki.Config{
		Server:    loki.Server{Address: args[0], Access: ` + access + `},
		Query:     "vector(1)",
		Threshold: 1,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), user, password, noTokens} },
	goal:    aFifthMore,
}, {
	name: "metricsapi",
	config: `metricsapi.Config{
		URL:      args[0],
		Access:   ` + access + `,
		Format:   args[4],
		Location: args[5],
		Target:   1,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	server:  "SCALERKIT_TEST_PROMETHEUS",
	args: func(url string) []string {
		return []string{url + "/api/v1/query?query=vector(1)", user, password, noTokens, "json", "data.result.0.value.1"}
	},
	goal: aFifthMore,
}, {
	name: "prometheus",
	config: `prometheus.Config{
		Server:    prometheus.Server{Address: args[0], Access: ` + access + `},
		Query:     "vector(1)",
		Threshold: 1,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	server:  "SCALERKIT_TEST_PROMETHEUS",
	args:    func(url string) []string { return []string{url, user, password, noTokens} },
	goal:    aFifthMore,
}, {
	name: "seleniumgrid",
	config: `seleniumgrid.Config{
		Server: seleniumgrid.Server{
			URL:      args[0] + "/grid/graphql",
			Username: args[1],
			Password: scalerkit.NewSecret(args[2]),
			Link:     httpsource.Link{TLS: driver.TLS{Insecure: true}},
		},
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), user, password, noKey, noKey} },
	goal:    aFifthMore,
}}
