// Package activemq reads the size of a queue with the HTTP client alone.
package activemq

import (
	"context"
	"encoding/json"

	"github.com/scalerkit/scalerkit/tools/weight/bare/web"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	body, err := web.Get(ctx, "http://"+args[0]+"/api/jolokia/read/org.apache.activemq:type=Broker,brokerName=localhost,"+
		"destinationType=Queue,destinationName="+program.Name+"/QueueSize", args[1], args[2], noTokens)
	if err != nil {
		return nil, err
	}
	var answer struct{ Value float64 }
	err = json.Unmarshal(body, &answer)
	return answer.Value, err
}

const noTokens = ""
