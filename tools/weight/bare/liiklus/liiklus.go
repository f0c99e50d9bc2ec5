// Package liiklus asks a gateway over gRPC with the client library alone, and with
// messages of the library in the place of Liiklus' own.
package liiklus

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	conn, err := grpc.NewClient("passthrough:///"+args[0], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	answer := new(wrapperspb.UInt64Value)
	err = conn.Invoke(ctx, "/com.github.bsideup.liiklus.LiiklusService/GetOffsets", wrapperspb.String(args[0]), answer)
	return answer.Value, err
}
