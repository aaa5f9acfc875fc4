package provider

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
)

const userAgent = "yuno-erasure"

// request is one request. It may lack the headers that authenticate it.
type request struct {
	call    string
	method  string
	url     *url.URL
	headers []header
	body    []byte
}

// step is one request of an erasure, with the reference it is about.
type step struct {
	call    *call
	token   string // set if the call is made for each token
	payment string // set if the call is made for each payment
	scope   scope
	request request // without auth
	verify  request // without auth; empty if the call has no verify
}

// id identifies a step of one target. It contains the reference, so it is stored sealed.
func (st step) id() string {
	if reference := st.token + st.payment; reference != "" {
		return st.call.name + " " + reference
	}
	return st.call.name
}

// plan renders all requests that an erasure still needs before the first is sent, so
// that an unusable reference stops the whole erasure. There are none if all are done.
func (c *Connection) plan(p erasure.Progress, s scope) ([]step, error) {
	var steps []step
	for i := range c.description.calls {
		call := &c.description.calls[i]
		switch call.forEach {
		case forEachToken:
			for _, token := range p.Tokens {
				steps = append(steps, step{call: call, token: token})
			}
		case forEachPayment:
			for _, payment := range p.Payments {
				steps = append(steps, step{call: call, payment: payment})
			}
		default:
			steps = append(steps, step{call: call})
		}
	}
	if len(steps) == 0 && len(c.description.calls) > 0 && len(p.Done) == 0 {
		return nil, errMissing // an erasure without a request must not count as success
	}
	done := map[string]bool{}
	for _, name := range p.Done {
		done[name] = true
	}
	steps = slices.DeleteFunc(steps, func(st step) bool {
		skip := done[st.call.name] || done[st.id()]
		done[st.id()] = true // a reference that is listed twice is asked for once
		return skip
	})
	for i := range steps {
		if err := steps[i].prepare(c, p.Customer, s); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

func (st *step) prepare(c *Connection, customer string, s scope) error {
	local := map[string]string{"idempotency_key": idempotencyKey(c.name, st.call.name, customer, st.token, st.payment)}
	references := map[string]string{"customer": customer, "token": st.token, "payment": st.payment}
	for name, reference := range references {
		if !st.call.uses[name] && (st.call.verify == nil || !st.call.verify.uses[name]) {
			continue
		}
		if err := checkReference(reference); err != nil {
			return err
		}
		local[name] = reference
	}
	st.scope = s.with(local)
	var err error
	if st.request, err = st.call.request(st.scope, c.description.kinds); err != nil || st.call.verify == nil {
		return err
	}
	st.verify, err = st.call.verify.request(st.scope, c.description.kinds)
	return err
}

// request renders the call.
func (c *call) request(s scope, kinds map[string]kind) (request, error) {
	r := request{call: c.name, method: c.method}
	var err error
	if r.url, err = c.url.render(s, kinds); err != nil {
		return request{}, err
	}
	if r.headers, err = renderHeaders(c.headers, s); err != nil {
		return request{}, err
	}
	if c.body == nil {
		return r, nil
	}
	if r.body, err = c.body.render(s); err != nil {
		return request{}, err
	}
	for _, h := range r.headers {
		if strings.EqualFold(h.name, "Content-Type") {
			return r, nil
		}
	}
	r.headers = append(r.headers, header{"Content-Type", c.body.contentType()})
	return r, nil
}

// idempotencyKey returns a UUID of version 8 (RFC 9562) that is the same for every
// attempt at one deletion by any process, and reveals nothing about it. Each part
// is hashed with its length, so that different lists never hash the same text.
func idempotencyKey(parts ...string) string {
	hash := sha256.New()
	for _, text := range parts {
		fmt.Fprintf(hash, "%d:%s", len(text), text)
	}
	id := hash.Sum(nil)[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// http returns the request for net/http. With an Idempotency-Key or
// X-Idempotency-Key header, net/http itself may send it again if a kept-alive
// connection turns out to be closed. That bypasses the limits but does a deletion
// no harm.
func (r request) http(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", userAgent)
	for _, h := range r.headers {
		if strings.EqualFold(h.name, "User-Agent") {
			req.Header.Del("User-Agent")
		}
		req.Header[h.name] = append(req.Header[h.name], h.value)
	}
	return req, nil
}
