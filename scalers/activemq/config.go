package activemq

import (
	"regexp"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Config describes a trigger on the size of a queue of the classic broker.
type Config struct {
	Endpoint   string           `scaler:"managementEndpoint" doc:"host:port of the console; needed without restAPITemplate"`
	Queue      string           `scaler:"destinationName" doc:"name of the queue; needed without restAPITemplate"`
	Broker     string           `scaler:"brokerName" doc:"name of the broker; needed without restAPITemplate"`
	Username   string           `scaler:"username,required" from:"auth,env,metadata" doc:"user of the console"`
	Password   scalerkit.Secret `scaler:"password,required" from:"auth,env,metadata" doc:"password of the console"`
	RESTAPI    string           `scaler:"restAPITemplate" doc:"URL of the queue's QueueSize"`
	Origin     string           `scaler:"corsHeader" doc:"value of the header Origin; http:// and the endpoint if empty"`
	QueueSize  int64            `scaler:"targetQueueSize,target" default:"10" above:"0" doc:"target: messages per replica"`
	Activation int64            `scaler:"activationTargetQueueSize,activation" doc:"the trigger is active above this number of messages"`
	MetricType scalerkit.TargetKind
	Timeout    time.Duration `scaler:"timeout" doc:"time limit of a request; what the program says, or 3s, if there is none"`
	TLS        driver.TLS

	question question
}

// ArtemisConfig describes a trigger on the messages of a queue of Artemis.
type ArtemisConfig struct {
	Endpoint    string           `scaler:"managementEndpoint" doc:"host:port of the console; needed without restApiTemplate"`
	Queue       string           `scaler:"queueName" doc:"name of the queue; needed without restApiTemplate"`
	Broker      string           `scaler:"brokerName" doc:"name of the broker; needed without restApiTemplate"`
	Address     string           `scaler:"brokerAddress" doc:"address of the queue; needed without restApiTemplate"`
	Username    string           `scaler:"username,required" from:"auth,metadata,env" doc:"user of the console"`
	Password    scalerkit.Secret `scaler:"password,required" from:"auth,metadata,env" doc:"password of the console"`
	RESTAPI     string           `scaler:"restApiTemplate" doc:"URL of the queue's MessageCount"`
	Origin      string           `scaler:"corsHeader" doc:"value of the header Origin; http:// and the endpoint if empty"`
	QueueLength int64            `scaler:"queueLength,target" default:"10" above:"0" doc:"target: messages per replica"`
	Activation  *int64           `scaler:"activationQueueLength,activation" default:"10" doc:"the trigger is active above this number of messages"`
	MetricType  scalerkit.TargetKind
	Timeout     time.Duration `scaler:"timeout" doc:"time limit of a request; what the program says, or 3s, if there is none"`
	TLS         driver.TLS

	question question
}

// Where the consoles have a queue.
const (
	classicURL = "http://{{.ManagementEndpoint}}/api/jolokia/read/org.apache.activemq:type=Broker,brokerName={{.BrokerName}}," +
		"destinationType=Queue,destinationName={{.DestinationName}}/QueueSize"
	artemisURL = `http://<<managementEndpoint>>/console/jolokia/read/org.apache.activemq.artemis:broker="<<brokerName>>",` +
		`component=addresses,address="<<brokerAddress>>",subcomponent=queues,routing-type="anycast",queue="<<queueName>>"/MessageCount`
)

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	t := template{
		field: &c.RESTAPI, fallback: classicURL, origin: c.Origin, queue: &c.Queue, queueKey: regexp.MustCompile(`destinationName=([^,/]+)`),
		endpoint: placeholder{"{{.ManagementEndpoint}}", &c.Endpoint, verbatim},
		names: []placeholder{
			{"{{.BrokerName}}", &c.Broker, classicName},
			{"{{.DestinationName}}", &c.Queue, classicName},
		},
	}
	c.question = t.parse(p)
}

// Parse implements driver.Parser.
func (c *ArtemisConfig) Parse(p *driver.Problems) {
	t := template{
		field: &c.RESTAPI, fallback: artemisURL, origin: c.Origin, queue: &c.Queue, queueKey: regexp.MustCompile(`queue="?([^",/]+)`),
		endpoint: placeholder{"<<managementEndpoint>>", &c.Endpoint, verbatim},
		names: []placeholder{
			{"<<brokerName>>", &c.Broker, artemisName},
			{"<<brokerAddress>>", &c.Address, artemisName},
			{"<<queueName>>", &c.Queue, artemisName},
		},
	}
	c.question = t.parse(p)
}
