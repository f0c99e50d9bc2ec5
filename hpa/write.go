package hpa

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// An object is what the API answers with.
type object interface {
	GetObjectKind() schema.ObjectKind
	Marshal() ([]byte, error)
}

// write writes the object in the representation that the request prefers, and
// returns the code of the answer.
func write(w http.ResponseWriter, r *http.Request, code int, o object) int {
	offers := []media{mediaJSON, mediaProtobuf}
	chosen := mediaJSON
	if i := negotiate(r.Header.Values("Accept"), offers...); i >= 0 {
		chosen = offers[i]
	} else if code == http.StatusOK {
		code, o = http.StatusNotAcceptable, notAcceptable(offers...)
	}
	body, err := encode(o, chosen)
	if err != nil {
		code, chosen = http.StatusInternalServerError, mediaJSON
		body, _ = json.Marshal(failure(code, metav1.StatusReasonInternalError, "%v", err)) // is always possible
	}
	header := w.Header()
	header.Set("Content-Type", chosen.String())
	header.Set("Cache-Control", "no-cache, private")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body) // whoever asked has gone
	return code
}

// WriteStatus answers a request with a Status that says why it fails, in the
// representation that the request prefers. It is for handlers beside a [Provider],
// such as one that passes requests on.
func WriteStatus(w http.ResponseWriter, r *http.Request, s metav1.Status) {
	s.Kind, s.APIVersion = "Status", "v1"
	writeFailure(w, r, &s)
}

// writeFailure writes a Status and the headers that go with it.
func writeFailure(w http.ResponseWriter, r *http.Request, s *metav1.Status) int {
	switch s.Code {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", "GET, HEAD")
	case http.StatusServiceUnavailable:
		// A time and not a number of seconds: with a number, the HPA controller's
		// client would sleep and try again, ten times, and all HPAs of the
		// cluster would wait for the few workers that do so.
		w.Header().Set("Retry-After", time.Now().Add(retryAfter).UTC().Format(http.TimeFormat))
	}
	return write(w, r, int(s.Code), s)
}

// magic begins every protobuf message of Kubernetes.
const magic = "k8s\x00"

func encode(o object, m media) ([]byte, error) {
	if m == mediaJSON {
		return json.Marshal(o)
	}
	raw, err := o.Marshal()
	if err != nil {
		return nil, err
	}
	envelope := runtime.Unknown{Raw: raw}
	envelope.APIVersion, envelope.Kind = o.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	body, err := envelope.Marshal()
	return append([]byte(magic), body...), err
}

// A recorder notes the code of an answer that passes through it.
type recorder struct {
	http.ResponseWriter
	code int // 0 as long as there is none
}

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(code int) {
	if r.code == 0 && code >= http.StatusOK { // below, the answer is yet to come
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap is for [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
