package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

const (
	activeMQVersion = "6.1.6"
	artemisVersion  = "2.40.0"
	jolokiaVersion  = "1.7.2"
)

// startActiveMQ starts a broker called localhost that keeps all in memory.
func startActiveMQ(ctx context.Context, h *host) (started, error) {
	jars, err := mavenJars(ctx, "activemq-"+activeMQVersion,
		"org.apache.activemq:activemq-broker:"+activeMQVersion, "org.apache.activemq:activemq-console:"+activeMQVersion)
	if err != nil {
		return started{}, err
	}
	address, err := withJolokia(ctx, h, "activemq", "/api/jolokia", "org.apache.activemq:type=Broker,brokerName=localhost/BrokerName", slices.Concat(javaFlags(jars), []string{
		"org.apache.activemq.console.command.ShellCommand", "start", "broker:(vm://localhost)/localhost?persistent=false",
	}))
	return started{version: activeMQVersion, vars: map[string]string{"SCALERKIT_TEST_ACTIVEMQ": address}}, err
}

// startArtemis starts a broker called localhost that keeps all in memory.
func startArtemis(ctx context.Context, h *host) (started, error) {
	jars, err := mavenJars(ctx, "artemis-"+artemisVersion, "org.apache.activemq:artemis-server:"+artemisVersion)
	if err != nil {
		return started{}, err
	}
	if err := os.MkdirAll(h.path("artemis/etc"), 0o700); err != nil {
		return started{}, err
	}
	if _, err := h.write("artemis/etc/broker.xml", artemisConf); err != nil {
		return started{}, err
	}
	address, err := withJolokia(ctx, h, "artemis", "/console/jolokia", `org.apache.activemq.artemis:broker="localhost"/Name`, slices.Concat(javaFlags(jars), []string{
		"org.apache.activemq.artemis.core.server.embedded.Main", h.path("artemis"),
	}))
	return started{version: artemisVersion, vars: map[string]string{"SCALERKIT_TEST_ARTEMIS": address}}, err
}

// A disk that is nearly full is no reason to take no messages.
const artemisConf = `<configuration xmlns="urn:activemq"><core xmlns="urn:activemq:core">
<name>localhost</name>
<persistence-enabled>false</persistence-enabled>
<security-enabled>false</security-enabled>
<max-disk-usage>100</max-disk-usage>
</core></configuration>
`

// withJolokia runs a broker with Jolokia in it, at the path where its console would
// have it: the consoles are not on Maven Central. It returns the address once the
// broker has an attribute.
func withJolokia(ctx context.Context, h *host, name, path, attribute string, java []string) (string, error) {
	jars, err := mavenJars(ctx, "jolokia-"+jolokiaVersion, "org.jolokia:jolokia-jvm:"+jolokiaVersion)
	if err != nil {
		return "", err
	}
	port := loopback.FreePort()
	agent := fmt.Sprintf("-javaagent:%s=host=127.0.0.1,port=%d,agentContext=%s,user=%s,password=%s,discoveryEnabled=false",
		filepath.Join(jars, "jolokia-jvm-"+jolokiaVersion+".jar"), port, path, user, password)
	const quick = "-Dsun.net.httpserver.nodelay=true" // each answer takes 40 ms without it
	if err := h.run(name, nil, "java", slices.Insert(java, 0, agent, quick)...); err != nil {
		return "", err
	}
	address := loopback.Address(port)
	u := url.URL{Scheme: "http", User: url.UserPassword(user, password), Host: address, Path: path + "/read/" + attribute}
	return address, h.await(ctx, func(ctx context.Context) error { return hasAttribute(ctx, u.String()) })
}

// hasAttribute says whether Jolokia has what it is asked for.
func hasAttribute(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct{ Status int }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", response.Status, err)
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("status %d", answer.Status)
	}
	return nil
}
