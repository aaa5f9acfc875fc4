package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuno-community/yuno-customers/client"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		err  client.Error
		want string
	}{
		{"Zero", client.Error{}, "delete customer: no response"},
		{"Status", client.Error{Response: client.Response{StatusCode: 503, Attempts: 1}}, "delete customer: 503 Service Unavailable"},
		{"UnknownStatus", client.Error{Response: client.Response{StatusCode: 599}}, "delete customer: 599"},
		{"Code", client.Error{Response: client.Response{StatusCode: 400}, Code: "C", Messages: []string{"m", "n"}}, `delete customer: 400 Bad Request "C" "m" "n"`},
		{"ManyMessages", client.Error{Response: client.Response{StatusCode: 400}, Messages: strings.Split("abcde", "")}, `delete customer: 400 Bad Request "a" "b" "c" and 2 more`},
		{"Body", client.Error{Response: client.Response{StatusCode: 502, Body: []byte("<html>\n")}}, `delete customer: 502 Bad Gateway "<html>\n"`},
		{"NoAnswer", client.Error{Response: client.Response{Attempts: 3}, Err: errors.New("EOF"), MayHaveApplied: true}, "delete customer: no response: EOF (3 attempts; the erasure may have been accepted)"},
		{"NotSent", client.Error{Err: errors.New("invalid")}, "delete customer: invalid"},
		{"StatusAndError", client.Error{Response: client.Response{StatusCode: 202, Attempts: 1}, Err: client.ErrTooLarge, MayHaveApplied: true},
			"delete customer: 202 Accepted: response body exceeds 64 KiB (the erasure may have been accepted)"},
		{"JoinedErrors", client.Error{Err: errors.Join(errors.New("a"), errors.New("b"))}, "delete customer: a; b"},
		{"ControlCharactersInError", client.Error{Err: errors.New("a\x1b[31m")}, `delete customer: "a\x1b[31m"`},
		{"LongMessage", client.Error{Response: client.Response{StatusCode: 400}, Code: "C", Messages: []string{strings.Repeat("é", 150)}},
			`delete customer: 400 Bad Request "C" "` + strings.Repeat("é", 100) + `"...`},
		// 200 bytes end in the middle of a rune.
		{"CutAtRune", client.Error{Response: client.Response{StatusCode: 400}, Code: "C", Messages: []string{"a" + strings.Repeat("é", 150)}},
			`delete customer: 400 Bad Request "C" "a` + strings.Repeat("é", 99) + `"...`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := tc.err.Error()
			if got != tc.want || !utf8.ValidString(got) {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
				if printed := fmt.Sprintf(verb, &tc.err); printed != got {
					t.Errorf("%s prints %s", verb, printed)
				}
			}
		})
	}
}

func TestErrorWrapsItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	e := &client.Error{Response: client.Response{StatusCode: 503}, Err: cause}
	if !errors.Is(e, cause) || !errors.Is(e, client.ErrServer) || errors.Is(e, client.ErrBadRequest) || errors.Is(e, nil) {
		t.Error("the error does not match its cause and its class alone")
	}
	var none *client.Error
	for how, got := range map[string]string{"fmt": fmt.Sprint(none), "Error": none.Error(), "slog": none.LogValue().String()} {
		if got != "<nil>" {
			t.Errorf("%s: a nil *Error prints %s", how, got)
		}
	}
	if errors.Is(none, cause) || none.Unwrap() != nil {
		t.Error("a nil *Error matches something")
	}
}
