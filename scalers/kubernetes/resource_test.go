package kubernetes_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kubernetes"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func TestWhereTheNumberIs(t *testing.T) {
	const object = `{"queues":[{"name":"a","length":7.9},{"name":"b","length":"1500m"}],"up":true,"none":null,"negative":-1}`
	const document = "queues:\n- length: 7.9\n- length: 2Ki\nup: true\nnone:\n"
	const notThere = "not found: there is no such thing"
	for _, c := range []struct {
		text, format, location, kind string
		want                         float64
		problem                      string
	}{
		{text: "12", want: 12},
		{text: " 12.75\n", want: 12.75},
		{text: "1e3", want: 1000},
		{text: "12.75", kind: "int64", want: 12},
		{text: "1500m", kind: "quantity", want: 1.5},
		{text: " 2Ki\n", kind: "quantity", want: 2048},
		{text: "0", want: 0},
		{text: "2Ki", problem: `key "backlog": is no number`},
		{text: "12abc", problem: `key "backlog": is no number`}, // 12 in KEDA
		{text: "3 apples", kind: "int64", problem: `key "backlog": is no number`},
		{text: "hunter2", kind: "quantity", problem: `key "backlog": is no number, nor a quantity such as 1500m or 2Ki`},
		{text: "", problem: `key "backlog": is no number`},
		{text: "-1", problem: "the value is -1, which is not a finite number of at least 0"},
		{text: "NaN", problem: "the value is NaN, which is not a finite number of at least 0"},

		{text: object, format: "json", location: "queues.0.length", want: 7.9},
		{text: object, format: "json", location: "queues.0.length", kind: "int64", want: 7},
		{text: object, format: "json", location: `queues.#(name=="b").length`, kind: "quantity", want: 1.5},
		{text: object, format: "json", location: "queues.2.length", problem: `key "backlog": "queues.2.length" in it: ` + notThere},
		{text: object, format: "json", location: "none", problem: `key "backlog": "none" in it: is no number but Null`},
		{text: object, format: "json", location: "up", problem: `key "backlog": "up" in it: is no number but True`},
		{text: object, format: "json", location: "negative", problem: "the value is -1, which is not a finite number of at least 0"},
		{text: "hunter2", format: "json", location: "a", problem: `key "backlog": "a" in it: it is not JSON`},

		{text: document, format: "yaml", location: "queues.0.length", want: 7.9},
		{text: document, format: "yaml", location: "queues.0.length", kind: "int64", want: 7},
		{text: document, format: "yaml", location: "queues.1.length", kind: "quantity", want: 2048},
		{text: document, format: "yaml", location: "queues.0.length.more", problem: `key "backlog": "queues.0.length.more" in it: ` + notThere},
		{text: document, format: "yaml", location: "up", problem: `key "backlog": "up" in it: is no number but a bool`},
		{text: document, format: "yaml", location: "none", problem: `key "backlog": "none" in it: is no number but a <nil>`},
		{text: "- hunter2: [", format: "yaml", location: "a", problem: `key "backlog": it is not YAML`},
	} {
		t.Run(c.text+" "+c.location+" "+c.kind, func(t *testing.T) {
			cluster := newFake()
			cluster.setData(kubernetes.Object{Kind: "Secret", Namespace: "shop", Name: "numbers"}, kubernetes.Data{"backlog": c.text})
			metadata := values{"resourceKind": "Secret", "resourceName": "numbers", "key": "backlog", "targetValue": "5"}
			optional := values{"format": c.format, "valueLocation": c.location, "valueType": c.kind}
			for key, value := range optional {
				if value != "" {
					metadata[key] = value
				}
			}
			s := open(t, kubernetes.ResourceDriver(cluster), metadata)
			if c.problem != "" {
				scalertest.WantError(t, s, nil, "read Secret shop/numbers: "+c.problem)
				return
			}
			scalertest.WantValue(t, s, c.want)
		})
	}
}

