package admission_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scalerkit/scalerkit/examples/operator/internal/admission"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
	"github.com/scalerkit/scalerkit/scalers/all"
)

func Example() {
	scheme := runtime.NewScheme()
	_ = v1alpha1.AddToScheme(scheme)
	webhook := &admission.Webhook{Scheme: scheme, Registry: all.Registry() /* ScaledObjects, Live */}
	handler, err := webhook.Handler()
	if err != nil {
		fmt.Println(err)
		return
	}

	r := httptest.NewRequest(http.MethodPost, "/validate-keda-sh-v1alpha1-scaledjob", strings.NewReader(`{
		"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
		"request": {"uid": "1", "operation": "CREATE", "object": {
			"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledJob",
			"spec": {"jobTargetRef": {"template": {}}, "triggers": [{"type": "redsi", "metadata": {}}]}
		}}
	}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Body)
	// Output: {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"1","allowed":false,"status":{"metadata":{},"message":"triggers[0]: trigger: type: \"redsi\" is not a known type; did you mean \"redis\"?","reason":"Forbidden","code":403}}}
}
