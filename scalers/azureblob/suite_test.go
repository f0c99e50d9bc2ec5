package azureblob_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
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

func suiteOnFake(t *testing.T, m mode, a storagetest.Access) {
	a.Run(t, scalertest.Suite{Driver: listing, New: scalertest.Typed(azureblob.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		s := source(m, a.Spec(f.Server), a.Denied(f.Server), "", func(_ context.Context, container string, blobs []string) error {
			f.set(container, blobs...)
			return nil
		})
		s.MaxConns = 8
		s.Levels = []float64{0, 1, 7, pageSize + 10}
		return s
	}})
}

func TestSuiteOnFake(t *testing.T) {
	for name, m := range modes {
		t.Run(name, func(t *testing.T) { suiteOnFake(t, m, storagetest.Connection) })
	}
	for name, a := range storagetest.Accesses {
		t.Run(name, func(t *testing.T) { suiteOnFake(t, modes["Top"], a) })
	}
}
