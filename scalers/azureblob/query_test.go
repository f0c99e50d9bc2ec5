package azureblob_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// blobs opens a trigger on the container "orders" of the fake.
func blobs(t testing.TB, f *fake, metadata values, options scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	return opened(t, storagetest.Connection.Spec(f.Server), metadata, options)
}

func opened(t testing.TB, spec scalerkit.Spec, metadata values, options scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	s, err := listing.Open(trigger(spec, mode{metadata: metadata}, "orders"), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func wantError(t *testing.T, s scalerkit.Scaler, want string) error {
	t.Helper()
	r, err := s.Read(context.Background())
	require.EqualError(t, err, `read blobs of container "orders": `+want)
	require.Zero(t, r)
	return err
}

func TestWhatIsCounted(t *testing.T) {
	f := newFake(t)
	f.set("orders", "a.json", "b.txt", "in", "in-a", "in/a.json", "in/b.txt", "in/deep/a.json", "in//a", "x::a", "x::y::b")
	for name, c := range map[string]struct {
		metadata values
		want     float64
	}{
		"no parameters":                     {nil, 6},
		"a directory":                       {values{"blobPrefix": "in"}, 2},
		"a directory with its delimiter":    {values{"blobPrefix": "in/"}, 2},
		"part of a name":                    {values{"blobPrefix": "in-"}, 0},
		"recursive":                         {values{"recursive": "true"}, 10},
		"recursive, part of a name":         {values{"recursive": "true", "blobPrefix": "in"}, 6},
		"recursive, a directory":            {values{"recursive": "true", "blobPrefix": "in/"}, 4},
		"recursive, whatever the delimiter": {values{"recursive": "true", "blobDelimiter": "::"}, 10},
		"another delimiter":                 {values{"blobDelimiter": "::"}, 8},
		"a directory by it":                 {values{"blobDelimiter": "::", "blobPrefix": "x"}, 1},
		"a pattern":                         {values{"globPattern": "*.json"}, 3},
		"a pattern with a leading slash":    {values{"globPattern": "/in/*.json"}, 2},
		"a directory with a leading slash":  {values{"blobPrefix": "/in/"}, 2},
		"the same, recursive":               {values{"blobPrefix": "/in/", "recursive": "true"}, 4},
		"the same, and a pattern":           {values{"blobPrefix": "/in", "globPattern": "/in/*.json"}, 2},
		"the root":                          {values{"blobPrefix": "/"}, 6},
		"a pattern below a directory":       {values{"globPattern": "*.json", "blobPrefix": "in"}, 2},
		"the same, where both say so":       {values{"globPattern": "in/d*.json", "blobPrefix": "in"}, 1},
		"one that is not in the directory":  {values{"globPattern": "a*", "blobPrefix": "in"}, 0},
		"a pattern, recursive or not":       {values{"globPattern": "in*", "recursive": "true", "blobPrefix": "in-"}, 1},
	} {
		t.Run(name, func(t *testing.T) { scalertest.WantValue(t, blobs(t, f, c.metadata, scalerkit.Options{}), c.want) })
	}
}

func TestDirectoriesDoNotCount(t *testing.T) {
	f := newFake(t)
	f.set("orders", "in/", "in/a", "in/deep/", "in/deep/b")
	scalertest.WantValue(t, blobs(t, f, values{"recursive": "true"}, scalerkit.Options{}), 2)
	scalertest.WantValue(t, blobs(t, f, values{"globPattern": "in*"}, scalerkit.Options{}), 2)
}

func TestAPatternListsNoMoreThanItMust(t *testing.T) {
	f := newFake(t)
	fill(f, "orders", 500)
	s := blobs(t, f, values{"globPattern": "blob-00420*"}, scalerkit.Options{})
	scalertest.WantValue(t, s, 1)
	require.Equal(t, 1, f.Count())
}

// fill sets n blobs.
func fill(f *fake, container string, n int) {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("blob-%05d", i)
	}
	f.set(container, names...)
}

func TestCountingStopsAtTheLimit(t *testing.T) {
	for name, metadata := range map[string]values{
		"top": nil, "recursive": {"recursive": "true"}, "pattern": {"globPattern": "blob*"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			s := blobs(t, f, with(values{"countLimit": "60"}, metadata), scalerkit.Options{})
			for blobs, want := range map[int]struct {
				value    float64
				requests int
			}{
				59: {59, 2}, 60: {60, 2}, 61: {60, 2}, 5000: {60, 2},
			} {
				fill(f, "orders", blobs)
				f.Count()
				scalertest.WantValue(t, s, want.value)
				require.Equal(t, want.requests, f.Count())
			}
			fill(f, "orders", 5000)
			f.Count()
			scalertest.WantValue(t, blobs(t, f, metadata, scalerkit.Options{}), 5000)
			require.Equal(t, 100, f.Count())
		})
	}
}

