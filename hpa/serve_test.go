package hpa_test

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/scalerkit/scalerkit/hpa"
)

func TestAMetricIsServedAsItWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the time is 2000-01-01 00:00:00
		var p hpa.Provider
		p.Publish(packer, []hpa.Value{
			reading("s0-redis-orders", 120, named("packer")),
			reading("s1-rabbitmq-rate", 0.0625, nil),
			reading("zero", 0, nil),
			reading("most", 1e300, nil),
			reading("least", 0.0004, nil),
		})
		time.Sleep(30 * time.Second)
		item := func(metric, labels, value string) string {
			return fmt.Sprintf(`200 {"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[`+
				`{"metricName":%q,"metricLabels":%s,"timestamp":"2000-01-01T00:00:00Z","value":%q}]}`, metric, labels, value)
		}
		packed := item("s0-redis-orders", `{"scaledobject.keda.sh/name":"packer"}`, "120")
		for target, want := range map[string]string{
			"s0-redis-orders":  packed,
			"s0-redis-orders/": packed,
			"s0-redis-orders?labelSelector=scaledobject.keda.sh%2Fname%3Dpacker":       packed,
			"s0-redis-orders?labelSelector=scaledobject.keda.sh/name+in+(packer,mail)": packed,
			"s0-redis-orders?labelSelector=scaledobject.keda.sh/name+in+(packer)":      packed,
			"s0-redis-orders?labelSelector=scaledobject.keda.sh/name":                  packed,
			"s0-redis-orders?labelSelector=scaledobject.keda.sh/name!=mail,!zone":      packed,
			"s0-redis-orders?watch=false&limit=1&pretty=true":                          packed,
			"s1-rabbitmq-rate": item("s1-rabbitmq-rate", "null", "63m"),
			"zero":             item("zero", "null", "0"),
			"most":             item("most", "null", "9223372036854775807m"),
			"least":            item("least", "null", "0"),
		} {
			assert.Equal(t, want, get(&p, shop+target), target)
		}
	})
}

func TestWhatIsNotServedHasAStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p hpa.Provider
		p.Publish(packer, []hpa.Value{
			reading("orders", 120, named("packer")),
			{Metric: "refused", Time: time.Now(), Err: errors.New("dial tcp 127.0.0.1:6379:\n\tconnection refused")},
			{Metric: "long", Time: time.Now(), Err: errors.New(strings.Repeat("€", 101))},
			reading("nan", math.NaN(), nil),
			reading("infinite", math.Inf(1), nil),
			reading("negative", -0.0001, nil),
			{Metric: "timeless", Value: 1},
			{Metric: "stale", Value: 1, Time: time.Now()},
			{Metric: "slow", Value: 1, Time: time.Now().Add(-time.Hour), MaxAge: time.Hour},
		})
		time.Sleep(2*time.Minute + time.Second)
		p.Publish(hpa.Owner{Namespace: "shop", Name: "mailer"}, []hpa.Value{
			reading("orders", 3, named("mailer")),
			reading("nan", 3, nil),
		})
		p.Publish(hpa.Owner{Namespace: "mall", Name: "packer"}, []hpa.Value{reading("foreign", 3, nil)})

		const unavailable = `503 ServiceUnavailable metric "%s" of shop/packer is %s`
		for _, c := range []struct{ method, target, want string }{
			{"GET", shop + "order", `404 NotFound no metric "order" in namespace "shop"`},
			{"GET", shop + "foreign", `404 NotFound no metric "foreign" in namespace "shop"`},
			{"GET", shop + "orders?labelSelector=scaledobject.keda.sh/name=stacker", `404 NotFound no metric "orders" with labels "scaledobject.keda.sh/name=stacker" in namespace "shop"`},
			{"GET", shop + "orders?labelSelector=!scaledobject.keda.sh/name", `404 NotFound no metric "orders" with labels "!scaledobject.keda.sh/name" in namespace "shop"`},
			{"GET", shop + "orders/packer", `404 NotFound there is no ` + shop + `orders/packer: metrics are at /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}`},
			{"GET", shop, `404 NotFound there is no /apis/external.metrics.k8s.io/v1beta1/namespaces/shop: metrics are at /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}`},
			{"GET", version + "/orders", `404 NotFound there is no /apis/external.metrics.k8s.io/v1beta1/orders: metrics are at /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}`},
			{"GET", version + "/namespaces//orders", `404 NotFound there is no /apis/external.metrics.k8s.io/v1beta1/namespaces//orders: metrics are at /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}`},
			{"GET", shop + "orders?labelSelector=a==b==c", `400 BadRequest labelSelector: found '==', expected: ',' or 'end of string'`},
			{"GET", shop + "orders?labelSelector=a&labelSelector=b", `400 BadRequest labelSelector: more than one`},
			{"GET", shop + "orders?fieldSelector=a%3Db", `400 BadRequest fieldSelector: metrics are selected by their labels`},
			{"GET", shop + "orders?labelSelector=%", `400 BadRequest query: invalid URL escape "%"`},
			{"GET", shop + "orders?watch=true", `405 MethodNotAllowed watch is not allowed: there is only GET`},
			{"POST", shop + "orders", `405 MethodNotAllowed POST is not allowed: there is only GET`},
			{"DELETE", "/apis", `405 MethodNotAllowed DELETE is not allowed: there is only GET`},
			{"PUT", "/readyz", `405 MethodNotAllowed PUT is not allowed: there is only GET`},
			{"GET", shop + "refused", fmt.Sprintf(unavailable, "refused", "unknown: dial tcp 127.0.0.1:6379: connection refused")},
			{"GET", shop + "long", fmt.Sprintf(unavailable, "long", "unknown: "+strings.Repeat("€", 98)+" …")},
			{"GET", shop + "nan", fmt.Sprintf(unavailable, "nan", "unknown: value NaN is not a finite number of at least 0")},
			{"GET", shop + "infinite", fmt.Sprintf(unavailable, "infinite", "unknown: value +Inf is not a finite number of at least 0")},
			{"GET", shop + "negative", fmt.Sprintf(unavailable, "negative", "unknown: value -0.0001 is not a finite number of at least 0")},
			{"GET", shop + "timeless", fmt.Sprintf(unavailable, "timeless", "unknown: its value has no time")},
			{"GET", shop + "stale", fmt.Sprintf(unavailable, "stale", "stale: published 2m1s ago, good for 2m0s")},
			{"GET", shop + "slow", `200`},
		} {
			r := ask(&p, c.method, c.target)
			assert.Equal(t, c.want, summary(t, r), c.method+" "+c.target)
			allow, retry := "", ""
			switch r.StatusCode {
			case http.StatusMethodNotAllowed:
				allow = "GET, HEAD"
			case http.StatusServiceUnavailable:
				retry = "Sat, 01 Jan 2000 00:02:06 GMT"
			}
			assert.Equal(t, allow, r.Header.Get("Allow"))
			assert.Equal(t, retry, r.Header.Get("Retry-After"))
		}
	})
}

func TestTheBodyOfAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p hpa.Provider
		p.Publish(packer, []hpa.Value{{Metric: "orders", Err: errors.New("no such queue")}})
		assert.Equal(t, `503 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",`+
			`"message":"metric \"orders\" of shop/packer is unknown: no such queue","reason":"ServiceUnavailable",`+
			`"details":{"retryAfterSeconds":5},"code":503}`, get(&p, shop+"orders"))
		assert.Equal(t, `404 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",`+
			`"message":"no metric \"order\" in namespace \"shop\"","reason":"NotFound","code":404}`, get(&p, shop+"order"))
	})
}
