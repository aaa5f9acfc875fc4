package contract

import (
	"errors"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/yuno-community/yuno-customers/openapi"
)

// The largest response body that is not a violation, in bytes. A larger one still reaches
// the client unchanged.
const (
	MaxBody       = 1 << 20  // 1 MiB
	MaxStrictBody = 64 << 10 // 64 KiB, with WithStrict; the limit of this project's client
)

// A Checker judges HTTP exchanges against the contract, and counts the documented
// responses that it has seen; see [Checker.Coverage]. It is safe for concurrent use.
type Checker struct {
	doc          *document
	strict       bool
	requestsOnly bool
	basePath     string
	maxBody      int
}

// New returns a Checker for the embedded contract: the vendored specification with
// openapi/overlay.yaml and, given [WithStrict], with openapi/overlay-strict.yaml. An invalid
// option is an error, and so is a part of OpenAPI in the contract that the Checker does not
// judge.
func New(opts ...Option) (*Checker, error) {
	var cfg config
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("contract: option: nil")
		}
		if err := opt(&cfg); err != nil {
			return nil, err
		}
	}
	data := openapi.Overlaid()
	if cfg.strict {
		data = openapi.Strict()
	}
	return newChecker(data, cfg)
}

// BasePath returns the path under which the operations are served, such as "/v1", or ""
// for the root. See [WithBasePath].
func (c *Checker) BasePath() string { return c.basePath }

func newChecker(data []byte, cfg config) (*Checker, error) {
	doc, err := load(data)
	if err != nil {
		return nil, err
	}
	if cfg.strict && doc.errorBody == nil {
		return nil, errors.New("contract: document has no schema Error, which WithStrict needs")
	}
	c := &Checker{doc: doc, strict: cfg.strict, requestsOnly: cfg.requestsOnly, basePath: doc.basePath, maxBody: MaxBody}
	if cfg.strict {
		c.maxBody = MaxStrictBody
	}
	if cfg.basePath != nil {
		c.basePath = *cfg.basePath
	}
	return c, nil
}

// TestingT is the part of [testing.T] that a Checker uses. It reports each violation by one
// call of Errorf, with the [Violation] as the only argument.
type TestingT interface {
	Helper()
	Errorf(format string, args ...any)
}

func report(t TestingT, violations []Violation) {
	t.Helper()
	for _, v := range violations {
		t.Errorf("contract: %v", v)
	}
}

// schemaOptions apply to every VisitJSON. kin-openapi asserts a format only if it is given
// a validator, and its own for UUIDs check version and variant. JSON Schema wants the
// string representation of RFC 9562, section 4, in which neither matters.
var schemaOptions = []openapi3.SchemaValidationOption{
	openapi3.MultiErrors(),
	openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
		"uuid": openapi3.NewRegexpFormatValidator(`^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`),
	}),
}
