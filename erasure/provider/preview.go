package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
)

// A PreviewedRequest is a request as it would be sent, with *** in place of
// secrets and of values computed from them.
type PreviewedRequest struct {
	// Call is the name of the call in the description.
	Call string
	// Method and URL are those of the request line.
	Method, URL string
	// Headers are "Name: value", in the order of the description, without Host,
	// Content-Length and the headers that net/http adds to a connection.
	Headers []string
	// Body is the whole body. It is empty if there is none.
	Body string
}

// String returns the request in the form of HTTP/1.1, for people to read.
func (p PreviewedRequest) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", p.Method, p.URL)
	for _, h := range p.Headers {
		b.WriteString(h + "\n")
	}
	if p.Body != "" {
		b.WriteString("\n" + p.Body + "\n")
	}
	return b.String()
}

// Preview returns the requests that [Connection.Erase] would send for these
// references if every call succeeded. It sends nothing. With OAuth2 the token
// request comes first; Erase skips it while it has a token.
//
// The error says what is wrong with the references and contains none of them.
func (c *Connection) Preview(refs erasure.References) ([]PreviewedRequest, error) {
	s := c.scope()
	s.masked = true
	steps, err := c.plan(erasure.Progress{References: refs}, s)
	if err != nil {
		return nil, err
	}
	var previews []PreviewedRequest
	if oauth2 := c.description.auth.oauth2; oauth2 != nil && len(steps) > 0 {
		r, err := oauth2.previewToken(context.Background(), s, c.description.kinds)
		if err != nil {
			return nil, err
		}
		previews = append(previews, preview(r))
	}
	for _, st := range steps {
		r := st.request
		proof, err := c.description.auth.prove(st.scope, mask, r)
		if err != nil {
			return nil, err
		}
		r.headers = append(proof, r.headers...)
		previews = append(previews, preview(r))
	}
	return previews, nil
}

func preview(r request) PreviewedRequest {
	p := PreviewedRequest{Call: r.call, Method: r.method, URL: r.url.String(), Body: string(r.body)}
	agent := "User-Agent: " + userAgent
	for _, h := range r.headers {
		if strings.EqualFold(h.name, "User-Agent") {
			agent = h.name + ": " + h.value
			continue
		}
		p.Headers = append(p.Headers, h.name+": "+h.value)
	}
	p.Headers = append(p.Headers, agent)
	return p
}
