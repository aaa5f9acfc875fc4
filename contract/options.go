package contract

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

type config struct {
	strict       bool
	requestsOnly bool
	basePath     *string
	document     []byte
	operations   []string // empty for all
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

// WithDocument judges by an OpenAPI document of version 3.0 or 3.1, in JSON or YAML,
// instead of by the embedded contract. It may use everything that OpenAPI offers except
// references to other files. With [WithStrict], the promises of this project's servers
// apply to it too, apart from those that stand in openapi/overlay-strict.yaml, and error
// responses to requests that belong to no operation have a body of its schema Error.
func WithDocument(data []byte) Option {
	return func(c *config) error {
		if len(data) == 0 {
			return errors.New("contract: document: empty")
		}
		c.document = data
		return nil
	}
}

// WithOperations judges by the operations with these operationIds only, for an
// implementation that offers no others. A request to any other operation belongs to none,
// and its responses do not count for the coverage. Defaults to all operations of the
// document. [New] returns an error for an id that the document does not have.
func WithOperations(ids ...string) Option {
	return func(c *config) error {
		if len(ids) == 0 {
			return errors.New("contract: operations: none: name at least one operationId")
		}
		c.operations = ids
		return nil
	}
}

// WithBasePath sets the path under which the operations are served. It begins with a slash
// and does not end with one; "" and "/" mean the root. Defaults to the paths of the
// document's servers, all of which are accepted; "/v1" for the embedded contract.
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

// hasDotSegment judges an escaped path: percent-encoding a dot changes nothing (RFC 3986,
// section 6.2.2.2).
func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if s, err := url.PathUnescape(segment); err == nil && (s == "." || s == "..") {
			return true
		}
	}
	return false
}
