package azureeventhubs_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azeventhubs/v2"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azureeventhubs"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

// listing is the driver in a program that lists the fakes as identity endpoints.
var listing = azuretest.Listing(azureeventhubs.Driver())

// A strategy is a way to write checkpoints.
type strategy struct {
	metadata values
	// write returns the checkpoint of a partition: where it is, and what.
	write func(place checkpointPlace, partition string, sequence int64) (container, name string, b blob)
}

// listed reports whether one request gets all checkpoints.
func (s strategy) listed() bool { return s.metadata["checkpointStrategy"] == "blobMetadata" }

// A checkpointPlace is what names of checkpoints are made of.
type checkpointPlace struct{ host, hub, group string }

// container is one for each, since some strategies do not say more of whose
// checkpoints they are.
func (p checkpointPlace) container() string {
	_, port, _ := strings.Cut(p.host, ":") // of the fake, which is there once for each check
	return "checkpoints" + port + "-" + p.hub + "-" + strings.ToLower(strings.Trim(p.group, "$"))
}

func body(format string, sequence int64) blob {
	return blob{body: fmt.Sprintf(format, sequence, sequence*64)}
}

const (
	functionBody = `{"Offset":"%[2]d","SequenceNumber":%[1]d,"PartitionId":"0","Owner":"o","Token":"t","Epoch":1}`
	pythonBody   = `{"partition_id":"0","epoch":1,"owner":"o","token":"t","offset":"%[2]d","sequence_number":%[1]d}`
	goBody       = `{"partitionID":"0","epoch":0,"owner":"o","checkpoint":{"offset":"%[2]d","sequenceNumber":%[1]d,"enqueueTime":""},"state":"","token":""}`
)

var strategies = map[string]strategy{
	"BlobMetadata": {
		values{"checkpointStrategy": "blobMetadata", "blobContainer": "CONTAINER"},
		func(p checkpointPlace, partition string, sequence int64) (string, string, blob) {
			return p.container(), p.host + "/" + p.hub + "/" + strings.ToLower(p.group) + "/checkpoint/" + partition,
				blob{metadata: values{"sequencenumber": fmt.Sprint(sequence), "offset": "64"}}
		},
	},
	"BlobMetadataInGo": {
		values{"checkpointStrategy": "blobMetadata", "blobContainer": "CONTAINER"},
		func(p checkpointPlace, partition string, sequence int64) (string, string, blob) {
			return p.container(), p.host + "/" + p.hub + "/" + p.group + "/checkpoint/" + partition,
				blob{metadata: values{"sequencenumber": fmt.Sprint(sequence), "offset": "64"}}
		},
	},
	"AzureFunction": {
		values{"checkpointStrategy": "azureFunction", "blobContainer": "not-this-one"},
		func(p checkpointPlace, partition string, sequence int64) (string, string, blob) {
			return "azure-webjobs-eventhub", p.host + "/" + p.hub + "/" + p.group + "/" + partition, body(functionBody, sequence)
		},
	},
	"AzureFunctionWithoutContainer": {
		nil,
		func(p checkpointPlace, partition string, sequence int64) (string, string, blob) {
			return "azure-webjobs-eventhub", p.host + "/" + p.hub + "/" + p.group + "/" + partition, body(functionBody, sequence)
		},
	},
	"GoSdk": {
		values{"checkpointStrategy": "goSdk", "blobContainer": "CONTAINER"},
		func(p checkpointPlace, partition string, sequence int64) (string, string, blob) {
			return p.container(), partition, body(goBody, sequence)
		},
	},
	"Dapr": {
		values{"checkpointStrategy": "dapr", "blobContainer": "CONTAINER"},
		func(p checkpointPlace, partition string, sequence int64) (string, string, blob) {
			return p.container(), "dapr-" + p.hub + "-" + p.group + "-" + partition, body(goBody, sequence)
		},
	},
	"Default": {
		values{"blobContainer": "CONTAINER"},
		func(p checkpointPlace, partition string, sequence int64) (string, string, blob) {
			return p.container(), p.group + "/" + partition, body(functionBody, sequence)
		},
	},
	"DefaultInPython": {
		values{"blobContainer": "CONTAINER"},
		func(p checkpointPlace, partition string, sequence int64) (string, string, blob) {
			return p.container(), p.group + "/" + partition, body(pythonBody, sequence)
		},
	},
}

// An access is a way to authenticate at the hub.
type access struct {
	host    func(f *fake) string
	spec    func(f *fake, key string) scalerkit.Spec
	secrets []string
	tls     bool
}

