package sandbox

import (
	"net/http"
	"strings"
)

// operation is an operation of the contract, as its requests are recognized by. Each has
// a file of its own, with the method of store that carries it out.
type operation struct {
	id     string // operationId
	method string
	path   string // below the base path

	// customers returns the ids of the customers that a request is for, of any account.
	customers func(s *store, r *http.Request) []string
}

var operations []operation

// register adds an operation. It is called before main.
func register(op operation) operation { //nolint:unparam // the result lets a variable of the package call it
	operations = append(operations, op)
	return op
}

// operationOf returns the operation of a request, or the zero operation.
func operationOf(r *http.Request) operation {
	for _, op := range operations {
		if op.method == r.Method && op.matches(r.URL.EscapedPath()) {
			return op
		}
	}
	return operation{}
}

func (op operation) matches(path string) bool {
	got, want := strings.Split(path, "/"), strings.Split(basePath+op.path, "/")
	if len(got) != len(want) {
		return false
	}
	for i := range want {
		parameter := strings.HasPrefix(want[i], "{")
		if got[i] != want[i] && !parameter || parameter && got[i] == "" {
			return false
		}
	}
	return true
}

// inPath returns the customer whose id ends the path.
func inPath(_ *store, r *http.Request) []string {
	return []string{strings.TrimPrefix(r.URL.Path, basePath+"/customers/")}
}
