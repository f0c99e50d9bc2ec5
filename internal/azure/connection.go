package azure

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit"
)

// A Namespace is what the connection string of a Service Bus or Event Hubs
// namespace says. It is comparable.
type Namespace struct {
	Host       string           // with the port if there is one
	KeyName    string           // of the shared access policy
	Key        scalerkit.Secret // of the shared access policy
	Signature  scalerkit.Secret // ready-made, in place of the key: "SharedAccessSignature sr=…"
	EntityPath string           // what the connection string is limited to, if anything
	Emulator   bool             // UseDevelopmentEmulator: there is no TLS
}

// ParseNamespace reads a connection string. The error completes a sentence that
// begins with the parameter, and quotes nothing of it.
func ParseNamespace(connection scalerkit.Secret) (Namespace, error) {
	fields, err := parse(connection)
	if err != nil {
		return Namespace{}, err
	}
	n := Namespace{
		KeyName:    fields["sharedaccesskeyname"],
		Key:        scalerkit.NewSecret(fields["sharedaccesskey"]),
		Signature:  scalerkit.NewSecret(fields["sharedaccesssignature"]),
		EntityPath: fields["entitypath"],
	}
	endpoint, err := url.Parse(fields["endpoint"])
	switch {
	case fields["endpoint"] == "":
		return n, errors.New("has no Endpoint: want Endpoint=sb://NAMESPACE.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=…")
	case err != nil || endpoint.Host == "":
		return n, errors.New("has an Endpoint that is no URL such as sb://NAMESPACE.servicebus.windows.net/")
	case n.Signature.IsSet():
	case !n.Key.IsSet():
		return n, errors.New("has neither SharedAccessKey nor SharedAccessSignature")
	case n.KeyName == "":
		return n, errors.New("has a SharedAccessKey without its SharedAccessKeyName")
	}
	n.Host = endpoint.Host
	if text, ok := fields["usedevelopmentemulator"]; ok {
		if n.Emulator, err = strconv.ParseBool(text); err != nil {
			return n, errors.New("has a UseDevelopmentEmulator that is not true or false")
		}
	}
	return n, nil
}

// An Account is what the connection string of a storage account says about its
// blob service. It is comparable.
type Account struct {
	URL       string           // of the blob service, with a slash at the end
	Name      string           // of the account
	Key       scalerkit.Secret // of the account
	Signature scalerkit.Secret // in place of the key: the query of a shared access signature
}

// ParseAccount is like ParseNamespace, for the connection string of a storage
// account.
func ParseAccount(connection scalerkit.Secret) (Account, error) {
	fields, err := parse(connection)
	if err != nil {
		return Account{}, err
	}
	if development, _ := strconv.ParseBool(fields["usedevelopmentstorage"]); development {
		return emulated(fields["developmentstorageproxyuri"]), nil
	}
	a := Account{
		URL:       fields["blobendpoint"],
		Name:      fields["accountname"],
		Key:       scalerkit.NewSecret(fields["accountkey"]),
		Signature: scalerkit.NewSecret(strings.TrimPrefix(fields["sharedaccesssignature"], "?")),
	}
	if a.URL == "" && a.Name == "" {
		return a, errors.New("has neither AccountName nor BlobEndpoint: want DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net")
	}
	if a.URL == "" {
		a.URL = cmp.Or(fields["defaultendpointsprotocol"], "https") + "://" + a.Name + ".blob." + cmp.Or(fields["endpointsuffix"], publicStorage)
	}
	if u, err := url.Parse(a.URL); err != nil || u.Host == "" || u.RawQuery != "" {
		return a, errors.New("has a BlobEndpoint that is no URL such as https://ACCOUNT.blob.core.windows.net/")
	}
	a.URL = strings.TrimSuffix(a.URL, "/") + "/"
	switch {
	case a.Key.IsSet() && a.Name == "":
		return a, errors.New("has an AccountKey without its AccountName")
	case a.Key.IsSet() && !IsKey(a.Key):
		return a, errors.New("has an AccountKey that is not base64")
	case !a.Key.IsSet() && !a.Signature.IsSet():
		return a, errors.New("has neither AccountKey nor SharedAccessSignature")
	}
	return a, nil
}

// IsKey reports whether a key is one of a storage account, which is base64.
func IsKey(key scalerkit.Secret) bool {
	_, err := base64.StdEncoding.DecodeString(key.Reveal())
	return err == nil
}

// emulated returns the account that every emulator has, with the key that is
// in its documentation.
func emulated(host string) Account {
	return Account{
		URL:  strings.TrimSuffix(cmp.Or(host, "http://127.0.0.1"), "/") + ":10000/devstoreaccount1/",
		Name: "devstoreaccount1",
		Key:  scalerkit.NewSecret("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="),
	}
}

// parse returns the fields of a connection string by their names in lower
// case.
func parse(connection scalerkit.Secret) (map[string]string, error) {
	fields := make(map[string]string)
	for field := range strings.SplitSeq(connection.Reveal(), ";") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			return nil, errors.New("is no connection string: want Name=value pairs with a semicolon between them")
		}
		fields[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	return fields, nil
}
