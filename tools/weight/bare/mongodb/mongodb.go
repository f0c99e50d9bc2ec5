// Package mongodb counts documents by the bare client.
package mongodb

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	client, err := mongo.Connect(options.Client().ApplyURI(args[0]))
	if err != nil {
		return nil, err
	}
	return client.Database("shop").Collection(program.Name).CountDocuments(ctx, bson.D{})
}