var accesses = map[string]access{
	"Connection": {
		host: (*fake).host,
		spec: func(f *fake, key string) scalerkit.Spec {
			return scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": f.connection(key)})}
		},
		secrets: []string{key, wrong},
	},
	"SecureConnection": {
		host: func(f *fake) string { return f.secure.Addr().String() },
		spec: func(f *fake, key string) scalerkit.Spec {
			return scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": "Endpoint=sb://" + f.secure.Addr().String() + ";SharedAccessKeyName=" + policy + ";SharedAccessKey=" + key})}
		},
		secrets: []string{key, wrong}, tls: true,
	},
	"Signature": {
		host: (*fake).host,
		spec: func(f *fake, key string) scalerkit.Spec {
			const resource = "sb%3a%2f%2f"
			text := fmt.Sprintf("sr=%s&sig=%s&se=9999999999&skn=%s", resource, escape(signature(key, resource+"\n9999999999")), policy)
			return scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": "Endpoint=sb://" + f.host() + "/;UseDevelopmentEmulator=true;SharedAccessSignature=SharedAccessSignature " + text})}
		},
		secrets: []string{signature(key, "sb%3a%2f%2f\n9999999999")},
	},
	"Identity": {
		host: func(f *fake) string { return f.secure.Addr().String() },
		spec: func(f *fake, key string) scalerkit.Spec {
			_, port, _ := net.SplitHostPort(f.secure.Addr().String())
			spec := scalerkit.Spec{Identity: f.authority.Identity(), Metadata: values{"eventHubNamespace": "127", "cloud": "Private", "endpointSuffix": "0.0.1:" + port}}
			if key == wrong {
				spec.Identity = f.authority.Stranger()
			}
			return spec
		},
		secrets: []string{"of-the-authority", azuretest.Assertion}, tls: true,
	},
}

// checkpointWriter puts a checkpoint where the trigger looks for it.
type checkpointWriter func(ctx context.Context, container, name string, b blob) error

const partitions = 4

// trigger returns one on a hub of the fake, which sets its level by the
// checkpoints.
func trigger(f *fake, a access, s strategy, storage, hub, group string, write checkpointWriter) scalertest.Trigger {
	spec := a.spec(f, key)
	metadata := values{"eventHubName": hub, "consumerGroup": group}
	maps.Copy(metadata, s.metadata)
	maps.Copy(metadata, spec.Metadata)
	place := checkpointPlace{a.host(f), hub, group}
	if metadata["blobContainer"] == "CONTAINER" {
		metadata["blobContainer"] = place.container()
	}
	auth := scalerkit.Secrets(values{"storageConnection": storage})
	maps.Copy(auth, spec.Auth)
	spec.Type, spec.Name, spec.Metadata, spec.Auth = "azure-eventhub", "orders", metadata, auth
	return scalertest.Trigger{Spec: spec, Set: func(ctx context.Context, level float64) error {
		const last = 1000
		all := slices.Repeat([]partition{{0, -1, true}}, partitions)
		filled := 1 // so that a read takes one request and the suite can count connections
		if s.listed() {
			filled = partitions
		}
		for i := range filled {
			share := int64(level) / int64(filled)
			if i == 0 {
				share += int64(level) % int64(filled)
			}
			container, name, b := s.write(place, fmt.Sprint(i), last-share)
			if err := write(ctx, container, name, b); err != nil {
				return err
			}
			all[i] = partition{begin: 17, last: last}
		}
		f.set(hub, all...)
		return nil
	}}
}

// source describes triggers on the fake to the suite.
func source(f *fake, a access, s strategy, storage string, write checkpointWriter) scalertest.Source {
	at := func(hub, group string) scalertest.Trigger { return trigger(f, a, s, storage, hub, group, write) }
	missing, denied := at("missing", "$Default").Spec, at("orders", "$Default").Spec
	refused := a.spec(f, wrong)
	denied.Identity = refused.Identity
	maps.Copy(denied.Auth, refused.Auth)
	return scalertest.Source{
		Trigger:       at("orders", "$Default"),
		TargetKey:     "unprocessedEventThreshold",
		ActivationKey: "activationUnprocessedEventThreshold",
		Secrets:       append(a.secrets, accountKey),
		Missing:       &missing,
		Denied:        &denied,
		MaxConns:      1 + 8 + 1, // to the namespace, the storage account and the authority
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				hub, group := fmt.Sprintf("hub-%d", i/2), fmt.Sprintf("Group-%d", i%2)
				peers[i] = at(hub, group)
			}
			return peers
		},
	}
}

