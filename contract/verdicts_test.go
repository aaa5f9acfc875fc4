package contract

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// verdict is whether kin-openapi alone and a Checker accept a request and its response.
type verdict struct{ kinRequest, ourRequest, kinResponse, ourResponse bool }

// disagreements says why the verdicts of kin-openapi alone and of a Checker differ, and on
// which requests and responses.
var disagreements = map[string][]string{
	"the router drops a slash at the end and takes a dot segment for an id": {
		"request client: id of one dot", "request client: id of two dots", "request client: encoded dots",
		"request client: trailing slash",
	},
	"kin-openapi looks at the first of several values": {
		"request client: two accounts", "request client: two secret keys", "request server: KeyRepeatedAndAccepted",
	},
	"kin-openapi finds headers only under their canonical names": {
		"request client: two accounts in two spellings", "request client: keys added twice",
		"request right: header name not canonic",
	},
	"kin-openapi takes an empty header for a text": {
		"request client: empty account", "request client: blank account",
	},
	"kin-openapi does not look for undocumented parameters": {
		"request client: query", "request client: empty query", "request server: QueryAndAccepted",
	},
	"no document says where a key must not be": {
		"request client: secret key in the query", "request client: secret key in the path",
		"request client: secret key as a bearer token", "response server: KeyEchoed", "response server: KeyEchoedInHeader",
	},
	"no document forbids to follow a redirect": {
		"request client: redirect followed",
	},
	"kin-openapi compares the scheme with the servers, which here are the test's": {
		"request client: keys in clear text",
	},
	"kin-openapi does not see a body without a declared length": {
		"request server: EmptyChunkedBody",
	},
	"kin-openapi measures the percent-encoded text": {
		"request right: 64 characters",
	},
	"kin-openapi does not compare the response with the request, which must be refused": {
		"response client: 65 characters", "response client: account as a URN",
		"response client: account in a header of another name", "response client: account in braces",
		"response client: account that is no UUID", "response client: blank account", "response client: body",
		"response client: chunked body", "response client: empty account", "response client: empty public key",
		"response client: empty secret key", "response client: keys added twice", "response client: no account",
		"response client: no public key", "response client: no secret key",
		"response client: two accounts in two spellings", "response client: two accounts",
		"response client: two secret keys", "response server: AccountMalformedAndAccepted",
		"response server: AccountMissingAndAccepted", "response server: BodyAndAccepted",
		"response server: ChunkedBodyReadAndAccepted", "response server: EmptyChunkedBody",
		"response server: KeyEmptyAndAccepted", "response server: KeyMissingAndAccepted",
		"response server: KeyRepeatedAndAccepted", "response server: LongIDAndAccepted",
		"response server: UnreadChunkedBody",
	},
	"kin-openapi accepts the request, which belongs to no operation": {
		"response client: empty id", "response client: encoded dots", "response client: id of one dot",
		"response client: id of two dots", "response client: trailing slash",
	},
	"kin-openapi finds no operation; the document says nothing about the response": {
		"response client: POST", "response client: base path doubled", "response client: base path lost",
		"response client: dots resolved", "response client: double slash", "response client: made-up method",
		"response client: no method, which is GET", "response client: opaque URL", "response client: singular",
		"response client: slash in the id", "response server: HeadRefused", "response server: HeadServed",
		"response server: OtherMethodInText", "response server: OtherMethodNotFound",
		"response server: OtherMethodRefused", "response server: OtherMethodServed",
		"response server: OtherMethodWithoutAllow", "response server: OtherPathInText",
		"response server: OtherPathRedirected", "response server: OtherPathRefused", "response server: OtherPathServed",
	},
	"the router compares the user information with the servers": {
		"response client: keys as user information",
	},
	"kin-openapi reads the first JSON value only": {
		"response body: Comment", "response body: TwoValues",
	},
	"kin-openapi uses the last of equal keys": {
		"response body: KeyTwice", "response body: KeyTwiceInside",
	},
	"kin-openapi repairs what is not UTF-8": {
		"response body: NotUTF8",
	},
	"kin-openapi lets 301, 304, 307 and 308 pass": {
		"response server: Redirect",
	},
	"kin-openapi does not know the announced length": {
		"response server: TooLong", "response server: TooShort",
	},
	"no document limits the length of a body": {
		"response server: TooLarge",
	},
	"the document says it in prose, or not at all": {
		"response server: InternalText", "response server: TooManyWithADate",
		"response server: TooManyWithNegativeRetryAfter", "response server: UnavailableWithoutRetryAfter",
	},
}

