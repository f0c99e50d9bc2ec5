package azure

import (
	"context"
	"errors"

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

// Grouped is the Ask of a Source that answers the questions of one group together, at
// most that many. If a request with several is refused for what is asked, each is asked
// alone: it may be that one of them is to blame.
func Grouped[Q any, G comparable, A any](most int, group func(Q) G, ask func(context.Context, *httpsource.Client, []Q) ([]driver.Answer[A], error)) func(context.Context, *httpsource.Client, []Q) ([]driver.Answer[A], error) {
	return func(ctx context.Context, c *httpsource.Client, questions []Q) ([]driver.Answer[A], error) {
		var together [][]Q
		places := make([]struct{ group, place int }, len(questions))
		latest := make(map[G]int) // in together
		for i, q := range questions {
			g := group(q)
			n, begun := latest[g]
			if !begun || len(together[n]) == most {
				n = len(together)
				together, latest[g] = append(together, nil), n
			}
			places[i].group, places[i].place = n, len(together[n])
			together[n] = append(together[n], q)
		}
		groups := httpsource.Each(ctx, c, together, func(ctx context.Context, c *httpsource.Client, some []Q) ([]driver.Answer[A], error) {
			answers, err := ask(ctx, c, some)
			if len(some) == 1 || !isRefusal(err) {
				return answers, err
			}
			return driver.Each(ctx, 1, some, func(ctx context.Context, q Q) (answer A, err error) {
				answers, err := ask(ctx, c, []Q{q})
				if err != nil {
					return answer, err
				}
				return answers[0].Value, answers[0].Err
			}), nil
		})
		answers := make([]driver.Answer[A], len(questions))
		for i, p := range places {
			if g := groups[p.group]; g.Err != nil {
				answers[i].Err = g.Err
			} else {
				answers[i] = g.Value[p.place]
			}
		}
		return answers, nil
	}
}

// isRefusal reports whether an error says that there is something wrong with what was
// asked, and not with who asks, how often, or with the service.
func isRefusal(err error) bool {
	status := new(StatusError)
	return errors.As(err, &status) && status.Status >= 400 && status.Status < 500 &&
		!errors.Is(err, scalerkit.ErrDenied) && !errors.Is(err, scalerkit.ErrThrottled)
}

// A Plan is what one Scaler wants of a Source.
type Plan[Q comparable, A any] struct {
	Metric   scalerkit.Metric
	Question Q
	Read     func(A) (scalerkit.Reading, error) // as in a [driver.Plan]

	// Key says where the source is and who asks, as in a driver.Plan, and Who makes
	// requests theirs. Access is what else there is to say of requests.
	Key    any
	Who    func(scalerkit.Options) httpsource.Authenticator
	Access httpsource.Access
}

// New returns a Scaler. It does no I/O.
func (s Source[Q, A]) New(o scalerkit.Options, plan Plan[Q, A]) scalerkit.Scaler {
	settings := httpsource.Settings{
		Access: plan.Access, Classify: s.Classify,
		Identity: func() httpsource.Authenticator { return plan.Who(o) },
	}
	type key struct {
		Key    any
		Access httpsource.Access
	}
	source := driver.Source[*httpsource.Client, Q, A]{Name: s.Name, Ask: s.Ask}
	return source.New(o, driver.Plan[*httpsource.Client, Q, A]{
		Metric: plan.Metric, Question: plan.Question, Read: plan.Read, Key: key{plan.Key, plan.Access},
		Open: func(context.Context) (*httpsource.Client, error) { return httpsource.New(settings, o) },
	})
}
