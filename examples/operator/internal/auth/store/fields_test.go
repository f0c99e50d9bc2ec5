package store_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
)

func TestFieldsAsText(t *testing.T) {
	var fields store.Fields
	require.NoError(t, json.Unmarshal([]byte(`{
		"text": "a\nb", "empty": "", "list": ["a", "b"], "number": 1e3, "bool": true, "object": {"a": 1}, "mixed": [1, "a"], "null": null
	}`), &fields))
	for key, want := range map[string]string{
		"text": "a\nb", "empty": "", "list": "a\nb", "number": "1e3", "bool": "true", "object": `{"a": 1}`, "mixed": `[1, "a"]`,
	} {
		text, err := fields.Text(key)
		require.NoError(t, err)
		require.Equal(t, want, text)
	}
	for key, want := range map[string]string{
		"null": `its key "null" is null`,
		"Text": `it has no key "Text": it has bool, empty, list, mixed, null, number, object, text`,
	} {
		_, err := fields.Text(key)
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, scalerkit.ErrNotFound)
	}
}

func TestLifeOfSeveral(t *testing.T) {
	now := time.Unix(0, 0)
	short, long := store.Lasting(now, 3*time.Minute), store.Lasting(now, 3*time.Hour)
	require.Equal(t, store.Life{Renew: now.Add(2 * time.Minute), End: now.Add(3 * time.Minute)}, short)
	for _, both := range []store.Life{short.And(long), long.And(short), short.And(store.Life{}), store.Life{}.And(short)} {
		require.Equal(t, short, both)
	}
	require.False(t, store.Life{}.IsDue(now))
	require.False(t, short.IsDue(now.Add(2*time.Minute-1)))
	require.True(t, short.IsDue(now.Add(2*time.Minute)))
}

func ExampleFields_Text() {
	var secret store.Fields
	if err := json.Unmarshal([]byte(`{"username": "reader", "password": "hunter2"}`), &secret); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(secret.Text("username"))
	fmt.Println(secret.Text("passwrd"))
	// Output:
	// reader <nil>
	//  it has no key "passwrd": it has password, username
}
