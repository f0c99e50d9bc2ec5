{{/* What the operator does where it looks after objects. */}}
{{- define "operator.watchedRules" -}}
- apiGroups: [keda.sh]
  resources: [scaledobjects, scaledjobs, triggerauthentications]
  verbs: [get, list, watch, update, patch]
- apiGroups: [keda.sh]
  resources: [scaledobjects/status, scaledjobs/status, triggerauthentications/status]
  verbs: [get, update, patch]
- apiGroups: [keda.sh]
  resources: [scaledobjects/finalizers, scaledjobs/finalizers, triggerauthentications/finalizers]
  verbs: [update]
# A ScaledObject may refer to any kind that has a scale subresource.
- apiGroups: ["*"]
  resources: ["*/scale"]
  verbs: [get, patch]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, update, delete]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
# The Pods of a ScaledJob, how many of a workload are ready, and what triggers of
# kubernetes-workload count.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
# Pod templates: the environment that triggers refer to, and requests.
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [limitranges]
  verbs: [list]
# The endpoints of Services, which triggers of metrics-api may ask.
- apiGroups: [""]
  resources: [services]
  verbs: [get]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list]
- apiGroups: ["", events.k8s.io]
  resources: [events]
  verbs: [create, patch]
# What TriggerAuthentications and pod templates refer to, and what triggers of
# kubernetes-resource read.
- apiGroups: [""]
  resources: [configmaps, serviceaccounts]
  verbs: [get, list, watch]
{{- if eq .Values.rbac.secrets "all" }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch]
{{- end }}
{{- with .Values.rbac.extraRules }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What it does in its own namespace. */}}
{{- define "operator.ownRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: ["", events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- if eq .Values.certificates.from "operator" }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [create] # which cannot be limited to a name
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ include "operator.certSecret" . }}]
  verbs: [get, update]
{{- end }}
{{- end }}

{{/* What it does where the objects are that ClusterTriggerAuthentications refer to. */}}
{{- define "operator.referenceRules" -}}
- apiGroups: [""]
  resources: [secrets, configmaps, serviceaccounts]
  verbs: [get, list, watch]
{{- end }}

{{/* What it does with objects that are in no namespace. */}}
{{- define "operator.clusterRules" -}}
- apiGroups: [keda.sh]
  resources: [clustertriggerauthentications]
  verbs: [get, list, watch, update, patch]
- apiGroups: [keda.sh]
  resources: [clustertriggerauthentications/status]
  verbs: [get, update, patch]
- apiGroups: [keda.sh]
  resources: [clustertriggerauthentications/finalizers]
  verbs: [update]
{{- if eq .Values.certificates.from "operator" }}
# To put its CA there.
{{- if .Values.metricsAPI.enabled }}
- apiGroups: [apiregistration.k8s.io]
  resources: [apiservices]
  resourceNames: [v1beta1.external.metrics.k8s.io]
  verbs: [get, patch]
{{- end }}
{{- if .Values.webhook.enabled }}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations]
  resourceNames: [{{ include "operator.name" . }}]
  verbs: [get, patch]
{{- end }}
{{- end }}
{{- end }}

{{/* Gives the operator a role of a namespace. */}}
{{- define "operator.roleBinding" }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "operator.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
subjects:
  {{- include "operator.subject" .root | nindent 2 }}
{{- end }}
