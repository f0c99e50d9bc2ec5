package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// saas are services that are asked over HTTP, of which the tool plays the servers.
// It does so for those of queries that testenv has not, or not with TLS.
var saas = []source{{
	name: "datadog",
	config: `datadog.Config{
		API:    datadog.API{Site: args[0], Key: scalerkit.NewSecret(args[1]), AppKey: scalerkit.NewSecret(args[1]), Query: "sum:orders{*}"},
		Link:   httpsource.Link{TLS: driver.TLS{Insecure: true}},
		Target: 1,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), password, noKey, noKey, noMetric} },
	goal:    aFifthMore,
}, {
	name: "githubrunner",
	config: `githubrunner.Config{
		Server: githubrunner.Server{URL: args[0], Token: scalerkit.NewSecret(args[1]), Link: httpsource.Link{TLS: driver.TLS{Insecure: true}}},
		Owner:  "shop",
		Scope:  "repo",
		Repos:  []string{"orders"},
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), password, noApp, noKey, noKey} },
	goal:    aFifthMore,
}, {
	name: "newrelic",
	config: `newrelic.Config{
		Account:   1,
		Key:       scalerkit.NewSecret(args[1]),
		Region:    args[0] + "/graphql",
		Link:      httpsource.Link{TLS: driver.TLS{Insecure: true}},
		Query:     "SELECT count(*) FROM Transaction",
		Threshold: 1,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), password, noKey, noKey} },
	goal:    aFifthMore,
}, {
	name: "dynatrace",
	config: `dynatrace.Config{
		Host:      args[0],
		Token:     scalerkit.NewSecret(args[1]),
		Link:      httpsource.Link{TLS: driver.TLS{Insecure: true}},
		Selector:  "x",
		Threshold: 1,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), password, noKey, noKey, noQuery} },
	goal:    aFifthMore,
}, {
	name: "forgejorunner",
	config: `forgejorunner.Config{
		Address: args[0],
		Token:   scalerkit.NewSecret(args[1]),
		Link:    httpsource.Link{TLS: driver.TLS{Insecure: true}},
		Labels:  []string{"docker"},
		Global:  true,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), password, noKey, noKey} },
	goal:    aFifthMore,
}}

// service returns the URL of a server, with TLS, that is all of them. It
// lasts as long as the process.
var service = sync.OnceValue(func() string {
	mux := http.NewServeMux()
	for path, answer := range map[string]string{
		"/api/v1/admin/runners/jobs":      `[{"id":1},{"id":2}]`,
		"/api/v2/metrics/query":           `{"result":[{"data":[{"timestamps":[1767225600000],"values":[42]}]}]}`,
		"/graphql":                        `{"data":{"actor":{"account":{"nrql":{"results":[{"count":42}]}}}}}`,
		"/api/v1/query":                   `{"status":"ok","series":[{"pointlist":[[1767225600000,42]]}]}`,
		"/loki/api/v1/query":              `{"status":"success","data":{"resultType":"vector","result":[{"value":[1767225600,"42"]}]}}`,
		"/render":                         `[{"datapoints":[[42,1767225600]]}]`,
		"/query":                          `{"results":[{"series":[{"columns":["level"],"values":[[42]]}]}]}`,
		"/weight/_search":                 `{"_shards":{"failed":0},"hits":{"total":{"value":42}}}`,
		"/grid/graphql":                   `{"data":{"nodesInfo":{"nodes":[]},"sessionsInfo":{"sessionQueueRequests":[]}}}`,
		"/repos/shop/orders/actions/runs": `{"total_count":0,"workflow_runs":[]}`,
		"/admin/v2/persistent/public/default/orders/stats": `{"subscriptions":{"workers":{"msgBacklog":1}}}`,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
	}
	return httptest.NewTLSServer(mux).URL
})
