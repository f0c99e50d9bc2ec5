{{- define "operator.name" -}}
{{ .Values.fullnameOverride | default (printf "%s-operator" .Release.Name) | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "operator.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "operator.labels" -}}
{{ include "operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: scalerkit
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The metadata of an object of the chart's own name. */}}
{{- define "operator.metadata" -}}
name: {{ include "operator.name" . }}
{{ include "operator.place" . }}
{{- end }}

{{- define "operator.place" -}}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "operator.labels" . | nindent 2 }}
{{- with .Values.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "operator.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (ternary (include "operator.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "operator.subject" -}}
- kind: ServiceAccount
  name: {{ include "operator.serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- define "operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "operator.certSecret" -}}
{{ .Values.certificates.secretName | default (printf "%s-certs" (include "operator.name" .)) }}
{{- end }}

{{/* The annotations of an object that holds a CA bundle. */}}
{{- define "operator.caAnnotations" -}}
{{- $annotations := deepCopy .Values.annotations }}
{{- if eq .Values.certificates.from "cert-manager" }}
{{- $_ := set $annotations "cert-manager.io/inject-ca-from" (printf "%s/%s" .Release.Namespace (include "operator.certSecret" .)) }}
{{- end }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The audiences of tokens of service accounts: a list in JSON. */}}
{{- define "operator.audiences" -}}
{{- $audiences := list }}
{{- with .Values.hashiCorpVault.kubernetesAuth.audience }}
{{- $audiences = append $audiences (dict "audience" .) }}
{{- end }}
{{- range .Values.serviceAccountTokens.additionalAllowedAudiences }}
{{- $audiences = append $audiences (dict "audience" .) }}
{{- end }}
{{- range .Values.rbac.serviceAccountTokens }}
{{- if .audience }}
{{- $audiences = append $audiences (dict "audience" .audience "namespace" .namespace "serviceAccountName" .name) }}
{{- end }}
{{- end }}
{{- toJson $audiences }}
{{- end }}

{{/* Where the operator's token for Vault is; empty if it has none. */}}
{{- define "operator.vaultToken" -}}
{{- with .Values.hashiCorpVault.kubernetesAuth }}
{{- if and .audience .projectedTokenMountPath (ne $.Values.serviceAccountTokens.mode "legacy") }}
{{- .projectedTokenMountPath }}
{{- end }}
{{- end }}
{{- end }}
