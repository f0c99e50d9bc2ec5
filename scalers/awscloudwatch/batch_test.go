package awscloudwatch_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awscloudwatch"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func readAll(t *testing.T, scalers []scalerkit.Scaler) []scalerkit.Result {
	t.Helper()
	return scalerkit.ReadAll(context.Background(), scalers...)
}

func TestMetricsOfOneWindowTakeOneCallForEachFiveHundred(t *testing.T) {
	f := newFake(t)
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	for i := range 1001 {
		scalers = append(scalers, visible(t, f, pool, fmt.Sprintf("q%d", i), nil))
	}
	for _, r := range readAll(t, scalers) {
		require.NoError(t, r.Err)
	}
	var sizes []int
	for _, r := range f.asked() {
		sizes = append(sizes, len(r.queries))
	}
	slices.Sort(sizes)
	require.Equal(t, []int{1, 500, 500}, sizes)
}

func TestEqualQueriesAreAskedOnce(t *testing.T) {
	f := newFake(t)
	f.set(metricKey("orders"), point{recent(), 42})
	pool := new(scalerkit.Pool)
	scalers := []scalerkit.Scaler{
		visible(t, f, pool, "orders", nil),
		visible(t, f, pool, "orders", values{"targetMetricValue": "9", "activationTargetMetricValue": "50"}),
		visible(t, f, pool, "orders", values{"metricStat": "Sum"}),
	}
	results := readAll(t, scalers)
	require.Equal(t, []string{"QueueName=orders QueueName=orders"}, names(f.asked()))
	for i, r := range results {
		require.NoError(t, r.Err)
		require.InDelta(t, 42, r.Reading.Value, 0)
		require.Equal(t, i != 1, r.Reading.IsActive(scalers[i].Metric()))
	}
}

func TestDifferentWindowsAndExpressionsTakeCallsOfTheirOwn(t *testing.T) {
	f := newFake(t)
	pool := new(scalerkit.Pool)
	scalers := []scalerkit.Scaler{
		visible(t, f, pool, "a", nil),
		opened(t, f, pool, expression("orders")),
		visible(t, f, pool, "b", values{"metricCollectionTime": "900"}),
		opened(t, f, pool, expression("invoices")),
		visible(t, f, pool, "c", nil),
		opened(t, f, pool, expression("orders")),
	}
	for _, r := range readAll(t, scalers) {
		require.NoError(t, r.Err)
	}
	calls := names(f.asked())
	slices.Sort(calls)
	require.Equal(t, []string{
		"QueueName=a QueueName=c", "QueueName=b", "SELECT MAX(Visible) FROM invoices", "SELECT MAX(Visible) FROM orders",
	}, calls)
}

func TestAQueryThatIsRejectedFailsAloneAndIsAskedAlone(t *testing.T) {
	f := newFake(t)
	f.refuse = func(r request) *awsfake.Refusal {
		for _, q := range r.queries {
			if q.stat == "p101" {
				return &awsfake.Refusal{Code: "ValidationError", Message: "The value p101 for parameter Stat is not supported."}
			}
		}
		return nil
	}
	pool := new(scalerkit.Pool)
	const n, wrong = 100, 37
	var scalers []scalerkit.Scaler
	for i := range n {
		name, stat := fmt.Sprintf("q%d", i), "Sum"
		f.set(metricKey(name), point{recent(), float64(i)})
		if i == wrong {
			stat = "p101"
		}
		scalers = append(scalers, visible(t, f, pool, name, values{"metricStat": stat}))
	}
	check := func() {
		t.Helper()
		for i, r := range readAll(t, scalers) {
			if i == wrong {
				require.EqualError(t, r.Err, `read metric "Visible" of AWS/SQS: ValidationError: The value p101 for parameter Stat is not supported.`)
				continue
			}
			require.NoError(t, r.Err)
			require.InDelta(t, i, r.Reading.Value, 0)
		}
	}
	check()
	require.Less(t, len(f.asked()), 20, "calls to find the one")
	check()
	require.Len(t, f.asked(), 2, "calls when it is known")

	f.refuse = nil
	readAll(t, scalers)
	f.asked()
	for _, r := range readAll(t, scalers) {
		require.NoError(t, r.Err)
	}
	require.Len(t, f.asked(), 1, "calls when it is accepted again")
}

func TestTriggersOfDifferentAccountsShareNothing(t *testing.T) {
	f := newFake(t)
	pool := new(scalerkit.Pool)
	a := visible(t, f, pool, "orders", nil)
	b := visible(t, f, pool, "orders", values{"identityOwner": "operator"})
	require.False(t, scalertest.Together(a, b))
}

func TestAProgramCanBringItsCredential(t *testing.T) {
	f := newFake(t)
	other := awsfake.Key{ID: "AKIAOTHER", Secret: "other-secret"}
	f.keys.Add(other)
	var least float64
	scalertest.Borrowed[sdk.CredentialsProvider](t, func(credential sdk.CredentialsProvider, o scalerkit.Options) (scalerkit.Scaler, error) {
		account := awscloudwatch.Account{Region: awsfake.Region, Endpoint: f.URL, Credential: credential}
		return awscloudwatch.New(awscloudwatch.Config{
			Account: account, Namespace: "AWS/SQS", MetricName: "m", TargetMetricValue: 1, MinMetricValue: &least,
		}, o)
	}, awsfake.Key{ID: keyID, Secret: secretKey}, other)
}
