package azure_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

func TestMain(m *testing.M) { azuretest.Main(m) }

// A reader has the parameters of a trigger on an API.
type reader struct {
	azure.API
	URL string `scaler:"resourceURL"`

	base string
}

func (r *reader) Parse(p *driver.Problems) {
	r.base = r.ParseAPI(p, func(c cloudhosts.AzureCloud) cloudhosts.Hosts { return c.ApplicationInsights }, &r.URL)
}

func TestAPIsAreWhereTheCloudHasThem(t *testing.T) {
	workload := scalerkit.Identity{Provider: "azure-workload"}
	application := map[string]string{"tenantId": "t", "clientId": "c", "clientSecret": "hunter2"}
	in := func(metadata map[string]string, cloud, url string) map[string]string {
		all := map[string]string{"cloud": cloud, "resourceURL": url}
		for key, value := range metadata {
			all[key] = value
		}
		return all
	}
	for _, c := range []struct {
		spec      scalerkit.Spec
		base, err string
	}{
		{scalerkit.Spec{Identity: workload}, "https://api.applicationinsights.io", ""},
		{scalerkit.Spec{Identity: workload, Metadata: in(nil, "AzureChinaCloud", "")}, "https://api.applicationinsights.azure.cn", ""},
		{scalerkit.Spec{Metadata: application}, "https://api.applicationinsights.io", ""},
		{scalerkit.Spec{Metadata: in(application, "AzureUSGovernmentCloud", "https://ignored.example.com")}, "https://api.applicationinsights.us", ""},
		{scalerkit.Spec{Identity: workload, Metadata: in(nil, "AzureGermanCloud", "")}, "", "cloud: AzureGermanCloud does not have this service"},
		{scalerkit.Spec{Identity: workload, Metadata: in(nil, "Private", "")}, "", "resourceURL: is missing: the cloud Private needs it, a URL such as https://api.example.com"},
		{scalerkit.Spec{Identity: workload, Metadata: in(nil, "Private", "https://api.example.com")}, "",
			`resourceURL: "api.example.com" may not be sent the token of an identity: let the administrator list it as an identity endpoint`},
		{scalerkit.Spec{Metadata: in(application, "Private", "https://api.example.com/")}, "", "activeDirectoryEndpoint: is missing: the cloud Private needs it, a URL such as https://login.example.com/"},
		{scalerkit.Spec{Metadata: map[string]string{"tenantId": "t"}}, "",
			"activeDirectoryClientId: is missing: say who asks, with it, activeDirectoryClientPassword and tenantId, or with the pod identity azure-workload"},
		{scalerkit.Spec{Metadata: map[string]string{"clientId": "c"}}, "",
			"tenantId: is missing: it goes with clientId\ntrigger: activeDirectoryClientPassword: is missing: it goes with clientId"},
		{scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws"}}, "", `podIdentity: "aws" is not one that Azure knows: use azure-workload, or a connection string`},
		{scalerkit.Spec{Metadata: map[string]string{"tenantId": "t", "clientId": "c", "clientSecret": "s", "activeDirectoryEndpoint": "http://login.example.com"}}, "",
			"activeDirectoryEndpoint: is not a URL such as https://login.example.com/"},
	} {
		var r reader
		err := driver.Decode(c.spec, &r)
		if c.err != "" {
			require.EqualError(t, err, "trigger: "+c.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.base, r.base)
	}
	var r reader
	require.NoError(t, driver.Decode(scalerkit.Spec{Metadata: in(map[string]string{
		"tenantId": "t", "clientId": "c", "clientSecret": "s", "activeDirectoryEndpoint": "https://login.example.com",
	}, "Private", "https://api.example.com/")}, &r), "the secret is the trigger's own")
	require.Equal(t, "https://api.example.com", r.base)
}

func TestWhoAsksAnAPI(t *testing.T) {
	azuretest.NeedTrust(t)
	for name, c := range map[string]struct {
		api func(*azuretest.Authority) azure.API
		err string
	}{
		"the workload": {api: func(a *azuretest.Authority) azure.API { return azure.API{Entra: azure.Entra{Identity: a.Identity()}} }},
		"the program's credential": {api: func(a *azuretest.Authority) azure.API {
			return azure.API{Entra: azure.Entra{Credential: a.Credential()}}
		}},
		"an application": {api: func(a *azuretest.Authority) azure.API {
			i := a.Identity()
			return azure.API{TenantID: i.TenantID, ClientID: i.ID, ClientSecret: scalerkit.NewSecret(azuretest.ApplicationSecret), Authority: i.AuthorityHost}
		}},
		"an application with a wrong secret": {
			api: func(a *azuretest.Authority) azure.API {
				i := a.Identity()
				return azure.API{TenantID: i.TenantID, ClientID: i.ID, ClientSecret: scalerkit.NewSecret("hunter2"), Authority: i.AuthorityHost}
			},
			err: "get a token: access denied: 401 Unauthorized: invalid_client: AADSTS700016: Application with identifier 'the-client' was not found.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			authority := azuretest.NewAuthority(t)
			server := azuretest.NewTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !authority.Accepts(r.Header.Get("Authorization")[len("Bearer "):]) {
					w.WriteHeader(http.StatusUnauthorized)
					_, _ = io.WriteString(w, `{"error":{"code":"InvalidTokenError","message":"The token has an invalid signature"}}`)
				}
			})).URL
			api := c.api(authority)
			client, err := httpsource.New(httpsource.Settings{
				Identity: func() httpsource.Authenticator {
					return api.Principal().Authenticator("https://api.example.com/.default", scalerkit.Options{})
				},
				Classify: azure.Classify,
			}, scalerkit.Options{})
			require.NoError(t, err)
			defer func() { require.NoError(t, client.Close()) }()
			read := func() error {
				_, err := client.Do(t.Context(), httpsource.Request{URL: server})
				return err
			}
			if c.err != "" {
				require.EqualError(t, read(), "GET "+server+": "+c.err)
				return
			}
			require.NoError(t, read())
			require.NoError(t, read())
			require.Equal(t, 1, authority.Issued())
			authority.Revoke()
			err = read()
			require.ErrorIs(t, err, scalerkit.ErrDenied)
			require.EqualError(t, err, "GET "+server+": access denied: 401 Unauthorized: InvalidTokenError: The token has an invalid signature")
			require.NoError(t, read(), "with another token")
		})
	}
}

