package contract

import (
	"fmt"
	"strings"
)

type config struct {
	strict       bool
	requestsOnly bool
	basePath     *string
}

// An Option changes what [New] returns.
type Option func(*config) error

// WithStrict judges by what the servers of this project promise beyond the
// specification (openapi/overlay-strict.yaml): both fields of an error body
// present and not empty, no other field, a UUID as account code, ids of 1 to 64
// characters, 405, 429 and 503, and bodies of at most [MaxStrictBody] bytes. Requests
// that belong to no operation must then be refused with an error body as well. Yuno
// promises none of this.
//
// An id that holds `/`, `\`, `?`, `#`, `;`, or a control, format or separator character is
// legal by its length. A server may refuse it with INVALID_PARAMETERS, as this
// project's does, or answer that there is no such customer.
func WithStrict() Option {
	return func(c *config) error { c.strict = true; return nil }
}

// WithBasePath says under which path the operations are served. It begins with a
// slash and does not end with one; "" and "/" mean the root. Defaults to the path of
// the document's server, "/v1".
func WithBasePath(path string) Option {
	return func(c *config) error {
		double := strings.Contains(path, "//")
		path = strings.TrimSuffix(path, "/")
		if path != "" && path[0] != '/' || double || strings.ContainsAny(path, "?#%{}") || hasDotSegment(path) {
			return fmt.Errorf("contract: base path %q: want plain segments such as /v1", path)
		}
		c.basePath = &path
		return nil
	}
}

// WithRequestsOnly makes [Checker.Transport] judge what the client sends and leave
// the answers alone: for tests in which the server answers wrongly on purpose. A right
// answer still counts for the coverage once the client has read it to its end. It
// changes nothing else.
func WithRequestsOnly() Option {
	return func(c *config) error { c.requestsOnly = true; return nil }
}

func hasDotSegment(path string) bool {
	for s := range strings.SplitSeq(path, "/") {
		if s == "." || s == ".." {
			return true
		}
	}
	return false
}
