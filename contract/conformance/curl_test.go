package conformance

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// stubCurl prints the number of its arguments, the arguments and what a pipe brings.
const stubCurl = `curl() {
	case " $* " in
	*" @- "*) printf '%s\0' "$#" "$@"; cat; printf '\0' ;;
	*) printf '%s\0' "$#" "$@" '' ;;
	esac
}
`

// curlCall is what a call of curl would send.
type curlCall struct {
	protocol, method, url string
	header                http.Header
	body                  *string
}

// parseCurl reads the arguments of a call.
func parseCurl(t *testing.T, args []string, input string) curlCall {
	t.Helper()
	call := curlCall{header: http.Header{}}
	unwanted, removed := []string{"Accept"}, []string(nil) // that curl sends by itself
	for i := 0; i < len(args); i++ {
		value := func() string { i++; return args[i] }
		switch arg := args[i]; arg {
		case "-q":
			if i > 0 {
				t.Error("-q works in the first place only")
			}
		case "-sS", "-g", "--path-as-is", "-i":
		case "--noproxy":
			value()
		case "--http1.1", "--http2", "--http2-prior-knowledge":
			call.protocol = arg
		case "-I":
			call.method = http.MethodHead
		case "-X":
			call.method = value()
		case "--data-raw", "--data-binary":
			body := value()
			if arg == "--data-binary" && body == "@-" {
				body = input
			}
			call.body = &body
			unwanted = append(unwanted, "Content-Type", "Expect")
		case "-H":
			header := value()
			if name, ok := strings.CutSuffix(header, ";"); ok && !strings.Contains(header, ":") {
				call.header[name] = append(call.header[name], "")
			} else if name, value, _ := strings.Cut(header, ": "); value != "" {
				call.header[name] = append(call.header[name], value)
			} else {
				removed = append(removed, strings.TrimSuffix(name, ":"))
			}
		default:
			if call.url != "" {
				t.Errorf("an argument that curl does not expect: %q", arg)
			}
			call.url = arg
		}
	}
	for _, name := range unwanted {
		if call.header[name] == nil && !slices.Contains(removed, name) {
			t.Errorf("curl would add a header %s", name)
		}
	}
	return call
}

// wantSame fails the test unless curl would send what was sent.
func wantSame(t *testing.T, call curlCall, sent *sentRequest, base string) {
	t.Helper()
	header := sent.header.Clone()
	if sent.chunked && !sent.http2 {
		header["Transfer-Encoding"] = []string{"chunked"}
	}
	if call.method != sent.method || call.url != strings.TrimSuffix(base, "/v1")+sent.target {
		t.Errorf("got %s %s, want %s %s", call.method, call.url, sent.method, sent.target)
	}
	if !maps.EqualFunc(call.header, header, slices.Equal) {
		t.Errorf("%s %s: got headers %q, want %q", sent.method, sent.target, call.header, header)
	}
	if (call.body == nil) != (sent.body == nil) || call.body != nil && *call.body != string(sent.body) {
		t.Errorf("%s %s: got another body than the one of %d bytes that was sent", sent.method, sent.target, len(sent.body))
	}
	if http2 := strings.HasPrefix(call.protocol, "--http2"); http2 != sent.http2 {
		t.Errorf("%s %s: got %s", sent.method, sent.target, call.protocol)
	}
}

// runWithStub runs commands with sh and returns the calls of curl.
func runWithStub(t *testing.T, lines []string, environment []string) []curlCall {
	t.Helper()
	out := strings.Split(shell(t, stubCurl+strings.Join(lines, "\n"), environment...), "\x00")
	var calls []curlCall
	for len(out) > 1 {
		n, err := strconv.Atoi(out[0])
		if err != nil || len(out) < n+2 {
			t.Fatalf("cannot read %q: %v", out[0], err)
		}
		calls = append(calls, parseCurl(t, out[1:n+1], out[n+1]))
		out = out[n+2:]
	}
	return calls
}

