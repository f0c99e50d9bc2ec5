package manifests

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/examples/operator/internal/strict"
	"github.com/scalerkit/scalerkit/scalers/all"
)

func TestGolden(t *testing.T) {
	for file, args := range map[string][]string{
		"redis.yaml": {
			"-name", "resizer", "-namespace", "shop", "-image", "registry.example/resizer:1",
			"-trigger", "redis", "-set", "address=redis:6379", "-set", "listName=pictures", "-set", "listLength=5",
			"-auth", "username=redis:user", "-auth", "password=redis:password",
			"-env", "QUEUE=pictures", "-secret-env", "REDIS_PASSWORD=redis:password", "-secret-env", "TOKEN=store:token",
			"-polling-interval", "5", "-cooldown", "30", "-min", "0", "-max", "20",
		},
		"servicebus.yaml": {
			"-name", "worker", "-image", "worker",
			"-trigger", "azure-servicebus", "-set", "queueName=inbound", "-set", "connectionFromEnv=CONNECTION",
			"-secret-env", "CONNECTION=bus:connection",
		},
		"streams.yaml": {
			"-name", "worker", "-image", "worker", "-min", "2",
			"-trigger", "redis-streams", "-set", "address=redis:6379", "-set", "stream=orders", "-set", "consumerGroup=workers",
		},
	} {
		t.Run(file, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			require.Zero(t, Run(args, all.Registry(), &stdout, &stderr), stderr.String())
			require.Empty(t, stderr.String())
			want, err := os.ReadFile("testdata/" + file)
			require.NoError(t, err)
			require.Equal(t, string(want), stdout.String())
			_, err = strict.Objects(want)
			require.NoError(t, err)
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	good := []string{"-name", "worker", "-image", "worker", "-trigger", "redis", "-set", "address=redis:6379", "-set", "listName=orders"}
	with := func(more ...string) []string { return append(append([]string{}, good...), more...) }
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nothing": {
			[]string{"-trigger", "redis"},
			`-name: is missing
-image: is missing
redis trigger: listName: is missing: set it in the metadata
redis trigger: address: is missing: give host:port in address, or host and port
`,
		},
		"all at once": {
			[]string{"-name", "Worker_1", "-namespace", "a.b", "-image", "i", "-trigger", "rediss", "-polling-interval", "0", "-cooldown", "-1", "-min", "5", "-max", "3", "more"},
			`"more" belongs to no flag
-name: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
-namespace: must not contain dots
-polling-interval: 0 is less than 1
-cooldown: -1 is less than 0
-min: 5 is greater than the maximum, 3
trigger: type: "rediss" is not a known type; did you mean "redis"?
`,
		},
		"a long name": {
			[]string{"-name", strings.Repeat("a", 55), "-image", "worker", "-trigger", "redis", "-set", "address=redis:6379", "-set", "listName=orders"},
			"-name: is longer than 54 characters: the name of the HPA begins with keda-hpa-\n",
		},
		"a misspelt parameter": {
			with("-set", "listLenght=5"),
			"redis trigger: listLenght: is not a parameter of this trigger type; did you mean \"listLength\"?\n",
		},
		"a misspelt parameter in a Secret": {
			with("-auth", "pasword=redis:password"),
			"redis trigger: pasword: is not a parameter of this trigger type in the authentication; did you mean \"password\"?\n",
		},
		"a variable that is not there": {
			with("-set", "passwordFromEnv=PASSWORD"),
			"redis trigger: passwordFromEnv: environment variable \"PASSWORD\" is not set\n",
		},
		"a variable with a bad value": {
			[]string{"-name", "worker", "-image", "worker", "-trigger", "rabbitmq", "-set", "queueName=orders", "-set", "hostFromEnv=RABBIT", "-env", "RABBIT=hunter2"},
			"rabbitmq trigger: hostFromEnv: is not a URL such as amqp://user:password@rabbitmq:5672/vhost; special characters in user and password have to be escaped, or these be given as username and password\n",
		},
		"a value in place of a reference": {
			with("-auth", "password=hunter2", "-set", "listName=again"),
			"-auth password: names no entry of a Secret: want secret:key after the equals sign\n-set listName: is given twice\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			require.Equal(t, 2, Run(c.args, all.Registry(), &stdout, &stderr))
			require.Empty(t, stdout.String())
			require.Equal(t, "operator manifests: cannot write manifests:\n"+c.want, stderr.String())
		})
	}
}

// What a Secret has is not known, and is not told to be wrong.
func TestSecretsMayHaveAnything(t *testing.T) {
	for _, args := range [][]string{
		{"-trigger", "kafka", "-set", "bootstrapServers=kafka:9092", "-set", "consumerGroup=g", "-set", "topic=t",
			"-auth", "sasl=kafka:sasl", "-auth", "username=kafka:user", "-auth", "password=kafka:password", "-auth", "tls=kafka:tls"},
		{"-trigger", "rabbitmq", "-set", "queueName=q", "-auth", "host=rabbit:url"},
		{"-trigger", "azure-eventhub", "-set", "blobContainer=c", "-auth", "connection=hub:c", "-set", "storageConnectionFromEnv=STORAGE", "-secret-env", "STORAGE=hub:s"},
	} {
		var stdout, stderr bytes.Buffer
		require.Zero(t, Run(append([]string{"-name", "a", "-image", "b"}, args...), all.Registry(), &stdout, &stderr), stderr.String())
	}
}

func TestUsage(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Zero(t, Run([]string{"-h"}, all.Registry(), &stdout, &stderr))
	require.Contains(t, stderr.String(), usage)
	require.Equal(t, 2, Run([]string{"-min", "few"}, all.Registry(), &stdout, &stderr))
	require.Contains(t, stderr.String(), `invalid value "few" for flag -min: want a whole number`)
	require.Empty(t, stdout.String())
}
