package sqlsource_test

import (
	"context"
	sqldriver "database/sql/driver"
	"fmt"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
)

// A ShopConfig describes a trigger on a database of an imaginary kind.
type ShopConfig struct {
	Database
	sqlsource.Login
	Query      string  `scaler:"query,required" doc:"SQL that returns one number"`
	Target     float64 `scaler:"target,target" above:"0" doc:"target: what the query returns for each replica"`
	MetricType scalerkit.TargetKind
}

// A Database says where it is, and who asks.
type Database struct {
	Address  string           `scaler:"address,required" format:"address" doc:"host:port"`
	Password scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password"`
}

// shopSQL is what this kind of database differs in.
var shopSQL = sqlsource.Dialect{
	Name:        "shopsql",
	ReadOnly:    true,
	NoRowIsZero: true,
	Classify: func(err error) error {
		switch {
		case strings.Contains(err.Error(), "who are you"):
			return scalerkit.ErrDenied
		case strings.Contains(err.Error(), "no such table"):
			return scalerkit.ErrNotFound
		}
		return nil
	},
}

var shop = driver.Type[ShopConfig]{Name: "shopsql", Open: func(c *ShopConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
	return shopSQL.New(o, sqlsource.Plan{
		Metric:  driver.MetricOf(c, "shopsql"),
		Query:   c.Query,
		Key:     c.Database,
		Login:   c.Login,
		Connect: func(context.Context, string) (sqldriver.Conn, error) { return connect(c.Address) },
	})
}}

// connect stands for the driver of the database for package database/sql.
func connect(string) (sqldriver.Conn, error) {
	return &conn{&database{results: map[string]result{
		"SELECT count(*) FROM orders":       {rows: []sqldriver.Value{int64(42)}},
		"SELECT age FROM orders WHERE late": {},
	}}}, nil
}

func Example() {
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	var all []scalerkit.Scaler
	for _, query := range []string{"SELECT count(*) FROM orders", "SELECT age FROM orders WHERE late", "SELECT count(*) FROM ordres"} {
		s, err := shop.New(ShopConfig{Database: Database{Address: "db:1234"}, Query: query, Target: 10}, options)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer s.Close()
		all = append(all, s)
	}
	for _, r := range scalerkit.ReadAll(context.Background(), all...) {
		fmt.Println(r.Reading.Value, r.Reading.Note, r.Err)
	}
	// Output:
	// 42  <nil>
	// 0 the query returned no row: counts as 0 <nil>
	// 0  read query "SELECT count(*) FROM ordres": not found: no such table
}
