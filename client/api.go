package client

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"

	"github.com/yuno-community/yuno-customers/api"
)

// API returns the generated client over this client's transport, for code that
// is written against the generated types. The same rules hold there: the id
// check, keys, no redirects, the body limit, attempt timeouts, retries, the
// retry budget, the limit on requests in flight and logging. So do these:
//
//   - params may be nil, and an empty AccountCode means the client's own.
//   - Request editors may add headers. One that changes the method, the URL,
//     the Host or the account code, or adds a body, fails the call before
//     anything is sent.
//   - An answer comes back as the generated type if that can express it: 202
//     and 204, and a documented error status with a documented body. As with
//     all generated clients err is nil then, so look at StatusCode. Everything
//     else is the [*Error] that DeleteCustomer would return: no answer, a
//     redirect or any other undocumented status, a body that the generated
//     code does not decode, a body beyond the limit, and a documented refusal
//     after an attempt that may have been accepted (see Error.MayHaveApplied).
//
// What the generated type cannot hold is not there: the number of attempts,
// RetryAfter, and the lenient decoding of error bodies.
func (c *Client) API() api.ClientWithResponsesInterface { return apiClient{c} }

var _ api.ClientWithResponsesInterface = apiClient{}

// apiClient does not embed the generated client: an operation that is new in
// the specification must fail to compile here rather than go out unchecked.
type apiClient struct{ c *Client }

func (a apiClient) DeleteCustomerWithResponse(ctx context.Context, customerID string, params *api.DeleteCustomerParams, editors ...api.RequestEditorFn) (*api.DeleteCustomerResponse, error) {
	var opts []CallOption
	if params != nil && params.AccountCode != "" {
		opts = append(opts, WithAccountCode(params.AccountCode))
	}
	tmpl, err := a.c.prepare(ctx, customerID, new(callConfig), opts)
	if err != nil {
		return nil, a.c.failure(outcome{answer: answer{err: err}}, customerID)
	}
	req := tmpl.request(customerID)
	doer := &apiDoer{c: a.c, customerID: customerID, want: intentOf(&req), userAgent: tmpl.userAgent}
	generated := api.Client{Server: tmpl.baseURL + "/", Client: doer}
	rsp, err := generated.DeleteCustomer(ctx, customerID, &api.DeleteCustomerParams{AccountCode: tmpl.accountCode}, editors...)
	if err != nil {
		return nil, err // of an editor, or of doer
	}
	parsed, err := api.ParseDeleteCustomerResponse(rsp)
	if err != nil || !doer.expressedBy(parsed) {
		return nil, a.c.failure(doer.out, customerID)
	}
	return parsed, nil
}

// apiDoer makes one call of the generated client one call of ours.
type apiDoer struct {
	c          *Client
	customerID string
	want       intent
	userAgent  string
	out        outcome
}

func (d *apiDoer) Do(req *http.Request) (*http.Response, error) {
	if !d.want.keptBy(req) {
		_ = refuse(req, nil)
		d.out.err = invalid("a request editor changed the method, URL, Host, account code or body")
		return nil, d.c.failure(d.out, d.customerID)
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", d.userAgent)
	}
	d.out = d.c.call(req.Context(), req)
	if d.out.http == nil || (d.out.err != nil && !d.out.accepted()) {
		return nil, d.c.failure(d.out, d.customerID)
	}
	d.out.http.Body = io.NopCloser(bytes.NewReader(d.out.body))
	return d.out.http, nil
}

// expressedBy reports whether the generated type tells the outcome, and tells
// it whole.
func (d *apiDoer) expressedBy(r *api.DeleteCustomerResponse) bool {
	if d.out.accepted() {
		return true
	}
	// Of several documented statuses at most one is set.
	documented := cmp.Or(r.JSON400, r.JSON401, r.JSON403, r.JSON500, r.JSON504)
	if documented == nil || (d.out.mayHaveApplied && !openEnded(d.out.status())) {
		return false
	}
	code, _ := decodeError(d.out.body)
	return documented.Code == code
}
