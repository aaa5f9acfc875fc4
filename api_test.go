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
				types = append(types, mediaType+" "+content.Schema.Ref)
			}
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

// Every argument of type string is sent under its documented name, in its place.
func TestGeneratedClientSendsEveryOperation(t *testing.T) {
	t.Parallel()
	for _, op := range operations(t) {
		var r *http.Request
		client := &api.Client{Server: "https://example.com/v1/", Client: doerFunc(func(got *http.Request) (*http.Response, error) {
			r = got
			return &http.Response{Body: io.NopCloser(strings.NewReader(""))}, nil
		})}
		callWithStrings(t, reflect.ValueOf(client).MethodByName(op.name))
		wantPath := regexp.MustCompile(`{\w+}`).ReplaceAllString("/v1"+op.path, "x")
		if r == nil || r.Method != op.method || r.URL.Path != wantPath {
			t.Errorf("%s: got %v, want %s %s", op.name, r, op.method, wantPath)
			continue
		}
		for _, p := range op.Parameters {
			got := "x"
			switch p.Value.In {
			case "header":
				got = r.Header.Get(p.Value.Name)
			case "query":
				got = r.URL.Query().Get(p.Value.Name)
			}
			if got != "x" {
				t.Errorf("%s: %s parameter %s is %q, want x", op.name, p.Value.In, p.Value.Name, got)
			}
		}
	}
}

// callWithStrings calls a method of the generated client. Every string among the
// arguments, and in the structs they point to, is "x".
func callWithStrings(t *testing.T, method reflect.Value) {
	t.Helper()
	arguments := []reflect.Value{reflect.ValueOf(context.Background())}
	for i := 1; i < method.Type().NumIn()-1; i++ { // the last are request editors
		in := method.Type().In(i)
		if in.Kind() == reflect.String {
			arguments = append(arguments, reflect.ValueOf("x"))
			continue
		}
		params := reflect.New(in.Elem())
		for j := range params.Elem().NumField() {
			params.Elem().Field(j).SetString("x")
		}
		arguments = append(arguments, params)
	}
	if err := method.Call(arguments)[1]; !err.IsNil() {
		t.Error(err)
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

// The generated responses of the server and the fields of the client's response are
// those that the contract documents, with the documented schemas.
func TestGeneratedResponses(t *testing.T) {
	t.Parallel()
	server, client := types(t, "api/server.gen.go"), types(t, "api/client.gen.go")
	for _, op := range operations(t) {
		var wantServer, wantClient []string
		for status, response := range op.Responses.Map() {
			content := response.Value.Content["application/json"]
			if content == nil {
				wantServer = append(wantServer, op.name+status+"Response")
				continue
			}
			schema := path.Base(content.Schema.Ref)
			wantServer = append(wantServer, op.name+status+"JSONResponse "+schema)
			wantClient = append(wantClient, "JSON"+status+" "+schema)
		}
		slices.Sort(wantServer)
		slices.Sort(wantClient)
		if got := serverResponses(server, op.name); !slices.Equal(got, wantServer) {
			t.Errorf("the server has responses %q, want %q", got, wantServer)
		}
		if got := clientFields(client, op.name+"Response"); !slices.Equal(got, wantClient) {
			t.Errorf("the client's %sResponse has fields %q, want %q", op.name, got, wantClient)
		}
	}
}

// serverResponses returns the names of the response types of an operation, followed by
// the schema of the body.
func serverResponses(specs []*ast.TypeSpec, operation string) []string {
	pattern := regexp.MustCompile("^" + operation + `\d+(JSON)?Response$`)
	var names []string
	for _, spec := range specs {
		if !pattern.MatchString(spec.Name.Name) {
			continue
		}
		name := spec.Name.Name
		if schema, ok := spec.Type.(*ast.Ident); ok {
			name += " " + schema.Name
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// clientFields returns the fields of a response type for parsed bodies, with their types.
func clientFields(specs []*ast.TypeSpec, response string) []string {
	var fields []string
	for _, spec := range specs {
		object, ok := spec.Type.(*ast.StructType)
		if !ok || spec.Name.Name != response {
			continue
		}
		for _, field := range object.Fields.List {
			pointer, ok := field.Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			if schema, ok := pointer.X.(*ast.Ident); ok {
				fields = append(fields, field.Names[0].Name+" "+schema.Name)
			}
		}
	}
	slices.Sort(fields)
	return fields
}
