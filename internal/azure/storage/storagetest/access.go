package storagetest

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

// An Access is a way to authenticate.
type Access = azuretest.Access[*Server]

// WithConnection is a trigger with a connection string.
func WithConnection(s *Server, credential string) scalerkit.Spec {
	return scalerkit.Spec{Auth: scalerkit.Secrets(map[string]string{"connection": s.Connection(credential)})}
}

func withKey(s *Server, key string) scalerkit.Spec {
	return scalerkit.Spec{Metadata: s.Private(), Auth: scalerkit.Secrets(map[string]string{"accountKey": key})}
}

// Connection is by connection string.
var Connection = Access{
	Spec:    func(s *Server) scalerkit.Spec { return WithConnection(s, "AccountKey="+Key) },
	Denied:  func(s *Server) scalerkit.Spec { return WithConnection(s, "AccountKey="+Wrong) },
	Secrets: []string{Key, Wrong}, Hosts: 1,
}

// Accesses are the other ways to authenticate.
var Accesses = map[string]Access{
	"Signature": {
		Spec: func(s *Server) scalerkit.Spec {
			return WithConnection(s, "SharedAccessSignature=sv=2024-01-01&sig="+Signature)
		},
		Denied: func(s *Server) scalerkit.Spec {
			return WithConnection(s, "SharedAccessSignature=sv=2024-01-01&sig="+Wrong)
		},
		Secrets: []string{Signature, Wrong}, Hosts: 1,
	},
	"Key": {
		Spec:    func(s *Server) scalerkit.Spec { return withKey(s, Key) },
		Denied:  func(s *Server) scalerkit.Spec { return withKey(s, Wrong) },
		Secrets: []string{Key, Wrong}, Hosts: 1, TLS: true,
	},
	"Identity": azuretest.ByIdentity(func(s *Server) *azuretest.Authority { return s.Authority }, (*Server).Private),
}
