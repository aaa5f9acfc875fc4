package provider

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// What one call may take.
const (
	defaultTimeout = 20 * time.Second
	maxTimeout     = 10 * time.Minute
)

// description is a provider as its YAML file describes it.
type description struct {
	name       string
	title      string
	about      string
	parameters []Parameter
	kinds      map[string]kind // of parameters
	auth       auth
	limits     Limits
	timeout    time.Duration
	calls      []call
	// hosts are the provider's documented hosts, with the mode that each serves.
	hosts []host
	// checks are reads that show what the credentials reach; empty if none is known.
	checks []*check
	// afterwards is the outcome once every call has succeeded, if that is not
	// success because a person still has to act.
	afterwards *verdict
}

// The reference that a call is made for. A call for the customer is made once.
const (
	forCustomer    = "customer"
	forEachToken   = "tokens"
	forEachPayment = "payments"
)

// call is a request, made once or for each reference of a kind, and what its
// responses mean.
type call struct {
	name    string
	forEach string
	method  string
	url     urlTemplate
	headers []field
	body    bodyTemplate
	rules   []rule
	uses    map[string]bool // variables in url, headers and body
	verify  *call           // a read after success; nil if none is known
}

// descriptionReader knows which names the templates of a description may use.
type descriptionReader struct {
	kinds map[string]kind
	used  map[string]bool // by the call being read
}

// readDescription reads a description. The result is complete only if the
// document has no new mistakes.
func readDescription(root node) *description {
	fields := root.fields("provider", "title", "about", "parameters", "hosts", "auth", "limits", "timeout", "check", "calls", "afterwards")
	d := &description{
		parameters: readParameters(fields["parameters"]),
		kinds:      map[string]kind{},
		limits:     readLimits(fields["limits"], defaultLimits),
		timeout:    fields["timeout"].duration(maxTimeout, defaultTimeout),
		hosts:      readHosts(fields["hosts"]),
	}
	for _, p := range d.parameters {
		d.kinds[p.Name] = kind(p.Kind)
	}
	if fields["provider"].need(root) {
		d.name = fields["provider"].code()
	}
	if fields["title"].need(root) {
		d.title = fields["title"].text()
	}
	if about := fields["about"]; about.exists() {
		d.about = strings.TrimSpace(about.text())
	}
	r := &descriptionReader{kinds: d.kinds, used: map[string]bool{}}
	if calls := fields["calls"]; calls.exists() {
		for _, item := range calls.items() {
			d.calls = append(d.calls, r.readCall(item))
		}
	}
	if proof := fields["auth"]; proof.exists() {
		d.auth = r.readAuth(proof)
	} else if len(d.calls) > 0 {
		fields["auth"].need(root)
	}
	if check := fields["check"]; check.exists() {
		for _, one := range oneOrMore(check) {
			d.checks = append(d.checks, r.readCheck(one))
		}
	}
	if last := fields["afterwards"]; last.exists() {
		v := readVerdict(last, last.fields("then", "reason"), callWords)
		d.afterwards = &v
	} else if len(d.calls) == 0 {
		root.fail("must have calls, or an afterwards that says what a person has to do")
	}
	return d
}

func (r *descriptionReader) readCall(n node) call {
	fields := n.fields("name", "for_each", "method", "url", "headers", "body", "answers", "verify")
	c := call{forEach: fields["for_each"].oneOf(forCustomer, forEachToken, forEachPayment)}
	if fields["name"].need(n) {
		c.name = fields["name"].code()
	}
	if fields["method"].need(n) {
		c.method = fields["method"].oneOf(http.MethodDelete, http.MethodPost, http.MethodPut, http.MethodPatch)
	}
	names := append([]string{"customer"}, requestNames...)
	one := "customer"
	switch c.forEach {
	case forEachToken:
		one = "token"
		names = append(names, one)
	case forEachPayment:
		one = "payment"
		names = append(names, one)
	}
	r.readRequest(n, fields, &c, names)
	if !c.uses[one] {
		n.fail("does not use ${%s} in url, headers or body, so it would delete nothing, or everything", one)
	}
	if fields["answers"].need(n) {
		c.rules = readRules(fields["answers"], callWords)
		needOutcome(fields["answers"], c.rules, erasure.OutcomeSucceeded, "succeeded")
	}
	if verify := fields["verify"]; verify.exists() {
		c.verify = r.readVerify(verify, c, one, names)
	}
	return c
}

