package client

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestDecodeError(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body, code string
		messages         []string
	}{
		{"Specification", `{"code":"CUSTOMER_NOT_FOUND","messages":["Customer not found."]}`, "CUSTOMER_NOT_FOUND", []string{"Customer not found."}},
		{"SandboxTested", `{"code":"NOT_FOUND","message":"m","details":"d"}`, "NOT_FOUND", []string{"m", "d"}},
		{"WebPage", `{"error":{"code":"BAD_REQUEST","message":"m"}}`, "BAD_REQUEST", []string{"m"}},
		{"OtherFamily", `{"type":"t","code":"C","message":"m","details":["d","e"]}`, "C", []string{"m", "d", "e"}},
		{"DetailsObject", `{"code":"C","message":"m","details":{"field":"x"}}`, "C", []string{"m"}},
		{"MessagesAsText", `{"code":"C","messages":"m"}`, "C", []string{"m"}},
		{"MessageAsArray", `{"code":"C","message":["m","n"]}`, "C", []string{"m", "n"}},
		{"CodeAsNumber", `{"code":404,"messages":["m"]}`, "404", []string{"m"}},
		{"MixedMessages", `{"code":"C","messages":["m",null,7,{"a":1},true]}`, "C", []string{"m", "7"}},
		{"CodeAsObject", `{"code":{},"messages":["m"]}`, "", []string{"m"}},
		{"ErrorAsText", `{"error":"invalid"}`, "", []string{"invalid"}},
		{"ErrorAsArray", `{"error":["a","b"]}`, "", []string{"a", "b"}},
		{"EqualCodes", `{"code":"A","error":{"code":"A"}}`, "A", nil},
		{"TwoCodes", `{"code":"A","error":{"code":"CUSTOMER_NOT_FOUND"}}`, "", nil},
		{"CodeAsArray", `{"code":["A"]}`, "A", nil},
		{"CodesAsArray", `{"code":["A","CUSTOMER_NOT_FOUND"]}`, "", nil},
		{"OtherCase", `{"CODE":"CUSTOMER_NOT_FOUND","messages":["m"]}`, "", []string{"m"}},
		{"BothCases", `{"code":"A","Code":"CUSTOMER_NOT_FOUND"}`, "", nil},
		{"BothCasesInside", `{"error":{"code":"A","Code":"CUSTOMER_NOT_FOUND"}}`, "", nil},
		{"Duplicate", `{"code":"A","code":"CUSTOMER_NOT_FOUND"}`, "", nil},
		{"DuplicateOfEqualCodes", `{"code":"A","code":"A"}`, "", nil},
		{"DuplicateInside", `{"error":{"code":"A","code":"CUSTOMER_NOT_FOUND"}}`, "", nil},
		{"DuplicateError", `{"error":{"code":"CUSTOMER_NOT_FOUND"},"error":{"code":"CUSTOMER_NOT_FOUND"}}`, "", nil},
		{"NotUTF8", "{\"code\":\"C\",\"messages\":[\"\xff\"]}", "", []string{"\ufffd"}},
		{"ByteOrderMark", "\ufeff" + `{"code":"C"}`, "C", nil},
		{"WhiteSpace", " \r\n" + `{"code":"C"}` + "\n", "C", nil},
		{"Empty", "", "", nil},
		{"Null", "null", "", nil},
		{"EmptyObject", "{}", "", nil},
		{"NullFields", `{"code":null,"messages":null,"error":null}`, "", nil},
		{"Array", `["C"]`, "", nil},
		{"Text", `"C"`, "", nil},
		{"HTML", "<html></html>", "", nil},
		{"Truncated", `{"code":"C`, "", nil},
		{"TrailingText", `{"code":"C"} x`, "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			code, messages := decodeError(http.Header{"Content-Type": {"application/json"}}, []byte(tc.body))
			if code != tc.code || !slices.Equal(messages, tc.messages) {
				t.Errorf("got %q, %q, want %q, %q", code, messages, tc.code, tc.messages)
			}
		})
	}
}

// A code does not count in a body that is declared as something else than JSON.
func TestDecodeErrorOfContentType(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		types []string
		ok    bool
	}{
		{[]string{"application/json"}, true},
		{[]string{"Application/JSON; charset=utf-8"}, true},
		{[]string{"application/problem+json"}, true},
		{nil, true},
		{[]string{""}, false},
		{[]string{"text/plain; charset=utf-8"}, false},
		{[]string{"text/html"}, false},
		{[]string{"application/jsonp"}, false},
		{[]string{"application/json, text/html"}, false},
		{[]string{"application/json", "text/html"}, false},
	} {
		code, messages := decodeError(http.Header{"Content-Type": tc.types}, []byte(`{"code":"CUSTOMER_NOT_FOUND","messages":["m"]}`))
		if (code == "CUSTOMER_NOT_FOUND") != tc.ok || len(messages) != 1 {
			t.Errorf("%q: got %q, %q", tc.types, code, messages)
		}
	}
}

// The text of an error is bounded and contains no control characters, whatever the
// server sends.
func FuzzDecodeError(f *testing.F) {
	for _, body := range []string{
		`{"code":"CUSTOMER_NOT_FOUND","messages":["Customer not found."]}`, `{"error":{"code":"C","message":"m"}}`, `{"error":"e"}`,
		`{"code":"\u001b[31m","messages":["\n"]}`, `{"code":404}`, `[[[[`, `{"messages":[[["a"]]]}`, "null", "", "<html>", "\ufeff{}", "\xff\xfe",
	} {
		f.Add(400, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := &Error{Response: Response{StatusCode: status, Attempts: 1, Body: body}}
		e.Code, e.Messages = decodeError(http.Header{"Content-Type": {"application/json"}}, body)
		for _, message := range e.Messages {
			if message == "" {
				t.Error("got an empty message")
			}
		}
		text := e.Error()
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("got control characters in %q", text)
		}
		// %q writes up to ten bytes for one: \U0010ffff for a rune, \xff for a byte.
		if len(text) > 100+10*(maxCodeText+maxMessages*maxMessageText) {
			t.Errorf("got %d bytes", len(text))
		}
	})
}
