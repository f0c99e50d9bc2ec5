package driver_test

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

type hidden struct {
	A string `scaler:"a"`
}

// Each type has one mistake.
type (
	untagged struct{ A string }
	nameless struct {
		A string `scaler:""`
	}
	namelessRequired struct {
		A string `scaler:",required"`
	}
	namelessSynonym struct {
		A string `scaler:"a|"`
	}
	unexported struct {
		a string `scaler:"a"`
	}
	unexportedStruct struct{ hidden }
	untaggedSecret   struct{ A scalerkit.Secret }
	untaggedTime     struct{ A time.Time }
	untaggedPointer  struct{ A *hidden }
	untaggedForeign  struct{ A *tls.Config }
	wrongOption      struct {
		A string `scaler:"a,requird"`
	}
	emptyOption struct {
		A string `scaler:"a,"`
	}
	twoFields struct {
		A string `scaler:"a|x"`
		B int    `scaler:"b|x"`
	}
	oneFieldTwice struct {
		A string `scaler:"a|a"`
	}
	nestedTwice struct {
		Hidden hidden
		B      string `scaler:"a"`
	}
	wrongType struct {
		A uint `scaler:"a"`
	}
	wrongSlice struct {
		A []int `scaler:"a"`
	}
	wrongPointer struct {
		A **int `scaler:"a"`
	}
	wrongStruct struct {
		A time.Time `scaler:"a"`
	}
	wrongPlace struct {
		A string `scaler:"a" from:"metadata, auth"`
	}
	enumOfNumbers struct {
		A int `scaler:"a" enum:"1|2"`
	}
	enumOfSecrets struct {
		A scalerkit.Secret `scaler:"a" enum:"x|y"`
	}
	refusedOfNone struct {
		A string `scaler:"a" refused:"x"`
	}
	minOfText struct {
		A string `scaler:"a" min:"1"`
	}
	maxOfQuery struct {
		A url.Values `scaler:"a" max:"1"`
	}
	minThatIsNone struct {
		A int `scaler:"a" min:"1.5"`
	}
	aboveThatIsNone struct {
		A time.Duration `scaler:"a" above:"soon"`
	}
	maxThatIsNone struct {
		A float64 `scaler:"a" max:"NaN"`
	}
	badDefault struct {
		A int `scaler:"a" default:"five"`
	}
	defaultNotInEnum struct {
		A string `scaler:"a" default:"c" enum:"a|b"`
	}
	defaultOutside struct {
		A int `scaler:"a" default:"5" max:"4"`
	}
	defaultOfRequired struct {
		A string `scaler:"a,required" default:"x"`
	}
	zeroOrDefault struct {
		A int `scaler:"a" default:"5"`
	}
	noTimeOrDefault struct {
		A time.Duration `scaler:"a" default:"5s"`
	}
	trueByDefault struct {
		A bool `scaler:"a" default:"true"`
	}
	requiredZero struct {
		A float64 `scaler:"a,required" min:"0"`
	}
	requiredBool struct {
		A bool `scaler:"a,required"`
	}
)

func TestWrongTagsPanic(t *testing.T) {
	for _, c := range []struct {
		config any
		want   string
	}{
		{new(untagged), "untagged.A has no scaler tag"},
		{new(nameless), "nameless.A: has no parameter name"},
		{new(namelessRequired), "namelessRequired.A: has no parameter name"},
		{new(namelessSynonym), "namelessSynonym.A: has no parameter name"},
		{&unexported{a: ""}, "unexported.a is not exported"},
		{new(unexportedStruct), "unexportedStruct.hidden is not exported"},
		{new(untaggedSecret), "untaggedSecret.A has no scaler tag"},
		{new(untaggedTime), "untaggedTime.A has no scaler tag"},
		{new(untaggedPointer), "untaggedPointer.A has no scaler tag"},
		{new(untaggedForeign), "untaggedForeign.A has no scaler tag"},
		{new(wrongOption), `wrongOption.A: has an unknown option "requird"`},
		{new(emptyOption), `emptyOption.A: has an unknown option ""`},
		{new(twoFields), `twoFields has two fields for parameter "x"`},
		{new(oneFieldTwice), `oneFieldTwice has two fields for parameter "a"`},
		{new(nestedTwice), `nestedTwice has two fields for parameter "a"`},
		{new(wrongType), "wrongType.A: has a type that no parameter can have: uint"},
		{new(wrongSlice), "wrongSlice.A: has a type that no parameter can have: []int"},
		{new(wrongPointer), "wrongPointer.A: has a type that no parameter can have: **int"},
		{new(wrongStruct), "wrongStruct.A: has a type that no parameter can have: time.Time"},
		{new(wrongPlace), `wrongPlace.A: " auth" is not one of metadata, auth, env`},
		{new(enumOfNumbers), "enumOfNumbers.A: an enum does not go with type int"},
		{new(enumOfSecrets), "enumOfSecrets.A: an enum does not go with type secret"},
		{new(refusedOfNone), "refusedOfNone.A: refuses values and has no enum"},
		{new(minOfText), "minOfText.A: a bound does not go with type string"},
		{new(maxOfQuery), "maxOfQuery.A: a bound does not go with type query"},
		{new(minThatIsNone), `minThatIsNone.A: bound "1.5" is not a whole number`},
		{new(aboveThatIsNone), `aboveThatIsNone.A: bound "soon" is not a duration such as "30s" or "5m", nor a number of milliseconds`},
		{new(maxThatIsNone), `maxThatIsNone.A: bound "NaN" is not a number`},
		{new(badDefault), "badDefault.A: default is not a whole number"},
		{new(defaultNotInEnum), "defaultNotInEnum.A: default is not one of a, b"},
		{new(defaultOutside), "defaultOutside.A: default is greater than 4"},
		{new(defaultOfRequired), "defaultOfRequired.A: is required and has a default"},
		{new(zeroOrDefault), "zeroOrDefault.A: has a default and allows zero: make it a pointer"},
		{new(noTimeOrDefault), "noTimeOrDefault.A: has a default and allows zero: make it a pointer"},
		{new(trueByDefault), "trueByDefault.A: is true by default: make it a pointer"},
		{new(requiredZero), "requiredZero.A: is required and allows zero: make it a pointer"},
		{new(requiredBool), "requiredBool.A: is required and allows zero: make it a pointer"},
	} {
		t.Run(fmt.Sprintf("%T", c.config), func(t *testing.T) {
			want := "driver: driver_test." + c.want
			require.PanicsWithValue(t, want, func() { _ = driver.Decode(scalerkit.Spec{}, c.config) })
			require.PanicsWithValue(t, want, func() { _ = driver.Check("x", c.config) }, "the second time as well")
		})
	}
}

func TestConfigsThatAreNoneOrNotThePointerToOnePanic(t *testing.T) {
	for want, config := range map[string]any{
		"driver: config is a <nil> and not a pointer to a struct":                nil,
		"driver: config is a driver_test.hidden and not a pointer to a struct":   hidden{},
		"driver: config is a *int and not a pointer to a struct":                 new(int),
		"driver: config is a **driver_test.hidden and not a pointer to a struct": new(*hidden),
		"driver: config is a nil *driver_test.hidden":                            (*hidden)(nil),
	} {
		require.PanicsWithValue(t, want, func() { _ = driver.Decode(scalerkit.Spec{}, config) })
	}
	require.PanicsWithValue(t, "driver: config is a *driver_test.hidden and not a struct", func() {
		newDriver("x", func(*hidden, scalerkit.Options) (scalerkit.Scaler, error) { return nil, nil })
	})
}
