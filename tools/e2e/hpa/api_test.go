package hpa_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/scalerkit/scalerkit/hpa"
)

const apiPath = "/apis/external.metrics.k8s.io/v1beta1"

// kubectl returns what it prints. It prints no warning and does not fail.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "kubectl", append([]string{"--kubeconfig", plane.Kubeconfig(), "--cache-dir", t.TempDir()}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	require.Empty(t, stderr.String(), "kubectl %q complains", args)
	require.NoError(t, err, "kubectl %q", args)
	return stdout.String()
}

func TestKubectl(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	v := queue(2.5, "orders")
	v.Time = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	v.MaxAge = time.Hour
	publish(t, namespace, v)

	assert.JSONEq(t, `{"kind": "ExternalMetricValueList", "apiVersion": "external.metrics.k8s.io/v1beta1", "metadata": {}, "items": [
		{"metricName": "queue", "metricLabels": {"queue": "orders"}, "timestamp": "2026-01-02T03:04:05Z", "value": "2500m"}]}`,
		kubectl(t, "get", "--raw", apiPath+"/namespaces/"+namespace+"/queue?labelSelector=queue%3Dorders"))
	assert.JSONEq(t, `{"kind": "APIGroup", "apiVersion": "v1", "name": "external.metrics.k8s.io",
		"versions": [{"groupVersion": "external.metrics.k8s.io/v1beta1", "version": "v1beta1"}],
		"preferredVersion": {"groupVersion": "external.metrics.k8s.io/v1beta1", "version": "v1beta1"}}`,
		kubectl(t, "get", "--raw", "/apis/external.metrics.k8s.io"))
	assert.JSONEq(t, `{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "external.metrics.k8s.io/v1beta1",
		"resources": [{"name": "externalmetrics", "singularName": "", "namespaced": true, "kind": "ExternalMetricValueList", "verbs": ["get"]}]}`,
		kubectl(t, "get", "--raw", apiPath))
	assert.Equal(t, "NAME              SHORTNAMES   APIVERSION                        NAMESPACED   KIND\n"+
		"externalmetrics                external.metrics.k8s.io/v1beta1   true         ExternalMetricValueList\n",
		kubectl(t, "api-resources", "--api-group=external.metrics.k8s.io"))
	assert.Contains(t, kubectl(t, "api-resources"), "\nexternalmetrics ")
	assert.Contains(t, kubectl(t, "api-versions"), "\nexternal.metrics.k8s.io/v1beta1\n")
	assert.Regexp(t, `^v1beta1.external.metrics.k8s.io +default/adapter +True +`,
		kubectl(t, "get", "apiservice", "v1beta1.external.metrics.k8s.io", "--no-headers"))
}

// TestOpenAPI finds the API in what the API server makes of its own and of
// those that it aggregates.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	const path = apiPath + "/namespaces/{namespace}/{metric}"
	var document struct {
		Paths map[string]struct {
			Get struct {
				Action string `json:"x-kubernetes-action"`
			}
		}
	}
	// It looks for changes by and by.
	eventually(t, func(ctx context.Context) error {
		body, err := client.RESTClient().Get().AbsPath("/openapi/v2").DoRaw(ctx)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(body, &document); err != nil {
			return err
		}
		if document.Paths[path].Get.Action != "list" {
			return fmt.Errorf("/openapi/v2 has %d paths, and none is %s", len(document.Paths), path)
		}
		return nil
	})

	var index struct {
		Paths map[string]struct{ ServerRelativeURL string }
	}
	eventually(t, func(ctx context.Context) error {
		body, err := client.RESTClient().Get().AbsPath("/openapi/v3").DoRaw(ctx)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(body, &index); err != nil {
			return err
		}
		if index.Paths[apiPath[1:]].ServerRelativeURL == "" {
			return fmt.Errorf("/openapi/v3 does not have %s", apiPath[1:])
		}
		return nil
	})
	require.NoError(t, json.Unmarshal([]byte(kubectl(t, "get", "--raw", index.Paths[apiPath[1:]].ServerRelativeURL)), &document))
	assert.Equal(t, "list", document.Paths[path].Get.Action)
}

