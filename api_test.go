package yunocustomers_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/openapi"
)

// contractOperation is an operation of the overlaid document.
type contractOperation struct {
	*openapi3.Operation
	method, path string
	name         string // in Go
}

// operations returns every operation of the overlaid document. The tests below are about
// each of them, so a new operation needs no new test here.
func operations(t *testing.T) []contractOperation {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Overlaid())
	if err != nil {
		t.Fatal(err)
	}
	names := goNames(t)
	var all []contractOperation
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			name := names[method+" "+path]
			if name == "" {
				t.Errorf("package api has no operation for %s %s", method, path)
			}
			all = append(all, contractOperation{op, method, path, name})
			delete(names, method+" "+path)
		}
	}
	for call, name := range names {
		t.Errorf("package api has %s for %s, which is not in the contract", name, call)
	}
	return all
}

// goNames returns the methods of api.StrictServerInterface by method and path, which the
// generator writes in the last line of their comments.
func goNames(t *testing.T) map[string]string {
	t.Helper()
	names := map[string]string{}
	for _, spec := range types(t, "api/server.gen.go") {
		strict, ok := spec.Type.(*ast.InterfaceType)
		if !ok || spec.Name.Name != "StrictServerInterface" {
			continue
		}
		for _, method := range strict.Methods.List {
			lines := strings.Split(strings.TrimSpace(method.Doc.Text()), "\n")
			names[strings.Trim(lines[len(lines)-1], "()")] = method.Names[0].Name
		}
	}
	return names
}

// types returns the types that a file declares.
func types(t *testing.T, path string) []*ast.TypeSpec {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var specs []*ast.TypeSpec
	for _, decl := range file.Decls {
		if decl, ok := decl.(*ast.GenDecl); ok && decl.Tok == token.TYPE {
			for _, spec := range decl.Specs {
				specs = append(specs, spec.(*ast.TypeSpec))
			}
		}
	}
	return specs
}

// The files testdata/operation-*.golden pin the operations of the overlaid document, so that
// a change shows up in review.
func TestOperationsArePinned(t *testing.T) {
	t.Parallel()
	var want []string
	for _, op := range operations(t) {
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s %s\n", op.method, op.path, op.OperationID)
		for _, p := range op.Parameters {
			fmt.Fprintf(&b, "%s %s required=%v\n", p.Value.In, p.Value.Name, p.Value.Required)
		}
		for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
			var types []string
			for mediaType, content := range op.Responses.Value(status).Value.Content {
				schema := "without a schema"
				if content.Schema != nil {
					schema = content.Schema.Ref
				}
				types = append(types, mediaType+" "+schema)
			}
			slices.Sort(types)
			fmt.Fprintf(&b, "%s %s\n", status, strings.Join(types, ", "))
		}
		file := "testdata/operation-" + op.OperationID + ".golden"
		golden(t, file, b.String())
		want = append(want, file)
	}
	got, err := filepath.Glob("testdata/operation*.golden")
	if err != nil {
		t.Fatal(err)
	}
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("got files %q, want %q", got, want)
	}
}

// doerFunc is the transport of a generated client.
type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// Every argument is sent under its documented name, in its place.
func TestGeneratedClientSendsEveryOperation(t *testing.T) {
	t.Parallel()
	for _, op := range operations(t) {
		var r *http.Request
		client := &api.Client{Server: "https://example.com/v1/", Client: doerFunc(func(got *http.Request) (*http.Response, error) {
			r = got
			return &http.Response{Body: io.NopCloser(strings.NewReader(""))}, nil
		})}
		method := reflect.ValueOf(client).MethodByName(op.name)
		if !method.IsValid() { // its body is not JSON
			method = reflect.ValueOf(client).MethodByName(op.name + "WithBody")
		}
		call(t, method)
		wantPath := regexp.MustCompile("^/v1" + regexp.MustCompile(`{\w+}`).ReplaceAllString(op.path, "[^/]+") + "$")
		if r == nil || r.Method != op.method || !wantPath.MatchString(r.URL.Path) {
			t.Errorf("%s: got %v, want %s %s", op.name, r, op.method, op.path)
			continue
		}
		for _, p := range op.Parameters {
			got := "-"
			switch p.Value.In {
			case "header":
				got = r.Header.Get(p.Value.Name)
			case "query":
				got = r.URL.Query().Get(p.Value.Name)
			}
			if got == "" {
				t.Errorf("%s: %s parameter %s is not sent", op.name, p.Value.In, p.Value.Name)
			}
		}
	}
}

