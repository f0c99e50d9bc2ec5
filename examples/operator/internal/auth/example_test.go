package auth_test

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func Example() {
	scheme := runtime.NewScheme()
	_ = corev1.AddToScheme(scheme)
	_ = v1alpha1.AddToScheme(scheme)
	cluster := fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		&v1alpha1.TriggerAuthentication{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "redis"},
			Spec: v1alpha1.TriggerAuthenticationSpec{
				SecretTargetRef: []v1alpha1.AuthSecretTargetRef{{Parameter: "password", Name: "redis", Key: "passwd"}},
			},
		},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "redis"},
			Data:       map[string][]byte{"password": []byte("hunter2")},
		},
	).Build()

	resolver := &auth.Resolver{Reader: cluster, Tokens: cluster, ClusterNamespace: "keda"}
	resolved, err := resolver.Spec(context.Background(), v1alpha1.ScaleTriggers{
		Type:              "redis",
		Metadata:          map[string]string{"address": "redis:6379", "listName": "orders"},
		AuthenticationRef: &v1alpha1.AuthenticationRef{Name: "redis"},
	}, keda.Owner{Namespace: "shop"})
	fmt.Println(err)
	fmt.Println(resolved.Refs)
	// Output:
	// redis trigger: TriggerAuthentication shop/redis: secretTargetRef: password: Secret shop/redis has no key "passwd": it has password
	// [TriggerAuthentication shop/redis Secret shop/redis]
}
