package scalerkit

// TLS is the part of a trigger's parameters that concerns transport security.
// Drivers embed it in the connection part of their Config. It is comparable.
type TLS struct {
	CA          string `scaler:"ca" from:"auth" doc:"PEM certificates to trust besides the system's"`
	Cert        string `scaler:"cert|Cert" from:"auth" doc:"PEM client certificate"`
	Key         Secret `scaler:"key" from:"auth" doc:"PEM private key of the client certificate"`
	KeyPassword Secret `scaler:"keyPassword" from:"auth" doc:"passphrase of the private key, if it is encrypted"`
	Insecure    bool   `scaler:"unsafeSsl" doc:"accept any server certificate"`
}

// Validate says whether the client certificate is whole.
func (t TLS) Validate() error {
	switch {
	case t.Cert != "" && !t.Key.IsSet():
		return Problem("key", "is missing: the client certificate in cert needs its private key")
	case t.Cert == "" && t.Key.IsSet():
		return Problem("cert", "is missing: the private key in key needs its certificate")
	}
	return nil
}
