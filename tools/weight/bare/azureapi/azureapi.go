// Package azureapi is what the bare programs that ask Azure over HTTP have in
// common.
package azureapi

import (
	"fmt"
	"io"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Authorize adds a token of the workload's identity for a scope to a request.
func Authorize(request *http.Request, scope string) error {
	credential, err := azidentity.NewWorkloadIdentityCredential(nil)
	if err != nil {
		return err
	}
	return AuthorizeBy(request, credential, scope)
}

// AuthorizeBy is like Authorize, with a token of somebody else's.
func AuthorizeBy(request *http.Request, credential azcore.TokenCredential, scope string) error {
	token, err := credential.GetToken(request.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token.Token)
	return nil
}

// Send returns the answer to a request.
func Send(request *http.Request) (header http.Header, body []byte, err error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	if response.StatusCode > 299 {
		return nil, nil, fmt.Errorf("the answer is %s", response.Status)
	}
	body, err = io.ReadAll(response.Body)
	return response.Header, body, err
}
