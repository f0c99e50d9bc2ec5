package operator_test

import (
	"fmt"
	"os"

	"github.com/scalerkit/scalerkit/examples/operator/internal/operator"
)

func Example() {
	config, err := operator.Parse([]string{"--direct", "--leader-elect"}, func(string) string { return "" }, os.Stderr)
	fmt.Println(config.Direct, config.MetricsAPIAddress, err)
	// operator.Run(ctx, config, os.LookupEnv, operator.NewLogger(os.Stderr, config.LogLevel)) is the rest of the program.

	// Output: true :6443 <nil>
}
