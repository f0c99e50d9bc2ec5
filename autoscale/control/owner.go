package control

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/scalerkit/scalerkit"
)

// isOne says whether a Scaler that equals s is s itself. Values may be equal
// without that, and so may pointers to nothing.
func isOne(s scalerkit.Scaler) bool {
	t := reflect.TypeOf(s)
	return t != nil && t.Kind() == reflect.Pointer && t.Elem().Size() > 0
}

// claimed says which Scalers of the plan belong to another workload than w,
// which is nil if it is to be a new one. The caller holds the mutex.
func (r *Runner) claimed(w *workload, p *plan) error {
	var problems []error
	for i, s := range p.scalers {
		if !isOne(s) {
			continue
		}
		if owner := r.owners[s]; owner != nil && owner != w {
			problems = append(problems, fmt.Errorf("trigger %q: its Scaler is that of workload %v already", p.samples[i].Trigger, owner.key))
		}
	}
	return errors.Join(problems...)
}

// claim notes that the Scalers of the plan belong to the workload. The caller
// holds the mutex.
func (r *Runner) claim(w *workload, p *plan) {
	for _, s := range p.scalers {
		if isOne(s) {
			r.owners[s] = w
		}
	}
}

// unclaim notes that the Scalers belong to nobody. The caller does not hold the
// mutex.
func (r *Runner) unclaim(scalers []scalerkit.Scaler) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range scalers {
		if isOne(s) {
			delete(r.owners, s)
		}
	}
}
