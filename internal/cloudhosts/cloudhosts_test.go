package cloudhosts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

func azure(name string) cloudhosts.AzureCloud {
	cloud, _ := cloudhosts.Azure(name)
	return cloud
}

func TestHostsThatMayBeSentAToken(t *testing.T) {
	public := azure("")
	for name, c := range map[string]struct {
		hosts   cloudhosts.Hosts
		address string
		listed  cloudhosts.Hosts
	}{
		"a service":                         {public.ServiceBus, "https://shop.servicebus.windows.net", nil},
		"one in capitals":                   {public.ServiceBus, "HTTPS://Shop.ServiceBus.Windows.Net/orders?a=b", nil},
		"one by AMQP":                       {public.ServiceBus, "amqps://shop.servicebus.windows.net", nil},
		"one with a port":                   {public.Blob, "https://shop.blob.core.windows.net:443/", nil},
		"a zone":                            {public.Blob, "https://shop.z01.blob.storage.azure.net", nil},
		"one that has no name of its own":   {public.ResourceManager, "https://management.azure.com/subscriptions", nil},
		"another cloud":                     {azure("AzureUSGovernment").Vault, "https://shop.vault.usgovcloudapi.net", nil},
		"an authority":                      {public.Authority, "https://login.microsoftonline.com/", nil},
		"any authority for a private cloud": {azure("private").Authority, "https://login.chinacloudapi.cn", nil},
		"Google":                            {cloudhosts.Google, "https://pubsub.googleapis.com/v1", nil},
		"brokers":                           {cloudhosts.MSK("eu-west-1"), "b-1.shop.a1b2c3.c2.kafka.eu-west-1.amazonaws.com:9098", nil},
		"serverless brokers":                {cloudhosts.MSK("us-gov-east-1"), "boot-1.c1.kafka-serverless.us-gov-east-1.amazonaws.com:9098", nil},
		"brokers in China":                  {cloudhosts.MSK("cn-north-1"), "b-1.shop.kafka.cn-north-1.amazonaws.com.cn:9098", nil},
		"a listed host":                     {nil, "https://rabbitmq.example.com:15671", cloudhosts.Hosts{"a.example.com", "RabbitMQ.example.com"}},
		"a listed host besides others":      {public.Blob, "https://rabbitmq.example.com", cloudhosts.Hosts{"rabbitmq.example.com"}},
		"a listed host without TLS":         {nil, "http://rabbitmq.shop.svc:15672/", cloudhosts.Hosts{"rabbitmq.shop.svc"}},
		"a listed host without dots":        {nil, "http://localhost", cloudhosts.Hosts{"localhost"}},
		"a listed port":                     {nil, "https://rabbitmq.example.com:15671/", cloudhosts.Hosts{"rabbitmq.example.com:15671"}},
		"a listed port that goes unsaid":    {nil, "https://rabbitmq.example.com", cloudhosts.Hosts{"rabbitmq.example.com:443"}},
		"one for AMQP":                      {nil, "amqps://hubs.example.com", cloudhosts.Hosts{"hubs.example.com:5671"}},
		"a listed suffix":                   {nil, "https://a.b.example.com", cloudhosts.Hosts{"*.Example.com"}},
		"a listed suffix with a port":       {nil, "b-1.example.com:9098", cloudhosts.Hosts{"*.example.com:9098"}},
		"a listed address":                  {nil, "https://10.0.0.1:8443", cloudhosts.Hosts{"10.0.0.1"}},
		"a listed address of version 6":     {nil, "https://[fd00::1]", cloudhosts.Hosts{"fd00::1"}},
		"one of version 6 with a port":      {nil, "https://[fd00::1]:8443", cloudhosts.Hosts{"[fd00::1]:8443"}},
	} {
		t.Run(name, func(t *testing.T) { require.NoError(t, c.hosts.Check(c.address, c.listed)) })
	}
}

