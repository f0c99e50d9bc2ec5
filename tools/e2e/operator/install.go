// Package operator runs examples/operator beside a cluster. It is installed by
// the manifest that users apply, with the rights of its ServiceAccount and the
// flags of its Deployment; what is different is that its replicas are processes
// on the loopback interface.
package operator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/example"
)

// manifest is a file of the module examples.
const manifest = "operator/deploy/operator.yaml"

// An Installation is what a cluster has of the operator but for its pods, which
// Start stands for.
type Installation struct {
	// Namespace is the operator's own.
	Namespace string

	cluster    *cluster.Cluster
	dir        string
	program    string
	kubeconfig string
	args, env  []string // of the Deployment's container
	api, hook  *balancer
	replicas   []*Replica
}

// Install builds the operator and installs it. The caller has to Close the
// Installation. The working directory has to be in the module tools/e2e.
func Install(ctx context.Context, c *cluster.Cluster) (_ *Installation, err error) {
	dir, err := c.TempDir("operator")
	if err != nil {
		return nil, err
	}
	i := &Installation{cluster: c, dir: dir, program: filepath.Join(dir, "operator")}
	defer func() {
		if err != nil {
			i.Close()
			err = fmt.Errorf("installing the operator: %w", err)
		}
	}()
	examples, err := example.Dir(ctx)
	if err != nil {
		return nil, err
	}
	if err := example.Build(ctx, "operator", i.program); err != nil {
		return nil, err
	}
	if i.api, err = newBalancer(); err != nil {
		return nil, err
	}
	if i.hook, err = newBalancer(); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(examples, manifest))
	if err != nil {
		return nil, err
	}
	return i, i.apply(ctx, text)
}

// Close ends all replicas. The cluster keeps what was installed.
func (i *Installation) Close() {
	for _, r := range i.replicas {
		r.Kill()
	}
	for _, b := range []*balancer{i.api, i.hook} {
		if b != nil {
			b.listener.Close()
		}
	}
}

// apply applies the manifest, but for the Deployment, which says how to start a
// replica.
func (i *Installation) apply(ctx context.Context, manifest []byte) error {
	objects, err := cluster.Parse(manifest)
	if err != nil {
		return err
	}
	applier, err := i.cluster.NewApplier()
	if err != nil {
		return err
	}
	for _, object := range objects {
		switch object.GetKind() {
		case "Deployment":
			err = i.deployment(ctx, object)
		default:
			i.redirect(object)
			err = applier.Apply(ctx, "default", object)
		}
		if err != nil {
			return err
		}
	}
	if i.kubeconfig == "" {
		return errors.New("the manifest has no Deployment")
	}
	return nil
}

// redirect makes what would go to the operator's pods go to the balancers.
func (i *Installation) redirect(object *unstructured.Unstructured) {
	switch object.GetKind() {
	case "Service":
		object.Object["spec"] = map[string]any{"type": "ExternalName", "externalName": "localhost"}
	case "APIService":
		_ = unstructured.SetNestedField(object.Object, int64(i.api.port()), "spec", "service", "port")
	case "ValidatingWebhookConfiguration":
		hooks, _, _ := unstructured.NestedSlice(object.Object, "webhooks")
		for _, hook := range hooks {
			_ = unstructured.SetNestedField(hook.(map[string]any), int64(i.hook.port()), "clientConfig", "service", "port")
		}
		object.Object["webhooks"] = hooks
	}
}

// deployment takes from it how a replica is started, and makes a kubeconfig for
// its ServiceAccount.
func (i *Installation) deployment(ctx context.Context, object *unstructured.Unstructured) (err error) {
	var d appsv1.Deployment
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &d); err != nil {
		return err
	}
	container := d.Spec.Template.Spec.Containers[0]
	i.Namespace, i.args = d.Namespace, container.Args
	for _, v := range container.Env {
		if v.ValueFrom == nil {
			i.env = append(i.env, v.Name+"="+v.Value)
		} else if v.ValueFrom.FieldRef != nil && v.ValueFrom.FieldRef.FieldPath == "metadata.namespace" {
			i.env = append(i.env, v.Name+"="+d.Namespace)
		} else if !isPodName(v) {
			return fmt.Errorf("the Deployment's variable %s has a value that only pods have", v.Name)
		}
	}
	i.kubeconfig, err = i.cluster.KubeconfigOf(ctx, d.Namespace, d.Spec.Template.Spec.ServiceAccountName)
	return err
}

func isPodName(v corev1.EnvVar) bool {
	return v.ValueFrom.FieldRef != nil && v.ValueFrom.FieldRef.FieldPath == "metadata.name"
}
