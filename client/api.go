package client

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
)

// API returns the generated client over this client's transport, for code that is
// written against the generated types. The same rules apply: the check of ids,
// keys, no redirects, the body limit, attempt timeouts, retries, the retry budget,
// the limit on requests in flight, and logging. In addition:
//
//   - params may be nil, and an empty AccountCode means the client's own. An empty
//     MerchantCustomerID is an invalid argument.
//   - Request editors may add headers. An editor that changes the method, the URL,
//     the Host or the account code, or adds a body, makes the call fail before
//     anything is sent.
//   - A response is returned as the generated type if that can express it: a success,
//     and a documented error status with a documented body. err is then nil,
//     as in every generated client, so check StatusCode. Every other result is the
//     [*Error] that the method of [Client] would return: no response, a redirect or
//     another undocumented status, a body that the generated code cannot decode, a
//     body over the limit, another customer than the one asked for, and a documented
//     refusal after an attempt that may have been accepted (see Error.MayHaveApplied).
//
// The generated type does not contain the number of attempts or RetryAfter, and
// decodes error bodies less leniently. It shows personal data when it is printed.
func (c *Client) API() api.ClientWithResponsesInterface { return apiClient{c} }

var _ api.ClientWithResponsesInterface = apiClient{}

// apiClient has its methods in the files of the operations. It does not embed the
// generated client: a new operation in the specification must not compile here until
// it is checked, too.
type apiClient struct{ c *Client }

// generated runs one call of the generated client as the call c, unless err says that an
// argument is invalid. typed returns whether the generated response has the body of a
// success, and the documented error that it has instead.
func generated[T any](c *call, err error, send func(*api.Client) (*http.Response, error),
	parse func(*http.Response) (*T, error), typed func(*T) (bool, *api.Error),
) (*T, error) {
	var out outcome
	if err != nil {
		out.err = err
		return nil, c.failure(&out)
	}
	doer := doerFunc(func(req *http.Request) (*http.Response, error) {
		out = c.doAs(req)
		if out.resp == nil || (out.err != nil && !c.op.done(&out.attemptResult)) {
			return nil, c.failure(&out)
		}
		out.resp.Body = io.NopCloser(bytes.NewReader(out.body))
		return out.resp, nil
	})
	resp, err := send(&api.Client{Server: c.baseURL + "/", Client: doer})
	if err != nil {
		return nil, err // from an editor or from doer
	}
	parsed, err := parse(resp)
	if err != nil {
		return nil, c.failure(&out)
	}
	ok, documented := typed(parsed)
	switch {
	case c.op.done(&out.attemptResult):
		if !ok {
			out.err = fmt.Errorf("%w: its content type is not JSON", ErrUnexpectedBody)
			return nil, c.failure(&out)
		}
	case !expresses(documented, &out):
		return nil, c.failure(&out)
	}
	return parsed, nil
}

// expresses reports whether a documented error expresses the whole outcome.
func expresses(documented *api.Error, out *outcome) bool {
	if documented == nil || (out.mayHaveApplied && !ambiguousStatus(out.status())) {
		return false
	}
	code, _ := out.decodeError()
	return documented.Code == code
}

// doAs executes the call with the headers that request editors have added to req.
func (c *call) doAs(req *http.Request) outcome {
	if want := identityOf(&c.request); !want.unchangedIn(req) {
		_ = reject(req, nil)
		return outcome{attemptResult: attemptResult{err: invalid("a request editor changed the method, URL, Host, account code or body")}}
	}
	for name, values := range c.header { // what the generated code does not know
		if req.Header[name] == nil {
			req.Header[name] = values
		}
	}
	ctx := req.Context()
	c.request = *req
	return c.do(ctx)
}

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }
