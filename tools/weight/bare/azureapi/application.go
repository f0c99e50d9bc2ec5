package azureapi

import (
	"bytes"
	"context"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// An Application is who asks, if it has a secret.
type Application struct{ Tenant, Client, Secret string }

// Ask returns the answer to a request, a POST if it has a body, of an application, or
// else of the workload, with a token for the server.
func (a Application) Ask(ctx context.Context, server, path string, body []byte) ([]byte, error) {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if err := a.authorize(request, server+"/.default"); err != nil {
		return nil, err
	}
	_, answer, err := Send(request)
	return answer, err
}

func (a Application) authorize(request *http.Request, scope string) error {
	if a.Secret == "" {
		return Authorize(request, scope)
	}
	options := &azidentity.ClientSecretCredentialOptions{DisableInstanceDiscovery: true}
	options.Retry.MaxRetries = -1
	credential, err := azidentity.NewClientSecretCredential(a.Tenant, a.Client, a.Secret, options)
	if err != nil {
		return err
	}
	return AuthorizeBy(request, credential, scope)
}
