package server

import (
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
)

// Unsupported implements every operation of the contract by a 405 UNSUPPORTED_METHOD.
// An implementation that offers only some operations embeds it:
//
//	type service struct {
//		server.Unsupported // this service reads no customers
//	}
//
//	func (s *service) DeleteCustomer(...) (...) { ... }
//
// The handler does not know which operations an implementation lacks: their 405 follows
// the checks of keys and parameters. Name those that it has in [WithOperations] to have
// the others refused first.
//
// It also compiles when the contract gains an operation, which it then does not
// support. Do not embed it to be told about new operations by the compiler.
//
// The zero value is ready for use, and safe for concurrent use.
type Unsupported struct{}

var _ api.StrictServerInterface = Unsupported{}

// unsupported is the response of every method of Unsupported. The handler adds the Allow
// header, which lists the other methods of the path.
type unsupported struct{}

func visitUnsupported(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(unsupportedMethod.status)
	_, err := w.Write(unsupportedMethod.body)
	return err
}
