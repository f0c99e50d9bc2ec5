package peers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/internal/tlstest"
)

const service = "keda-operator.keda.svc"

func identity(pair tlstest.Pair) Identity {
	return Identity{
		Name:        service,
		Certificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair.Certificate, nil },
		Authorities: func() (*x509.CertPool, error) { return pair.Pool(), nil },
	}
}

// A replica has some of the objects.
type replica struct {
	*Peers
	provider hpa.Provider
	has      map[string]bool
	owner    string // of all others
	known    bool
	address  string
	asked    []http.Header
}

func newReplica(t *testing.T, pair tlstest.Pair, has ...string) *replica {
	r := &replica{has: make(map[string]bool), known: true}
	for _, name := range has {
		r.has[name] = true
		r.provider.Publish(hpa.Owner{Namespace: "shop", Name: name}, []hpa.Value{{
			Metric: "s0-queue", Labels: map[string]string{"scaledobject.keda.sh/name": name}, Value: float64(len(name)), Time: time.Now(),
		}})
	}
	r.Peers = &Peers{
		Identity: identity(pair), Local: &r.provider, Logger: slog.New(slog.DiscardHandler),
		Has:   func(object types.NamespacedName) bool { return r.has[object.Name] },
		Owner: func(types.NamespacedName) string { return r.owner },
		Known: func(context.Context, types.NamespacedName) bool { return r.known },
	}
	handler := r.PeerHandler()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.asked = append(r.asked, request.Header)
		handler.ServeHTTP(w, request)
	}))
	server.TLS = r.Identity.ServerConfig()
	server.StartTLS()
	t.Cleanup(server.Close)
	r.address = server.Listener.Addr().String()
	return r
}

// ask asks a replica as kube-apiserver does.
func (r *replica) ask(path string, header ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	r.Handler().ServeHTTP(answer, request)
	return answer
}

func metricOf(name string) string {
	return metricsPath + "shop/s0-queue?labelSelector=scaledobject.keda.sh%2Fname%3D" + name
}

// message returns the code of an answer, and what its Status says.
func message(t *testing.T, answer *httptest.ResponseRecorder) (int, string) {
	t.Helper()
	var status metav1.Status
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &status))
	require.EqualValues(t, status.Code, answer.Code)
	return answer.Code, status.Message
}

func requireValue(t *testing.T, answer *httptest.ResponseRecorder, want int64) {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	var list v1beta1.ExternalMetricValueList
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &list))
	require.Len(t, list.Items, 1)
	require.Equal(t, want, list.Items[0].Value.Value())
}

func TestWhoeverIsAskedTheOwnerAnswers(t *testing.T) {
	pair := tlstest.NewPair(t, "operator", service)
	a, b := newReplica(t, pair, "orders"), newReplica(t, pair, "mails")
	a.owner, b.owner = b.address, a.address
	for _, r := range []*replica{a, b} {
		requireValue(t, r.ask(metricOf("orders"), "X-Remote-User", "hpa"), 6)
		requireValue(t, r.ask(metricOf("mails"), "X-Remote-User", "hpa"), 5)
	}
	require.Len(t, a.asked, 1)
	require.NotContains(t, a.asked[0], "X-Remote-User")
	require.Equal(t, "application/vnd.kubernetes.protobuf",
		a.ask(metricOf("mails"), "Accept", "application/vnd.kubernetes.protobuf").Header().Get("Content-Type"))
}

func TestWhatNobodyAnswersIsUnknown(t *testing.T) {
	pair := tlstest.NewPair(t, "operator", service)
	a, b := newReplica(t, pair, "orders"), newReplica(t, pair)
	ask := func() (int, string) {
		answer := a.ask(metricOf("mails"))
		_, err := time.Parse(http.TimeFormat, answer.Header().Get("Retry-After"))
		require.True(t, answer.Code != http.StatusServiceUnavailable || err == nil, "a number would have the HPA controller wait")
		return message(t, answer)
	}
	for _, c := range []struct {
		owner string
		want  string
	}{
		{"", "ScaledObject shop/mails is on its way from one replica to another"},
		{b.address, "ScaledObject shop/mails is not with the replica that was asked"},
		{"127.0.0.1:1", "the replica that has ScaledObject shop/mails does not answer"},
	} {
		a.owner, b.owner = c.owner, a.address // b would come back to a
		code, text := ask()
		require.Equal(t, http.StatusServiceUnavailable, code)
		require.Equal(t, c.want, text)
	}
	require.Empty(t, a.asked)

	a.known = false
	code, text := message(t, a.ask(metricOf("orders")))
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "ScaledObject shop/orders has come to this replica just now", text)
}

