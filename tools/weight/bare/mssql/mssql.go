// Package mssql runs a query with the client library alone, over TLS with an
// encrypted key of the client or without.
package mssql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/pem"

	mssqldb "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/youmark/pkcs8"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	config, err := msdsn.Parse(args[0])
	if err != nil {
		return nil, err
	}
	if key := args[1]; key != "" {
		if config.TLSConfig.Certificates, err = certificates(key, args[2]); err != nil {
			return nil, err
		}
	}
	var n float64
	err = sql.OpenDB(mssqldb.NewConnectorConfig(config)).QueryRowContext(ctx, "SELECT 1").Scan(&n)
	return n, err
}

// certificates is for those whom the server knows by an encrypted key.
func certificates(key, passphrase string) ([]tls.Certificate, error) {
	block, rest := pem.Decode([]byte(key))
	private, err := pkcs8.ParsePKCS8PrivateKey(block.Bytes, []byte(passphrase))
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	certificate, err := tls.X509KeyPair(rest, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return []tls.Certificate{certificate}, err
}
