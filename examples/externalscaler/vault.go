package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/scalerkit/scalerkit"
)

// A vault has credentials by their namespace and name.
type vault map[scalerkit.Key]credential

// A credential is what a TriggerAuthentication would deliver to the triggers of
// one namespace.
type credential struct {
	Namespace  string             `yaml:"namespace"`
	Name       string             `yaml:"name"`
	Parameters map[string]secret  `yaml:"parameters"`
	Identity   scalerkit.Identity `yaml:"identity"` // of this process
}

// auth returns the parameters as a Spec has them.
func (c credential) auth() map[string]scalerkit.Secret {
	auth := make(map[string]scalerkit.Secret, len(c.Parameters))
	for key, s := range c.Parameters {
		auth[key] = s.Secret
	}
	return auth
}

// A secret is written as its value, or as where that is: an environment variable
// or a file.
type secret struct{ scalerkit.Secret }

// UnmarshalYAML implements yaml.Unmarshaler. It reads what is referred to.
func (s *secret) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		s.Secret = scalerkit.NewSecret(n.Value)
		return nil
	}
	var place struct {
		Env  string `yaml:"env"`
		File string `yaml:"file"`
	}
	if err := n.Decode(&place); err != nil || (place.Env == "") == (place.File == "") {
		return fmt.Errorf("line %d: give the value of the parameter, its env or its file", n.Line)
	}
	if place.File != "" {
		text, err := os.ReadFile(place.File)
		s.Secret = scalerkit.NewSecret(strings.TrimSuffix(string(text), "\n"))
		return err
	}
	value, ok := os.LookupEnv(place.Env)
	if !ok {
		return fmt.Errorf("line %d: environment variable %q is not set", n.Line, place.Env)
	}
	s.Secret = scalerkit.NewSecret(value)
	return nil
}

// readVault reads a file, and what that refers to. Without a name, there are no
// credentials.
func readVault(name string) (vault, error) {
	v := make(vault)
	if name == "" {
		return v, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var file struct {
		Credentials []credential `yaml:"credentials"`
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i, c := range file.Credentials {
		if err := v.add(c); err != nil {
			return nil, fmt.Errorf("%s: number %d of the credentials: %w", name, i+1, err)
		}
	}
	return v, nil
}

func (v vault) add(c credential) error {
	key := scalerkit.Key{Namespace: c.Namespace, Name: c.Name}
	if c.Namespace == "" || c.Name == "" {
		return errors.New("name and namespace are needed")
	}
	if _, twice := v[key]; twice {
		return fmt.Errorf("%s is there already", key)
	}
	v[key] = c
	return nil
}
