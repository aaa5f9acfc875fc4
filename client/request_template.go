package client

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/yuno-community/yuno-customers/api"
)

// requestTemplate is the contract's request for a deletion, without the customer id.
//
// It is derived from a request that the generated code built, so that method, path
// and parameter names are those of the specification. Building each request with
// the generated code would parse the base URL for every call, which is half the
// cost of a call. A test compares the two for every id that CheckCustomerID
// accepts.
type requestTemplate struct {
	baseURL     string
	accountCode string
	common      http.Header // that of every request

	method string
	url    url.URL // its path ends before the id
	header http.Header
}

func newRequestTemplate(baseURL, accountCode string, common http.Header) (*requestTemplate, error) {
	const placeholder = "id"
	req, err := api.NewDeleteCustomerRequest(baseURL+"/", placeholder, &api.DeleteCustomerParams{AccountCode: accountCode})
	if err != nil {
		return nil, err
	}
	dropEmptyValues(req)
	prefix, ok := strings.CutSuffix(req.URL.Path, "/"+placeholder)
	if !ok {
		return nil, errors.New("the contract's path does not end in the customer id")
	}
	t := &requestTemplate{
		baseURL:     baseURL,
		accountCode: accountCode,
		common:      common,
		method:      req.Method,
		url:         *req.URL,
		header:      req.Header,
	}
	t.url.Path = prefix + "/"
	maps.Copy(t.header, common)
	return t, nil
}

// dropEmptyValues removes optional parameters that are not set. The generated code
// sends them with an empty value.
func dropEmptyValues(req *http.Request) {
	for name, values := range req.Header {
		if len(values) == 1 && values[0] == "" {
			req.Header.Del(name)
		}
	}
	query := req.URL.Query()
	for name, values := range query {
		if len(values) == 1 && values[0] == "" {
			query.Del(name)
		}
	}
	req.URL.RawQuery = query.Encode()
}

// withAccountCode returns the template for a call with WithAccountCode.
func (t *requestTemplate) withAccountCode(code string) (*requestTemplate, error) {
	return newRequestTemplate(t.baseURL, code, t.common)
}

// request returns the request for an id that CheckCustomerID accepts; such an id
// needs no escaping. The request has no context, because each attempt has its own.
// It is returned by value so that it can stay on the caller's stack.
func (t *requestTemplate) request(id string) http.Request {
	u := t.url
	u.Path += id
	return http.Request{
		Method:     t.method,
		URL:        &u,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     t.header, // shared: layers that change the header copy it first
		Host:       u.Host,
	}
}
