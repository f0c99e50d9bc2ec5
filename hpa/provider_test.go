package hpa_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/scalerkit/scalerkit/hpa"
)

func TestPublishReplacesAllThatAnOwnerHad(t *testing.T) {
	var p hpa.Provider
	mailer, elsewhere := hpa.Owner{Namespace: "shop", Name: "mailer"}, hpa.Owner{Namespace: "mall", Name: "packer"}
	p.Publish(packer, []hpa.Value{reading("orders", 1, named("packer")), reading("rate", 2, named("packer"))})
	p.Publish(mailer, []hpa.Value{reading("orders", 3, named("mailer"))})
	p.Publish(elsewhere, []hpa.Value{reading("orders", 4, named("packer"))})
	assert.Equal(t, "1 3", values(t, &p, "orders"))
	assert.Equal(t, "2", values(t, &p, "rate"))

	p.Publish(packer, []hpa.Value{reading("rate", 5, named("packer")), reading("rate", 6, named("packer"))})
	assert.Equal(t, "3", values(t, &p, "orders"))
	assert.Equal(t, "5 6", values(t, &p, "rate"))

	p.Publish(packer, []hpa.Value{reading("rate", 7, map[string]string{"zone": "a"})})
	assert.Equal(t, "7", values(t, &p, "rate"))
	assert.Equal(t, "7", values(t, &p, "rate?labelSelector=zone=a"))
	assert.Equal(t, "404", values(t, &p, "rate?labelSelector=scaledobject.keda.sh/name"))

	p.Withdraw(packer)
	p.Withdraw(packer)
	p.Withdraw(hpa.Owner{Namespace: "shop", Name: "nobody"})
	p.Publish(mailer, nil)
	assert.Equal(t, "404", values(t, &p, "orders"))
	assert.Equal(t, "404", values(t, &p, "rate"))
	assert.Equal(t, http.StatusOK, ask(&p, http.MethodGet, version+"/namespaces/mall/orders").StatusCode)
}

// TestTheCaseOfANameDoesNotMatter because client-go asks for a resource in lower
// case, and takes the metric for one.
func TestTheCaseOfANameDoesNotMatter(t *testing.T) {
	var p hpa.Provider
	p.Publish(packer, []hpa.Value{reading("s0-redis-Orders", 1, named("packer"))})
	for _, name := range []string{"s0-redis-orders", "s0-redis-Orders", "S0-REDIS-ORDERS"} {
		assert.Equal(t, "1", values(t, &p, name))
		assert.Equal(t, "1", values(t, &p, name+"?labelSelector=scaledobject.keda.sh/name=packer"))
	}
	assert.Contains(t, get(&p, shop+"s0-redis-orders"), `"metricName":"s0-redis-Orders"`)
	p.Publish(packer, nil)
	assert.Equal(t, "404", values(t, &p, "s0-redis-orders"))
}

func TestWhatIsPublishedIsTheProvidersOwn(t *testing.T) {
	var p hpa.Provider
	labels := named("packer")
	list := []hpa.Value{reading("orders", 1, labels)}
	p.Publish(packer, list)
	list[0].Value = 2
	clear(labels)
	assert.Equal(t, "1", values(t, &p, "orders?labelSelector=scaledobject.keda.sh/name=packer"))
	p.Withdraw(packer)
	assert.Equal(t, "404", values(t, &p, "orders"))
}

func TestOneUnknownValueMakesTheWholeAnswerUnknown(t *testing.T) {
	var p hpa.Provider
	p.Publish(packer, []hpa.Value{reading("orders", 1, named("packer"))})
	p.Publish(hpa.Owner{Namespace: "shop", Name: "mailer"}, []hpa.Value{{Metric: "orders", Labels: named("mailer"), Err: errors.New("no such queue")}})
	assert.Equal(t, "503", values(t, &p, "orders"))
	assert.Equal(t, "1", values(t, &p, "orders?labelSelector=scaledobject.keda.sh/name=packer"))
}

