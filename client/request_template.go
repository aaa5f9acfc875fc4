package client

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/yuno-community/yuno-customers/api"
)

// template is the contract's request with a hole where the customer id goes.
//
// It is cut from a request that the generated code built, so that method, path
// and parameter names stay the specification's. Building each request there
// would parse the base URL again for every call, which is half the cost of one.
// A test holds the two equal for every id that checkID accepts.
type template struct {
	baseURL     string
	accountCode string
	userAgent   string

	method    string
	url       url.URL // Path ends before the id
	rawPrefix string  // that path, escaped
	header    http.Header
}

func newTemplate(baseURL, accountCode, userAgent string) (*template, error) {
	const hole = "id"
	req, err := api.NewDeleteCustomerRequest(baseURL+"/", hole, &api.DeleteCustomerParams{AccountCode: accountCode})
	if err != nil {
		return nil, err
	}
	dropEmptyValues(req)
	prefix, ok := strings.CutSuffix(req.URL.Path, "/"+hole)
	if !ok {
		return nil, errors.New("the contract's path does not end in the customer id")
	}
	t := &template{
		baseURL:     baseURL,
		accountCode: accountCode,
		userAgent:   userAgent,
		method:      req.Method,
		url:         *req.URL,
		header:      req.Header,
	}
	t.url.Path = prefix + "/"
	t.rawPrefix = t.url.EscapedPath()
	t.header.Set("User-Agent", userAgent)
	return t, nil
}

// dropEmptyValues removes the optional parameters that were not set: the generated
// code sends them with an empty value.
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

// withAccountCode is the template for a call with WithAccountCode.
func (t *template) withAccountCode(code string) (*template, error) {
	return newTemplate(t.baseURL, code, t.userAgent)
}

// request fills the hole. It has no context: each attempt has its own.
// By value, so that it stays on the caller's stack.
func (t *template) request(id string) http.Request {
	u := t.url
	u.Path += id
	if escaped := url.PathEscape(id); escaped != id {
		u.RawPath = t.rawPrefix + escaped
	}
	return http.Request{
		Method:     t.method,
		URL:        &u,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     t.header, // shared: wrap copies it before anyone may write
		Host:       u.Host,
	}
}
