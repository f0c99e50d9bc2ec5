package cron_test

import (
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/cron"
)

// Ten replicas are there in business hours, and as many as other triggers call
// for at any other time.
func Example() {
	scaler, err := cron.New(cron.Config{
		Timezone:        "Europe/Berlin",
		Start:           "0 8 * * mon-fri",
		End:             "30 17 * * mon-fri",
		DesiredReplicas: 10,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer scaler.Close()
	fmt.Println(scaler.Metric().Name)
	// Output:
	// cron-Europe-Berlin-08xxmon-fri-3017xxmon-fri
}
