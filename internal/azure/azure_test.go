package azure_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// A config has the parameters that services have in common.
type config struct {
	azure.Entra
	Suffix  string `scaler:"endpointSuffix"`
	Address string `scaler:"address"`

	serviceBus, blob string
}

func (c *config) Parse(p *driver.Problems) {
	cloud, ok := c.ParseCloud(p, &c.Suffix)
	if !ok {
		return
	}
	c.serviceBus = azure.ParseSuffix(p, cloud.ServiceBus, &c.Suffix, "servicebus.example.com")
	c.blob = azure.ParseSuffix(p, cloud.Blob, &c.Suffix, "blob.example.com")
	if c.Address != "" {
		c.CheckToken(p, &c.Address, c.Address, cloud.Blob)
	}
}

func TestClouds(t *testing.T) {
	for _, c := range []struct{ cloud, private, serviceBus, blob string }{
		{"", "", "servicebus.windows.net", "blob.core.windows.net"},
		{"AzurePublicCloud", "", "servicebus.windows.net", "blob.core.windows.net"},
		{"azurecloud", "ignored.example.com", "servicebus.windows.net", "blob.core.windows.net"},
		{"AzureUSGovernment", "", "servicebus.usgovcloudapi.net", "blob.core.usgovcloudapi.net"},
		{"AZUREUSGOVERNMENTCLOUD", "", "servicebus.usgovcloudapi.net", "blob.core.usgovcloudapi.net"},
		{"AzureChinaCloud", "", "servicebus.chinacloudapi.cn", "blob.core.chinacloudapi.cn"},
		{"AzureGermanCloud", "", "servicebus.cloudapi.de", "blob.core.cloudapi.de"},
		{"private", "x.example.com", "x.example.com", "x.example.com"},
	} {
		var got config
		require.NoError(t, driver.Decode(scalerkit.Spec{Metadata: map[string]string{"cloud": c.cloud, "endpointSuffix": c.private}}, &got))
		require.Equal(t, c.serviceBus, got.serviceBus, c.cloud)
		require.Equal(t, c.blob, got.blob, c.cloud)
	}
	for cloud, want := range map[string]string{
		"Private":         `trigger: endpointSuffix: is missing: the cloud Private needs it, such as "servicebus.example.com"`,
		"AzureStackCloud": `trigger: cloud: "AzureStackCloud" needs a file that only KEDA reads: use Private, and endpointSuffix`,
		"AWS":             `trigger: cloud: "AWS" is not one of AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private`,
	} {
		err := driver.Decode(scalerkit.Spec{Metadata: map[string]string{"cloud": cloud}}, new(config))
		require.EqualError(t, err, want)
	}
}

func TestWhereTheTokenOfAnIdentityMayNotGo(t *testing.T) {
	opened := driver.Type[config]{Name: "t", Open: func(*config, scalerkit.Options) (scalerkit.Scaler, error) { return nil, nil }}
	identity := scalerkit.Identity{Provider: "azure-workload", AuthorityHost: "https://login.example.com/"}
	const blobs, authorities = "*.blob.core.windows.net, *.blob.storage.azure.net", "login.microsoftonline.com, login.microsoft.com, login.windows.net, sts.windows.net"
	refused := func(host, use string) string {
		return `"` + host + `" may not be sent the token of an identity: use ` + use + ", or let the administrator list it as an identity endpoint"
	}
	c := config{Address: "https://shop.example.com", Entra: azure.Entra{Identity: identity}}
	_, err := opened.New(c, scalerkit.Options{})
	require.EqualError(t, err, "t trigger: Identity.AuthorityHost: "+refused("login.example.com", authorities)+
		"\nt trigger: Address: "+refused("shop.example.com", blobs))
	_, err = opened.Driver().Open(scalerkit.Spec{Identity: identity}, scalerkit.Options{})
	require.EqualError(t, err, "t trigger: identityAuthorityHost: "+refused("login.example.com", authorities))
	_, err = opened.New(c, scalerkit.Options{IdentityEndpoints: []string{"*.example.com"}})
	require.NoError(t, err)
}

