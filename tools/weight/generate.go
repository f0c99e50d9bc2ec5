package main

import (
	"bytes"
	"os"
	"path/filepath"
	"text/template"
)

const module = "github.com/scalerkit/scalerkit"

// kinds are the programs of a source.
var kinds = template.Must(template.New("").Parse(`
{{define "ours"}}package main

import (
	"context"

	"` + module + `"
{{- range .Imports}}
	"` + module + `/{{.}}"
{{- end}}
	"` + module + `/scalers/{{.Name}}"
	"` + module + `/tools/weight/program"
)

func main() {
	program.Main(func(ctx context.Context, args []string) (any, error) {
		scaler, err := {{.Name}}.New({{.Config}}, scalerkit.Options{})
		if err != nil {
			program.Fail(err)
		}
		reading, err := scaler.Read(ctx)
		return reading.Value, err
	})
}
{{end}}

{{define "bare"}}package main

import (
	"` + module + `/tools/weight/bare/{{.Name}}"
	"` + module + `/tools/weight/program"
)

func main() { program.Main({{.Name}}.Read) }
{{end}}`))

// generate writes the program of a kind, ours or bare, and returns its file.
func (s source) generate(dir, kind string) (string, error) {
	var program bytes.Buffer
	err := kinds.ExecuteTemplate(&program, kind, struct {
		Name, Config string
		Imports      []string
	}{s.name, s.config, s.imports})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, s.name+"_"+kind+".go")
	return file, os.WriteFile(file, program.Bytes(), 0o600)
}
