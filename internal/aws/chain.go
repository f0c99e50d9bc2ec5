package aws

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/transport"
)

// A chain is the default chain of the SDK. It is built anew whenever
// credentials are fetched, since it reads files and variables only once.
type chain struct {
	region string
	far    *transport.Transport // to Amazon
	near   *transport.Transport // to what the platform offers in the machine
}

func newChain(region string, far *transport.Transport, options scalerkit.Options) chain {
	options.HTTP.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil } // it is never far
	options.HTTP.DisableKeepAlives = true                                          // it is asked once in a while
	return chain{region, far, transport.New(transport.Config{}, options)}
}

// Close ends the connections to the machine.
func (c chain) Close() error { return c.near.Close() }

// load reads the environment.
func (c chain) load(ctx context.Context) (sdk.Config, error) {
	near := &http.Client{Transport: c.near, Timeout: c.near.Timeout}
	machine := &machine{client: &http.Client{Transport: c.near, Timeout: machineTimeout}}
	found, err := config.LoadDefaultConfig(ctx,
		config.WithRegion(c.region),
		config.WithRetryer(noRetry),
		config.WithHTTPClient(c.client()),
		config.WithEndpointCredentialOptions(func(o *endpointcreds.Options) { o.HTTPClient = near }),
		config.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) { o.Client = machine }),
	)
	machine.config = found
	return found, err
}

// client returns a client of the SDK's own kind, the only one with which it
// bears the variable AWS_CA_BUNDLE. It keeps no connection to the places where
// credentials come from.
func (c chain) client() sdk.HTTPClient {
	return awshttp.NewBuildableClient().WithTimeout(c.far.Timeout).WithTransportOptions(func(t *http.Transport) {
		t.DisableKeepAlives = true
		c.far.Adopt(t)
	})
}

// Retrieve implements sdk.CredentialsProvider.
func (c chain) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	process, err := c.load(ctx)
	if err != nil {
		return sdk.Credentials{}, noCredentials(err)
	}
	found, err := process.Credentials.Retrieve(ctx)
	if err != nil {
		return sdk.Credentials{}, noCredentials(err)
	}
	return found, nil
}

// machineTimeout is for the metadata service of a virtual machine. It answers at
// once; where there is none, packets to it vanish. From inside a container it may
// not answer the request for a token either, and is then asked without.
const machineTimeout = time.Second

// A machine asks the metadata service of a virtual machine. The SDK's own client
// would not dial as scalerkit.Options say, and not end with the Session.
type machine struct {
	config sdk.Config
	client *http.Client

	once sync.Once
	imds *imds.Client // which keeps the token that it is given
}

// GetMetadata implements ec2rolecreds.GetMetadataAPIClient.
func (m *machine) GetMetadata(ctx context.Context, input *imds.GetMetadataInput, options ...func(*imds.Options)) (*imds.GetMetadataOutput, error) {
	m.once.Do(func() {
		c := m.config.Copy()
		c.HTTPClient = m.client
		m.imds = imds.NewFromConfig(c)
	})
	return m.imds.GetMetadata(ctx, input, options...)
}
