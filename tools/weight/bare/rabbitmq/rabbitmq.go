// Package rabbitmq reads the length of a queue with the client library alone, or
// over the management API, whichever the URL is for.
package rabbitmq

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	if strings.HasPrefix(args[0], "http") {
		return managed(ctx, args[0])
	}
	conn, err := amqp.Dial(args[0])
	if err != nil {
		return nil, err
	}
	channel, err := conn.Channel()
	if err != nil {
		return nil, err
	}
	queue, err := channel.QueueDeclarePassive(program.Name, false, false, false, false, nil)
	return queue.Messages, err
}

func managed(ctx context.Context, url string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"api/queues/%2F/"+program.Name, http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var queue struct{ Messages int }
	err = json.NewDecoder(response.Body).Decode(&queue)
	return queue.Messages, err
}
