// Package kafka reads the lag of a consumer group with the client library alone,
// over SASL PLAIN, SCRAM or OAUTHBEARER, with TLS or without.
package kafka

import (
	"context"
	"crypto/tls"
	"fmt"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	mechanism, err := mechanism(args[1], args[2], args[3], args[5])
	if err != nil {
		return nil, err
	}
	transport := &kafka.Transport{SASL: mechanism}
	if args[4] == "enable" {
		transport.TLS = new(tls.Config)
	}
	return lag(ctx, &kafka.Client{Addr: kafka.TCP(args[0]), Transport: transport})
}

func mechanism(name, user, password, tokenURL string) (sasl.Mechanism, error) {
	switch name {
	case "plaintext":
		return plain.Mechanism{Username: user, Password: password}, nil
	case "scram_sha256":
		return scram.Mechanism(scram.SHA256, user, password)
	case "oauthbearer":
		return bearer{clientcredentials.Config{ClientID: user, ClientSecret: password, TokenURL: tokenURL}}, nil
	}
	return scram.Mechanism(scram.SHA512, user, password)
}

// bearer is OAUTHBEARER, which kafka-go does not have.
type bearer struct{ config clientcredentials.Config }

func (bearer) Name() string { return "OAUTHBEARER" }

func (b bearer) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	token, err := b.config.Token(ctx)
	if err != nil {
		return nil, nil, err
	}
	return b, fmt.Appendf(nil, "n,,\x01auth=Bearer %s\x01\x01", token.AccessToken), nil
}

func (bearer) Next(context.Context, []byte) (bool, []byte, error) { return true, nil, nil }

func lag(ctx context.Context, client *kafka.Client) (sum int64, err error) {
	metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{program.Name}})
	if err != nil {
		return 0, err
	}
	var partitions []int
	var ends []kafka.OffsetRequest
	for _, p := range metadata.Topics[0].Partitions {
		partitions = append(partitions, p.ID)
		ends = append(ends, kafka.LastOffsetOf(p.ID))
	}
	committed, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{
		GroupID: program.Name, Topics: map[string][]int{program.Name: partitions},
	})
	if err != nil {
		return 0, err
	}
	logs, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{program.Name: ends}})
	if err != nil {
		return 0, err
	}
	for _, p := range logs.Topics[program.Name] {
		sum += p.LastOffset
	}
	for _, p := range committed.Topics[program.Name] {
		sum -= p.CommittedOffset
	}
	return sum, nil
}
