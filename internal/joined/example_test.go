package joined_test

import (
	"errors"
	"fmt"

	"github.com/scalerkit/scalerkit/internal/joined"
)

func ExampleEach() {
	err := errors.Join(errors.New("mode: is missing"), errors.Join(errors.New("host: is missing"), nil))
	for _, err := range joined.Each("trigger 2: ", err) {
		fmt.Println(err)
	}
	// Output:
	// trigger 2: mode: is missing
	// trigger 2: host: is missing
}