func TestHostsThatMayNot(t *testing.T) {
	public := azure("AzurePublicCloud")
	bus := func(host string) string {
		return `"` + host + `" may not be sent the token of an identity: use *.servicebus.windows.net, or let the administrator list it as an identity endpoint`
	}
	unlisted := func(host string) string {
		return `"` + host + `" may not be sent the token of an identity: let the administrator list it as an identity endpoint`
	}
	const noAddress = `is no address for the token of an identity: want a URL such as https://example.com, without user and password`

	for name, c := range map[string]struct {
		hosts   cloudhosts.Hosts
		address string
		listed  cloudhosts.Hosts
		want    string
	}{
		"a stranger":                    {public.ServiceBus, "https://evil.example.com", nil, bus("evil.example.com")},
		"one that begins like a friend": {public.ServiceBus, "https://shop.servicebus.windows.net.example.com", nil, bus("shop.servicebus.windows.net.example.com")},
		"one that ends almost like one": {public.ServiceBus, "https://evilservicebus.windows.net", nil, bus("evilservicebus.windows.net")},
		"the suffix by itself":          {public.ServiceBus, "https://servicebus.windows.net", nil, bus("servicebus.windows.net")},
		"nothing before the suffix":     {public.ServiceBus, "https://.servicebus.windows.net", nil, bus(".servicebus.windows.net")},
		"another service":               {public.Blob, "https://evil.servicebus.windows.net", nil, `"evil.servicebus.windows.net" may not be sent the token of an identity: use *.blob.core.windows.net, *.blob.storage.azure.net, or let the administrator list it as an identity endpoint`},
		"another cloud":                 {public.ServiceBus, "https://shop.servicebus.chinacloudapi.cn", nil, bus("shop.servicebus.chinacloudapi.cn")},
		"a friend's name in the path":   {public.ServiceBus, "https://evil.example.com/shop.servicebus.windows.net", nil, bus("evil.example.com")},
		"a friend's name as fragment":   {public.ServiceBus, "https://evil.example.com#.servicebus.windows.net", nil, bus("evil.example.com")},
		"a virtual machine":             {public.ServiceBus, "https://evil.westeurope.cloudapp.azure.com", nil, bus("evil.westeurope.cloudapp.azure.com")},
		"an authority of another cloud": {azure("AzureGermanCloud").Authority, "https://login.microsoftonline.us", nil, `"login.microsoftonline.us" may not be sent the token of an identity: use login.microsoftonline.de, or let the administrator list it as an identity endpoint`},
		"a service of a private cloud":  {azure("Private").ServiceBus, "https://shop.servicebus.windows.net", nil, unlisted("shop.servicebus.windows.net")},
		"a web application of Google's": {cloudhosts.Google, "https://evil.appspot.com", nil, `"evil.appspot.com" may not be sent the token of an identity: use *.googleapis.com, or let the administrator list it as an identity endpoint`},
		"no TLS":                        {public.ServiceBus, "http://shop.servicebus.windows.net", nil, `"shop.servicebus.windows.net" may not be sent the token of an identity without TLS: use https, or let the administrator list it as an identity endpoint`},
		"a virtual machine of Amazon's": {cloudhosts.MSK("eu-west-1"), "ec2-198-51-100-1.eu-west-1.compute.amazonaws.com:9098", nil, `"ec2-198-51-100-1.eu-west-1.compute.amazonaws.com:9098" may not be sent the token of an identity: use *.kafka.eu-west-1.amazonaws.com, *.kafka-serverless.eu-west-1.amazonaws.com, or let the administrator list it as an identity endpoint`},
		"brokers in no region":          {cloudhosts.MSK("example.com/"), "b-1.kafka.example.com:9098", nil, unlisted("b-1.kafka.example.com:9098")},
		"another host than is listed":   {nil, "https://a.b.example.com", cloudhosts.Hosts{"b.example.com"}, unlisted("a.b.example.com")},
		"another port than is listed":   {nil, "https://example.com", cloudhosts.Hosts{"example.com:8443"}, unlisted("example.com")},
		"the listed suffix by itself":   {nil, "https://example.com", cloudhosts.Hosts{"*.example.com"}, unlisted("example.com")},
		"a name for a listed address":   {nil, "https://10.0.0.1.example.com", cloudhosts.Hosts{"10.0.0.1"}, unlisted("10.0.0.1.example.com")},

		"a friend as user":             {public.ServiceBus, "https://shop.servicebus.windows.net:secret@evil.example.com", nil, noAddress},
		"a user":                       {public.ServiceBus, "https://hunter2@shop.servicebus.windows.net", nil, noAddress},
		"another scheme":               {public.ServiceBus, "file://shop.servicebus.windows.net", nil, noAddress},
		"no host":                      {public.ServiceBus, "https:///shop.servicebus.windows.net", nil, noAddress},
		"nothing":                      {public.ServiceBus, "", nil, noAddress},
		"more than a host":             {public.ServiceBus, "amqps://shop.servicebus.windows.net/.example.com", nil, noAddress},
		"more than a host with a port": {cloudhosts.Hosts{"a.example.com"}, "a.example.com?:9098", nil, noAddress},
		"a wrong port":                 {public.ServiceBus, "https://shop.servicebus.windows.net:hunter2", nil, noAddress},

		"a wrong list, even for a friend": {public.ServiceBus, "https://shop.servicebus.windows.net", cloudhosts.Hosts{"https://example.com"}, `"https://example.com" is no identity endpoint: want example.com, example.com:8443 or *.example.com`},
	} {
		t.Run(name, func(t *testing.T) { require.EqualError(t, c.hosts.Check(c.address, c.listed), c.want) })
	}
}

func TestEntriesOfAList(t *testing.T) {
	require.NoError(t, cloudhosts.Hosts{"example.com", "a_b.example.com:1", "*.example.com", "*.example.com:443", "localhost", "10.0.0.1:80", "::1", "[::1]:80"}.Validate())
	for _, bad := range []string{"", "*", "*.", "a.*.example.com", "*example.com", "example.com.", "https://example.com", "example.com/", "a b", "example.com:", "user@example.com"} {
		require.EqualError(t, cloudhosts.Hosts{"example.com", bad}.Validate(), `"`+bad+`" is no identity endpoint: want example.com, example.com:8443 or *.example.com`)
	}
}

func TestCloudsOfAzure(t *testing.T) {
	for name, want := range map[string]string{
		"":                       cloudhosts.Public,
		"azurecloud":             cloudhosts.Public,
		"azurePublicCloud":       cloudhosts.Public,
		"AzureUSGovernment":      cloudhosts.USGovernment,
		"AzureUSGovernmentCloud": cloudhosts.USGovernment,
		"AZURECHINACLOUD":        cloudhosts.China,
		"AzureGermanCloud":       cloudhosts.Germany,
		"private":                cloudhosts.Private,
	} {
		cloud, ok := cloudhosts.Azure(name)
		require.True(t, ok, name)
		require.Equal(t, want, cloud.Name)
	}
	_, ok := cloudhosts.Azure("AzureStackCloud")
	require.False(t, ok)
	require.Equal(t, "servicebus.windows.net", azure("").ServiceBus.Suffix())
	require.Empty(t, azure(cloudhosts.Private).ServiceBus)
}
