package azureblob_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

// listing is the driver in a program that lists the fakes as identity endpoints.
var listing = azuretest.Listing(azureblob.Driver())

// A mode is a choice of blobs.
type mode struct {
	metadata values
	counted  string   // name of the blobs that count, with a number in it
	others   []string // names of blobs that do not count
}

var modes = map[string]mode{
	"Top":       {nil, "blob-%d", []string{"in/blob", "in/deep/blob"}},
	"Prefix":    {values{"blobPrefix": "in"}, "in/blob-%d", []string{"blob", "in-blob", "in/deep/blob"}},
	"Recursive": {values{"blobPrefix": "in", "recursive": "true"}, "in/deep/blob-%d", []string{"blob"}},
	"Glob":      {values{"globPattern": "in/*.{json,xml}"}, "in/deep/%d.json", []string{"in/blob.txt", "blob.json"}},
}

// An access is a way to authenticate.
type access struct {
	spec    func(f *fake) scalerkit.Spec
	denied  func(f *fake, spec scalerkit.Spec) scalerkit.Spec
	secrets []string
	hosts   int // that it connects to
	tls     bool
}

func withConnection(f *fake, credential string) scalerkit.Spec {
	return scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": f.connection(credential)})}
}

var accesses = map[string]access{
	"Connection": {
		spec: func(f *fake) scalerkit.Spec { return withConnection(f, "AccountKey="+key) },
		denied: func(f *fake, _ scalerkit.Spec) scalerkit.Spec {
			return withConnection(f, "AccountKey="+wrong)
		},
		secrets: []string{key, wrong}, hosts: 1,
	},
	"Signature": {
		spec: func(f *fake) scalerkit.Spec {
			return withConnection(f, "SharedAccessSignature=sv=2024-01-01&sig="+signature)
		},
		denied: func(f *fake, _ scalerkit.Spec) scalerkit.Spec {
			return withConnection(f, "SharedAccessSignature=sv=2024-01-01&sig="+wrong)
		},
		secrets: []string{signature, wrong}, hosts: 1,
	},
	"Key": {
		spec: func(f *fake) scalerkit.Spec {
			return scalerkit.Spec{Metadata: f.private(), Auth: scalerkit.Secrets(values{"accountKey": key})}
		},
		denied: func(f *fake, _ scalerkit.Spec) scalerkit.Spec {
			return scalerkit.Spec{Metadata: f.private(), Auth: scalerkit.Secrets(values{"accountKey": wrong})}
		},
		secrets: []string{key, wrong}, hosts: 1, tls: true,
	},
	"Identity": {
		spec: func(f *fake) scalerkit.Spec {
			return scalerkit.Spec{Metadata: f.private(), Identity: f.authority.Identity()}
		},
		denied: func(f *fake, spec scalerkit.Spec) scalerkit.Spec {
			spec.Identity = f.authority.Stranger()
			return spec
		},
		secrets: []string{"of-the-authority", azuretest.Assertion}, hosts: 2, tls: true,
	},
}

// private is the metadata that leads to the fake by TLS.
func (f *fake) private() values {
	return values{"accountName": account, "cloud": "private", "endpointSuffix": f.suffix()}
}

// trigger adds to the spec what is read.
func trigger(spec scalerkit.Spec, m mode, container string) scalerkit.Spec {
	metadata := values{"blobContainerName": container}
	maps.Copy(metadata, m.metadata)
	maps.Copy(metadata, spec.Metadata)
	spec.Type, spec.Name, spec.Metadata = "azure-blob", "orders", metadata
	return spec
}

// source describes a mode to the suite. The containers begin with prefix.
func source(m mode, spec, denied scalerkit.Spec, prefix string, set func(ctx context.Context, container string, blobs []string) error) scalertest.Source {
	at := func(container string) scalertest.Trigger {
		return scalertest.Trigger{
			Spec: trigger(spec, m, prefix+container),
			Set: func(ctx context.Context, level float64) error {
				blobs := m.others
				for i := range int(level) {
					blobs = append(blobs[:len(blobs):len(blobs)], fmt.Sprintf(m.counted, i))
				}
				return set(ctx, prefix+container, blobs)
			},
		}
	}
	missing, refused := trigger(spec, m, prefix+"missing"), trigger(denied, m, prefix+"orders")
	return scalertest.Source{
		Trigger:       at("orders"),
		TargetKey:     "blobCount",
		ActivationKey: "activationBlobCount",
		Missing:       &missing,
		Denied:        &refused,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = at(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

func suiteOnFake(t *testing.T, m mode, a access) {
	t.Parallel()
	if a.tls {
		azuretest.NeedTrust(t)
	}
	suite := scalertest.Suite{Driver: listing, New: scalertest.Typed(azureblob.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		spec := a.spec(f)
		s := source(m, spec, a.denied(f, spec), "", func(_ context.Context, container string, blobs []string) error {
			f.set(container, blobs...)
			return nil
		})
		if a.tls {
			s.Secure = &s.Spec
		}
		s.Secrets = a.secrets
		s.MaxConns = 8 * a.hosts
		s.Levels = []float64{0, 1, 7, pageSize + 10}
		return s
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}

func TestSuiteOnFake(t *testing.T) {
	for name, m := range modes {
		t.Run(name, func(t *testing.T) { suiteOnFake(t, m, accesses["Connection"]) })
	}
	for name, a := range accesses {
		if name != "Connection" { // that of the modes
			t.Run(name, func(t *testing.T) { suiteOnFake(t, modes["Top"], a) })
		}
	}
}