// Whoever asks waits for a replica that stands still, and those who ask next do not.
func TestAReplicaThatStandsStill(t *testing.T) {
	pair := tlstest.NewPair(t, "operator", service)
	a, b := newReplica(t, pair), newReplica(t, pair, "mails")
	still := make(chan struct{})
	b.Local = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		still <- struct{}{}
		<-r.Context().Done()
	})
	a.owner = b.address
	answered := make(chan int)
	go func() { answered <- a.ask(metricOf("mails")).Code }()
	<-still
	require.Equal(t, http.StatusServiceUnavailable, <-answered)
	require.Len(t, a.silent, 1)
	a.silent[b.address] = time.Now().Add(time.Hour)
	require.Equal(t, http.StatusServiceUnavailable, a.ask(metricOf("mails")).Code)
	require.Len(t, b.asked, 1)

	b.Local = &b.provider
	a.silent[b.address] = time.Now()
	requireValue(t, a.ask(metricOf("mails")), 5)
}

func TestWhatIsNotPassedOn(t *testing.T) {
	a := newReplica(t, tlstest.NewPair(t, "operator", service))
	require.Equal(t, http.StatusOK, a.ask("/apis/external.metrics.k8s.io/v1beta1").Code)
	require.Equal(t, http.StatusOK, a.ask("/readyz").Code)
	code, text := message(t, a.ask(metricsPath+"shop/s0-queue"))
	require.Equal(t, http.StatusBadRequest, code)
	require.Equal(t, "labelSelector: has to say scaledobject.keda.sh/name=<name>: replicas share the objects, and this is how the right one is found", text)
	code, text = message(t, a.ask(metricsPath+"shop/s0-queue?labelSelector=%2C"))
	require.Equal(t, http.StatusBadRequest, code)
	require.True(t, strings.HasPrefix(text, "labelSelector: "), text)
}

func TestOnlyReplicasAreAdmitted(t *testing.T) {
	pair := tlstest.NewPair(t, "operator", service)
	a := newReplica(t, pair, "orders")
	other, unnamed := tlstest.NewPair(t, "operator", service), tlstest.NewPair(t, "operator")
	for _, c := range []struct {
		certificates []tls.Certificate
		code         int
		want         string
	}{
		{[]tls.Certificate{pair.Certificate}, http.StatusOK, ""},
		{nil, http.StatusUnauthorized, "there is no client certificate: only other replicas are answered"},
		{[]tls.Certificate{other.Certificate}, http.StatusUnauthorized, "client certificate: x509: certificate signed by unknown authority"},
		{[]tls.Certificate{unnamed.Certificate}, http.StatusUnauthorized, "client certificate: x509: certificate is not valid for any names, but wanted to match " + service},
	} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
			ServerName: service, RootCAs: pair.Pool(), Certificates: c.certificates, MinVersion: tls.VersionTLS13,
		}}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+a.address+metricOf("orders"), nil)
		require.NoError(t, err)
		response, err := client.Do(request)
		require.NoError(t, err)
		var status metav1.Status
		require.NoError(t, json.NewDecoder(response.Body).Decode(&status))
		require.NoError(t, response.Body.Close())
		require.Equal(t, c.code, response.StatusCode)
		if c.want != "" {
			require.Contains(t, status.Message, c.want)
		}
	}

	// Nor does a replica ask somebody else who is where another was.
	b := newReplica(t, other, "mails")
	a.owner = b.address
	code, text := message(t, a.ask(metricOf("mails")))
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "the replica that has ScaledObject shop/mails does not answer", text)
	require.Empty(t, b.asked)
}
