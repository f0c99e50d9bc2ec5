package azure

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

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

// Sign returns a shared access signature for a URL, which is good until the given
// time.
func (n Namespace) Sign(address string, until time.Time) string {
	resource := strings.ToLower(url.QueryEscape(address))
	mac := hmac.New(sha256.New, []byte(n.Key.Reveal()))
	fmt.Fprintf(mac, "%s\n%d", resource, until.Unix())
	signature := url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return fmt.Sprintf("SharedAccessSignature sr=%s&sig=%s&se=%d&skn=%s", resource, signature, until.Unix(), n.KeyName)
}

// An Access is a namespace and a way to get at it. It is comparable.
type Access struct {
	Namespace
	Principal Principal // in place of the namespace's key or signature, if set
}

// The services of a storage account, as they are called in the names of hosts.
const (
	Blob  = "blob"
	Queue = "queue"
)

// An Account is what the connection string of a storage account says about one
// of its services. It is comparable.
type Account struct {
	URL       string           // of the service, with a slash at the end
	Name      string           // of the account
	Key       scalerkit.Secret // of the account
	Signature scalerkit.Secret // in place of the key: the query of a shared access signature
}

// ParseAccount is like ParseNamespace, for the connection string of a storage
// account with the given service.
func ParseAccount(connection scalerkit.Secret, service string) (Account, error) {
	fields, err := parse(connection)
	if err != nil {
		return Account{}, err
	}
	if development, _ := strconv.ParseBool(fields["usedevelopmentstorage"]); development {
		return emulated(fields["developmentstorageproxyuri"], service), nil
	}
	field := strings.ToUpper(service[:1]) + service[1:] + "Endpoint"
	a := Account{
		URL:       fields[strings.ToLower(field)],
		Name:      fields["accountname"],
		Key:       scalerkit.NewSecret(fields["accountkey"]),
		Signature: scalerkit.NewSecret(strings.TrimPrefix(fields["sharedaccesssignature"], "?")),
	}
	if a.URL == "" && a.Name == "" {
		return a, fmt.Errorf("has neither AccountName nor %s: want DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net", field)
	}
	if a.URL == "" {
		a.URL = cmp.Or(fields["defaultendpointsprotocol"], "https") + "://" + a.Name + "." + service + "." + cmp.Or(fields["endpointsuffix"], publicStorage)
	}
	if u, err := url.Parse(a.URL); err != nil || u.Host == "" || u.RawQuery != "" {
		return a, fmt.Errorf("has a %s that is no URL such as https://ACCOUNT.%s.core.windows.net/", field, service)
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

// emulated returns the account that every emulator has, with the key and ports
// that are in its documentation.
func emulated(host, service string) Account {
	port := map[string]string{Blob: "10000", Queue: "10001"}[service]
	return Account{
		URL:  strings.TrimSuffix(cmp.Or(host, "http://127.0.0.1"), "/") + ":" + port + "/devstoreaccount1/",
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