func TestWhatIsNotThere(t *testing.T) {
	cluster := newFake()
	s := open(t, kubernetes.ResourceDriver(cluster), values{"resourceKind": "ConfigMap", "resourceName": "numbers", "key": "backlog", "targetValue": "5"})
	scalertest.WantError(t, s, scalerkit.ErrNotFound, "read ConfigMap shop/numbers: not found: it does not exist")
	numbers := kubernetes.Object{Kind: "ConfigMap", Namespace: "shop", Name: "numbers"}
	cluster.setData(numbers, kubernetes.Data{"other": "1"})
	scalertest.WantError(t, s, scalerkit.ErrNotFound, `read ConfigMap shop/numbers: key "backlog": not found: there is no such key`)
	cluster.setData(numbers, kubernetes.Data{"backlog": "7"})
	scalertest.WantValue(t, s, 7)
	require.Equal(t, 1, cluster.begun)
}

func TestResourceMetric(t *testing.T) {
	s := open(t, kubernetes.ResourceDriver(nil), values{
		"resourceKind": "ConfigMap", "resourceName": "numbers", "key": "state.json", "format": "json", "valueLocation": "a",
		"targetValue": "5", "activationTargetValue": "2",
	})
	require.Equal(t, scalerkit.Metric{
		Name: "configmap-numbers-state-json", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}, Activation: 2,
	}, s.Metric())
}

func TestResourceProblemsAreNamed(t *testing.T) {
	const trigger = `kubernetes-resource trigger "orders": `
	metadata := func(more values) values {
		all := values{"resourceKind": "ConfigMap", "resourceName": "a", "key": "b", "targetValue": "1"}
		for key, value := range more {
			all[key] = value
		}
		return all
	}
	for _, c := range []struct {
		metadata values
		want     string
	}{
		{values{"resourceKind": "Pod"}, trigger + `resourceKind: "Pod" is not one of ConfigMap, Secret` + "\n" + trigger + "resourceName: is missing: set it in the metadata\n" +
			trigger + "key: is missing: set it in the metadata\n" + trigger + "targetValue: is missing: set it in the metadata"},
		{metadata(values{"format": "json"}), trigger + "valueLocation: is missing: format json needs it"},
		{metadata(values{"format": "yaml"}), trigger + "valueLocation: is missing: format yaml needs it"},
		{metadata(values{"valueLocation": "a.b"}), trigger + "valueLocation: does not go with format number, which is the whole text"},
		{metadata(values{"format": "xml", "valueType": "int"}), trigger + `format: "xml" is not one of number, json, yaml; did you mean "yaml"?` + "\n" +
			trigger + `valueType: "int" is not one of float64, int64, quantity; did you mean "int64"?`},
		{metadata(values{"targetValue": "-1"}), trigger + `targetValue: "-1" is not greater than 0`},
	} {
		_, err := kubernetes.ResourceDriver(newFake()).Open(scalerkit.Spec{Name: "orders", Metadata: c.metadata}, scalerkit.Options{})
		require.EqualError(t, err, c.want)
	}
}

func TestAWatchEndsWhenTheClusterLosesIt(t *testing.T) {
	cluster := newFake()
	numbers := kubernetes.Object{Kind: "ConfigMap", Namespace: "shop", Name: "numbers"}
	cluster.setData(numbers, kubernetes.Data{"backlog": "7"})
	s := open(t, kubernetes.ResourceDriver(cluster), values{"resourceKind": "ConfigMap", "resourceName": "numbers", "key": "backlog", "targetValue": "5"})
	scalertest.WantValue(t, s, 7)
	told, ended := make(chan struct{}), make(chan error)
	go func() {
		ended <- s.(scalerkit.Watcher).Watch(t.Context(), func() { told <- struct{}{} })
	}()
	// Nothing tells when it has begun to listen: until it tells, there are changes.
	for waits := true; waits; {
		cluster.setData(numbers, kubernetes.Data{"backlog": "8"})
		select {
		case <-told:
			waits = false
		default:
		}
	}
	cluster.data[numbers].lose()
	for {
		select {
		case <-told: // of changes before that
			continue
		case err := <-ended:
			require.EqualError(t, err, "watch ConfigMap shop/numbers: the watch is lost")
		}
		break
	}
	scalertest.WantValue(t, s, 8)
}