func TestASmallLimitAsksForASmallPage(t *testing.T) {
	f := newFake(t)
	f.Say(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/xml")
		fmt.Fprintf(w, `<EnumerationResults><Blobs><Blob><Name>%s</Name></Blob></Blobs><NextMarker/></EnumerationResults>`, r.URL.Query().Get("maxresults"))
		return true
	})
	wantPage := func(want float64, metadata values) {
		t.Helper()
		metadata["countLimit"] = "20"
		scalertest.WantValue(t, blobs(t, f, metadata, scalerkit.Options{}), want)
	}
	wantPage(1, values{"recursive": "true", "globPattern": "*"})
	wantPage(0, values{"recursive": "true", "globPattern": "20"}) // not where names may not match
	wantPage(1, values{"recursive": "true"})
}

func TestWhatTheServiceRefuses(t *testing.T) {
	answer := func(status int, code string, header ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			storagetest.Refuse(w, status, code)
			return true
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		is     error
		want   string
	}{
		"throttled":            {answer(503, "ServerBusy", "Retry-After", "7"), scalerkit.ErrThrottled, "throttled for 7s: 503 Service Unavailable: ServerBusy"},
		"throttled, in millis": {answer(429, "TooManyRequests", "x-ms-retry-after-ms", "1500"), scalerkit.ErrThrottled, "throttled for 1.5s: 429 Too Many Requests: TooManyRequests"},
		"throttled, no hint":   {answer(503, "ServerBusy"), scalerkit.ErrThrottled, "throttled: 503 Service Unavailable: ServerBusy"},
		"denied":               {answer(403, "AuthorizationPermissionMismatch"), scalerkit.ErrDenied, "access denied: 403 Forbidden: AuthorizationPermissionMismatch"},
		"gone":                 {answer(404, "ContainerNotFound"), scalerkit.ErrNotFound, "not found: 404 Not Found: ContainerNotFound"},
		"being deleted":        {answer(409, "ContainerBeingDeleted"), nil, "409 Conflict: ContainerBeingDeleted"},
		"broken":               {answer(500, "InternalError"), nil, "500 Internal Server Error: InternalError"},
		"empty":                {func(http.ResponseWriter, *http.Request) bool { return true }, nil, "the answer has no list of blobs"},
		"elsewhere":            {answer(302, "", "Location", "http://example.com/?sig="+storagetest.Signature), nil, "302 Found"},
		"something else": {func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = fmt.Fprint(w, "<EnumerationResults><NextMarker/></EnumerationResults>")
			return true
		}, nil, "the answer has no list of blobs"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.set("orders", "a", "b")
			for _, metadata := range []values{nil, {"recursive": "true"}} {
				s := blobs(t, f, metadata, scalerkit.Options{})
				f.Say(c.answer)
				f.Count()
				err := wantError(t, s, c.want)
				require.Equal(t, 1, f.Count(), "the next reading is the retry")
				if c.is != nil {
					require.ErrorIs(t, err, c.is)
				}
				f.Say(nil)
				scalertest.WantValue(t, s, 2)
			}
		})
	}
}

func TestTheSecondPageCountsAsMuchAsTheFirst(t *testing.T) {
	f := newFake(t)
	fill(f, "orders", 70)
	s := blobs(t, f, nil, scalerkit.Options{})
	f.Say(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("marker") == "" {
			return false
		}
		storagetest.Refuse(w, 503, "ServerBusy")
		return true
	})
	require.ErrorIs(t, wantError(t, s, "throttled: 503 Service Unavailable: ServerBusy"), scalerkit.ErrThrottled)
	f.Say(nil)
	scalertest.WantValue(t, s, 70)
}

func TestCredentialsThatAreRevokedAndRenewed(t *testing.T) {
	f := newFake(t)
	f.set("orders", "a", "b")
	s := blobs(t, f, nil, scalerkit.Options{})
	scalertest.WantValue(t, s, 2)
	f.Renew(storagetest.Wrong)
	require.ErrorIs(t, wantError(t, s, "access denied: 403 Forbidden: AuthenticationFailed"), scalerkit.ErrDenied)
	f.Renew(storagetest.Key)
	scalertest.WantValue(t, s, 2)
}

func TestATokenThatIsRefusedIsReplaced(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFake(t)
	f.set("orders", "a", "b")
	s := opened(t, storagetest.Accesses["Identity"].Spec(f.Server), nil, scalerkit.Options{})
	scalertest.WantValue(t, s, 2)
	scalertest.WantValue(t, s, 2)
	require.Equal(t, 1, f.Authority.Issued())

	f.Authority.Revoke()
	f.Say(func(w http.ResponseWriter, r *http.Request) bool {
		if f.IsAuthentic(r) {
			return false
		}
		storagetest.Refuse(w, 401, "InvalidAuthenticationInfo")
		return true
	})
	require.ErrorIs(t, wantError(t, s, "access denied: 401 Unauthorized: InvalidAuthenticationInfo"), scalerkit.ErrDenied)
	scalertest.WantValue(t, s, 2)
	require.Equal(t, 2, f.Authority.Issued())
}

