package keda

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/missing"
)

// environment returns that of a container, which may be an init container, and
// of the first one that is none if the name is empty.
func (s *resolution) environment(container string) (*environment, error) {
	if s.owner.Pod == nil {
		return nil, errors.New("the workload has no pod template that can be read, and so no environment variables that are known")
	}
	if len(s.owner.Pod.Spec.Containers) == 0 {
		return nil, errors.New("the pod template of the workload has no container")
	}
	containers := slices.Concat(s.owner.Pod.Spec.Containers, s.owner.Pod.Spec.InitContainers)
	i := slices.IndexFunc(containers, func(c corev1.Container) bool { return container == "" || c.Name == container })
	if i < 0 {
		names := make([]string, len(containers))
		for i, c := range containers {
			names[i] = c.Name
		}
		return nil, fmt.Errorf("the pod template of the workload has no container %q: it has %s", container, missing.List(names))
	}
	if s.environments[i] == nil {
		if s.environments == nil {
			s.environments = make(map[int]*environment)
		}
		s.environments[i] = &environment{s.reader, s.owner.Namespace, &containers[i], make(map[int]variable)}
	}
	return s.environments[i], nil
}

// An environment is that of a container, as Kubernetes would make it. Variables
// are found out when they are asked for.
type environment struct {
	reader    *reader
	namespace string
	container *corev1.Container
	entries   map[int]variable // those of env that are known, by their place
}

// A variable is the outcome of looking for one. It is the zero value if there
// is no such variable.
type variable struct {
	value string
	ok    bool
	err   error
}

// lookup returns a variable.
func (e *environment) lookup(ctx context.Context, name string) (value string, ok bool, err error) {
	v := e.before(ctx, len(e.container.Env), name)
	if v.err != nil {
		return "", false, fmt.Errorf("environment variable %q of container %q: %w", name, e.container.Name, v.err)
	}
	return v.value, v.ok, nil
}

// before returns a variable as it is before that place in env.
func (e *environment) before(ctx context.Context, place int, name string) variable {
	for i := place - 1; i >= 0; i-- {
		if e.container.Env[i].Name != name {
			continue
		}
		v, known := e.entries[i]
		if !known {
			v = e.entry(ctx, i)
			e.entries[i] = v
		}
		if v.ok || v.err != nil {
			return v
		}
	}
	return e.from(ctx, name)
}

// entry returns what env has in that place.
func (e *environment) entry(ctx context.Context, place int) variable {
	entry := e.container.Env[place]
	from := entry.ValueFrom
	var value string
	var err error
	var optional *bool
	switch {
	case from == nil:
		value, err = expand(entry.Value, func(name string) (string, bool, error) {
			v := e.before(ctx, place, name)
			return v.value, v.ok, v.err
		})
	case from.SecretKeyRef != nil:
		optional = from.SecretKeyRef.Optional
		value, err = e.reader.secret(ctx, e.namespace, from.SecretKeyRef.Name).value(from.SecretKeyRef.Key)
	case from.ConfigMapKeyRef != nil:
		optional = from.ConfigMapKeyRef.Optional
		value, err = e.reader.configMap(ctx, e.namespace, from.ConfigMapKeyRef.Name).value(from.ConfigMapKeyRef.Key)
	default:
		err = errors.New("its value is known in a running pod only: use one with a value, a secretKeyRef or a configMapKeyRef")
	}
	if mayBeMissing(optional, err) {
		return variable{}
	}
	return variable{value, err == nil, err}
}

// from returns a variable as it is in envFrom.
func (e *environment) from(ctx context.Context, name string) variable {
	for _, source := range slices.Backward(e.container.EnvFrom) {
		key, ok := strings.CutPrefix(name, source.Prefix)
		if !ok {
			continue
		}
		var found entries
		var optional *bool
		switch {
		case source.SecretRef != nil:
			found, optional = e.reader.secret(ctx, e.namespace, source.SecretRef.Name), source.SecretRef.Optional
		case source.ConfigMapRef != nil:
			found, optional = e.reader.configMap(ctx, e.namespace, source.ConfigMapRef.Name), source.ConfigMapRef.Optional
		}
		if found.err != nil && !mayBeMissing(optional, found.err) {
			return variable{err: found.err}
		}
		if value, ok := found.data[key]; ok {
			return variable{value: value, ok: true}
		}
	}
	return variable{}
}

// mayBeMissing reports whether err says that something optional is not there.
func mayBeMissing(optional *bool, err error) bool {
	return optional != nil && *optional && errors.Is(err, scalerkit.ErrNotFound)
}

// names returns the variables that there are, as far as it is known.
func (e *environment) names() []string {
	var names []string
	for _, source := range e.container.EnvFrom {
		var found entries
		switch {
		case source.SecretRef != nil:
			found = e.reader.entriesByRef[Ref{"Secret", e.namespace, source.SecretRef.Name}]
		case source.ConfigMapRef != nil:
			found = e.reader.entriesByRef[Ref{"ConfigMap", e.namespace, source.ConfigMapRef.Name}]
		}
		for key := range found.data {
			names = append(names, source.Prefix+key)
		}
	}
	for _, entry := range e.container.Env {
		names = append(names, entry.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
