package activemq_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/activemq"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// logins are how both types authenticate.
var logins = []httpkit.Login{{
	Name: "username and password",
	Auth: func(secret string) map[string]string { return values{"username": "admin", "password": secret} },
	Accepts: func(r *http.Request, secret string) bool {
		user, password, _ := r.BasicAuth()
		return user == "admin" && password == secret
	},
}}

// absent is what Jolokia answers about a queue that is not there.
const absent = `{"error_type":"javax.management.InstanceNotFoundException","error":"javax.management.InstanceNotFoundException : org.apache.activemq","status":404}`

// size is what Jolokia answers about one that is there.
func size(level float64) string { return fmt.Sprintf(`{"value":%v,"timestamp":1,"status":200}`, level) }

// login is what a trigger has to authenticate with.
func login(password string) map[string]scalerkit.Secret {
	return scalerkit.Secrets(values{"username": "scalerkit", "password": password})
}

// classicSpec and artemisSpec are triggers by a template, since the suite's servers
// may speak TLS, which the consoles do not by themselves.
func classicSpec(server, queue string) scalerkit.Spec {
	u, _ := url.Parse(server) // it is the suite's
	return scalerkit.Spec{Type: "activemq", Name: "orders", Auth: login("of-nobody"), Metadata: values{
		"managementEndpoint": u.Host, "brokerName": "localhost", "destinationName": queue,
		"restAPITemplate": u.Scheme + "://{{.ManagementEndpoint}}/api/jolokia/read/org.apache.activemq:type=Broker,brokerName={{.BrokerName}},destinationType=Queue,destinationName={{.DestinationName}}/QueueSize",
	}}
}

func artemisSpec(server, queue string) scalerkit.Spec {
	u, _ := url.Parse(server) // it is the suite's
	return scalerkit.Spec{Type: "artemis-queue", Name: "orders", Auth: login("of-nobody"), Metadata: values{
		"managementEndpoint": u.Host, "brokerName": "localhost", "brokerAddress": queue, "queueName": queue, "activationQueueLength": "0",
		"restApiTemplate": u.Scheme + `://<<managementEndpoint>>/console/jolokia/read/org.apache.activemq.artemis:broker="<<brokerName>>",component=addresses,address="<<brokerAddress>>",subcomponent=queues,routing-type="anycast",queue="<<queueName>>"/MessageCount`,
	}}
}

func TestClassicOnFake(t *testing.T) {
	httpkit.Kit{
		Driver: activemq.Driver(), New: scalertest.Typed(activemq.New), Spec: classicSpec, Logins: logins, Body: size, Absent: absent,
		Thing: func(r *http.Request) string {
			_, after, _ := strings.Cut(r.URL.Path, "destinationName=")
			return strings.TrimSuffix(after, "/QueueSize")
		},
		TargetKey: "targetQueueSize", ActivationKey: "activationTargetQueueSize",
	}.Run(t)
}

func TestArtemisOnFake(t *testing.T) {
	httpkit.Kit{
		Driver: activemq.ArtemisDriver(), New: scalertest.Typed(activemq.NewArtemis), Spec: artemisSpec, Logins: logins, Body: size, Absent: absent,
		Thing: func(r *http.Request) string {
			_, after, _ := strings.Cut(r.URL.Path, `,queue="`)
			return strings.TrimSuffix(after, `"/MessageCount`)
		},
		TargetKey: "queueLength", ActivationKey: "activationQueueLength",
	}.Run(t)
}
