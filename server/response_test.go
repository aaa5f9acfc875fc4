package server_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/server"
)

// custom is an implementation's response that no generated type can express.
type custom struct {
	status     int
	retryAfter string
	body       string
	err        error
}

func (c custom) VisitDeleteCustomerResponse(w http.ResponseWriter) error {
	w.Header().Set("Set-Cookie", "session=1")
	if c.retryAfter != "" {
		w.Header().Set("Retry-After", c.retryAfter)
	}
	if c.status != 0 {
		w.WriteHeader(c.status)
		w.WriteHeader(http.StatusTeapot) // as in net/http, only the first call counts
	}
	if c.body != "" {
		if _, err := w.Write([]byte(c.body)); err != nil {
			return err
		}
	}
	return c.err
}

// errorJSON is an error body of the contract.
const errorJSON = `{"code":"C","messages":["m"]}`

func TestDocumentedResponses(t *testing.T) {
	t.Parallel()
	e := api.Error{Code: "C", Messages: []string{"m"}}
	full, _ := json.Marshal(api.Error{Code: "C", Messages: []string{strings.Repeat("x", 64<<10-len(`{"code":"C","messages":[""]}`))}})
	tests := map[string]struct {
		object api.DeleteCustomerResponseObject
		status int
		code   string
	}{
		"202":                   {api.DeleteCustomer202Response{}, 202, ""},
		"400":                   {api.DeleteCustomer400JSONResponse(e), 400, "C"},
		"401":                   {api.DeleteCustomer401JSONResponse(e), 401, "C"},
		"403":                   {api.DeleteCustomer403JSONResponse(e), 403, "C"},
		"500":                   {api.DeleteCustomer500JSONResponse(e), 500, "C"},
		"504":                   {api.DeleteCustomer504JSONResponse(e), 504, "C"},
		"custom 202":            {custom{status: 202}, 202, ""},
		"custom 429":            {custom{status: 429, body: errorJSON}, 429, "C"},
		"custom 503":            {custom{status: 503, body: errorJSON}, 503, "C"},
		"body of 64 KiB":        {custom{status: 400, body: string(full)}, 400, "C"},
		"undocumented property": {custom{status: 400, body: `{"code":"C","messages":["m"],"trace":"internal"}`}, 400, "C"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := do(mount(t, returning(tt.object, nil)), request(http.MethodDelete, path, nil))
			got.want(t, tt.status, tt.code)
			if got.header.Get("Set-Cookie") != "" || strings.Contains(got.body, "internal") {
				t.Errorf("the response contains something undocumented: %v %s", got.header, got.body)
			}
		})
	}
}

func TestUndocumentedResponses(t *testing.T) {
	t.Parallel()
	long, _ := json.Marshal(api.Error{Code: "C", Messages: []string{strings.Repeat("x", 64<<10)}})
	tests := map[string]api.DeleteCustomerResponseObject{
		"body over 64 KiB":              custom{status: 400, body: string(long)},
		"body over 64 KiB when escaped": custom{status: 400, body: `{"code":"C","messages":["` + strings.Repeat("<", 63<<10) + `"]}`},
		"nil":                           nil,
		"typed nil":                     (*custom)(nil),
		"nothing written":               custom{},
		"implicit 200":                  custom{body: errorJSON},
		"200":                           custom{status: 200},
		"204":                           custom{status: 204},
		"302":                           custom{status: 302},
		"404":                           custom{status: 404, body: errorJSON},
		"202 with a body":               custom{status: 202, body: errorJSON},
		"error without a body":          custom{status: 400},
		"body is text":                  custom{status: 400, body: "no"},
		"two values":                    custom{status: 400, body: errorJSON + errorJSON},
		"number as code":                custom{status: 400, body: `{"code":1,"messages":["m"]}`},
		"no code":                       custom{status: 400, body: `{"messages":["m"]}`},
		"no messages":                   custom{status: 400, body: `{"code":"C"}`},
		"empty message":                 custom{status: 400, body: `{"code":"C","messages":["m",""]}`},
		"fails while rendering":         custom{status: 400, body: errorJSON, err: errors.New("disk")},
	}
	for name, object := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := do(mount(t, returning(object, nil)), request(http.MethodDelete, path, nil))
			got.want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
			if got.header.Get("Set-Cookie") != "" || strings.Contains(got.body, "internal") {
				t.Errorf("the response contains something undocumented: %v %s", got.header, got.body)
			}
		})
	}
}

