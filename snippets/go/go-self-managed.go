// title: Connect to a self-managed deployment with SCRAM
// language: Go
// driver: MongoDB Go Driver 2.0 or later
// auth: SCRAM
// stable-api: no
// for: self-managed
// tested: syntax only
// install: go get go.mongodb.org/mongo-driver/v2/mongo

package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func main() {
	if err := connect(context.Background()); err != nil {
		log.Fatalf("Not connected to MongoDB: %v", err)
	}
}

func connect(ctx context.Context) error {
	// Replace the placeholder with your connection string, or set MONGODB_URI
	uri := cmp.Or(os.Getenv("MONGODB_URI"), "<mongodb:// connection string>")

	settings := options.Client().ApplyURI(uri)

	client, err := mongo.Connect(settings)
	if err != nil {
		return err
	}
	defer client.Disconnect(ctx)

	ping := bson.D{{Key: "ping", Value: 1}}
	if err := client.Database("admin").RunCommand(ctx, ping).Err(); err != nil {
		return err
	}
	fmt.Println("Pinged your deployment. You are connected to MongoDB!")
	return nil
}
