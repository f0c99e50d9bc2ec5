package watch

import "k8s.io/apimachinery/pkg/util/resourceversion"

// IsBefore says whether version a of an object is older than b. Versions that
// cannot be compared are not.
func IsBefore(a, b string) bool {
	order, err := resourceversion.CompareResourceVersion(a, b)
	return err == nil && order < 0
}
