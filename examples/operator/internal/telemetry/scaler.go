package telemetry

import (
	"cmp"
	"strings"
)

// unlike has KEDA's names of scalers that do not follow from the trigger type.
var unlike = map[string]string{
	"azure-eventhub":         "azureEventHubScaler",
	"azure-servicebus":       "azureServiceBusScaler",
	"rabbitmq":               "rabbitMQScaler",
	"redis-cluster":          "redisScaler",
	"redis-cluster-streams":  "redisStreamsScaler",
	"redis-sentinel":         "redisScaler",
	"redis-sentinel-streams": "redisStreamsScaler",
}

// scalerName is KEDA's label scaler: the name of the trigger, or that of the
// scaler's type in KEDA, such as "awsKinesisStreamScaler".
func scalerName(t Trigger) string {
	if t.Name != "" || unlike[t.Type] != "" {
		return cmp.Or(t.Name, unlike[t.Type])
	}
	var name strings.Builder
	for i, word := range strings.Split(t.Type, "-") {
		if i > 0 && word != "" {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		name.WriteString(word)
	}
	return name.String() + "Scaler"
}
