package storage

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Access is the part of a trigger's parameters that says where a storage account
// is, and who asks.
type Access struct {
	azure.Entra
	Connection     scalerkit.Secret `scaler:"connection" from:"auth,env,metadata" doc:"connection string of the storage account; not used with a pod identity"`
	AccountName    string           `scaler:"accountName" doc:"storage account; needed with a pod identity or accountKey"`
	AccountKey     scalerkit.Secret `scaler:"accountKey" from:"auth,env" doc:"key of the storage account, instead of connection"`
	EndpointSuffix string           `scaler:"endpointSuffix" doc:"what follows the account in the host name, such as blob.example.com for blobs; for the cloud Private only"`
}

// ParseAccount returns the account, for its service azure.Blob or azure.Queue, and finds
// fault unless there is one way to authenticate there.
func (a *Access) ParseAccount(p *driver.Problems, service string) Account {
	cloud, ok := a.ParseCloud(p, &a.EndpointSuffix)
	hosts, suffix := hostsOf(cloud, service), ""
	if ok {
		suffix = azure.ParseSuffix(p, hosts, &a.EndpointSuffix, service+".example.com")
	}
	var account Account
	switch {
	case a.IsSet(): // and a connection string is not used, as in KEDA
		account.URL = "https://" + azure.ParseAccountName(p, &a.AccountName) + "." + suffix + "/"
		account.Principal = a.Principal()
		if ok && p.Valid(&a.AccountName) {
			a.CheckToken(p, &a.EndpointSuffix, account.URL, hosts)
		}
	case a.AccountKey.IsSet():
		account.Name, account.Key = azure.ParseAccountName(p, &a.AccountName), a.AccountKey
		account.URL = "https://" + account.Name + "." + suffix + "/"
		if a.Connection.IsSet() {
			p.Add(&a.AccountKey, "and %s are both set: keep one of the two", p.Name(&a.Connection))
		}
		if !azure.IsKey(a.AccountKey) {
			p.Add(&a.AccountKey, "is not base64")
		}
	case !a.Connection.IsSet():
		p.Add(&a.Connection, "is missing: give a connection string, accountName and accountKey, or the pod identity azure-workload")
	default:
		var err error
		if account.Account, err = azure.ParseAccount(a.Connection, service); err != nil {
			p.Add(&a.Connection, "%v", err)
		}
	}
	return account
}

// hostsOf returns the hosts of a service.
func hostsOf(cloud cloudhosts.AzureCloud, service string) cloudhosts.Hosts {
	if service == azure.Queue {
		return cloud.Queue
	}
	return cloud.Blob
}
