package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/all"
	"github.com/scalerkit/scalerkit/scalers/external/server"
)

type values = map[string]string

var shop = scalerkit.Key{Namespace: "shop", Name: "orders"}

func testOpener(log *bytes.Buffer) *opener {
	return newOpener(all.Registry(), vault{
		{Namespace: "shop", Name: "redis"}: {
			Parameters: map[string]secret{"password": {scalerkit.NewSecret("hunter2")}},
			Identity:   scalerkit.Identity{Provider: "aws"},
		},
	}, slog.New(slog.NewTextHandler(log, nil)))
}

func TestTheMetadataDescribesATrigger(t *testing.T) {
	spec, err := testOpener(nil).spec(server.Object{Owner: shop, Metadata: values{
		"scalerAddress": "scaler:6000", "triggerType": "redis", "triggerCredentials": "redis",
		"address": "redis:6379", "listName": "orders", "usernameFromEnv": "scaler",
	}})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Spec{
		Type: "redis", Owner: shop,
		Metadata: values{"address": "redis:6379", "listName": "orders", "usernameFromEnv": "usernameFromEnv"},
		Env:      scalerkit.Secrets(values{"usernameFromEnv": "scaler"}),
		Auth:     scalerkit.Secrets(values{"password": "hunter2"}),
		Identity: scalerkit.Identity{Provider: "aws"},
	}, spec)
}

func TestWhatATriggerMayNotHave(t *testing.T) {
	for want, o := range map[string]server.Object{
		"trigger: triggerType: is missing: the type of the trigger that is to be read, such as redis": {Owner: shop},
		`redis trigger: triggerCredentials: there are no credentials "rabbitmq" for namespace "shop"`: {
			Owner: shop, Metadata: values{"triggerType": "redis", "triggerCredentials": "rabbitmq"},
		},
		`redis trigger: triggerCredentials: there are no credentials "redis" for namespace "mail"`: {
			Owner: scalerkit.Key{Namespace: "mail", Name: "orders"}, Metadata: values{"triggerType": "redis", "triggerCredentials": "redis"},
		},
		"aws-cloudwatch trigger: identityOwner: is not for callers: name credentials that have an identity": {
			Owner: shop, Metadata: values{"triggerType": "aws-cloudwatch", "identityOwner": "operator"},
		},
		"redis trigger: listName: is missing: set it in the metadata": {
			Owner: shop, Metadata: values{"triggerType": "redis", "address": "redis:6379"},
		},
	} {
		s, err := testOpener(nil).open(o)
		require.Nil(t, s)
		require.EqualError(t, err, want)
		require.Len(t, scalerkit.ConfigErrors(err), 1)
	}
}

// As in KEDA, a key that a source does not know is no error.
func TestUnknownKeysAreLogged(t *testing.T) {
	var log bytes.Buffer
	s, err := testOpener(&log).open(server.Object{Owner: shop, Metadata: values{
		"triggerType": "redis", "address": "redis:6379", "listName": "orders", "listname": "mails",
	}})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Contains(t, log.String(), `level=WARN msg="redis trigger: listname: is not a parameter of this trigger type; did you mean \"listName\"?" object=shop/orders`)
}

func TestNoSourceHasAParameterOfOurs(t *testing.T) {
	for _, d := range all.Drivers() {
		if strings.HasPrefix(d.Name(), "external") {
			continue // another external scaler is for KEDA to ask
		}
		for _, p := range d.Params() {
			for _, name := range p.Names {
				require.NotContains(t, []string{typeKey, credentialsKey, addressKey}, name, d.Name())
			}
		}
	}
}
