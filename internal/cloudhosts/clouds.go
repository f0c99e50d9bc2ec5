package cloudhosts

import (
	"regexp"
	"strings"
)

// An AzureCloud is one of Microsoft's clouds: who gives out tokens there, and
// which services take them. What a cloud does not have is nil.
type AzureCloud struct {
	Name                string // as it is usually spelt
	Authority           Hosts  // the usual one first
	ServiceBus          Hosts  // and Event Hubs
	Blob                Hosts
	Queue               Hosts
	Table               Hosts
	File                Hosts
	Vault               Hosts
	ResourceManager     Hosts // and the metrics of Azure Monitor
	Prometheus          Hosts
	LogAnalytics        Hosts
	ApplicationInsights Hosts
	DevOps              Hosts
	CosmosDB            Hosts
	DataExplorer        Hosts
	PostgreSQL          Hosts
	SQL                 Hosts
	Redis               Hosts
}

// The names that a trigger may give clouds, but for other spellings.
const (
	Public       = "AzurePublicCloud"
	USGovernment = "AzureUSGovernmentCloud"
	China        = "AzureChinaCloud"
	Germany      = "AzureGermanCloud"
	Private      = "Private"
)

var clouds = map[string]AzureCloud{
	Public: {
		Authority:           Hosts{"login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net"},
		ServiceBus:          Hosts{"*.servicebus.windows.net"},
		Blob:                Hosts{"*.blob.core.windows.net", "*.blob.storage.azure.net"},
		Queue:               Hosts{"*.queue.core.windows.net", "*.queue.storage.azure.net"},
		Table:               Hosts{"*.table.core.windows.net", "*.table.storage.azure.net"},
		File:                Hosts{"*.file.core.windows.net", "*.file.storage.azure.net"},
		Vault:               Hosts{"*.vault.azure.net"},
		ResourceManager:     Hosts{"management.azure.com"},
		Prometheus:          Hosts{"*.prometheus.monitor.azure.com"},
		LogAnalytics:        Hosts{"api.loganalytics.io", "api.loganalytics.azure.com"},
		ApplicationInsights: Hosts{"api.applicationinsights.io"},
		DevOps:              Hosts{"dev.azure.com", "*.dev.azure.com", "*.visualstudio.com"},
		CosmosDB:            Hosts{"*.documents.azure.com"},
		DataExplorer:        Hosts{"*.kusto.windows.net"},
		PostgreSQL:          Hosts{"*.postgres.database.azure.com"},
		SQL:                 Hosts{"*.database.windows.net"},
		Redis:               Hosts{"*.redis.cache.windows.net", "*.redis.azure.net", "*.redisenterprise.cache.azure.net"},
	},
	USGovernment: {
		Authority:           Hosts{"login.microsoftonline.us", "login.usgovcloudapi.net"},
		ServiceBus:          Hosts{"*.servicebus.usgovcloudapi.net"},
		Blob:                Hosts{"*.blob.core.usgovcloudapi.net"},
		Queue:               Hosts{"*.queue.core.usgovcloudapi.net"},
		Table:               Hosts{"*.table.core.usgovcloudapi.net"},
		File:                Hosts{"*.file.core.usgovcloudapi.net"},
		Vault:               Hosts{"*.vault.usgovcloudapi.net"},
		ResourceManager:     Hosts{"management.usgovcloudapi.net"},
		Prometheus:          Hosts{"*.prometheus.monitor.azure.us"},
		LogAnalytics:        Hosts{"api.loganalytics.us"},
		ApplicationInsights: Hosts{"api.applicationinsights.us"},
		CosmosDB:            Hosts{"*.documents.azure.us"},
		DataExplorer:        Hosts{"*.kusto.usgovcloudapi.net"},
	},
	China: {
		Authority:           Hosts{"login.chinacloudapi.cn", "login.partner.microsoftonline.cn"},
		ServiceBus:          Hosts{"*.servicebus.chinacloudapi.cn"},
		Blob:                Hosts{"*.blob.core.chinacloudapi.cn"},
		Queue:               Hosts{"*.queue.core.chinacloudapi.cn"},
		Table:               Hosts{"*.table.core.chinacloudapi.cn"},
		File:                Hosts{"*.file.core.chinacloudapi.cn"},
		Vault:               Hosts{"*.vault.azure.cn"},
		ResourceManager:     Hosts{"management.chinacloudapi.cn"},
		Prometheus:          Hosts{"*.prometheus.monitor.azure.cn"},
		LogAnalytics:        Hosts{"api.loganalytics.azure.cn"},
		ApplicationInsights: Hosts{"api.applicationinsights.azure.cn"},
		CosmosDB:            Hosts{"*.documents.azure.cn"},
		DataExplorer:        Hosts{"*.kusto.chinacloudapi.cn"},
	},
	Germany: {
		Authority:       Hosts{"login.microsoftonline.de"},
		ServiceBus:      Hosts{"*.servicebus.cloudapi.de"},
		Blob:            Hosts{"*.blob.core.cloudapi.de"},
		Queue:           Hosts{"*.queue.core.cloudapi.de"},
		Table:           Hosts{"*.table.core.cloudapi.de"},
		File:            Hosts{"*.file.core.cloudapi.de"},
		Vault:           Hosts{"*.vault.microsoftazure.de"},
		ResourceManager: Hosts{"management.microsoftazure.de"},
		CosmosDB:        Hosts{"*.documents.microsoftazure.de"},
		DataExplorer:    Hosts{"*.kusto.cloudapi.de"},
	},
}

// spellings has the clouds by what they may be called, in lower case.
var spellings = map[string]string{
	"":                            Public,
	"azurecloud":                  Public,
	strings.ToLower(Public):       Public,
	"azureusgovernment":           USGovernment,
	strings.ToLower(USGovernment): USGovernment,
	strings.ToLower(China):        China,
	strings.ToLower(Germany):      Germany,
	strings.ToLower(Private):      Private,
}

// Azure returns the cloud with the given name. Letter case makes no difference,
// and no name is the public cloud's.
//
// The cloud Private is whatever a trigger says it is, so no service of it is
// known. Its authority may be that of any cloud: they give out tokens to who
// proves to be somebody, and what for, is checked where the token goes.
func Azure(name string) (cloud AzureCloud, ok bool) {
	spelling, ok := spellings[strings.ToLower(name)]
	if spelling == Private {
		for _, public := range []string{Public, USGovernment, China, Germany} {
			cloud.Authority = append(cloud.Authority, clouds[public].Authority...)
		}
	} else {
		cloud = clouds[spelling]
	}
	cloud.Name = spelling
	return cloud, ok
}

// Google are the hosts of Google's services, and of its authorities. The
// metadata server is not among them: it gives out tokens and takes none.
var Google = Hosts{"*.googleapis.com"}

// region is what the name of a region of AWS looks like.
var region = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+$`)

// MSK returns the hosts of the brokers of Amazon MSK in a region of AWS, nil if
// there can be no such region. Whoever has a cluster there runs no program on
// them.
func MSK(name string) Hosts {
	if !region.MatchString(name) {
		return nil
	}
	domain := name + ".amazonaws.com"
	if strings.HasPrefix(name, "cn-") {
		domain += ".cn"
	}
	return Hosts{"*.kafka." + domain, "*.kafka-serverless." + domain}
}