func TestWhatTheAuthorityRefuses(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFake(t)
	f.set("orders", "a", "b")
	spec := storagetest.Accesses["Identity"].Spec(f.Server)
	stranger := spec
	stranger.Identity = f.Authority.Stranger()
	err := wantError(t, opened(t, stranger, nil, scalerkit.Options{}),
		"get a token: access denied: 401 Unauthorized: invalid_client: AADSTS700016: Application with identifier 'another-client' was not found.")
	require.ErrorIs(t, err, scalerkit.ErrDenied)

	f.Authority.Answer(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(429)
		return true
	})
	s := opened(t, spec, nil, scalerkit.Options{})
	require.ErrorIs(t, wantError(t, s, "get a token: throttled for 5s: 429 Too Many Requests"), scalerkit.ErrThrottled)
	f.Authority.Answer(nil)
	scalertest.WantValue(t, s, 2)
}

func TestAnIdentityThatThePodDoesNotHave(t *testing.T) {
	t.Setenv("AZURE_TENANT_ID", "")
	t.Setenv("AZURE_CLIENT_ID", "")
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", "/no/such/file")
	f := newFake(t)
	spec := storagetest.Accesses["Identity"].Spec(f.Server)
	_, err := opened(t, spec, nil, scalerkit.Options{}).Read(context.Background())
	require.ErrorContains(t, err, `read blobs of container "orders": get a token: WorkloadIdentityCredential`)
	require.ErrorContains(t, err, "/no/such/file")
	spec.Identity = scalerkit.Identity{Provider: "azure-workload"}
	_, err = opened(t, spec, nil, scalerkit.Options{}).Read(context.Background())
	require.ErrorContains(t, err, `read blobs of container "orders": `)
}

func TestTheProgramsClientIsUsedAsItIs(t *testing.T) {
	f := newFake(t)
	f.set("orders", "a", "b")
	client := &http.Client{Timeout: 50 * time.Millisecond, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	s := blobs(t, f, nil, scalerkit.Options{HTTPClient: client})
	scalertest.WantValue(t, s, 2)
	require.NoError(t, s.Close())
	f.Say(func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	})
	start := time.Now()
	_, err := blobs(t, f, nil, scalerkit.Options{HTTPClient: client}).Read(context.Background())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), 2*time.Second)
}

func TestTriggersShareAnAccountIfTheirCredentialsAreTheSame(t *testing.T) {
	f := newFake(t)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	a, b := blobs(t, f, nil, options), blobs(t, f, values{"blobPrefix": "in"}, options)
	c := opened(t, storagetest.Accesses["Signature"].Spec(f.Server), nil, options)
	require.True(t, scalertest.Together(a, b))
	require.False(t, scalertest.Together(a, c))
}

// A transport answers in place of a server.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The service has the names of accounts in lower case only, and takes them so
// in what is signed.
func TestTheNameOfAnAccountMayBeInCapitals(t *testing.T) {
	var asked []string
	client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		signer, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "SharedKey "), ":")
		asked = append(asked, r.URL.Host, signer)
		return nil, errors.New("that is all")
	})}
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	for _, name := range []string{"ShopOrders", "shoporders"} {
		spec := scalerkit.Spec{Metadata: values{"accountName": name}, Auth: scalerkit.Secrets(values{"accountKey": storagetest.Key})}
		s := opened(t, spec, nil, scalerkit.Options{HTTPClient: client, Pool: pool})
		_ = wantError(t, s, "no answer: that is all")
		scalers = append(scalers, s)
	}
	require.Equal(t, []string{"shoporders.blob.core.windows.net", "shoporders", "shoporders.blob.core.windows.net", "shoporders"}, asked)
	require.True(t, scalertest.Together(scalers...), "it is one account")
}

func TestAProgramCanBringItsCredential(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFake(t)
	f.set("orders")
	scalertest.Borrowed(t, func(credential azcore.TokenCredential, o scalerkit.Options) (scalerkit.Scaler, error) {
		o.IdentityEndpoints = []string{"127.0.0.1"}
		return azureblob.New(azureblob.Config{BlobContainerName: "orders", Access: azureblob.Access{
			AccountName: storagetest.Account, EndpointSuffix: f.Suffix(), Entra: azureblob.Entra{Cloud: "Private", Credential: credential},
		}}, o)
	}, f.Authority.Credential(), f.Authority.Credential())
}