func TestConnectionStringsOfNamespaces(t *testing.T) {
	for text, want := range map[string]azure.Namespace{
		"Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=a=b=;EntityPath=orders": {
			Host: "shop.servicebus.windows.net", KeyName: "Root", Key: scalerkit.NewSecret("a=b="), EntityPath: "orders",
		},
		" endpoint = sb://shop.servicebus.windows.net ; SHAREDACCESSSIGNATURE = SharedAccessSignature sr=x&sig=y ;": {
			Host: "shop.servicebus.windows.net", Signature: scalerkit.NewSecret("SharedAccessSignature sr=x&sig=y"),
		},
		"Endpoint=sb://localhost:5300;SharedAccessKeyName=Root;SharedAccessKey=k;UseDevelopmentEmulator=true": {
			Host: "localhost:5300", KeyName: "Root", Key: scalerkit.NewSecret("k"), Emulator: true,
		},
	} {
		got, err := azure.ParseNamespace(scalerkit.NewSecret(text))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for text, want := range map[string]string{
		"hunter2":                                 "is no connection string: want Name=value pairs with a semicolon between them",
		"SharedAccessKey=hunter2":                 "has no Endpoint: want Endpoint=sb://NAMESPACE.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=…",
		"Endpoint=shop":                           "has an Endpoint that is no URL such as sb://NAMESPACE.servicebus.windows.net/",
		"Endpoint=sb://x:hunter2":                 "has an Endpoint that is no URL such as sb://NAMESPACE.servicebus.windows.net/",
		"Endpoint=sb://x":                         "has neither SharedAccessKey nor SharedAccessSignature",
		"Endpoint=sb://x;SharedAccessKey=hunter2": "has a SharedAccessKey without its SharedAccessKeyName",
		"Endpoint=sb://x;SharedAccessSignature=hunter2;UseDevelopmentEmulator=maybe": "has a UseDevelopmentEmulator that is not true or false",
	} {
		_, err := azure.ParseNamespace(scalerkit.NewSecret(text))
		require.EqualError(t, err, want)
	}
}

func TestConnectionStringsOfAccounts(t *testing.T) {
	key := scalerkit.NewSecret("c2VjcmV0")
	for text, want := range map[string]azure.Account{
		"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net": {
			URL: "https://shop.blob.core.windows.net/", Name: "shop", Key: key,
		},
		"AccountName=shop;AccountKey=c2VjcmV0": {URL: "https://shop.blob.core.windows.net/", Name: "shop", Key: key},
		"DefaultEndpointsProtocol=http;AccountName=shop;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/shop": {
			URL: "http://127.0.0.1:1/shop/", Name: "shop", Key: key,
		},
		"BlobEndpoint=https://shop.blob.core.windows.net/;QueueEndpoint=https://x/;SharedAccessSignature=?sv=1&sig=x%3D": {
			URL: "https://shop.blob.core.windows.net/", Signature: scalerkit.NewSecret("sv=1&sig=x%3D"),
		},
	} {
		got, err := azure.ParseAccount(scalerkit.NewSecret(text), azure.Blob)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	queue, err := azure.ParseAccount(scalerkit.NewSecret("AccountName=shop;AccountKey=c2VjcmV0;BlobEndpoint=https://b/"), azure.Queue)
	require.NoError(t, err)
	require.Equal(t, "https://shop.queue.core.windows.net/", queue.URL)
	queue, err = azure.ParseAccount(scalerkit.NewSecret("UseDevelopmentStorage=true"), azure.Queue)
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:10001/devstoreaccount1/", queue.URL)
	for text, url := range map[string]string{
		"UseDevelopmentStorage=true": "http://127.0.0.1:10000/devstoreaccount1/",
		"UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite/": "http://azurite:10000/devstoreaccount1/",
	} {
		got, err := azure.ParseAccount(scalerkit.NewSecret(text), azure.Blob)
		require.NoError(t, err)
		require.Equal(t, url, got.URL)
		require.True(t, azure.IsKey(got.Key))
	}
	for text, want := range map[string]string{
		"hunter2":                             "is no connection string: want Name=value pairs with a semicolon between them",
		"AccountKey=c2VjcmV0":                 "has neither AccountName nor BlobEndpoint: want DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net",
		"AccountName=shop":                    "has neither AccountKey nor SharedAccessSignature",
		"AccountName=shop;AccountKey=hunter2": "has an AccountKey that is not base64",
		"BlobEndpoint=https://x/?sig=hunter2;SharedAccessSignature=a": "has a BlobEndpoint that is no URL such as https://ACCOUNT.blob.core.windows.net/",
		"BlobEndpoint=https://x/;AccountKey=c2VjcmV0":                 "has an AccountKey without its AccountName",
	} {
		_, err := azure.ParseAccount(scalerkit.NewSecret(text), azure.Blob)
		require.EqualError(t, err, want)
	}
}

func TestIdentities(t *testing.T) {
	for _, provider := range []string{"", "none", "azure-workload"} {
		require.NoError(t, azure.CheckIdentity(scalerkit.Identity{Provider: provider}))
	}
	require.EqualError(t, azure.CheckIdentity(scalerkit.Identity{Provider: "azure"}),
		`trigger: podIdentity: "azure" is not one that Azure knows: use azure-workload, or a connection string`)
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", "/no/such/file")
	_, err := azure.NewCredential(scalerkit.Identity{ID: "i", TenantID: "t", AuthorityHost: "http://plain"}, "", azure.NewHTTP(scalerkit.Options{}, 1))
	require.EqualError(t, err, "cannot use an authority host without https")
	_, err = azure.NewCredential(scalerkit.Identity{ID: "i", TenantID: "t"}, "AzureChinaCloud", azure.NewHTTP(scalerkit.Options{}, 1))
	require.NoError(t, err)
}

func TestErrorsAreExplainedWithoutTheirSecrets(t *testing.T) {
	const secret = "https://x/?sig=hunter2"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, secret, http.NoBody)
	require.NoError(t, err)
	answer := func(status int) error {
		return &azcore.ResponseError{ErrorCode: "Code", StatusCode: status, RawResponse: &http.Response{
			StatusCode: status, Request: request, Body: http.NoBody, Header: http.Header{"Retry-After": {"3"}},
		}}
	}
	cause := errors.New("connection refused")
	for _, c := range []struct {
		err  error
		is   error
		want string
	}{
		{answer(401), scalerkit.ErrDenied, "access denied: 401 Unauthorized: Code"},
		{answer(403), scalerkit.ErrDenied, "access denied: 403 Forbidden: Code"},
		{answer(404), scalerkit.ErrNotFound, "not found: 404 Not Found: Code"},
		{answer(429), scalerkit.ErrThrottled, "throttled for 3s: 429 Too Many Requests: Code"},
		{answer(503), scalerkit.ErrThrottled, "throttled for 3s: 503 Service Unavailable: Code"},
		{answer(500), nil, "500 Internal Server Error: Code"},
		{answer(599), nil, "599: Code"},
		{&url.Error{Op: "Get", URL: secret, Err: cause}, cause, "no answer: connection refused"},
		{cause, cause, "connection refused"},
	} {
		err := azure.Explain(c.err)
		require.EqualError(t, err, c.want)
		if c.is != nil {
			require.ErrorIs(t, err, c.is)
		}
		require.Equal(t, c.want == "access denied: 401 Unauthorized: Code", azure.IsUnauthorized(err))
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Retry-After", "10", 10 * time.Second},
		{"Retry-After", "Fri, 02 Jan 2026 03:04:15 GMT", 10 * time.Second},
		{"Retry-After", "Fri, 02 Jan 2026 03:04:00 GMT", 0},
		{"Retry-After", "-1", 0},
		{"Retry-After", "soon", 0},
		{"Retry-After", "9999999999", 24 * time.Hour},
		{"retry-after-ms", "250", 250 * time.Millisecond},
		{"x-ms-retry-after-ms", "250", 250 * time.Millisecond},
		{"x-ms-retry-after-ms", "9999999999", 24 * time.Hour},
	} {
		header := make(http.Header)
		header.Set(c.name, c.value)
		require.Equal(t, c.want, azure.RetryAfter(header, now), c.value)
	}
}
