package azureeventhubs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
)

func TestATokenIsReplacedInTheMiddleOfItsLife(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	made := sign(azure.Namespace{KeyName: "reader", Key: scalerkit.NewSecret("k")}, "amqps://shop/orders", now.Add(tokenLife))
	require.Equal(t, "1003600", made.expiration())
	require.Equal(t, now.Add(tokenLife/2), made.renewal(now))
	given := token{kind: sharedAccess, text: "SharedAccessSignature sr=x"}
	require.Equal(t, "0", given.expiration())
	require.Equal(t, now.Add(tokenLife), given.renewal(now))
}
