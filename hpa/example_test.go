package hpa_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit/hpa"
)

func Example() {
	var metrics hpa.Provider
	orders := hpa.Value{
		Metric: hpa.MetricName(0, "redis-orders"),
		Labels: map[string]string{"scaledobject.keda.sh/name": "packer"},
		Value:  120,
		Time:   time.Now(),
	}
	metrics.Publish(hpa.Owner{Namespace: "shop", Name: "packer"}, []hpa.Value{orders})

	// What the HPA controller asks, through kube-apiserver.
	const question = "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/s0-redis-orders" +
		"?labelSelector=scaledobject.keda.sh%2Fname%3Dpacker"
	answer := func() string {
		w := httptest.NewRecorder()
		metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, question, nil))
		_, body, _ := bytes.Cut(w.Body.Bytes(), []byte(`"value":`))
		if w.Code != http.StatusOK {
			_, body, _ = bytes.Cut(w.Body.Bytes(), []byte(`"status":"Failure",`))
		}
		return fmt.Sprintf("%d … %s", w.Code, body)
	}
	fmt.Println(answer())

	orders.Err = errors.New("dial tcp 10.0.0.7:6379: connection refused")
	metrics.Publish(hpa.Owner{Namespace: "shop", Name: "packer"}, []hpa.Value{orders})
	fmt.Println(answer())

	// Output:
	// 200 … "120"}]}
	// 503 … "message":"metric \"s0-redis-orders\" of shop/packer is unknown: dial tcp 10.0.0.7:6379: connection refused","reason":"ServiceUnavailable","details":{"retryAfterSeconds":5},"code":503}
}

// The server behind kube-apiserver.
func ExampleFrontProxy() {
	var configMap *corev1.ConfigMap

	var metrics hpa.Provider
	var proxy hpa.FrontProxy
	if err := proxy.Update(configMap); err != nil { // now, and whenever it changes
		log.Fatal(err)
	}
	certificate := hpa.CertificateFiles{Certificate: "/certs/tls.crt", Key: "/certs/tls.key"}
	server := http.Server{
		Addr:              ":6443",
		Handler:           proxy.Handler(&metrics),
		TLSConfig:         proxy.TLSConfig(certificate.Get),
		ReadHeaderTimeout: 10 * time.Second,
	}
	log.Fatal(server.ListenAndServeTLS("", ""))
}

// Two adapters in one cluster: what is not published here is asked of another.
func ExampleProvider_next() {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Printf("%s, user %q, %s\n", r.URL, r.Header.Get("X-Remote-User"), r.Header.Get("Authorization"))
	}))
	defer other.Close()
	address, token := other.URL, func() string { return "our-service-account" }

	target, err := url.Parse(address)
	if err != nil {
		log.Fatal(err)
	}
	metrics := hpa.Provider{Next: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			for name := range r.Out.Header {
				if strings.HasPrefix(name, "X-Remote-") { // are the front proxy's word, not ours
					r.Out.Header.Del(name)
				}
			}
			r.Out.Header.Set("Authorization", "Bearer "+token())
		},
	}}

	r := httptest.NewRequest(http.MethodGet, "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/theirs", nil)
	r.Header.Set("X-Remote-User", "system:serviceaccount:kube-system:horizontal-pod-autoscaler")
	metrics.ServeHTTP(httptest.NewRecorder(), r)

	// Output:
	// /apis/external.metrics.k8s.io/v1beta1/namespaces/shop/theirs, user "", Bearer our-service-account
}

func TestTheDocumentationShowsExamplesThatCompile(t *testing.T) {
	page, err := os.ReadFile("../docs/hpa.md")
	require.NoError(t, err)
	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	blocks := strings.Split(string(page), "```go\n")[1:]
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		var indented strings.Builder
		for line := range strings.Lines(block) {
			if line != "\n" {
				line = "\t" + line
			}
			indented.WriteString(line)
		}
		require.Contains(t, string(source), indented.String())
	}
}
