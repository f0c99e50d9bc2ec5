package mirror_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// An apiServer lists and watches objects of a few kinds, two on a page, as the real
// one does over HTTP.
type apiServer struct {
	mu      sync.Mutex
	version int
	objects map[string]client.Object // by path
	past    []event
	news    chan struct{} // closed with the next event, or when watches are to end
	refusal *metav1.Status
	epoch   int // of watches; they end when it is over
	expired int // watches from before this version get no more than an error

	lists, watches int // how many were asked for
}

type event struct {
	version int
	path    string
	Type    string        `json:"type"`
	Object  client.Object `json:"object"`
}

var resources = map[string]string{"pods": "Pod", "configmaps": "ConfigMap", "secrets": "Secret"}

// start returns an apiServer and a client of it.
func start(tb testing.TB) (*apiServer, client.WithWatch) {
	tb.Helper()
	s := &apiServer{objects: make(map[string]client.Object), news: make(chan struct{})}
	server := httptest.NewServer(s)
	tb.Cleanup(func() {
		s.endWatches()
		server.CloseClientConnections()
		server.Close()
	})
	scheme := runtime.NewScheme()
	require.NoError(tb, corev1.AddToScheme(scheme))
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, kind := range resources {
		mapper.Add(corev1.SchemeGroupVersion.WithKind(kind), meta.RESTScopeNamespace)
	}
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	c, err := client.NewWithWatch(&rest.Config{Host: server.URL, QPS: -1}, client.Options{HTTPClient: &http.Client{Transport: transport}, Scheme: scheme, Mapper: mapper})
	require.NoError(tb, err)
	return s, c
}

// path returns where the API has an object.
func path(object client.Object) string {
	resource := "pods"
	switch object.(type) {
	case *corev1.ConfigMap:
		resource = "configmaps"
	case *corev1.Secret:
		resource = "secrets"
	}
	return "/api/v1/namespaces/" + object.GetNamespace() + "/" + resource + "/" + object.GetName()
}

// put adds an object or changes it.
func (s *apiServer) put(object client.Object) {
	s.happen(func() event {
		kind := "MODIFIED"
		if s.objects[path(object)] == nil {
			kind = "ADDED"
		}
		s.objects[path(object)] = object
		return event{Type: kind, Object: object}
	})
}

// remove removes an object.
func (s *apiServer) remove(object client.Object) {
	s.happen(func() event {
		delete(s.objects, path(object))
		return event{Type: "DELETED", Object: object}
	})
}

func (s *apiServer) happen(f func() event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	e := f()
	e.version, e.path = s.version, path(e.Object)
	e.Object.SetResourceVersion(strconv.Itoa(s.version))
	s.past = append(s.past, e)
	s.tell()
}

func (s *apiServer) tell() {
	close(s.news)
	s.news = make(chan struct{})
}

// endWatches ends all watches that there are.
func (s *apiServer) endWatches() { s.set(func() { s.epoch++ }) }

// set changes what the server does.
func (s *apiServer) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.tell()
}

// asked returns how many lists and watches there were.
func (s *apiServer) asked() (lists, watches int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists, s.watches
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if s.refusal != nil {
		w.WriteHeader(int(s.refusal.Code))
		_ = json.NewEncoder(w).Encode(s.refusal)
		return
	}
	wanted := r.URL.Path + "/"
	name, one := strings.CutPrefix(r.URL.Query().Get("fieldSelector"), "metadata.name=")
	matches := func(path string) bool {
		return strings.HasPrefix(path, wanted) && (!one || path == wanted+name)
	}
	if r.URL.Query().Get("watch") == "true" {
		s.watches++
		s.watch(w, r, matches)
		return
	}
	s.lists++
	s.list(w, r, matches)
}

// list answers with a page. The mutex is held.
func (s *apiServer) list(w http.ResponseWriter, r *http.Request, matches func(string) bool) {
	resource := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	var items []client.Object
	for _, path := range slices.Sorted(maps.Keys(s.objects)) {
		if matches(path) {
			items = append(items, s.objects[path])
		}
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("continue")) // 0 for the first page
	to := min(from+2, len(items))
	more := ""
	if to < len(items) {
		more = strconv.Itoa(to)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"kind": resources[resource] + "List", "apiVersion": "v1", "items": items[from:to],
		"metadata": metav1.ListMeta{ResourceVersion: strconv.Itoa(s.version), Continue: more},
	})
}

// watch tells of events until the watch is to end. The mutex is held but for waiting.
func (s *apiServer) watch(w http.ResponseWriter, r *http.Request, matches func(string) bool) {
	version, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	epoch := s.epoch
	if version < s.expired {
		_ = json.NewEncoder(w).Encode(map[string]any{"type": "ERROR", "object": status(http.StatusGone, metav1.StatusReasonExpired, "too old resource version")})
		return
	}
	w.(http.Flusher).Flush()
	for s.epoch == epoch {
		for _, e := range s.past {
			if e.version > version && matches(e.path) {
				_ = json.NewEncoder(w).Encode(e)
			}
		}
		version = s.version
		w.(http.Flusher).Flush()
		news := s.news
		s.mu.Unlock()
		select {
		case <-news:
		case <-r.Context().Done():
		}
		s.mu.Lock()
		if r.Context().Err() != nil {
			return
		}
	}
}

func status(code int32, reason metav1.StatusReason, message string) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: code, Reason: reason, Message: message,
	}
}
