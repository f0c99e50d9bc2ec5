// Package elasticsearch counts documents with the HTTP client alone.
package elasticsearch

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"

	"github.com/tidwall/gjson"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	client := &http.Client{Transport: &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		ForceAttemptHTTP2: true,
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, args[0]+"/weight*/_search", bytes.NewBufferString(`{"size":0}`))
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
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s", response.Status)
	}
	return gjson.GetBytes(body, "hits.total.value").Float(), nil
}
