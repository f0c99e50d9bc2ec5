package manifests

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// check returns all that is wrong with the worker.
func (w *Worker) check(registry *scalerkit.Registry) error {
	var errs []error
	problem := func(flag, format string, args ...any) {
		errs = append(errs, fmt.Errorf("-%s: %s", flag, fmt.Sprintf(format, args...)))
	}
	if w.Name == "" {
		problem("name", "is missing")
	} else if wrong := validation.IsDNS1123Label(w.Name); wrong != nil {
		problem("name", "%s", strings.Join(wrong, "; "))
	} else if len(w.scaledObject().HPAName()) > validation.DNS1123LabelMaxLength {
		problem("name", "is longer than 54 characters: the name of the HPA begins with keda-hpa-")
	}
	if w.Namespace != "" {
		if wrong := validation.IsDNS1123Label(w.Namespace); wrong != nil {
			problem("namespace", "%s", strings.Join(wrong, "; "))
		}
	}
	if w.Image == "" {
		problem("image", "is missing")
	}
	atLeast := func(flag string, n *int32, least int32) {
		if n != nil && *n < least {
			problem(flag, "%d is less than %d", *n, least)
		}
	}
	atLeast("polling-interval", w.PollingInterval, 1)
	atLeast("cooldown", w.CooldownPeriod, 0)
	atLeast("min", w.MinReplicaCount, 0)
	atLeast("max", w.MaxReplicaCount, 1)
	if object := w.scaledObject(); object.MinReplicas() > object.MaxReplicas() {
		problem("min", "%d is greater than the maximum, %d", object.MinReplicas(), object.MaxReplicas())
	}
	return errors.Join(append(errs, w.checkTrigger(registry))...)
}

// checkTrigger opens the trigger. What is in Secrets is not known here: in its
// place stands something that may do, and what is wrong with that is not told.
func (w *Worker) checkTrigger(registry *scalerkit.Registry) error {
	var params []scalerkit.Param
	if driver, ok := registry.Driver(w.Trigger); ok { // if there is none, Open says so
		params = driver.Params()
	}
	param := func(name string, place string) *scalerkit.Param {
		i := slices.IndexFunc(params, func(p scalerkit.Param) bool {
			return (slices.Contains(p.Names, name) || p.Names[0] == "*") && slices.Contains(p.From, place)
		})
		if i < 0 {
			return nil
		}
		return &params[i]
	}

	unknown := map[string]bool{} // parameters
	spec := scalerkit.Spec{Type: w.Trigger, Metadata: w.Metadata, Auth: map[string]scalerkit.Secret{}}
	for name := range w.Auth {
		spec.Auth[name] = scalerkit.Secret{}
		if p := param(name, driver.FromAuth); p != nil {
			spec.Auth[name] = scalerkit.NewSecret(placeholder(p))
			mark(unknown, p.Names)
		}
	}
	environment := maps.Clone(w.Env)
	for key, variable := range w.Metadata {
		name, fromEnv := strings.CutSuffix(key, "FromEnv")
		if _, ok := w.SecretEnv[variable]; !ok || !fromEnv {
			continue
		}
		if p := param(name, driver.FromEnv); p != nil {
			environment[variable] = placeholder(p)
			mark(unknown, p.Names)
		}
	}
	spec.Env = scalerkit.Secrets(environment)

	scaler, err := registry.Open(spec, scalerkit.Options{})
	if err == nil {
		return scaler.Close()
	}
	problems := scalerkit.ConfigErrors(err)
	if len(problems) == 0 {
		return err
	}
	var errs []error
	for _, problem := range problems {
		if !unknown[problem.Key] {
			errs = append(errs, problem)
		}
	}
	return errors.Join(errs...)
}

// mark marks a parameter under each key that errors may name it by.
func mark(set map[string]bool, names []string) {
	for _, name := range names {
		set[name], set[name+"FromEnv"] = true, true
	}
}

// placeholder returns a value that a parameter may have.
func placeholder(p *scalerkit.Param) string {
	if len(p.Enum) > 0 {
		return p.Enum[0]
	}
	return cmp.Or(p.Default, p.Min, "1")
}