// readRequest reads what a call, a check and a verify have in common, except their
// methods and answers.
func (r *descriptionReader) readRequest(n node, fields map[string]node, c *call, names []string) {
	r.used = map[string]bool{}
	if fields["url"].need(n) {
		c.url = r.readURL(fields["url"], names)
	}
	c.headers = r.readHeaders(fields["headers"], names)
	c.body = r.readBody(fields["body"], names)
	c.uses = r.used
}

// needOutcome rejects rules of which none has an outcome.
func needOutcome(n node, rules []rule, kind erasure.OutcomeKind, word string) {
	if !slices.ContainsFunc(rules, func(r rule) bool { return r.then.kind == kind }) {
		n.fail("must say which response means %s", word)
	}
}

// readTemplate reads a template that may use parameters and the given names.
func (r *descriptionReader) readTemplate(n node, names []string) template {
	t, err := parseTemplate(n.text())
	if err != nil {
		n.fail("%v", err)
		return template{}
	}
	for _, name := range t.names() {
		k, isParameter := r.kinds[name]
		switch {
		case !isParameter && !slices.Contains(names, name):
			n.fail("uses ${%s}, which is not defined here", name)
		case k == kindURL || k == kindPath:
			n.fail("uses ${%s} outside a url", name)
		}
		r.used[name] = true
	}
	return t
}

func (r *descriptionReader) readOptional(n node, names []string) template {
	if !n.exists() {
		return template{}
	}
	return r.readTemplate(n, names)
}

// readURL reads a URL: a base, and the path and query that follow it.
func (r *descriptionReader) readURL(n node, names []string) urlTemplate {
	t, err := parseTemplate(n.text())
	if err != nil {
		n.fail("%v", err)
		return urlTemplate{}
	}
	for i, p := range t.parts {
		k, isParameter := r.kinds[p.name]
		if i == 1 && t.parts[0].name != "" && !strings.HasPrefix(p.literal, "/") && !strings.HasPrefix(p.literal, "?") {
			n.fail("must have a slash after its base URL") // otherwise the value would extend the host
		}
		switch {
		case p.name == "":
			checkLiteral(n, p.literal, i == 0)
			continue
		case !isParameter && !slices.Contains(names, p.name):
			n.fail("uses ${%s}, which is not defined here", p.name)
		case i == 0 && k != kindURL:
			n.fail("must begin with https:// or a parameter of kind url")
		case i > 0 && k == kindURL:
			n.fail("uses ${%s}, a base URL, after the beginning", p.name)
		case k == kindSecret:
			n.fail("uses the secret ${%s}: servers and proxies log URLs", p.name)
		}
		r.used[p.name] = true
	}
	if len(t.parts) == 0 {
		n.fail("is empty")
	}
	return urlTemplate{t}
}

// checkLiteral checks the literal text of a URL. The first part contains the
// whole host, so that no value can become part of it.
func checkLiteral(n node, literal string, first bool) {
	if strings.ContainsAny(literal, "#\\ \t\r\n") {
		n.fail("must not have a fragment, a backslash or white space")
	}
	if !first {
		return
	}
	scheme, rest, ok := strings.Cut(literal, "://")
	if !ok || (scheme != "https" && scheme != "http") {
		n.fail("must begin with https:// or a parameter of kind url")
		return
	}
	host, _, complete := strings.Cut(rest, "/")
	if !complete {
		n.fail("must have a slash after its host")
		return
	}
	if err := checkBaseURL(scheme + "://" + host); err != nil {
		n.fail("%v", err)
	}
}