func TestResponseRetryAfter(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		given  string
		want   string // "refused" for a 500
	}{
		"given":           {503, "7", "7"},
		"zero":            {429, "0", "0"},
		"missing at 503":  {503, "", "5"},
		"missing at 429":  {429, "", "5"},
		"text":            {503, "soon", "refused"},
		"negative":        {429, "-1", "refused"},
		"signed":          {429, "+1", "refused"},
		"fraction":        {429, "1.5", "refused"},
		"a date":          {503, "Fri, 31 Dec 1999 23:59:59 GMT", "refused"},
		"another header":  {429, "1\r\nX-Evil: 1", "refused"},
		"beyond an int32": {503, "99999999999", "refused"},
		"of a 400":        {400, "7", ""},
		"of a 500":        {500, "soon", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logBuffer
			object := custom{status: tt.status, retryAfter: tt.given, body: errorJSON}
			got := do(mount(t, returning(object, nil), log.option()), request(http.MethodDelete, path, nil))
			if tt.want == "refused" {
				got.want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
				if !strings.Contains(log.String(), "Retry-After") {
					t.Errorf("the log does not contain the cause: %s", log.String())
				}
				tt.want = ""
			} else {
				got.want(t, tt.status, "C")
			}
			if retryAfter := got.header.Get("Retry-After"); retryAfter != tt.want {
				t.Errorf("got Retry-After %q, want %q", retryAfter, tt.want)
			}
		})
	}
}

func TestResponseWithTwoRetryAfters(t *testing.T) {
	t.Parallel()
	do(mount(t, returning(twice{}, nil)), request(http.MethodDelete, path, nil)).want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
}

func TestRetryAfterOf202IsDropped(t *testing.T) {
	t.Parallel()
	got := do(mount(t, returning(custom{status: 202, retryAfter: "soon"}, nil)), request(http.MethodDelete, path, nil))
	got.want(t, http.StatusAccepted, "")
	if got.header.Get("Retry-After") != "" {
		t.Error("a 202 has a Retry-After")
	}
}

// twice is a response with two Retry-After headers.
type twice struct{}

func (twice) VisitDeleteCustomerResponse(w http.ResponseWriter) error {
	w.Header()["Retry-After"] = []string{"1", "2"}
	return custom{status: 503, body: errorJSON}.VisitDeleteCustomerResponse(w)
}

// stated is a response with a state of an earlier erasure.
type stated struct {
	custom
	states []string
}

func (s stated) VisitDeleteCustomerResponse(w http.ResponseWriter) error {
	w.Header()[http.CanonicalHeaderKey(server.ErasureStateHeader)] = s.states
	return s.custom.VisitDeleteCustomerResponse(w)
}

// The state of an earlier erasure is passed on with CUSTOMER_NOT_FOUND, and with nothing
// else.
func TestErasureState(t *testing.T) {
	t.Parallel()
	const unknown = `{"code":"CUSTOMER_NOT_FOUND","messages":["m"]}`
	for name, c := range map[string]struct {
		object stated
		status int
		want   string
	}{
		"passed on":      {stated{custom{status: 400, body: unknown}, []string{"attention_required"}}, 400, "attention_required"},
		"none":           {stated{custom{status: 400, body: unknown}, nil}, 400, ""},
		"another code":   {stated{custom{status: 400, body: errorJSON}, []string{"completed"}}, 400, ""},
		"another status": {stated{custom{status: 403, body: unknown}, []string{"completed"}}, 403, ""},
		"accepted":       {stated{custom{status: 202}, []string{"completed"}}, 202, ""},
		"two":            {stated{custom{status: 400, body: unknown}, []string{"completed", "completed"}}, 500, ""},
		"empty":          {stated{custom{status: 400, body: unknown}, []string{""}}, 500, ""},
		"a sentence":     {stated{custom{status: 400, body: unknown}, []string{"of Ada Lovelace"}}, 500, ""},
		"too long":       {stated{custom{status: 400, body: unknown}, []string{strings.Repeat("x", 65)}}, 500, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := do(mount(t, returning(c.object, nil)), request(http.MethodDelete, path, nil))
			if got.status != c.status || got.header.Get(server.ErasureStateHeader) != c.want || len(got.header.Values(server.ErasureStateHeader)) > 1 {
				t.Errorf("%d with %q, want %d with %q", got.status, got.header.Values(server.ErasureStateHeader), c.status, c.want)
			}
		})
	}
}