// A transport answers in place of a server.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// KEDA has applications of all clouds ask the public one.
func TestAnApplicationAsksTheAuthorityOfItsCloud(t *testing.T) {
	for cloud, want := range map[string]string{
		"":                       "login.microsoftonline.com",
		"AzureUSGovernmentCloud": "login.microsoftonline.us",
		"azurechinacloud":        "login.chinacloudapi.cn",
	} {
		api := azure.API{Entra: azure.Entra{Cloud: cloud}, TenantID: "11111111-2222-3333-4444-555555555555", ClientID: "c", ClientSecret: scalerkit.NewSecret("hunter2")}
		asked := make(map[string]bool)
		client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			asked[r.URL.Host] = true
			return nil, errors.New("that is all")
		})}
		who := api.Caller("https://api.example.com").Authenticator(scalerkit.Options{HTTPClient: client})
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com", http.NoBody)
		require.NoError(t, err)
		require.ErrorContains(t, who.Authorize(t.Context(), request), "get a token: ")
		require.Equal(t, map[string]bool{want: true}, asked)
	}
}

func TestClassify(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":{"code":"BadRequest","message":"no such metric"}}`: "400 Bad Request: BadRequest: no such metric",
		`{"code":"BadRequest","message":"no such metric"}`:           "400 Bad Request: BadRequest: no such metric",
		`{"message":"TF400813: not authorized"}`:                     "400 Bad Request: TF400813: not authorized",
		`<html>`:                                                     "400 Bad Request",
	} {
		require.EqualError(t, azure.Classify(http.StatusBadRequest, nil, []byte(body)), want)
	}
}
