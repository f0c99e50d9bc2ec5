package mongodb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/conns"
)

const (
	dialTimeout = 5 * time.Second

	// patience is for readings that nobody limits otherwise, and for a server that
	// does not show up.
	patience = 10 * time.Second

	// connections is how many queries are under way at once at a server.
	connections = 8
)

// New returns a Scaler with the number of documents as its value. It does no I/O.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver for trigger type mongodb.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{
	Name:     "mongodb",
	KEDAName: "mongoDBScaler",
	Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		return source.New(o, driver.Plan[*client, question, int64]{
			Metric:   driver.MetricOf(c, "mongodb", c.Collection),
			Question: question{c.Database, c.Collection, c.filter},
			Key:      key{c.uri, c.TLS, c.Client},
			Open:     func(context.Context) (*client, error) { return c.connect(o) },
		}), nil
	},
}

var source = driver.Source[*client, question, int64]{
	Name:     "mongodb",
	Ask:      driver.SideBySide(connections, count),
	Classify: classify,
}

// A key says where the data is and who asks.
type key struct {
	uri    string
	tls    driver.OptionalTLS
	client *mongo.Client
}

// A question is how many documents match a filter.
type question struct {
	database, collection string
	filter               string // in BSON
}

// String implements fmt.Stringer.
func (q question) String() string { return fmt.Sprintf("documents in %q", q.database+"."+q.collection) }

func count(ctx context.Context, c *client, q question) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ctx, done := c.health.context(ctx)
	defer done()
	n, err := c.Database(q.database).Collection(q.collection).CountDocuments(ctx, bson.Raw(q.filter))
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return n, err
}

// A client is MongoDB's, and the connections that it has.
type client struct {
	*mongo.Client
	conns  *conns.Conns // nil if the client is the program's
	health *health
}

// Close implements io.Closer. The connections are closed first: the library would
// wait for the answers to come.
func (c *client) Close() error {
	if c.conns == nil {
		return nil
	}
	c.conns.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // there is nobody left to take leave of
	_ = c.Disconnect(ctx)
	return nil
}

// connect returns a client, which connects as it is used and by itself.
func (s *Server) connect(o scalerkit.Options) (*client, error) {
	if s.Client != nil {
		return &client{Client: s.Client, health: newHealth()}, nil
	}
	dial, err := s.TLS.Dial(o, dialTimeout)
	if err != nil {
		return nil, err
	}
	c := &client{conns: conns.New(dial), health: newHealth()}
	opts := options.Client().ApplyURI(s.uri)
	if opts.Validate() != nil { // whose text would quote the URI
		return nil, errors.New("the servers of the mongodb+srv cannot be looked up, or the options of the connection string are wrong")
	}
	opts.SetDialer(dialer{c.conns}).SetTLSConfig(nil) // the dialer speaks TLS
	opts.SetMinPoolSize(0).SetMaxPoolSize(connections)
	opts.SetServerMonitoringMode("poll") // over one connection and not two
	opts.SetConnectTimeout(dialTimeout).SetServerSelectionTimeout(patience / 2)
	opts.SetServerMonitor(c.health.monitor())
	opts.SetRetryReads(false)
	c.Client, err = mongo.Connect(opts)
	return c, err
}

// A dialer is how the library has Conns.
type dialer struct{ *conns.Conns }

// DialContext implements options.ContextDialer.
func (d dialer) DialContext(ctx context.Context, network, address string) (conn net.Conn, err error) {
	return d.Dial(ctx, network, address)
}

// denials are MongoDB's codes of a user who is not known, or may not ask.
var denials = []int{
	13,   // Unauthorized
	18,   // AuthenticationFailed
	8000, // AtlasError: of Atlas, both
}

func classify(err error) error {
	var answer mongo.ServerError
	if errors.As(err, &answer) && slices.ContainsFunc(denials, answer.HasErrorCode) {
		return scalerkit.ErrDenied
	}
	return nil
}
