// Package azurepipelines counts the jobs of an agent pool with the HTTP client alone,
// by a token, or else by workload identity or the certificate of an application.
package azurepipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/scalerkit/scalerkit/tools/weight/bare/azureapi"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	var pools struct{ Value []struct{ ID int64 } }
	if err := get(ctx, args[0]+"/_apis/distributedtask/pools?poolName="+program.Name, args[1], &pools); err != nil {
		return nil, err
	}
	if len(pools.Value) != 1 {
		return nil, fmt.Errorf("%d pools", len(pools.Value))
	}
	var jobs struct{ Value []struct{ Result *string } }
	err := get(ctx, fmt.Sprintf("%s/_apis/distributedtask/pools/%d/jobrequests?$top=250", args[0], pools.Value[0].ID), args[1], &jobs)
	n := 0
	for _, j := range jobs.Value {
		if j.Result == nil {
			n++
		}
	}
	return n, err
}

func get(ctx context.Context, url, token string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	if err := authorize(request, token); err != nil {
		return err
	}
	_, body, err := azureapi.Send(request)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

func authorize(request *http.Request, token string) error {
	const scope = "499b84ac-1321-427f-aa17-267ca6975798/.default"
	if token == "" {
		return azureapi.Authorize(request, scope)
	}
	certificates, key, err := azidentity.ParseCertificates([]byte(token), nil)
	if err != nil { // it is a token then
		request.SetBasicAuth("", token)
		return nil
	}
	var credential azcore.TokenCredential
	if credential, err = azidentity.NewClientCertificateCredential(program.Name, program.Name, certificates, key, nil); err != nil {
		return err
	}
	return azureapi.AuthorizeBy(request, credential, scope)
}
