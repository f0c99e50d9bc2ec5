package keda

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/missing"
)

// reader reads objects for one resolution, Secrets and ConfigMaps once, and
// remembers them.
type reader struct {
	under        Reader
	read         []Ref
	entriesByRef map[Ref]entries
}

func newReader(under Reader) *reader {
	return &reader{under: under, entriesByRef: make(map[Ref]entries)}
}

// refs returns what was read, without duplicates.
func (r *reader) refs() []Ref {
	var unique []Ref
	for _, ref := range r.read {
		if !slices.Contains(unique, ref) {
			unique = append(unique, ref)
		}
	}
	return unique
}

// get reads an object. The error is a missing.Error if it is not there.
func (r *reader) get(ctx context.Context, ref Ref, into Object) error {
	r.read = append(r.read, ref)
	err := r.under.Get(ctx, ref, into)
	switch {
	case errors.Is(err, scalerkit.ErrNotFound):
		return missing.Error(ref.String() + " does not exist")
	case err != nil:
		return fmt.Errorf("read %s: %w", ref, err)
	}
	return nil
}

// entries are those of a Secret or ConfigMap, or why they are not known.
type entries struct {
	ref  Ref
	data map[string]string
	err  error
}

// secret returns the entries of a Secret.
func (r *reader) secret(ctx context.Context, namespace, name string) entries {
	ref := Ref{"Secret", namespace, name}
	return r.entries(ref, func() (map[string]string, error) {
		var secret corev1.Secret
		if err := r.get(ctx, ref, &secret); err != nil {
			return nil, err
		}
		return texts(secret.Data), nil
	})
}

// configMap returns the entries of a ConfigMap.
func (r *reader) configMap(ctx context.Context, namespace, name string) entries {
	ref := Ref{"ConfigMap", namespace, name}
	return r.entries(ref, func() (map[string]string, error) {
		var configMap corev1.ConfigMap
		if err := r.get(ctx, ref, &configMap); err != nil {
			return nil, err
		}
		data := texts(configMap.BinaryData)
		maps.Copy(data, configMap.Data)
		return data, nil
	})
}

func texts(data map[string][]byte) map[string]string {
	texts := make(map[string]string, len(data))
	for key, value := range data {
		texts[key] = string(value)
	}
	return texts
}

func (r *reader) entries(ref Ref, read func() (map[string]string, error)) entries {
	e, ok := r.entriesByRef[ref]
	if !ok {
		e.ref = ref
		e.data, e.err = read()
		r.entriesByRef[ref] = e
	}
	return e
}

// value returns an entry. The error is a missing.Error if it is not there.
func (e entries) value(key string) (string, error) {
	if e.err != nil {
		return "", e.err
	}
	value, ok := e.data[key]
	if !ok {
		return "", missing.Error(fmt.Sprintf("%s has no key %q: it has %s", e.ref, key, missing.List(slices.Sorted(maps.Keys(e.data)))))
	}
	return value, nil
}
