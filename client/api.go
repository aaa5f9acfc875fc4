package client

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
)

// API returns the generated client over this client's transport, for code that is
// written against the generated types. The same rules apply: the check of ids,
// keys, no redirects, the body limit, attempt timeouts, retries, the retry budget,
// the limit on requests in flight, and logging. In addition:
//
//   - params may be nil, and an empty AccountCode means the client's own.
//   - Request editors may add headers. An editor that changes the method, the URL,
//     the Host or the account code, or adds a body, makes the call fail before
//     anything is sent.
//   - A response is returned as the generated type if that can express it: 202 and
//     204, and a documented error status with a documented body. err is then nil,
//     as in every generated client, so check StatusCode. Every other result is the
//     [*Error] that DeleteCustomer would return: no response, a redirect or another
//     undocumented status, a body that the generated code cannot decode, a body
//     over the limit, and a documented refusal after an attempt that may have been
//     accepted (see Error.MayHaveApplied).
//   - Only DeleteCustomer is sent. The other operations return an error that wraps
//     [errors.ErrUnsupported].
//
// The generated type does not contain the number of attempts or RetryAfter, and
// decodes error bodies less leniently.
func (c *Client) API() api.ClientWithResponsesInterface { return apiClient{c} }

var _ api.ClientWithResponsesInterface = apiClient{}

// apiClient does not embed the generated client: a new operation in the
// specification must not compile here until it is checked, too.
type apiClient struct{ c *Client }

func (a apiClient) DeleteCustomerWithResponse(ctx context.Context, customerID string, params *api.DeleteCustomerParams, editors ...api.RequestEditorFn) (*api.DeleteCustomerResponse, error) {
	var opts []CallOption
	if params != nil && params.AccountCode != "" {
		opts = append(opts, WithAccountCode(params.AccountCode))
	}
	template, err := a.c.prepare(ctx, customerID, new(callConfig), opts)
	if err != nil {
		return nil, a.c.failure(outcome{attemptResult: attemptResult{err: err}}, customerID)
	}
	req := template.request(customerID)
	doer := &apiDoer{c: a.c, customerID: customerID, want: identityOf(&req), header: template.header}
	generated := api.Client{Server: template.baseURL + "/", Client: doer}
	rsp, err := generated.DeleteCustomer(ctx, customerID, &api.DeleteCustomerParams{AccountCode: template.accountCode}, editors...)
	if err != nil {
		return nil, err // from an editor or from doer
	}
	parsed, err := api.ParseDeleteCustomerResponse(rsp)
	if err != nil || !doer.expressedBy(parsed) {
		return nil, a.c.failure(doer.out, customerID)
	}
	return parsed, nil
}

// apiDoer runs one call of the generated client as one call of Client.
type apiDoer struct {
	c          *Client
	customerID string
	want       requestIdentity
	header     http.Header
	out        outcome
}

func (d *apiDoer) Do(req *http.Request) (*http.Response, error) {
	if !d.want.unchangedIn(req) {
		_ = reject(req, nil)
		d.out.err = invalid("a request editor changed the method, URL, Host, account code or body")
		return nil, d.c.failure(d.out, d.customerID)
	}
	for name, values := range d.header { // what the generated code does not know
		if req.Header[name] == nil {
			req.Header[name] = values
		}
	}
	d.out = d.c.call(req.Context(), req)
	if d.out.resp == nil || (d.out.err != nil && !d.out.accepted()) {
		return nil, d.c.failure(d.out, d.customerID)
	}
	d.out.resp.Body = io.NopCloser(bytes.NewReader(d.out.body))
	return d.out.resp, nil
}

// expressedBy reports whether the generated type expresses the whole outcome.
func (d *apiDoer) expressedBy(r *api.DeleteCustomerResponse) bool {
	if d.out.accepted() {
		return true
	}
	// At most one of the documented statuses is set.
	documented := cmp.Or(r.JSON400, r.JSON401, r.JSON403, r.JSON500, r.JSON504)
	if documented == nil || (d.out.mayHaveApplied && !ambiguousStatus(d.out.status())) {
		return false
	}
	code, _ := decodeError(d.out.body)
	return documented.Code == code
}
