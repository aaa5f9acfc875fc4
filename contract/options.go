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

// An Option configures a [Checker].
type Option func(*config) error

// WithStrict also judges by what the servers of this project promise beyond the
// specification (openapi/overlay-strict.yaml). Yuno does not promise any of it:
//
//   - An error body has both fields, neither of them empty, and no other field.
//   - The account code is a UUID, and a customer id has 1 to 64 characters.
//   - 405, 429 and 503 are documented, and their headers are judged.
//   - A body has at most [MaxStrictBody] bytes.
//   - A request that belongs to no operation is refused with an error body.
//
// An id that contains /, \, ?, #, ; or a control, format or separator character meets the
// schema. A server may refuse it with INVALID_PARAMETERS, as this project's server does, or
// respond that there is no such customer.
func WithStrict() Option {
	return func(c *config) error { c.strict = true; return nil }
}

// WithBasePath sets the path under which the operations are served. It begins with a slash
// and does not end with one; "" and "/" mean the root. Defaults to the path of the
// document's server, "/v1".
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

// WithRequestsOnly makes [Checker.Transport] judge requests only, for tests in which the
// server is wrong on purpose. Correct responses still count for the coverage, once the
// client has read them to their end. Other methods are not affected.
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
