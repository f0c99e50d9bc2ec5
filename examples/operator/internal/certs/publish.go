package certs

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// publish tells the API server what to trust. An object that is not there
// needs nothing to be told.
func (r *Rotator) publish(ctx context.Context, bundle []byte) error {
	var errs []error
	for _, name := range r.APIServices {
		err := retry.RetryOnConflict(retry.DefaultRetry, func() error { return r.publishAPIService(ctx, name, bundle) })
		if client.IgnoreNotFound(err) != nil {
			errs = append(errs, fmt.Errorf("set caBundle of APIService %s: %w", name, err))
		}
	}
	for _, name := range r.Webhooks {
		err := retry.RetryOnConflict(retry.DefaultRetry, func() error { return r.publishWebhook(ctx, name, bundle) })
		if client.IgnoreNotFound(err) != nil {
			errs = append(errs, fmt.Errorf("set caBundle of ValidatingWebhookConfiguration %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func (r *Rotator) publishAPIService(ctx context.Context, name string, bundle []byte) error {
	// The types of the aggregator are a module of their own; one field of one
	// object does not need it.
	service := &unstructured.Unstructured{}
	service.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"})
	if err := r.Client.Get(ctx, client.ObjectKey{Name: name}, service); err != nil {
		return err
	}
	text := base64.StdEncoding.EncodeToString(bundle)
	if now, _, _ := unstructured.NestedString(service.Object, "spec", "caBundle"); now == text {
		return nil
	}
	before := service.DeepCopy()
	if err := unstructured.SetNestedField(service.Object, text, "spec", "caBundle"); err != nil {
		return err
	}
	return r.Client.Patch(ctx, service, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

func (r *Rotator) publishWebhook(ctx context.Context, name string, bundle []byte) error {
	var config admissionv1.ValidatingWebhookConfiguration
	if err := r.Client.Get(ctx, client.ObjectKey{Name: name}, &config); err != nil {
		return err
	}
	before := config.DeepCopy()
	changed := false
	for i := range config.Webhooks {
		if c := &config.Webhooks[i].ClientConfig; !bytes.Equal(c.CABundle, bundle) {
			c.CABundle, changed = bundle, true
		}
	}
	if !changed {
		return nil
	}
	return r.Client.Patch(ctx, &config, client.StrategicMergeFrom(before, client.MergeFromWithOptimisticLock{}))
}

// lost says that another replica was faster.
func lost(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
