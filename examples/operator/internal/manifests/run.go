package manifests

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit"
)

const usage = `usage: operator manifests -name NAME -image IMAGE -trigger TYPE [flags]

Writes a Deployment, a TriggerAuthentication and a ScaledObject:

	operator manifests -name resizer -image registry.example/resizer:1 \
		-trigger redis -set address=redis:6379 -set listName=pictures \
		-auth password=redis:password | kubectl apply -f -

`

// Run is the subcommand: it writes the manifests that the arguments describe
// to stdout, or what is wrong with them to stderr, and returns an exit code.
func Run(args []string, registry *scalerkit.Registry, stdout, stderr io.Writer) int {
	w, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if err := errors.Join(w.mistakes, w.check(registry)); err != nil {
		fmt.Fprintf(stderr, "operator manifests: cannot write manifests:\n%v\n", err)
		return 2
	}
	text, err := w.manifest()
	if err == nil {
		_, err = stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(stderr, "operator manifests:", err)
		return 1
	}
	return 0
}

// A wish is a worker as the arguments describe it, and what is wrong with them.
type wish struct {
	Worker
	mistakes error
}

// parse reads the arguments. An error has been told already.
func parse(args []string, stderr io.Writer) (*wish, error) {
	w := &wish{Worker: Worker{
		Metadata:  map[string]string{},
		Auth:      map[string]SecretEntry{},
		Env:       map[string]string{},
		SecretEnv: map[string]SecretEntry{},
	}}
	flags := flag.NewFlagSet("operator manifests", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	// What these are given may be a secret by mistake, which package flag would
	// show.
	mapped := func(name, usage string, put func(name, value string) error) {
		flags.Func(name, usage, func(text string) error {
			key, value, _ := strings.Cut(text, "=")
			if err := put(key, value); err != nil {
				w.mistakes = errors.Join(w.mistakes, fmt.Errorf("-%s %s: %w", name, key, err))
			}
			return nil
		})
	}
	flags.StringVar(&w.Name, "name", "", "`name` of the objects")
	flags.StringVar(&w.Namespace, "namespace", "", "`namespace` of the objects; if empty, that of whoever applies them")
	flags.StringVar(&w.Image, "image", "", "`image` of the worker")
	flags.StringVar(&w.Trigger, "trigger", "", "`type` of the trigger, for example redis")
	mapped("set", "a parameter of the trigger as `key=value`; may be repeated", text(w.Metadata))
	mapped("auth", "a parameter of the trigger that a Secret has, as `parameter=secret:key`; may be repeated", entry(w.Auth))
	mapped("env", "an environment variable of the worker as `name=value`; may be repeated", text(w.Env))
	mapped("secret-env", "an environment variable of the worker that a Secret has, as `name=secret:key`; may be repeated", entry(w.SecretEnv))
	flags.Func("polling-interval", "`seconds` between two looks at the trigger (default 30)", number(&w.PollingInterval))
	flags.Func("cooldown", "`seconds` without work before the last worker goes (default 300)", number(&w.CooldownPeriod))
	flags.Func("min", "`number` of workers at least (default 0)", number(&w.MinReplicaCount))
	flags.Func("max", "`number` of workers at most (default 100)", number(&w.MaxReplicaCount))
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		w.mistakes = errors.Join(w.mistakes, fmt.Errorf("%q belongs to no flag", flags.Arg(0)))
	}
	return w, nil
}

var errTwice = errors.New("is given twice")

func text(into map[string]string) func(string, string) error {
	return func(name, value string) error {
		if _, twice := into[name]; twice {
			return errTwice
		}
		into[name] = value
		return nil
	}
}

func entry(into map[string]SecretEntry) func(string, string) error {
	return func(name, reference string) error {
		secret, key, _ := strings.Cut(reference, ":")
		if secret == "" || key == "" {
			return errors.New("names no entry of a Secret: want secret:key after the equals sign")
		}
		if _, twice := into[name]; twice {
			return errTwice
		}
		into[name] = SecretEntry{Secret: secret, Key: key}
		return nil
	}
}

func number(into **int32) func(string) error {
	return func(text string) error {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return errors.New("want a whole number")
		}
		given := int32(n)
		*into = &given
		return nil
	}
}

// manifest renders the objects as YAML. The Secrets, which it does not have,
// are told of in a comment.
func (w *Worker) manifest() ([]byte, error) {
	var out bytes.Buffer
	if secrets := w.secrets(); len(secrets) > 0 {
		out.WriteString("# The values of these Secrets are yours to give:\n#\n")
		for i := 0; i < len(secrets); {
			name := secrets[i].Secret
			fmt.Fprintf(&out, "#\tkubectl create secret generic %s", name)
			if w.Namespace != "" {
				fmt.Fprintf(&out, " --namespace %s", w.Namespace)
			}
			for ; i < len(secrets) && secrets[i].Secret == name; i++ {
				fmt.Fprintf(&out, " --from-literal=%s=…", secrets[i].Key)
			}
			out.WriteString("\n")
		}
	}
	for i, object := range w.objects() {
		if i > 0 || out.Len() > 0 {
			out.WriteString("---\n")
		}
		text, err := render(object)
		if err != nil {
			return nil, err
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

// render renders an object without what is empty in it, as its status is.
func render(object any) ([]byte, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, err
	}
	prune(plain)
	return yaml.Marshal(plain)
}

func prune(value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			prune(v)
			if m, ok := v.(map[string]any); ok && len(m) == 0 && key != "metadata" {
				delete(value, key)
			}
		}
	case []any:
		for _, v := range value {
			prune(v)
		}
	}
}
