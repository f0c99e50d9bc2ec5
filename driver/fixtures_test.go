package driver_test

import (
	"context"
	"net/url"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

type values map[string]string

// A brokerConfig is a Config as drivers have it.
type brokerConfig struct {
	BrokerServer
	Queue      string `scaler:"queue|queueName,required" doc:"queue to read"`
	Length     int64  `scaler:"length" default:"5" above:"0" doc:"messages per replica"`
	Mode       string `scaler:"mode" default:"ready" enum:"ready|unacked|all" doc:"messages that count"`
	MetricType scalerkit.TargetKind
}

type BrokerServer struct {
	Host     string           `scaler:"host" from:"auth,metadata,env" doc:"host:port"`
	Username string           `scaler:"username" from:"auth,env" doc:"user"`
	Password scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password"`
	TLS      driver.TLS
}

// A variety has a field of every type, from everywhere.
type variety struct {
	Text     string            `scaler:"text" from:"metadata,auth,env"`
	Choice   string            `scaler:"choice" from:"metadata,auth,env" enum:"one|two|three"`
	Flag     bool              `scaler:"flag" from:"metadata,auth,env"`
	Int      int               `scaler:"int" from:"metadata,auth,env"`
	Int32    int32             `scaler:"int32" from:"metadata,auth,env"`
	Int64    int64             `scaler:"int64" from:"metadata,auth,env" min:"-5" max:"5000000000"`
	Float    float64           `scaler:"float" from:"metadata,auth,env" above:"-1.5"`
	Wait     time.Duration     `scaler:"wait" from:"metadata,auth,env" max:"1h"`
	List     []string          `scaler:"list" from:"metadata,auth,env"`
	Choices  []string          `scaler:"choices" from:"metadata,auth,env" enum:"one|two|three"`
	Map      map[string]string `scaler:"map" from:"metadata,auth,env"`
	Query    url.Values        `scaler:"query" from:"metadata,auth,env"`
	Secret   scalerkit.Secret  `scaler:"secret" from:"metadata,auth,env"`
	MaybeInt *int              `scaler:"maybeInt" from:"metadata,auth,env"`
	Kind     scalerkit.TargetKind
	Identity scalerkit.Identity
}

// A level is a Scaler in memory.
type level struct {
	metric scalerkit.Metric
	value  float64
	err    error
}

func (l *level) Metric() scalerkit.Metric { return l.metric }
func (l *level) Close() error             { return nil }

func (l *level) Read(context.Context) (scalerkit.Reading, error) {
	if l.err != nil {
		return scalerkit.Reading{}, l.err
	}
	return scalerkit.Reading{Value: l.value}, nil
}
