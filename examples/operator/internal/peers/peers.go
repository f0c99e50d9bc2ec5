// Package peers has every replica of the operator answer for the objects of all
// others: a request for a metric is passed on to the replica that has the object's
// shard. Replicas know each other by the certificate that they serve with.
//
// What is passed on is answered or refused, and not passed on once more. When
// nobody is known to have an object, or who has it cannot be reached, the answer is
// that the value is unknown.
package peers

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const (
	// limit is how long another replica may take to answer. What it knows is in its
	// memory, and the HPA controller has few workers that could wait.
	limit = 2 * time.Second

	// rest is how long one is not asked that did not answer.
	rest = 2 * time.Second
)

// Peers are the replicas of an operator. The fields are not changed after the first
// request.
type Peers struct {
	// Identity is what this replica is known by.
	Identity Identity

	// Local answers for the objects that are this replica's.
	Local http.Handler

	// Has says whether an object is this replica's, and Owner where the replica is
	// whose it is: empty if it is with nobody, or nobody knows.
	Has   func(types.NamespacedName) bool
	Owner func(types.NamespacedName) string

	// Known says whether this replica knows what there is to tell of an object that
	// is its own. It does a moment after the object has come to it.
	Known func(context.Context, types.NamespacedName) bool

	Logger *slog.Logger

	mu     sync.Mutex
	silent map[string]time.Time // until when replicas are not asked, by address
}

// metricsPath is what requests for metrics begin with.
const metricsPath = "/apis/external.metrics.k8s.io/v1beta1/namespaces/"

// objectOf returns the ScaledObject whose metric a request is for, and whether it is
// for a metric at all.
func objectOf(r *http.Request) (object types.NamespacedName, isMetric bool, err error) {
	path, ok := strings.CutPrefix(r.URL.Path, metricsPath)
	namespace, metric, _ := strings.Cut(strings.TrimSuffix(path, "/"), "/")
	if !ok || namespace == "" || metric == "" {
		return object, false, nil
	}
	selector, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		return object, true, fmt.Errorf("labelSelector: %w", err)
	}
	name, ok := selector.RequiresExactMatch(v1alpha1.LabelScaledObjectName)
	if !ok {
		return object, true, fmt.Errorf("labelSelector: has to say %s=<name>: replicas share the objects, and this is how the right one is found", v1alpha1.LabelScaledObjectName)
	}
	return types.NamespacedName{Namespace: namespace, Name: name}, true, nil
}

// Handler answers for all objects. It is for a server behind an [hpa.FrontProxy].
func (p *Peers) Handler() http.Handler {
	transport := p.transport()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		object, isMetric, err := objectOf(r)
		switch {
		case !isMetric:
			p.Local.ServeHTTP(w, r)
			return
		case err != nil:
			hpa.WriteStatus(w, r, apierrors.NewBadRequest(err.Error()).ErrStatus)
			return
		case p.Has(object):
			p.answer(w, r, object)
			return
		}
		owner := p.Owner(object)
		switch {
		case owner == "":
			refuse(w, r, "ScaledObject %s is on its way from one replica to another", object)
		case p.isSilent(owner):
			refuse(w, r, noAnswer, object)
		default:
			p.pass(transport, w, r, object, owner)
		}
	})
}

// pass passes a request on to another replica.
func (p *Peers) pass(transport http.RoundTripper, w http.ResponseWriter, r *http.Request, object types.NamespacedName, owner string) {
	asking := r.Context()
	ctx, cancel := context.WithTimeout(asking, limit)
	defer cancel()
	proxy := httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "https", Host: owner})
			r.Out.Header = http.Header{"Accept": r.In.Header["Accept"]}
		},
		ErrorLog: slog.NewLogLogger(p.Logger.Handler(), slog.LevelDebug),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if asking.Err() == nil { // or else it is whoever asks who has gone
				p.wasSilent(owner, err)
			}
			refuse(w, r, noAnswer, object)
		},
	}
	proxy.ServeHTTP(w, r.WithContext(ctx))
}

const noAnswer = "the replica that has ScaledObject %s does not answer"

func (p *Peers) isSilent(owner string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.silent[owner])
}

// wasSilent has a replica that did not answer be left alone for a moment: whoever asks
// for another of its objects need not wait for that again.
func (p *Peers) wasSilent(owner string, err error) {
	p.Logger.Debug("another replica does not answer", "replica", owner, "error", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(p.silent, func(_ string, until time.Time) bool { return until.Before(now) })
	if p.silent == nil {
		p.silent = make(map[string]time.Time)
	}
	p.silent[owner] = now.Add(rest)
}

// answer answers for an object that is this replica's.
func (p *Peers) answer(w http.ResponseWriter, r *http.Request, object types.NamespacedName) {
	if !p.Known(r.Context(), object) {
		refuse(w, r, "ScaledObject %s has come to this replica just now", object)
		return
	}
	p.Local.ServeHTTP(w, r)
}

// PeerHandler answers what other replicas pass on. It admits nobody else.
func (p *Peers) PeerHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := p.Identity.verify(r.TLS); err != nil {
			w.Header().Set("Connection", "close") // the next one may come with another certificate
			hpa.WriteStatus(w, r, apierrors.NewUnauthorized(err.Error()).ErrStatus)
			return
		}
		object, isMetric, err := objectOf(r)
		switch {
		case !isMetric:
			hpa.WriteStatus(w, r, apierrors.NewBadRequest("only requests for metrics are passed on").ErrStatus)
		case err != nil:
			hpa.WriteStatus(w, r, apierrors.NewBadRequest(err.Error()).ErrStatus)
		case !p.Has(object):
			refuse(w, r, "ScaledObject %s is not with the replica that was asked", object)
		default:
			p.answer(w, r, object)
		}
	})
}

// refuse says that a value is unknown.
func refuse(w http.ResponseWriter, r *http.Request, format string, args ...any) {
	hpa.WriteStatus(w, r, apierrors.NewServiceUnavailable(fmt.Sprintf(format, args...)).ErrStatus)
}
