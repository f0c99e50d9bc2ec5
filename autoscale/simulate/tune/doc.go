// Package tune finds the values of a policy that meet an objective with the fewest
// replica-seconds, by simulations.
//
// A [Search] says what the policy is now, which values may take the place of its
// own, by which loads it is judged and what it is to achieve. [Run] plays one
// combination of values after the other and returns the best one, the frontier (what
// shorter waits cost) and everything that it tried.
//
// # How it judges
//
// Every combination plays every load several times, with chance of another seed each
// time. It meets the objective if it does so each time, so that luck does not win.
// Among those that do, the one with the fewest replica-seconds is the best; of
// equals, the one that changes least. As long as none does, the one that is nearest
// to the objective is. The policy as it is now takes part, so the best is never worse
// than that.
//
// Values that fit the loads too well are of no use for others. So Search.Held has
// loads that take no part in the choice. They are played afterwards, with the policy
// as it was and with the best.
//
// # How it searches
//
// The values of each kind are a list, and a combination is a point of the grid of all
// lists. First come the given values with one of them changed to the ends and to the
// middle of its list, and points that are spread evenly over all of the grid, by an
// additive recurrence with a seeded begin. Then new points are made of the best: one
// or two of them are taken, with one to three values changed. At last the search goes
// from the best point along each list, up and down, at first with long steps and then
// with shorter ones, puts back given values, and tries what was better along several
// lists together. Where no step is better, it goes on from the next best point. It
// ends when the budget is used up, or when there is nothing left to try.
//
// A combination that another beats in everything by more than 3 % of the
// replica-seconds, with the first seed, is not played with the others.
//
// Simulations run side by side, on as many processors as there are. What comes of a
// Search does not depend on how many: equal Searches have equal Results.
package tune
