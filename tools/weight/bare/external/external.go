// Package external asks a server over gRPC with the client library alone, with
// TLS or without, and with messages of the library in the place of generated ones.
package external

import (
	"context"
	"crypto/tls"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	transport := insecure.NewCredentials()
	if args[1] != "" {
		transport = credentials.NewTLS(&tls.Config{ServerName: args[1]})
	}
	conn, err := grpc.NewClient("passthrough:///"+args[0], grpc.WithTransportCredentials(transport))
	if err != nil {
		return nil, err
	}
	answer := new(wrapperspb.DoubleValue)
	err = conn.Invoke(ctx, "/externalscaler.ExternalScaler/GetMetrics", wrapperspb.String(args[0]), answer)
	return answer.Value, err
}
