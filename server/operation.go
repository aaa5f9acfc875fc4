package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/yuno-community/yuno-customers/api"
)

// operation is one call of an operation of the contract, with the parameters that the
// generated code parsed. Each operation has a type and a file of its own, so adding one
// changes nothing here. See operations for what makes the compiler ask for that file.
type operation interface {
	// check returns the response to the first invalid parameter, or the zero response.
	check() response

	// allowed reports whether the keys give access to what the parameters name.
	allowed(Principal) bool

	// call calls the implementation and returns its response.
	call(context.Context, api.StrictServerInterface) (response, error)
}

// operations creates the operation of a request: the generated code parses the
// parameters and calls the method of that operation. A new operation in the contract
// is a new method of api.ServerInterface, without which this package does not compile.
type operations struct{}

var _ api.ServerInterface = operations{}

// parsed passes op to the handler. w is the request: see request.
func parsed(w http.ResponseWriter, op operation) { w.(*request).operation = op }

// notParsed handles the errors of the generated code. Their texts contain values, so
// only the parameter's name is used.
func notParsed(w http.ResponseWriter, r *http.Request, err error) {
	w.(*request).refused = invalidParameter(r, parameterName(err))
}

func parameterName(err error) string {
	switch e := err.(type) {
	case *api.RequiredHeaderError:
		return e.ParamName
	case *api.RequiredParamError:
		return e.ParamName
	case *api.TooManyValuesForParamError:
		return e.ParamName
	case *api.InvalidParamFormatError:
		return e.ParamName
	}
	return "a parameter"
}

// invalidParameter returns the response to a parameter of the path, the header or the
// query: it is missing or empty, was sent more than once, or has an invalid value.
func invalidParameter(r *http.Request, name string) response {
	values := append(r.Header.Values(name), r.URL.Query()[name]...)
	switch {
	case len(values) > 1:
		return errorResponse(http.StatusBadRequest, CodeInvalidParameters, name+" must be sent once.")
	case r.PathValue(name) == "" && strings.Join(values, "") == "":
		return errorResponse(http.StatusBadRequest, CodeMissingParameters, name+" is required.")
	}
	return errorResponse(http.StatusBadRequest, CodeInvalidParameters, name+" is not valid.")
}

// content returns the response to send for one that an implementation returned. Its
// errors continue a sentence about the object that was rendered.
type content func(*recorder) (response, error)

// documentedErrors are the statuses with which an implementation of any operation may
// return an error body. 404 is about paths, which it does not see, unless the operation
// documents that status for customers.
var documentedErrors = map[int]bool{
	http.StatusBadRequest:          true,
	http.StatusUnauthorized:        true,
	http.StatusForbidden:           true,
	http.StatusMethodNotAllowed:    true, // see Unsupported
	http.StatusTooManyRequests:     true,
	http.StatusInternalServerError: true,
	http.StatusServiceUnavailable:  true,
	http.StatusGatewayTimeout:      true,
}

// render turns what an implementation returned into the response to send. It fails if
// that is one the contract does not document: documented has the operation's responses
// apart from documentedErrors.
//
// The object is rendered aside by visit and judged by the outcome, so it may have a
// type that is not generated, such as one for a 503 with Retry-After. Only the
// documented properties of the body are sent on, and the Retry-After of a 429 or 503.
func render[T any](object T, err error, visit func(T, http.ResponseWriter) error, documented map[int]content) (response, error) {
	if err != nil {
		return response{}, err
	}
	if any(object) == nil {
		return response{}, errors.New("the implementation returned neither a response nor an error")
	}
	var rec recorder
	if err := visit(object, &rec); err != nil {
		return response{}, fmt.Errorf("rendering %T: %w", object, err)
	}
	if rec.size > maxResponse {
		return response{}, fmt.Errorf("%T has a body of %d bytes, more than %d", object, rec.size, maxResponse)
	}
	read := documented[rec.status]
	if read == nil && documentedErrors[rec.status] {
		read = (*recorder).errorResponse
	}
	if read == nil {
		return response{}, fmt.Errorf("%T has status %d, which is not documented", object, rec.status)
	}
	resp, err := read(&rec)
	if err != nil {
		return response{}, fmt.Errorf("%T with status %d %w", object, rec.status, err)
	}
	return resp, nil
}
