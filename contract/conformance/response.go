package conformance

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/yuno-community/yuno-customers/contract"
)

// response is a recorded response and what cases look at in it.
type response struct {
	contract.Response
	n          int // of the request in its case; 0 if none was sent
	protoMajor int // of HTTP
	code       string
	messages   []string
}

// exchange sends r and records the response.
func exchange(ctx context.Context, via http.RoundTripper, r *http.Request) response {
	got, err := via.RoundTrip(r.Clone(ctx)) // a copy, because a transport may change it
	if err != nil {
		reason, _ := whyNoResponse(ctx, err)
		return response{Response: contract.Response{Missing: reason}}
	}
	defer func() { _ = got.Body.Close() }()
	resp := response{Response: contract.ReadResponse(got), protoMajor: got.ProtoMajor}
	var body struct {
		Code     string
		Messages []string
	}
	_ = json.Unmarshal(resp.Body, &body) // an invalid body is a violation that JudgeResponse reports
	resp.code, resp.messages = body.Code, body.Messages
	return resp
}

func (r response) received() bool { return r.Missing == "" }

func (r response) accepted() bool {
	return r.received() && r.StatusCode >= 200 && r.StatusCode < 300
}

// saysGone reports whether the response to a valid deletion says that the customer does
// not exist. Any other refusal says nothing about it.
func (r response) saysGone() bool {
	return r.StatusCode == http.StatusBadRequest && r.code == codeCustomerNotFound
}