func suiteOnFake(t *testing.T, a access, s strategy) {
	t.Parallel()
	if a.tls {
		azuretest.NeedTrust(t)
	}
	suite := scalertest.Suite{Driver: listing, New: scalertest.Typed(azureeventhubs.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		blobs := newBlobFake(tb, f.authority)
		source := source(f, a, s, blobs.connection(accountKey), func(_ context.Context, container, name string, b blob) error {
			blobs.put(container, name, b)
			return nil
		})
		if a.tls {
			source.Secure = &source.Spec
		}
		return source
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}

func TestSuiteOnFake(t *testing.T) {
	for _, name := range []string{"BlobMetadata", "AzureFunction"} {
		t.Run(name, func(t *testing.T) { suiteOnFake(t, accesses["Connection"], strategies[name]) })
	}
	for _, name := range []string{"SecureConnection", "Identity"} {
		t.Run(name, func(t *testing.T) { suiteOnFake(t, accesses[name], strategies["BlobMetadata"]) })
	}
}

// TestSuiteOnServer reads a hub of a real namespace, which the connection
// string names. The checkpoints are in the fake.
func TestSuiteOnServer(t *testing.T) {
	connection := os.Getenv("SCALERKIT_EVENTHUBS_CONNECTION")
	if connection == "" {
		t.Skip("SCALERKIT_EVENTHUBS_CONNECTION is not set: give the connection string of an event hub, with its EntityPath, that tests may send to")
	}
	properties, err := azeventhubs.ParseConnectionString(connection)
	require.NoError(t, err)
	require.NotNil(t, properties.EntityPath, "the connection string has no EntityPath")
	require.NotNil(t, properties.SharedAccessKey, "the connection string has no SharedAccessKey")
	presigned := presigned(properties)
	fill(t, presigned, 120)
	scalertest.Suite{Driver: azureeventhubs.Driver(), Start: func(tb testing.TB) scalertest.Source {
		blobs := newBlobFake(tb, nil)
		strategy := strategies["BlobMetadata"]
		at := func(group string) scalertest.Trigger {
			place := checkpointPlace{properties.FullyQualifiedNamespace, *properties.EntityPath, group}
			return scalertest.Trigger{
				Spec: scalerkit.Spec{
					Type: "azure-eventhub", Name: "orders",
					Metadata: with(strategy.metadata, values{"blobContainer": place.container(), "consumerGroup": group}),
					Auth:     scalerkit.Secrets(values{"connection": connection, "storageConnection": blobs.connection(accountKey)}),
				},
				Set: func(ctx context.Context, level float64) error {
					for i, p := range partitionsOf(ctx, tb, presigned) {
						checkpoint := p.LastEnqueuedSequenceNumber
						if i == 0 {
							checkpoint -= int64(level)
						}
						container, name, b := strategy.write(place, p.PartitionID, checkpoint)
						blobs.put(container, name, b)
					}
					return nil
				},
			}
		}
		denied := at("$Default").Spec
		denied.Auth = scalerkit.Secrets(values{"connection": strings.Replace(connection, "SharedAccessKey=", "SharedAccessKey="+wrong, 1)})
		return scalertest.Source{
			Trigger:       at("$Default"),
			Settle:        5 * time.Second,
			TargetKey:     "unprocessedEventThreshold",
			ActivationKey: "activationUnprocessedEventThreshold",
			Secrets:       []string{*properties.SharedAccessKey, wrong, accountKey},
			Denied:        &denied,
			MaxConns:      1 + 8,
			Peers: func(n int) []scalertest.Trigger {
				peers := make([]scalertest.Trigger, n)
				for i := range peers {
					peers[i] = at(fmt.Sprintf("group-%d", i))
				}
				return peers
			},
		}
	}}.Run(t)
}

// presigned returns a connection string for the SDK, whose clients leave a
// goroutine behind that renews the token, unless it is given to them.
func presigned(p azeventhubs.ConnectionStringProperties) string {
	resource := strings.ToLower(escape("amqps://" + p.FullyQualifiedNamespace + "/" + *p.EntityPath))
	expires := fmt.Sprint(time.Now().Add(time.Hour).Unix())
	sign := escape(signature(*p.SharedAccessKey, resource+"\n"+expires))
	return fmt.Sprintf("Endpoint=sb://%s/;EntityPath=%s;UseDevelopmentEmulator=%t;SharedAccessSignature=SharedAccessSignature sr=%s&sig=%s&se=%s&skn=%s",
		p.FullyQualifiedNamespace, *p.EntityPath, p.Emulator, resource, sign, expires, *p.SharedAccessKeyName)
}

// fill sees to it that partition 0 has so many events.
func fill(t *testing.T, connection string, events int64) {
	p := partitionsOf(t.Context(), t, connection)[0]
	missing := events - (p.LastEnqueuedSequenceNumber - p.BeginningSequenceNumber + 1)
	if p.IsEmpty {
		missing = events
	}
	if missing <= 0 {
		return
	}
	producer, err := azeventhubs.NewProducerClientFromConnectionString(connection, "", nil)
	require.NoError(t, err)
	defer producer.Close(t.Context())
	batch, err := producer.NewEventDataBatch(t.Context(), &azeventhubs.EventDataBatchOptions{PartitionID: &p.PartitionID})
	require.NoError(t, err)
	for range missing {
		require.NoError(t, batch.AddEventData(&azeventhubs.EventData{Body: []byte("test")}, nil))
	}
	require.NoError(t, producer.SendEventDataBatch(t.Context(), batch, nil))
}

// partitionsOf asks with the SDK's own client, partition 0 first.
func partitionsOf(ctx context.Context, tb testing.TB, connection string) (all []azeventhubs.PartitionProperties) {
	client, err := azeventhubs.NewConsumerClientFromConnectionString(connection, "", azeventhubs.DefaultConsumerGroup, nil)
	require.NoError(tb, err)
	defer client.Close(ctx)
	hub, err := client.GetEventHubProperties(ctx, nil)
	require.NoError(tb, err)
	slices.Sort(hub.PartitionIDs)
	for _, id := range hub.PartitionIDs {
		p, err := client.GetPartitionProperties(ctx, id, nil)
		require.NoError(tb, err)
		all = append(all, p)
	}
	return all
}
