package contract

import (
	"errors"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/yuno-community/yuno-customers/openapi"
)

// How many bytes of an answer's body are examined. A longer one is a violation,
// whatever the schema says; it still reaches the user whole.
const (
	MaxBody       = 1 << 20  // 1 MiB, without Strict
	MaxStrictBody = 64 << 10 // 64 KiB, where this project's server and client stop as well
)

// A Checker judges HTTP exchanges against the contract. It is safe for
// concurrent use, and counts what it has seen; see [Checker.Coverage].
type Checker struct {
	doc          *document
	strict       bool
	requestsOnly bool
	basePath     string
	maxBody      int
}

// New returns a Checker for the embedded contract: the vendored specification
// with openapi/overlay.yaml, and with openapi/overlay-strict.yaml given [WithStrict].
// It fails on a bad option, and when the contract uses something of OpenAPI
// that the Checker does not judge.
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

// BasePath returns the path under which the operations are served, such as "/v1"; "" is
// the root. See [WithBasePath].
func (c *Checker) BasePath() string { return c.basePath }

func newChecker(data []byte, cfg config) (*Checker, error) {
	doc, err := load(data)
	if err != nil {
		return nil, err
	}
	if cfg.strict && doc.errorBody == nil {
		return nil, errors.New("contract: document has no schema Error, which Strict needs")
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

// TestingT is the part of [testing.T] that a failing check needs. Each violation
// is one call of Errorf with the [Violation] as its only argument.
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

// schemaOptions hold for every VisitJSON. kin-openapi asserts a format only if it
// is given a validator, and the ones it ships check version and variant. JSON Schema
// wants the string representation of RFC 9562, section 4, which knows neither.
var schemaOptions = []openapi3.SchemaValidationOption{
	openapi3.MultiErrors(),
	openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
		"uuid": openapi3.NewRegexpFormatValidator(`^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`),
	}),
}