// environmentOf returns the variables that commands may need.
func environmentOf(p *placeholders, base string) []string {
	environment := []string{envBaseURL + "=" + base}
	for _, f := range p.forms {
		if f.instead[0].kind == shellVariable {
			environment = append(environment, f.instead[0].text+"="+f.value)
		}
	}
	return environment
}

// Every request of the suite is repeated as it was sent, and its command contains no key, no
// account code and no id.
func TestCommandsRepeatEveryRequest(t *testing.T) {
	t.Parallel()
	r, err := newRun(newReadingReference().target(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	s := r.session
	if err := s.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range suite {
		if s.missing(c) != "" {
			continue
		}
		if _, err := s.judge(t.Context(), c); err != nil && !isSkip(err) {
			t.Fatalf("%s: %v", c.name, err)
		}
		wantRepeated(t, c.name, s)
	}
}

func isSkip(err error) bool { _, ok := err.(skipError); return ok }

// wantRepeated runs the commands for all requests of the current case.
func wantRepeated(t *testing.T, name string, s *session) {
	t.Helper()
	var all finding
	for _, sent := range s.sent {
		all.requests = append(all.requests, sent.n)
	}
	requests, _ := s.describe([]finding{all})
	p := newPlaceholders(s.target.Credentials, s.target.SecondAccount, s.persons())
	var lines []string
	for _, request := range requests {
		if request.Curl == "" {
			t.Errorf("%s: request %d: %s", name, request.N, request.WhyNot)
		}
		for _, f := range p.forms {
			if len(f.value) >= 8 && strings.Contains(request.Curl, f.value) {
				t.Errorf("%s: request %d shows %s: %s", name, request.N, f.instead.plain(), request.Curl)
			}
		}
		lines = append(lines, request.Curl)
	}
	const base = "http://127.0.0.1:1/v1"
	calls := runWithStub(t, lines, environmentOf(p, base))
	if len(calls) != len(s.sent) {
		t.Errorf("%s: %d calls for %d requests", name, len(calls), len(s.sent))
		return
	}
	for i, sent := range s.sent {
		wantSame(t, calls[i], sent, base)
	}
}

// Whatever keys, ids and merchants' ids consist of, a command is one for curl alone.
func TestCommandsAreSafeForAnyValue(t *testing.T) {
	t.Parallel()
	var visible strings.Builder
	for c := '!'; c <= '~'; c++ {
		visible.WriteRune(c)
	}
	var anything strings.Builder
	for c := 1; c < 256; c++ {
		anything.WriteByte(byte(c))
	}
	for name, tt := range map[string]struct {
		first, second Credentials
		person        personWithID
	}{
		"Plain":     {first, second, personWithID{"0a3F-plain-id", "merchant-7Q", "o"}},
		"ShortIDs":  {first, second, personWithID{"c1", "a", "o"}},
		"IDsOfURLs": {first, second, personWithID{"v1", "customers", "o"}},
		"OneLetter": {first, second, personWithID{"c", "C", "o"}},
		"Escaped":   {first, second, personWithID{"acme:42=aB", "клиент №7", "o"}},
		"AnyByte": {
			credentials("acc"+visible.String(), "pub"+visible.String(), "sec"+visible.String()),
			credentials("2nd-a"+visible.String(), "2nd-p"+visible.String(), "2nd-s"+visible.String()),
			personWithID{"~acme:=-._", anything.String(), "o"},
		},
		"Commands": {
			credentials("$(touch${IFS}x)", "`touch${IFS}x`", "';touch${IFS}x;'"), second,
			personWithID{"a-b.c", "$(exit 7)\n;exit 7", "o"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &session{
				target:   Target{Credentials: tt.first, SecondAccount: tt.second},
				endpoint: &endpoint{baseURL: &url.URL{Scheme: "https", Host: "host", Path: "/v1"}},
			}
			p := newPlaceholders(tt.first, tt.second, []personWithID{tt.person})
			c := curl{s.endpoint, p}
			environment := append(environmentOf(p, "https://host/v1"), "CUSTOMER_ID="+tt.person.id, "MERCHANT_CUSTOMER_ID="+tt.person.merchantID)
			var lines []string
			var requests []*sentRequest
			for _, r := range hostileRequests(t, s, tt.person) {
				sent, err := snapshot(r)
				if err != nil {
					t.Fatal(err)
				}
				requests, lines = append(requests, sent), append(lines, c.command(sent).line)
			}
			for i, call := range runWithStub(t, lines, environment) {
				wantSame(t, call, requests[i], "https://host/v1")
			}
			text := strings.Join(lines, "\n")
			for _, f := range p.forms {
				if len(f.value) >= 8 && strings.Contains(text, f.value) {
					t.Errorf("a command shows %s", f.instead.plain())
				}
			}
		})
	}
}

// hostileRequests are requests with keys and ids in every form that the suite sends.
func hostileRequests(t *testing.T, s *session, person personWithID) []*http.Request {
	t.Helper()
	paths := []string{customerPath(person.id), "/customers/" + escapeAll(person.id), "/customers?merchant_customer_id=" + escape(person.merchantID)}
	for _, near := range nearMisses(person.id, true) {
		paths = append(paths, "/customers/"+near.segment)
	}
	for _, near := range externalNearMisses(person.merchantID, true) {
		paths = append(paths, near.segment)
	}
	for _, w := range wrongPaths {
		paths = append(paths, w.paths(escape(person.id))...)
	}
	var edits []edit
	for _, w := range wrongKeys {
		edits = append(edits, w.edits(s.target.Credentials)...)
	}
	for _, e := range [][]edit{
		repeatedAccounts(s.target.Credentials.AccountCode), malformedAccounts(s.target.Credentials.AccountCode), keysInQuery(s.target.Credentials),
		{as(s.target.SecondAccount), upperCaseHeaderNames, withQuery("id", person.id), jsonBody, chunkedBody, withChunkedBody(strings.Repeat("x", 128<<10))},
		{withMethod(http.MethodHead), withMethod(http.MethodPost), withMethod("delete"), withHeader("X-Empty", ""), withHeader("Accept", "text/html")},
		{withChunkedBody("a'b\"c$`\\!\n\xff@x"), withChunkedBody("@/etc/passwd"), withHeader("X-Any", "a'b\"c$`\\!;x")},
	} {
		edits = append(edits, e...)
	}
	var requests []*http.Request
	add := func(path string, e edit) {
		r, err := s.request(context.Background(), path, e)
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, r)
	}
	for _, path := range paths {
		add(path, func(*http.Request) {})
	}
	for _, e := range edits {
		add(customerPath(person.id), e)
	}
	return requests
}

// Without the id, the path would be that of all customers.
func TestCommandNeedsItsCustomer(t *testing.T) {
	t.Parallel()
	s := &session{target: Target{Credentials: first}, endpoint: &endpoint{baseURL: &url.URL{Scheme: "https", Host: "host", Path: "/v1"}}}
	c := curl{s.endpoint, newPlaceholders(first, second, []personWithID{{"c1", "", "line 3 of x"}})}
	r, err := s.request(t.Context(), "/customers/c1")
	if err != nil {
		t.Fatal(err)
	}
	sent, err := snapshot(r)
	if err != nil {
		t.Fatal(err)
	}
	command := c.command(sent)
	script := stubCurl + command.line + "\necho ended"
	if got := shell(t, "("+script+") 2>/dev/null; true"); strings.Contains(got, "customers") {
		t.Errorf("without CUSTOMER_ID, curl gets %q", got)
	}
	if got := fmt.Sprint(command.variables); got != "[{CUSTOMER_ID the id of a customer that may be erased; in this run line 3 of x}]" {
		t.Errorf("got variables %s", got)
	}
	sent.body = []byte{0}
	if command := c.command(sent); command.line != "" || !strings.Contains(command.why, "a byte that no command can have") {
		t.Errorf("got %+v for a body with NUL", command)
	}
}
