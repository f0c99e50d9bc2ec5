package etcd_test

import (
	"context"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/etcd"
)

func Example() {
	backlog, err := etcd.New(etcd.Config{
		Server: etcd.Server{
			Endpoints: []string{"localhost:2379"},
			Username:  "scaler",
			Password:  scalerkit.NewSecret("secret"),
		},
		Key:   "/shop/backlog",
		Value: 10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer backlog.Close()

	reading, err := backlog.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: the backlog is not known
		return
	}
	log.Print(reading.Value, reading.IsActive(backlog.Metric()))
}
