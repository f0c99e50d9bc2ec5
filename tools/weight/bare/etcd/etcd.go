// Package etcd reads a key by the bare client.
package etcd

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: args})
	if err != nil {
		return nil, err
	}
	answer, err := client.Get(ctx, program.Name)
	if err != nil {
		return nil, err
	}
	return answer.Count, nil
}