// TestVerdicts compares the verdicts on more than 120 exchanges with testdata/verdicts.txt,
// so that an update of kin-openapi that changes one is noticed. UPDATE_GOLDEN=1 rewrites it.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	reasons, used := map[string]string{}, map[string]bool{}
	for reason, names := range disagreements {
		for _, name := range names {
			reasons[name] = reason
		}
	}
	var got bytes.Buffer
	fmt.Fprintln(&got, "document | exchange | request: kin, ours | response: kin, ours | why they differ")
	rows := 0
	for _, doc := range []struct {
		file string
		opts []Option
	}{{"one-operation.vendored.json", nil}, {"one-operation.json", nil}, {"one-operation.strict.json", []Option{WithStrict()}}} {
		data := fixture(t, doc.file)
		kin := newKinAlone(t, data)
		ours := mustNew(t, append(doc.opts, WithDocument(data))...)
		exchanges := allExchanges(t)
		for _, name := range slices.Sorted(maps.Keys(exchanges)) {
			x := exchanges[name]
			v := verdict{ourRequest: len(ours.JudgeRequest(x.request)) == 0, ourResponse: len(ours.JudgeResponse(x.request, x.response)) == 0}
			v.kinRequest, v.kinResponse = kin.judge(x.request, x.response)
			var why []string
			for part, differ := range map[string]bool{"request": v.kinRequest != v.ourRequest, "response": v.kinResponse != v.ourResponse} {
				if !differ {
					continue
				}
				used[part+" "+name] = true
				if why = append(why, reasons[part+" "+name]); reasons[part+" "+name] == "" {
					t.Errorf("%s: %s %s: kin-openapi accepts it: %v; no reason why the Checker differs", doc.file, part, name, part == "request" && v.kinRequest || part == "response" && v.kinResponse)
				}
			}
			slices.Sort(why)
			fmt.Fprintf(&got, "%s | %s | %s, %s | %s, %s | %s\n", doc.file, name, word(v.kinRequest), word(v.ourRequest),
				word(v.kinResponse), word(v.ourResponse), cmp.Or(strings.Join(slices.Compact(why), "; "), "-"))
			rows++
		}
	}
	for name := range reasons {
		if !used[name] {
			t.Errorf("%s: kin-openapi and the Checker agree now: delete the reason", name)
		}
	}
	if rows < 3*120 {
		t.Errorf("got %d rows, want 120 for each document", rows)
	}
	goldenFile(t, "verdicts.txt", got.Bytes())
}

func word(accepted bool) string {
	if accepted {
		return "ok"
	}
	return "wrong"
}

func goldenFile(t *testing.T, name string, got []byte) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile("testdata/"+name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := strings.Split(string(fixture(t, name)), "\n")
	for i, line := range strings.Split(string(got), "\n") {
		if i >= len(want) || line != want[i] {
			t.Errorf("line %d of testdata/%s is now\n%s\nto accept: UPDATE_GOLDEN=1 go test ./contract -run %s", i+1, name, line, t.Name())
		}
	}
}

type recorded struct {
	request  *http.Request
	response Response
}

// allExchanges returns those of the tests of clients, handlers and bodies.
func allExchanges(t *testing.T) map[string]recorded {
	t.Helper()
	list := map[string]recorded{}
	add := func(name string, response Response, edits ...edit) {
		r := rightRequest(t)
		all(edits...)(r)
		list[name] = recorded{r, response}
	}
	for _, m := range clientMutants {
		add("client: "+m.name, responds(202, ""), m.edit)
	}
	for name, e := range rightRequests {
		add("right: "+name, responds(202, ""), e)
	}
	for _, tt := range bodies {
		add("body: "+tt.name, responds(400, tt.body, "Content-Type", jsonMedia))
	}
	for _, tt := range handlerTests {
		if tt.name == "Aborted" {
			continue // no response
		}
		rec := httptest.NewRecorder()
		tt.serve(rec, httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/v1/customers/c1", nil))
		announced := rec.Result().Header.Get("Content-Length")
		add("server: "+tt.name, Response{
			StatusCode: rec.Code, Header: rec.Result().Header, Body: rec.Body.Bytes(),
			Truncated: announced != "" && announced != fmt.Sprint(rec.Body.Len()),
		}, append(tt.edits, func(r *http.Request) { r.URL.Scheme = "https" })...)
	}
	return list
}

// kinAlone is kin-openapi as its documentation shows it, with the stricter options.
type kinAlone struct{ doc *openapi3.T }

func newKinAlone(t *testing.T, data []byte) kinAlone {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	return kinAlone{doc}
}

func (k kinAlone) judge(sent *http.Request, resp Response) (requestOK, responseOK bool) {
	r := sent.Clone(context.Background())
	// The router wants the document's servers to be those that the test uses.
	k.doc.Servers = openapi3.Servers{{URL: r.URL.Scheme + "://" + r.URL.Host + "/v1"}}
	router, err := legacy.NewRouter(k.doc)
	if err != nil {
		return false, false
	}
	route, params, err := router.FindRoute(r)
	if err != nil {
		return false, false
	}
	options := &openapi3filter.Options{
		IncludeResponseStatus: true, MultiError: true, RejectWhenRequestBodyNotSpecified: true,
		AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
			if in.RequestValidationInput.Request.Header.Get(in.SecurityScheme.Name) == "" {
				return errors.New("no key")
			}
			return nil
		},
	}
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	requestOK = openapi3filter.ValidateRequest(context.Background(), input) == nil
	response := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header, Options: options}
	return requestOK, openapi3filter.ValidateResponse(context.Background(), response.SetBodyBytes(resp.Body)) == nil
}
