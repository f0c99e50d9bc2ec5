package hpa_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/hpa"
)

// publish publishes one metric for each of n objects, all of the same name.
func publish(p *hpa.Provider, n int) {
	for i := range n {
		name := fmt.Sprintf("worker-%05d", i)
		p.Publish(hpa.Owner{Namespace: "shop", Name: name}, []hpa.Value{reading("s0-rabbitmq-orders", float64(i), named(name))})
	}
}

// BenchmarkRequest is the HPA controller's request, through TLS and the front
// proxy's admission, for one of 10,000 metrics of the same name and namespace.
// The ratio is to a handler that answers the same bytes without a look.
func BenchmarkRequest(b *testing.B) {
	const n = 10000
	serving, proxies := newAuthority(b, "serving"), newAuthority(b, "front-proxy-ca")
	var p hpa.Provider
	publish(&p, n)
	var proxy hpa.FrontProxy
	require.NoError(b, proxy.Update(configMap(proxies.pem, `["aggregator"]`)))

	const accept = protobufMedia + ", */*"
	target := func(i int) string {
		return shop + "s0-rabbitmq-orders?labelSelector=scaledobject.keda.sh%2Fname%3Dworker-" + fmt.Sprintf("%05d", i%n)
	}
	answer, err := io.ReadAll(ask(&p, http.MethodGet, target(0), "Accept", accept).Body)
	require.NoError(b, err)
	constant := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", protobufMedia)
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer)
	})

	b.Run("handler", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, target(i), nil)
			r.Header.Set("Accept", accept)
			w := httptest.NewRecorder()
			p.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Fatal(w.Code)
			}
		}
	})
	for _, http2 := range []bool{false, true} {
		b.Run(fmt.Sprintf("http2=%v", http2), func(b *testing.B) {
			config := proxy.TLSConfig(served(b, serving).Get)
			own := issue(b, proxies, "aggregator")
			urls := []string{listen(b, config, proxy.Handler(&p)), listen(b, config, constant)}
			clients := []*http.Client{client(b, serving, http2, own...), client(b, serving, http2, own...)}
			var took [2]time.Duration
			for i := 0; b.Loop(); i++ {
				for k := range urls {
					began := time.Now()
					r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, urls[k]+target(i), nil)
					require.NoError(b, err)
					r.Header.Set("Accept", accept)
					r.Header.Set("X-Remote-User", "system:serviceaccount:kube-system:horizontal-pod-autoscaler")
					reply, err := clients[k].Do(r)
					require.NoError(b, err)
					_, err = io.Copy(io.Discard, reply.Body)
					require.NoError(b, err)
					require.NoError(b, reply.Body.Close())
					took[k] += time.Since(began)
					if reply.StatusCode != http.StatusOK {
						b.Fatal(reply.StatusCode)
					}
				}
			}
			b.ReportMetric(float64(took[0].Nanoseconds())/float64(b.N), "ns/request")
			b.ReportMetric(float64(took[0])/float64(took[1]), "ratio")
			b.ReportMetric(0, "ns/op") // is both
		})
	}
}

// BenchmarkPublish is a round of an object whose value is a new one.
func BenchmarkPublish(b *testing.B) {
	const n = 10000
	var p hpa.Provider
	publish(&p, n)
	owners, labels := make([]hpa.Owner, n), make([]map[string]string, n)
	for i := range n {
		owners[i] = hpa.Owner{Namespace: "shop", Name: fmt.Sprintf("worker-%05d", i)}
		labels[i] = named(owners[i].Name)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Publish(owners[i%n], []hpa.Value{reading("s0-rabbitmq-orders", float64(i), labels[i%n])})
	}
}

// BenchmarkMemory is what 10,000 published metrics take.
func BenchmarkMemory(b *testing.B) {
	const n = 10000
	var before, after runtime.MemStats
	for b.Loop() {
		var p hpa.Provider
		runtime.GC()
		runtime.ReadMemStats(&before)
		publish(&p, n)
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(&p)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/metric")
}
