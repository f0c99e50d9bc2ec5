package azure

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// A Source is one of Azure's services that is asked over HTTP without its SDK,
// many questions side by side.
type Source[Q comparable, A any] struct {
	Name string
	Ask  func(context.Context, *httpsource.Client, []Q) ([]driver.Answer[A], error)

	// Classify is as in [httpsource.Settings].
	Classify httpsource.Classify
}

// Each is the Ask of a Source that answers one question at a time.
func Each[Q, A any](ask func(context.Context, *httpsource.Client, Q) (A, error)) func(context.Context, *httpsource.Client, []Q) ([]driver.Answer[A], error) {
	return func(ctx context.Context, c *httpsource.Client, questions []Q) ([]driver.Answer[A], error) {
		return httpsource.Each(ctx, c, questions, ask), nil
	}
}

// A Plan is what one Scaler wants of a Source.
type Plan[Q comparable, A any] struct {
	Metric   scalerkit.Metric
	Question Q
	Read     func(A) (scalerkit.Reading, error) // as in a [driver.Plan]

	// Key says where the source is and who asks, as in a driver.Plan, and Who
	// adds that to requests. Access is what else there is to say of them.
	Key    any
	Who    func(scalerkit.Options) httpsource.Authenticator
	Access httpsource.Access
}

// New returns a Scaler. It does no I/O.
func (s Source[Q, A]) New(o scalerkit.Options, plan Plan[Q, A]) scalerkit.Scaler {
	settings := httpsource.Settings{Access: plan.Access, Classify: s.Classify}
	if plan.Who != nil {
		settings.Identity = func() httpsource.Authenticator { return plan.Who(o) }
	}
	source := driver.Source[*httpsource.Client, Q, A]{Name: s.Name, Ask: s.Ask}
	return source.New(o, driver.Plan[*httpsource.Client, Q, A]{
		Metric: plan.Metric, Question: plan.Question, Read: plan.Read, Key: plan.Key,
		Open: func(context.Context) (*httpsource.Client, error) { return httpsource.New(settings, o) },
	})
}
