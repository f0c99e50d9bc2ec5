// Package mysql runs a query with the client library alone, over TLS with an
// encrypted key of the client or without.
package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/pem"

	"github.com/go-sql-driver/mysql"
	"github.com/youmark/pkcs8"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	config, err := mysql.ParseDSN(args[0])
	if err != nil {
		return nil, err
	}
	if key := args[1]; key != "" {
		if config.TLS.Certificates, err = certificates(key, args[2]); err != nil {
			return nil, err
		}
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	var n float64
	err = sql.OpenDB(connector).QueryRowContext(ctx, "SELECT 1").Scan(&n)
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
