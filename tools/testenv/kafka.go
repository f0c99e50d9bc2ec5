package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

const kafkaVersion = "4.1.0"

// kafkaPackages are to fetch Kafka, which is in no distribution, and to run it.
var kafkaPackages = debian{
	packages: []string{"openjdk-17-jre-headless", "maven"},
	programs: []string{"java", "mvn"},
}

// startKafka starts a node that is broker and controller in one.
func startKafka(ctx context.Context, h *host) (started, error) {
	jars, err := kafkaJars(ctx)
	if err != nil {
		return started{}, err
	}
	open, sasl, controller := loopback.FreePort(), loopback.FreePort(), loopback.FreePort()
	conf, err := h.write("kafka.properties", kafkaConf(open, sasl, controller, h.path("kafka-data")))
	if err != nil {
		return started{}, err
	}
	// Tests are short: code that starts quickly is better than code that runs
	// quickly.
	java := []string{
		"-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-cp", filepath.Join(jars, "*"),
	}
	format := slices.Concat(java, []string{"kafka.tools.StorageTool", "format", "--cluster-id", "c2NhbGVya2l0LXRlc3RlbnYtLQ", "--config", conf})
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
		format = append(format, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, user, password))
	}
	if _, err := h.output(ctx, nil, "java", format...); err != nil {
		return started{}, err
	}
	if err := h.run("kafka", nil, "java", slices.Concat(java, []string{"kafka.Kafka", conf})...); err != nil {
		return started{}, err
	}
	for _, port := range []int{open, sasl} { // they open when the node is ready
		if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
			return started{}, err
		}
	}
	return started{version: kafkaVersion, vars: map[string]string{
		"SCALERKIT_TEST_KAFKA":      loopback.Address(open),
		"SCALERKIT_TEST_KAFKA_SASL": loopback.Address(sasl),
	}}, nil
}

func kafkaConf(open, sasl, controller int, data string) string {
	return fmt.Sprintf(`process.roles = broker,controller
node.id = 1
controller.quorum.voters = 1@%[3]s
controller.listener.names = CONTROLLER
inter.broker.listener.name = OPEN
listeners = OPEN://%[1]s,SASL://%[2]s,CONTROLLER://%[3]s
advertised.listeners = OPEN://%[1]s,SASL://%[2]s
listener.security.protocol.map = OPEN:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
listener.name.sasl.sasl.enabled.mechanisms = PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config = org.apache.kafka.common.security.plain.PlainLoginModule required user_%[5]s="%[6]s";
listener.name.sasl.scram-sha-256.sasl.jaas.config = org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config = org.apache.kafka.common.security.scram.ScramLoginModule required;
connection.failed.authentication.delay.ms = 0
log.dirs = %[4]s
auto.create.topics.enable = false
offsets.topic.num.partitions = 1
offsets.topic.replication.factor = 1
transaction.state.log.num.partitions = 1
transaction.state.log.replication.factor = 1
transaction.state.log.min.isr = 1
group.initial.rebalance.delay.ms = 0
`, loopback.Address(open), loopback.Address(sasl), loopback.Address(controller), data, user, password)
}

// kafkaJars returns the directory with Kafka and all it depends on, after
// fetching them into the user's cache if they are not there yet.
func kafkaJars(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "scalerkit", "kafka-"+kafkaVersion)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	// Nobody sees half of it, and of two that do it at once one is quicker.
	building, err := os.MkdirTemp(filepath.Dir(dir), "building-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(building) // nothing is there after it was renamed
	artifacts := []string{"org.apache.kafka:kafka_2.13:" + kafkaVersion, "org.slf4j:slf4j-simple:1.7.36"}
	if err := mavenFetch(ctx, building, artifacts); err != nil {
		return "", err
	}
	if err := os.Rename(building, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return dir, nil
}

// mavenFetch puts artifacts, each group:name:version, and all that they depend
// on at run time into dir.
func mavenFetch(ctx context.Context, dir string, artifacts []string) error {
	project := "<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies>"
	for _, a := range artifacts {
		part := strings.Split(a, ":")
		project += fmt.Sprintf("<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>", part[0], part[1], part[2])
	}
	project += "</dependencies></project>"
	pom := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(pom, []byte(project), 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "mvn", "--batch-mode", "--quiet", "--file", pom,
		"dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, lastLines(out, 5))
	}
	return nil
}
