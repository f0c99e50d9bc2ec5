package hpa

import (
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
)

// A tree is a JSON object.
type tree = map[string]any

// openAPIv2 returns the description of the API in OpenAPI 2.
func openAPIv2() tree {
	parameter := func(in, name, text string) tree {
		return tree{"in": in, "name": name, "description": text, "type": "string", "uniqueItems": true, "required": in == "path"}
	}
	get := operation(parameter, func(kind string) tree {
		return tree{"schema": tree{"$ref": "#/definitions/" + kind}}
	})
	get["produces"] = []string{mediaJSON.String(), mediaProtobuf.String()}
	return tree{
		"swagger":     "2.0",
		"info":        info,
		"paths":       tree{metricsPath + "{namespace}/{metric}": tree{"get": get}},
		"definitions": schemas("#/definitions/"),
	}
}

// openAPIv3 returns the description of the API in OpenAPI 3.
func openAPIv3() tree {
	parameter := func(in, name, text string) tree {
		return tree{"in": in, "name": name, "description": text, "schema": tree{"type": "string", "uniqueItems": true}, "required": in == "path"}
	}
	get := operation(parameter, func(kind string) tree {
		schema := tree{"schema": tree{"$ref": "#/components/schemas/" + kind}}
		return tree{"content": tree{mediaJSON.String(): schema, mediaProtobuf.String(): schema}}
	})
	return tree{
		"openapi":    "3.0.0",
		"info":       info,
		"paths":      tree{metricsPath + "{namespace}/{metric}": tree{"get": get}},
		"components": tree{"schemas": schemas("#/components/schemas/")},
	}
}

var info = tree{"title": v1beta1.GroupName, "version": v1beta1.SchemeGroupVersion.Version}

// operation describes how a metric is read.
func operation(parameter func(in, name, text string) tree, content func(kind string) tree) tree {
	ok := content(v1beta1.ExternalMetricValueList{}.OpenAPIModelName())
	ok["description"] = "All matching values. There is at least one."
	return tree{
		"description":         "Reads a metric.",
		"operationId":         "listExternalMetricsV1beta1NamespacedMetric",
		"tags":                []string{"externalMetrics_v1beta1"},
		"x-kubernetes-action": "list",
		"x-kubernetes-group-version-kind": tree{
			"group": v1beta1.GroupName, "version": v1beta1.SchemeGroupVersion.Version, "kind": listKind,
		},
		"parameters": []tree{
			parameter("path", "namespace", "The namespace that the metric belongs to."),
			parameter("path", "metric", "The name of the metric."),
			parameter("query", "labelSelector", "Which labels the values must have; all values if empty."),
		},
		"responses": tree{
			"200": ok,
			"400": tree{"description": "The selector cannot be parsed."},
			"404": tree{"description": "There is no such metric."},
			"503": tree{"description": "A value is unknown or stale."},
		},
	}
}

// schemas describes the types, with references that begin with ref.
func schemas(ref string) tree {
	value, list := v1beta1.ExternalMetricValue{}.OpenAPIModelName(), v1beta1.ExternalMetricValueList{}.OpenAPIModelName()
	text := func(format, description string) tree {
		t := tree{"type": "string", "description": description}
		if format != "" {
			t["format"] = format
		}
		return t
	}
	typeMeta := func(kind string, properties tree) tree {
		properties["apiVersion"] = text("", "The group and version of this object's schema.")
		properties["kind"] = text("", "The name of this object's schema.")
		return tree{
			"type":       "object",
			"properties": properties,
			"x-kubernetes-group-version-kind": []tree{{
				"group": v1beta1.GroupName, "version": v1beta1.SchemeGroupVersion.Version, "kind": kind,
			}},
		}
	}
	schemas := tree{
		value: typeMeta("ExternalMetricValue", tree{
			"metricName":   text("", "The name of the metric."),
			"metricLabels": tree{"type": "object", "additionalProperties": tree{"type": "string"}, "description": "What tells this value from others of the same metric."},
			"timestamp":    text("date-time", "When the source was read."),
			"window":       tree{"type": "integer", "format": "int64", "description": "The seconds that a rate was taken over; absent for what is counted at one moment."},
			"value":        text("", "The value as a quantity, such as 12 or 1500m."),
		}),
		list: typeMeta(listKind, tree{
			"metadata": tree{"type": "object", "description": "Has nothing in it."},
			"items":    tree{"type": "array", "items": tree{"$ref": ref + value}, "description": "The values."},
		}),
	}
	schemas[value].(tree)["description"] = "A value of a metric."
	schemas[value].(tree)["required"] = []string{"metricName", "metricLabels", "timestamp", "value"}
	schemas[list].(tree)["description"] = "The values of a metric."
	schemas[list].(tree)["required"] = []string{"items"}
	return schemas
}
