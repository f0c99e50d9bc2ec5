// Package temporal asks a frontend over gRPC with the client library alone, with
// TLS and an API key or without, and with messages of the library in the place of
// Temporal's own.
package temporal

import (
	"context"
	"crypto/tls"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	transport := insecure.NewCredentials()
	if args[1] != "" {
		transport = credentials.NewTLS(new(tls.Config))
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+args[1])
	}
	conn, err := grpc.NewClient("passthrough:///"+args[0], grpc.WithTransportCredentials(transport))
	if err != nil {
		return nil, err
	}
	answer := new(wrapperspb.Int64Value)
	err = conn.Invoke(ctx, "/temporal.api.workflowservice.v1.WorkflowService/DescribeTaskQueue", wrapperspb.String(args[0]), answer)
	return answer.Value, err
}
