package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

const kafkaVersion = "4.1.0"

// startKafka starts a node that is broker and controller in one.
func startKafka(ctx context.Context, h *host) (started, error) {
	open, sasl, err := runKafka(ctx, h, "kafka", fmt.Sprintf(`listener.name.sasl.sasl.enabled.mechanisms = PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config = org.apache.kafka.common.security.plain.PlainLoginModule required user_%s="%s";
listener.name.sasl.scram-sha-256.sasl.jaas.config = org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config = org.apache.kafka.common.security.scram.ScramLoginModule required;
`, user, password))
	if err != nil {
		return started{}, err
	}
	return started{version: kafkaVersion, vars: map[string]string{
		"SCALERKIT_TEST_KAFKA":      open,
		"SCALERKIT_TEST_KAFKA_SASL": sasl,
	}}, nil
}

// runKafka starts a node of that name whose second listener is for SASL, as conf
// says, and for which Java has more options. It returns the addresses of the two.
func runKafka(ctx context.Context, h *host, name, conf string, options ...string) (open, sasl string, err error) {
	jars, err := mavenJars(ctx, "kafka-"+kafkaVersion, "org.apache.kafka:kafka_2.13:"+kafkaVersion, "org.slf4j:slf4j-simple:1.7.36")
	if err != nil {
		return "", "", err
	}
	ports := []int{loopback.FreePort(), loopback.FreePort()}
	open, sasl = loopback.Address(ports[0]), loopback.Address(ports[1])
	file, err := h.write(name+".properties", kafkaConf(open, sasl, loopback.Address(loopback.FreePort()), h.path(name+"-data"))+conf)
	if err != nil {
		return "", "", err
	}
	java := slices.Concat(javaFlags(jars), []string{"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"}, options)
	format := slices.Concat(java, []string{"kafka.tools.StorageTool", "format", "--cluster-id", "c2NhbGVya2l0LXRlc3RlbnYtLQ", "--config", file})
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
		format = append(format, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, user, password))
	}
	if _, err := h.output(ctx, nil, "java", format...); err != nil {
		return "", "", err
	}
	if err := h.run(name, nil, "java", slices.Concat(java, []string{"kafka.Kafka", file})...); err != nil {
		return "", "", err
	}
	for _, port := range ports { // they open when the node is ready
		if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
			return "", "", err
		}
	}
	return open, sasl, nil
}

func kafkaConf(open, sasl, controller, data string) string {
	return fmt.Sprintf(`process.roles = broker,controller
node.id = 1
controller.quorum.voters = 1@%[3]s
controller.listener.names = CONTROLLER
inter.broker.listener.name = OPEN
listeners = OPEN://%[1]s,SASL://%[2]s,CONTROLLER://%[3]s
advertised.listeners = OPEN://%[1]s,SASL://%[2]s
listener.security.protocol.map = OPEN:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
connection.failed.authentication.delay.ms = 0
log.dirs = %[4]s
auto.create.topics.enable = false
offsets.topic.num.partitions = 1
offsets.topic.replication.factor = 1
transaction.state.log.num.partitions = 1
transaction.state.log.replication.factor = 1
transaction.state.log.min.isr = 1
group.initial.rebalance.delay.ms = 0
`, open, sasl, controller, data)
}