// call calls a method of the generated client with an example of every argument.
func call(t *testing.T, method reflect.Value) {
	t.Helper()
	arguments := []reflect.Value{reflect.ValueOf(context.Background())}
	for i := 1; i < method.Type().NumIn()-1; i++ { // the last are request editors
		argument := reflect.New(method.Type().In(i)).Elem()
		fill(argument)
		arguments = append(arguments, argument)
	}
	if err := method.Call(arguments)[1]; !err.IsNil() {
		t.Error(err)
	}
}

// fill gives a value, and everything in it, an example other than the zero value.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}

// collector is a router that keeps only patterns.
type collector struct {
	http.ServeMux
	patterns []string
}

func (c *collector) HandleFunc(pattern string, _ func(http.ResponseWriter, *http.Request)) {
	c.patterns = append(c.patterns, pattern)
}

func TestGeneratedServerRoutesEveryOperation(t *testing.T) {
	t.Parallel()
	var want []string
	for _, op := range operations(t) {
		want = append(want, op.method+" "+op.path)
	}
	got := &collector{}
	api.HandlerFromMux(nil, got)
	slices.Sort(got.patterns)
	if slices.Sort(want); !slices.Equal(got.patterns, want) {
		t.Errorf("got patterns %q, want %q", got.patterns, want)
	}
}

// The server has a type for each documented status and no other, the client has a
// field for each documented JSON body, and both have the documented schema.
func TestGeneratedResponses(t *testing.T) {
	t.Parallel()
	server, client := types(t, "api/server.gen.go"), types(t, "api/client.gen.go")
	for _, op := range operations(t) {
		documented, bodies := map[string]string{}, map[string]string{}
		for status, response := range op.Responses.Map() {
			documented[status] = ""
			content := response.Value.Content["application/json"]
			if content == nil {
				continue
			}
			bodies[status] = ""
			if content.Schema != nil && content.Schema.Ref != "" {
				bodies[status] = path.Base(content.Schema.Ref)
				if len(response.Value.Headers) == 0 && status != "default" && len(response.Value.Content) == 1 {
					documented[status] = bodies[status]
				}
			}
		}
		expectTypes(t, "the server's responses of "+op.name, serverResponses(server, op.name), documented)
		expectTypes(t, "the client's "+op.name+"Response", clientFields(client, op.name+"Response"), bodies)
	}
}

// expectTypes compares types by status. A wanted type of "" may be any.
func expectTypes(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("%s are %v, want %v", what, got, want)
	}
	for status, name := range want {
		if name != "" && got[status] != name {
			t.Errorf("%s: %s is %q, want %s", what, status, got[status], name)
		}
	}
}

// serverResponses returns the response types of an operation by status: the name of
// the schema of the body, or "" for a type of its own.
func serverResponses(specs []*ast.TypeSpec, operation string) map[string]string {
	pattern := regexp.MustCompile("^" + operation + `(\d\w\w|default)\w*Response$`)
	found := map[string]string{}
	for _, spec := range specs {
		if status := pattern.FindStringSubmatch(spec.Name.Name); status != nil {
			found[status[1]] = identifier(spec.Type)
		}
	}
	return found
}

// clientFields returns the types of a response's fields for JSON bodies by status.
func clientFields(specs []*ast.TypeSpec, response string) map[string]string {
	found := map[string]string{}
	for _, spec := range specs {
		object, ok := spec.Type.(*ast.StructType)
		if !ok || spec.Name.Name != response {
			continue
		}
		for _, field := range object.Fields.List {
			pointer, ok := field.Type.(*ast.StarExpr)
			if !ok || len(field.Names) == 0 {
				continue
			}
			if status, ok := strings.CutPrefix(field.Names[0].Name, "JSON"); ok {
				found[strings.Replace(status, "Default", "default", 1)] = identifier(pointer.X)
			}
		}
	}
	return found
}

// identifier returns the name of a type, or "" for a literal.
func identifier(expr ast.Expr) string {
	name, _ := expr.(*ast.Ident)
	if name == nil {
		return ""
	}
	return name.Name
}
