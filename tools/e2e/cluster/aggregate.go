package cluster

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	registration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	aggregator "k8s.io/kube-aggregator/pkg/client/clientset_generated/clientset"

	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

// An Aggregated is an API that a server on the loopback interface answers, in
// the API server's place.
type Aggregated struct {
	Group, Version string
	Namespace      string // of the Service; it has to exist
	Service        string
	Port           int    // of 127.0.0.1
	CA             []byte // that signed the server's certificate, which has to be for Host
}

// Host is the name that the API server expects in the server's certificate.
func (a Aggregated) Host() string { return a.Service + "." + a.Namespace + ".svc" }

func (a Aggregated) name() string { return a.Version + "." + a.Group }

// Aggregate registers an API, in place of an earlier registration of the same,
// and returns when the API server finds it available. The Service is one of
// type ExternalName, so the API server connects to localhost.
func (c *Cluster) Aggregate(ctx context.Context, a Aggregated) error {
	core, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		return err
	}
	client, err := aggregator.NewForConfig(c.config)
	if err != nil {
		return err
	}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: a.Namespace, Name: a.Service},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost"},
	}
	if _, err := core.CoreV1().Services(a.Namespace).Create(ctx, service, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	port := int32(a.Port)
	api := &registration.APIService{
		ObjectMeta: metav1.ObjectMeta{Name: a.name()},
		Spec: registration.APIServiceSpec{
			Group:                a.Group,
			Version:              a.Version,
			GroupPriorityMinimum: 100,
			VersionPriority:      100,
			CABundle:             a.CA,
			Service:              &registration.ServiceReference{Namespace: a.Namespace, Name: a.Service, Port: &port},
		},
	}
	if err := c.Withdraw(ctx, a); err != nil {
		return err
	}
	if _, err := client.ApiregistrationV1().APIServices().Create(ctx, api, metav1.CreateOptions{}); err != nil {
		return err
	}
	return c.AwaitAvailable(ctx, a)
}

// Trust makes the CA of a registered API the one of a, and returns when the API
// server finds it available.
func (c *Cluster) Trust(ctx context.Context, a Aggregated) error {
	client, err := aggregator.NewForConfig(c.config)
	if err != nil {
		return err
	}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"caBundle": a.CA}})
	if err != nil {
		return err
	}
	if _, err := client.ApiregistrationV1().APIServices().Patch(ctx, a.name(), types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return err
	}
	return c.AwaitAvailable(ctx, a)
}

// Withdraw ends the registration of an API, if there is one.
func (c *Cluster) Withdraw(ctx context.Context, a Aggregated) error {
	client, err := aggregator.NewForConfig(c.config)
	if err != nil {
		return err
	}
	err = client.ApiregistrationV1().APIServices().Delete(ctx, a.name(), metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// AwaitAvailable returns when the API server finds a registered API available.
func (c *Cluster) AwaitAvailable(ctx context.Context, a Aggregated) error {
	client, err := aggregator.NewForConfig(c.config)
	if err != nil {
		return err
	}
	return process.Poll(ctx, startLimit, func(ctx context.Context) error {
		api, err := client.ApiregistrationV1().APIServices().Get(ctx, a.name(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range api.Status.Conditions {
			if condition.Type == registration.Available && condition.Status == registration.ConditionTrue {
				return nil
			}
		}
		return fmt.Errorf("the APIService %s is not available: %v", api.Name, api.Status.Conditions)
	})
}
