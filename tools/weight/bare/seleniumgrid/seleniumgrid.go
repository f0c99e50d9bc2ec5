// Package seleniumgrid counts waiting requests with the HTTP client alone.
package seleniumgrid

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	client := &http.Client{Transport: &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		ForceAttemptHTTP2: true,
	}}
	query := `{"query":"{ sessionsInfo { sessionQueueRequests } }"}`
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, args[0]+"/graphql", bytes.NewBufferString(query))
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(args[1], args[2])
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s", response.Status)
	}
	var answer struct {
		Data struct {
			SessionsInfo struct{ SessionQueueRequests []string }
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	return len(answer.Data.SessionsInfo.SessionQueueRequests), nil
}