// TestRefusals asks as a client of the API server does.
func TestRefusals(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	stale := queue(1, "stale")
	stale.MaxAge = time.Nanosecond
	publish(t, namespace, queue(1, "orders"), stale, hpa.Value{Metric: "down", Time: time.Now(), Err: errors.New("the broker is down")})

	for name, test := range map[string]struct {
		namespace, metric, selector string
		code                        int
		reason                      metav1.StatusReason
		message                     string // without what is only known at run time
	}{
		"unknown metric":    {namespace, "queues", "", 404, metav1.StatusReasonNotFound, `no metric "queues" in namespace "testrefusals"`},
		"unknown labels":    {namespace, "queue", "queue=returns", 404, metav1.StatusReasonNotFound, `no metric "queue" with labels "queue=returns" in namespace "testrefusals"`},
		"foreign namespace": {"default", "queue", "queue=orders", 404, metav1.StatusReasonNotFound, `no metric "queue" with labels "queue=orders" in namespace "default"`},
		"bad selector":      {namespace, "queue", "queue in orders", 400, metav1.StatusReasonBadRequest, `labelSelector: unable to parse requirement: found 'orders' expected: '('`},
		"unknown value":     {namespace, "down", "", 503, metav1.StatusReasonServiceUnavailable, `metric "down" of testrefusals/TestRefusals is unknown: the broker is down`},
		"stale value":       {namespace, "queue", "queue=stale", 503, metav1.StatusReasonServiceUnavailable, `metric "queue" of testrefusals/TestRefusals is stale: `},
	} {
		t.Run(name, func(t *testing.T) {
			response := get(t, fmt.Sprintf("%s/namespaces/%s/%s?labelSelector=%s", apiPath, test.namespace, test.metric, url.QueryEscape(test.selector)))
			var status metav1.Status
			require.NoError(t, json.Unmarshal(response.body, &status), "%s", response.body)
			assert.Equal(t, test.code, response.code)
			assert.Equal(t, test.reason, status.Reason)
			_, err := http.ParseTime(response.retryAfter) // client-go would sleep for a number of seconds, and ask again
			assert.Equal(t, test.code == http.StatusServiceUnavailable, err == nil, "Retry-After: %q", response.retryAfter)
			assert.EqualValues(t, test.code, status.Code)
			if name == "stale value" {
				assert.Contains(t, status.Message, test.message)
			} else {
				assert.Equal(t, test.message, status.Message)
			}
		})
	}
}

type answer struct {
	code       int
	retryAfter string
	body       []byte
}

// get asks the API server and, unlike client-go, takes the first answer.
func get(t *testing.T, path string) answer {
	t.Helper()
	c, err := rest.HTTPClientFor(plane.Config())
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, plane.Config().Host+path, nil)
	require.NoError(t, err)
	response, err := c.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header.Get("Retry-After"), body}
}

// TestUnauthorizedUser is refused by the API server, which needs no help.
func TestUnauthorizedUser(t *testing.T) {
	t.Parallel()
	config := plane.Config()
	config.Impersonate.UserName = "somebody"
	c, err := rest.HTTPClientFor(config)
	require.NoError(t, err)
	response, err := c.Get(config.Host + apiPath + "/namespaces/default/queue") //nolint:noctx // the test waits for it
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, http.StatusForbidden, response.StatusCode)
}

// TestNamespaceDeletion deletes one whose metrics are all unknown. A namespace
// goes only after all APIs have said what they have in it.
func TestNamespaceDeletion(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	newDeployment(t, namespace, 2)
	awaitReady(t, namespace, 2)
	publish(t, namespace, hpa.Value{Metric: "queue", Err: errors.New("the broker is down")})
	require.NoError(t, client.CoreV1().Namespaces().Delete(t.Context(), namespace, metav1.DeleteOptions{}))
	eventually(t, func(ctx context.Context) error {
		n, err := client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err != nil:
			return err
		}
		for _, c := range n.Status.Conditions {
			assert.NotEqual(t, corev1.ConditionTrue, c.Status, "%s: %s", c.Type, c.Message)
		}
		return errors.New("the namespace is still there")
	})
}