func TestMetricsThatAreUnknownHereAreTheNextOnes(t *testing.T) {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.String() == shop+"theirs?labelSelector=a%3Db" {
			fmt.Fprint(w, "theirs")
			assert.NoError(t, http.NewResponseController(w).Flush())
			return
		}
		http.Error(w, "down", http.StatusBadGateway)
	})
	var codes []string
	p := hpa.Provider{Next: next, Observe: func(r hpa.Request) {
		codes = append(codes, fmt.Sprint(r.Namespace, "/", r.Metric, " ", r.Code, " ", r.Next))
	}}
	p.Publish(packer, []hpa.Value{
		reading("ours", 1, named("packer")),
		{Metric: "unknown", Err: errors.New("no such queue")},
	})
	assert.Equal(t, "1", values(t, &p, "ours"))
	assert.Equal(t, "503", values(t, &p, "unknown"))
	assert.Equal(t, "200 theirs", get(&p, shop+"theirs?labelSelector=a%3Db"))
	assert.Equal(t, "502 down\n", get(&p, shop+"ours?labelSelector=none"), "the same name with other labels")
	assert.Equal(t, http.StatusBadRequest, ask(&p, http.MethodGet, shop+"theirs?labelSelector=,,").StatusCode)
	assert.Equal(t, http.StatusNotFound, ask(&p, http.MethodGet, version+"/theirs").StatusCode)
	assert.Equal(t, http.StatusOK, ask(&p, http.MethodGet, "/apis").StatusCode)
	assert.Equal(t, []string{
		"shop/ours 200 false",
		"shop/unknown 503 false",
		"shop/theirs 200 true",
		"shop/ours 502 true",
		"shop/theirs 400 false",
	}, codes)
}

func TestTheNextOnesAnswerIsTheFinalOne(t *testing.T) {
	observed := make(chan int, 1)
	server := httptest.NewUnstartedServer(&hpa.Provider{
		Next: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusTeapot)
			w.WriteHeader(http.StatusOK) // is too late
		}),
		Observe: func(r hpa.Request) { observed <- r.Code },
	})
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	defer server.Close()
	r, err := fetch(t.Context(), server.Client(), server.URL+shop+"theirs", "")
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	assert.Equal(t, http.StatusTeapot, r.StatusCode)
	assert.Equal(t, http.StatusTeapot, <-observed)
}

func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var observed []hpa.Request
		p := hpa.Provider{Observe: func(r hpa.Request) { observed = append(observed, r) }}
		p.Publish(packer, []hpa.Value{reading("orders", 1, named("packer"))})
		time.Sleep(20 * time.Second)
		p.Publish(hpa.Owner{Namespace: "shop", Name: "mailer"}, []hpa.Value{reading("orders", 1, named("mailer"))})
		time.Sleep(10 * time.Second)
		get(&p, shop+"orders?labelSelector=scaledobject.keda.sh/name=mailer")
		get(&p, shop+"orders")
		ask(&p, http.MethodGet, shop+"orders", "Accept", "text/html")
		time.Sleep(2 * time.Minute)
		get(&p, shop+"orders")
		get(&p, shop+"order")
		assert.Equal(t, []hpa.Request{
			{Namespace: "shop", Metric: "orders", Code: 200, Age: 10 * time.Second},
			{Namespace: "shop", Metric: "orders", Code: 200, Age: 30 * time.Second},
			{Namespace: "shop", Metric: "orders", Code: 406},
			{Namespace: "shop", Metric: "orders", Code: 503},
			{Namespace: "shop", Metric: "order", Code: 404},
		}, observed)
	})
}

// slowly takes its time to write an answer.
type slowly struct{ *httptest.ResponseRecorder }

func (s slowly) Write(b []byte) (int, error) {
	time.Sleep(3 * time.Second)
	return s.ResponseRecorder.Write(b)
}

func TestTheDurationIsThatOfTheWholeAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var observed hpa.Request
		p := hpa.Provider{Observe: func(r hpa.Request) { observed = r }}
		p.ServeHTTP(slowly{httptest.NewRecorder()}, httptest.NewRequestWithContext(t.Context(), http.MethodGet, shop+"orders", nil))
		assert.Equal(t, 3*time.Second, observed.Duration)
	})
}

// TestAnyHistoryOfPublishing compares a Provider with a plain list of what is
// published.
func TestAnyHistoryOfPublishing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	var p hpa.Provider
	published := make(map[hpa.Owner][]hpa.Value)
	for range 5000 {
		owner := hpa.Owner{Namespace: pick("shop", "mall"), Name: pick("a", "b", "c")}
		var next []hpa.Value
		for range random.IntN(4) {
			v := reading(pick("orders", "rate"), float64(random.IntN(1000)), map[string]string{"name": pick("a", "b"), "zone": pick("x", "y")})
			if random.IntN(3) == 0 {
				delete(v.Labels, "zone")
			}
			next = append(next, v)
		}
		if published[owner] = next; next == nil {
			p.Withdraw(owner)
		} else {
			p.Publish(owner, next)
		}

		namespace, metric := pick("shop", "mall"), pick("orders", "rate")
		selector := pick("", "name=a", "zone=x", "name=b,zone=y", "zone in (x)", "zone in (x,y)", "!zone", "zone,zone!=x", "name=a,name=b")
		parsed, err := labels.Parse(selector)
		require.NoError(t, err)
		var want []int64
		for owner, values := range published {
			for _, v := range values {
				if owner.Namespace == namespace && v.Metric == metric && parsed.Matches(labels.Set(v.Labels)) {
					want = append(want, int64(v.Value))
				}
			}
		}
		r := ask(&p, http.MethodGet, version+"/namespaces/"+namespace+"/"+metric+"?labelSelector="+strings.ReplaceAll(selector, " ", "+"))
		var got []int64
		if r.StatusCode == http.StatusOK {
			for _, item := range items(t, r) {
				got = append(got, item.Value.Value())
			}
		} else {
			require.Equal(t, http.StatusNotFound, r.StatusCode)
		}
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got, selector)
	}
}

// TestRequestsSeeAllOrNothingOfAPublication has two metrics that always have
// one value, while they are published, withdrawn and asked for.
func TestRequestsSeeAllOrNothingOfAPublication(t *testing.T) {
	var p hpa.Provider
	done := make(chan struct{})
	var publishers, readers sync.WaitGroup
	for g := range 3 {
		owner := hpa.Owner{Namespace: "shop", Name: fmt.Sprint(g)}
		publishers.Go(func() {
			for i := range 500 {
				v := reading("orders", float64(i), named(owner.Name))
				p.Publish(owner, []hpa.Value{v, v})
				if i%50 == 0 {
					p.Withdraw(owner)
				}
			}
		})
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				r := ask(&p, http.MethodGet, shop+"orders?labelSelector=scaledobject.keda.sh/name="+owner.Name)
				if r.StatusCode == http.StatusNotFound {
					continue
				}
				if list := items(t, r); assert.Len(t, list, 2) {
					assert.True(t, list[0].Value.Equal(list[1].Value), "%v", list)
				}
			}
		})
	}
	publishers.Wait()
	close(done)
	readers.Wait()
}

// items returns the items of an answer.
func items(t *testing.T, r *http.Response) []v1beta1.ExternalMetricValue {
	t.Helper()
	var list v1beta1.ExternalMetricValueList
	assert.NoError(t, json.NewDecoder(r.Body).Decode(&list))
	return list.Items
}

// values returns the sorted values of an answer, or the code if there are none.
func values(t *testing.T, h http.Handler, target string) string {
	t.Helper()
	r := ask(h, http.MethodGet, shop+target)
	if r.StatusCode != http.StatusOK {
		return fmt.Sprint(r.StatusCode)
	}
	var texts []string
	for _, item := range items(t, r) {
		texts = append(texts, item.Value.String())
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}
