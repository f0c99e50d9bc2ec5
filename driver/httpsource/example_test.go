package httpsource_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// A TicketConfig describes a trigger on the open tickets of an imaginary help
// desk.
type TicketConfig struct {
	httpsource.Access
	Server     string  `scaler:"server,required" format:"server" doc:"URL of the help desk"`
	Desk       string  `scaler:"desk,required" doc:"whose tickets count"`
	Tickets    float64 `scaler:"tickets,target" above:"0" doc:"target: open tickets per replica"`
	MetricType scalerkit.TargetKind
}

// A desk is what one trigger asks about.
type desk struct{ server, name string }

func (d desk) String() string { return fmt.Sprintf("open tickets of %q", d.name) }

func tickets(ctx context.Context, c *httpsource.Client, d desk) (float64, error) {
	var open float64
	err := c.GetJSON(ctx, d.server+"/desks/"+d.name+"/open", &open)
	return open, err
}

var (
	desks         = httpsource.Source[desk, float64]{Name: "tickets", Ask: tickets}
	ticketTrigger = driver.Type[TicketConfig]{Name: "tickets", Open: openTickets}
)

func openTickets(c *TicketConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
	return desks.New(o, httpsource.Plan[desk, float64]{
		Metric:   driver.MetricOf(c, "tickets", c.Desk),
		Question: desk{c.Server, c.Desk},
		Server:   c.Server,
		Access:   c.Access,
	})
}

// This is a whole driver but for the names New and Driver.
func ExampleSource() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer hunter2" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, len(r.URL.Path))
	}))
	defer server.Close()

	support, err := ticketTrigger.Driver().Open(scalerkit.Spec{
		Metadata: map[string]string{"server": server.URL, "desk": "support", "tickets": "5", "authModes": "bearer"},
		Auth:     scalerkit.Secrets(map[string]string{"bearerToken": "hunter2"}),
	}, scalerkit.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer support.Close()
	reading, err := support.Read(context.Background())
	fmt.Println(reading.Value, err)
	// Output: 19 <nil>
}
