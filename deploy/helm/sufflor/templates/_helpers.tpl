{{- define "sufflor.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- define "sufflor.selector" -}}
app.kubernetes.io/name: sufflor
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
