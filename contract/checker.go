package contract

import "errors"

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
	rules        ruleSet
	strict       bool
	requestsOnly bool
	basePath     *string  // of WithBasePath
	basePaths    []string // of all operations
	maxBody      int
	valid        validParts
}

// New returns a Checker for the embedded contract: the vendored specification with
// openapi/overlay.yaml and, given [WithStrict], with openapi/overlay-strict.yaml; or for
// the document of [WithDocument]. An invalid option or document is an error.
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
	contract, err := cfg.parse()
	if err != nil {
		return nil, err
	}
	doc, err := load(contract, cfg.operations...)
	if err != nil {
		return nil, err
	}
	if cfg.strict && doc.errorBody == nil {
		return nil, errors.New("contract: document has no schema Error, which WithStrict needs")
	}
	c := &Checker{
		doc: doc, rules: allRules, strict: cfg.strict, requestsOnly: cfg.requestsOnly,
		basePath: cfg.basePath, basePaths: doc.basePaths, maxBody: MaxBody,
	}
	if cfg.strict {
		c.maxBody = MaxStrictBody
	}
	if cfg.basePath != nil {
		c.basePaths = []string{*cfg.basePath}
	}
	return c, nil
}

// BasePath returns the path under which the operations are served, such as "/v1", or ""
// for the root. If the document has servers with several, it is that of the first. See
// [WithBasePath].
func (c *Checker) BasePath() string { return c.basePaths[0] }

func (c *Checker) basePathsOf(o *operation) []string {
	if c.basePath != nil {
		return c.basePaths
	}
	return o.basePaths
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
