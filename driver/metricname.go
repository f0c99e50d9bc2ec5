package driver

import "strings"

// MetricName returns the name for a [Metric]: parts joined by "-", in which
// "-" takes the place of the characters that would be awkward in the URL of a
// metrics API, as in KEDA. Parts must not contain credentials.
func MetricName(parts ...string) string {
	return metricNameReplacer.Replace(strings.Join(parts, "-"))
}

var metricNameReplacer = strings.NewReplacer("/", "-", ".", "-", ":", "-", "%", "-", "(", "-", ")", "-")
