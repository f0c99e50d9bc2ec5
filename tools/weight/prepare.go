package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/plain"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/scalerkit/scalerkit/tools/weight/bare/azureapi"
	"github.com/scalerkit/scalerkit/tools/weight/bare/azurequeue"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// These take the arguments of the source's programs. What they make is not
// there yet, as testenv starts its servers empty.

func makeQueue(_ context.Context, args []string) error {
	conn, err := amqp.Dial(args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	_, err = channel.QueueDeclare(program.Name, true, false, false, false, nil)
	return err
}

func makeTopic(ctx context.Context, args []string) error {
	transport := &kafka.Transport{SASL: plain.Mechanism{Username: args[2], Password: args[3]}}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(args[0]), Transport: transport}
	created, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: program.Name, NumPartitions: 1, ReplicationFactor: 1}},
	})
	if err == nil {
		err = created.Errors[program.Name]
	}
	if err != nil {
		return err
	}
	for { // the broker is not ready for its first group at once
		answer, err := client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
			GroupID:      program.Name,
			GenerationID: -1, // the group has no members
			Topics:       map[string][]kafka.OffsetCommit{program.Name: {{}}},
		})
		if err == nil && answer.Topics[program.Name][0].Error == nil {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func makeContainer(ctx context.Context, args []string) error {
	client, err := container.NewClientFromConnectionString(args[0], program.Name, nil)
	if err != nil {
		return err
	}
	_, err = client.Create(ctx, nil)
	return err
}

func makeStorageQueue(ctx context.Context, args []string) error {
	request, err := azurequeue.Request(ctx, http.MethodPut, "", "", args)
	if err != nil {
		return err
	}
	_, _, err = azureapi.Send(request)
	return err
}

func makeStream(ctx context.Context, args []string) error {
	client := kinesis.New(kinesis.Options{
		Region:       "eu-west-1",
		BaseEndpoint: &args[0],
		Credentials:  credentials.NewStaticCredentialsProvider("weight", "weight", ""),
	})
	name := aws.String(program.Name)
	if _, err := client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(1)}); err != nil {
		return err
	}
	exists := kinesis.NewStreamExistsWaiter(client, func(o *kinesis.StreamExistsWaiterOptions) { o.MinDelay = 100 * time.Millisecond })
	return exists.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: name}, time.Minute)
}

func makeQueueOfSQS(ctx context.Context, args []string) error {
	client := sqs.New(sqs.Options{
		Region:       "eu-west-1",
		BaseEndpoint: &args[0],
		Credentials:  credentials.NewStaticCredentialsProvider("weight", "weight", ""),
	})
	_, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(program.Name)})
	return err
}

func makeTable(ctx context.Context, args []string) error {
	client := dynamodb.New(dynamodb.Options{
		Region:       "eu-west-1",
		BaseEndpoint: &args[0],
		Credentials:  credentials.NewStaticCredentialsProvider("weight", "weight", ""),
	})
	name, key := aws.String(program.Name), aws.String("k")
	if _, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:            name,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: key, AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: key, KeyType: types.KeyTypeHash}},
		BillingMode:          types.BillingModePayPerRequest,
	}); err != nil {
		return err
	}
	exists := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 100 * time.Millisecond })
	return exists.Wait(ctx, &dynamodb.DescribeTableInput{TableName: name}, time.Minute)
}

// makeConsumer makes a stream and its consumer by NATS' own protocol.
func makeConsumer(ctx context.Context, _ []string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", os.Getenv("SCALERKIT_TEST_NATS"))
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	requests := [][2]string{
		{"STREAM.CREATE." + program.Name, fmt.Sprintf(`{"name":%q,"storage":"memory"}`, program.Name)},
		{
			"CONSUMER.CREATE." + program.Name + "." + program.Name,
			fmt.Sprintf(`{"stream_name":%[1]q,"config":{"name":%[1]q,"durable_name":%[1]q}}`, program.Name),
		},
	}
	fmt.Fprint(conn, "CONNECT {\"verbose\":false}\r\nSUB made 1\r\n")
	lines := bufio.NewScanner(conn)
	for _, r := range requests {
		fmt.Fprintf(conn, "PUB $JS.API.%s made %d\r\n%s\r\n", r[0], len(r[1]), r[1])
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "{") { // what comes before the answer
		}
		if answer := lines.Text(); !strings.Contains(answer, `"created"`) {
			return fmt.Errorf("make the consumer: %s", answer)
		}
	}
	return nil
}

// makeChannel makes a topic and its channel on all nsqd.
func makeChannel(ctx context.Context, _ []string) error {
	for nsqd := range strings.SplitSeq(os.Getenv("SCALERKIT_TEST_NSQ"), ",") {
		for _, path := range []string{"/topic/create", "/channel/create"} {
			url := fmt.Sprintf("http://%s%s?topic=%[3]s&channel=%[3]s", nsqd, path, program.Name)
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
			if err != nil {
				return err
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return err
			}
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				return fmt.Errorf("POST %s: %s", url, response.Status)
			}
		}
	}
	return nil
}

// makeClassicQueue makes a queue of ActiveMQ.
func makeClassicQueue(ctx context.Context, args []string) error {
	url := "http://" + args[0] + "/api/jolokia/exec/org.apache.activemq:type=Broker,brokerName=localhost/addQueue/" + program.Name
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	request.SetBasicAuth(args[1], args[2])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// makeJob makes a tube of beanstalkd, which has to have a job.
func makeJob(ctx context.Context, args []string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "use %s\r\nput 0 0 60 1\r\nx\r\nquit\r\n", program.Name)
	answer, err := io.ReadAll(conn)
	if err == nil && !strings.Contains(string(answer), "INSERTED") {
		err = fmt.Errorf("put: %s", answer)
	}
	return err
}

func makeKey(ctx context.Context, args []string) error {
	client, err := clientv3.New(clientv3.Config{Endpoints: args})
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Put(ctx, program.Name, "1")
	return err
}
