package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// kerberosPackages are for a KDC, its administration and a client, and for Kafka.
var kerberosPackages = debian{
	packages: append([]string{"krb5-kdc", "krb5-admin-server", "krb5-user"}, mavenPackages.packages...),
	programs: append([]string{"/usr/sbin/krb5kdc", "/usr/sbin/kadmin.local", "/usr/bin/kinit"}, mavenPackages.programs...),
}

const realm = "SCALERKIT.TEST"

// startKafkaKerberos starts a KDC, and a node of Kafka that it vouches for.
func startKafkaKerberos(ctx context.Context, h *host) (started, error) {
	port := loopback.FreePort()
	client, err := h.write("krb5.conf", fmt.Sprintf(`[libdefaults]
default_realm = %[1]s
dns_lookup_kdc = false
dns_lookup_realm = false
rdns = false
udp_preference_limit = 1
[realms]
%[1]s = {
  kdc = %[2]s
}
`, realm, loopback.Address(port)))
	if err != nil {
		return started{}, err
	}
	kdc, err := h.write("kdc.conf", fmt.Sprintf(`[kdcdefaults]
kdc_listen = %[1]s
kdc_tcp_listen = %[1]s
[realms]
%[2]s = {
  database_name = %[3]s
  key_stash_file = %[4]s
  supported_enctypes = aes256-cts-hmac-sha1-96:normal
  default_principal_flags = +preauth
}
`, loopback.Address(port), realm, h.path("kdc-database"), h.path("kdc-stash")))
	if err != nil {
		return started{}, err
	}
	env := []string{"KRB5_CONFIG=" + client, "KRB5_KDC_PROFILE=" + kdc}
	keys, keytab, cache := h.path("kafka.keytab"), h.path("user.keytab"), h.path("user.ccache")
	broker := "kafka/127.0.0.1"
	for _, command := range [][]string{
		{"/usr/sbin/kdb5_util", "create", "-r", realm, "-s", "-P", password},
		{"/usr/sbin/kadmin.local", "-q", "addprinc -randkey " + broker},
		{"/usr/sbin/kadmin.local", "-q", "ktadd -k " + keys + " " + broker},
		{"/usr/sbin/kadmin.local", "-q", "addprinc -pw " + password + " " + user},
		{"/usr/sbin/kadmin.local", "-q", "ktadd -norandkey -k " + keytab + " " + user},
	} {
		if _, err := h.output(ctx, env, command[0], command[1:]...); err != nil {
			return started{}, err
		}
	}
	if err := h.run("krb5kdc", env, "/usr/sbin/krb5kdc", "-n"); err != nil {
		return started{}, err
	}
	if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
		return started{}, err
	}
	if _, err := h.output(ctx, env, "/usr/bin/kinit", "-k", "-t", keytab, "-c", "FILE:"+cache, user); err != nil {
		return started{}, err
	}
	open, sasl, err := runKafka(ctx, h, "kafka-kerberos", strings.Join([]string{
		"listener.name.sasl.sasl.enabled.mechanisms = GSSAPI",
		"listener.name.sasl.sasl.kerberos.service.name = kafka",
		fmt.Sprintf(`listener.name.sasl.gssapi.sasl.jaas.config = com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true keyTab="%s" principal="%s@%s";`, keys, broker, realm),
		"",
	}, "\n"), "-Djava.security.krb5.conf="+client)
	if err != nil {
		return started{}, err
	}
	return started{version: kafkaVersion, vars: map[string]string{
		"SCALERKIT_TEST_KAFKA_KERBEROS_OPEN":   open,
		"SCALERKIT_TEST_KAFKA_KERBEROS":        sasl,
		"SCALERKIT_TEST_KAFKA_KERBEROS_CONFIG": client,
		"SCALERKIT_TEST_KAFKA_KERBEROS_KEYTAB": keytab,
		"SCALERKIT_TEST_KAFKA_KERBEROS_CACHE":  cache,
	}}, nil
}
