package client_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%b", "%o", "%c", "%e", "%U", "%w", "%!"}

// show returns v printed in every way that these tests know.
func show(v any, verbs ...string) map[string]string {
	shown := map[string]string{}
	for _, verb := range verbs {
		shown[verb] = fmt.Sprintf(verb, v)
	}
	var buf bytes.Buffer
	slog.New(slog.NewTextHandler(&buf, nil)).Info("m", "v", v)
	shown["slog text"] = buf.String()
	buf.Reset()
	slog.New(slog.NewJSONHandler(&buf, nil)).Info("m", "v", v)
	shown["slog JSON"] = buf.String()
	if text, err := json.Marshal(v); err == nil {
		shown["JSON"] = string(text)
	}
	if text, err := xml.Marshal(v); err == nil {
		shown["XML"] = string(text)
	}
	return shown
}

// exported and unexported are structs in which callers may keep a value.
type (
	exported   struct{ V any }
	unexported struct{ v any }
)

// echoKeys is a step that echoes the keys, as debugging proxies do.
func echoKeys(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Echo", r.Header.Get("private-secret-key"))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	escape := func(key string) string { return strings.ReplaceAll(key, "P", `\u0050`) }
	public, private := r.Header.Get("public-api-key"), r.Header.Get("private-secret-key")
	_, _ = fmt.Fprintf(w, `{"messages":[%q,"%s"],"code":"%s"}`, private, escape(private), escape(public))
}

func TestKeysAreNeverShown(t *testing.T) {
	t.Parallel()
	server := newYuno(t, echoKeys)
	c := newClient(t, server.baseURL())
	var resp client.Response
	err := c.DeleteCustomer(t.Context(), customerID, client.WithResponse(&resp))
	e := asError(t, err)
	if !errors.Is(err, client.ErrUnauthorized) || e.Code != "[redacted]" || len(e.Messages) != 2 {
		t.Fatalf("got code %q and %d messages, want the keys redacted", e.Code, len(e.Messages))
	}
	if showsKey(resp.Header.Get("X-Echo")) || showsKey(string(resp.Body)) {
		t.Error("the response shows a key")
	}
	for name, v := range map[string]any{
		"Client": c, "ClientValue": *c, "API": c.API(), "Error": err, "ErrorValue": *e, "Response": resp, "ResponsePointer": &resp,
		"ErrorWithClient": fmt.Errorf("%v: %w", c, err),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for nesting, v := range map[string]any{
				"Plain": v, "Exported": exported{v}, "ExportedPointer": &exported{v}, "Unexported": unexported{v},
				"UnexportedPointer": &unexported{v}, "Slice": []any{v}, "Map": map[string]any{"k": v},
			} {
				for how, text := range show(v, verbs...) {
					if showsKey(text) {
						t.Errorf("%s %s shows a key", nesting, how)
					}
				}
			}
		})
	}
}

// fmt calls no method for %p, for %w with a value that is not an error, and in
// unexported fields: see the documentation of Credentials.
func TestCredentialsRedactKeys(t *testing.T) {
	t.Parallel()
	for nesting, v := range map[string]any{
		"Plain": creds, "Pointer": &creds, "Exported": exported{creds}, "ExportedPointer": exported{&creds},
		"Typed": struct{ C client.Credentials }{creds}, "Slice": []client.Credentials{creds}, "Map": map[string]client.Credentials{"k": creds},
	} {
		for how, text := range show(v, verbs...) {
			if how == "%p" || how == "%w" {
				continue
			}
			if showsKey(text) {
				t.Errorf("%s %s shows a key", nesting, how)
			}
		}
	}
	if got, want := fmt.Sprint(creds), `Credentials{AccountCode:"493e9374-510a-4201-9e09-de669d75f256" PublicAPIKey:[redacted] PrivateSecretKey:[redacted]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(client.Credentials{}), `Credentials{AccountCode:"" PublicAPIKey:"" PrivateSecretKey:""}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The keys are kept in closures because of this pitfall.
func TestPitfallMethodsDoNotRedactUnexportedFields(t *testing.T) {
	t.Parallel()
	naive := unexported{creds}
	if text := fmt.Sprintf("%+v", naive); !showsKey(text) {
		t.Error("fmt redacts unexported fields now; update the documentation of Credentials")
	}
	if text := fmt.Sprintf("%+v", unexported{newClient(t, client.BaseURLSandbox)}); showsKey(text) {
		t.Error("a client shows its keys")
	}
}

func TestTransportErrorsDoNotShowKeys(t *testing.T) {
	t.Parallel()
	recording := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("no recording matches %v", req.Header)
	})
	c := newClient(t, client.BaseURLSandbox, fastRetries(), client.WithHTTPClient(&http.Client{Transport: recording}))
	err := c.DeleteCustomer(t.Context(), customerID)
	if showsKey(err.Error()) || !strings.Contains(err.Error(), "[redacted]") {
		t.Error("the error shows a key, or lost its text")
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if showsKey(err.Error()) {
			t.Errorf("%T shows a key", err)
		}
	}
}

// A key is redacted in every form in which servers and transports print it, and as a
// whole if the other key is a part of it.
func TestKeysAreRedactedInEveryForm(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		public, private string
		echo            func(private string) string
	}{
		"PublicBeginsPrivate": {"sandbox_abcdefgh", "sandbox_abcdefgh-REST", func(k string) string { return k }},
		"PrivateInsidePublic": {"sandbox_REST-abcdefgh-REST", "abcdefgh", func(string) string { return "sandbox_REST-abcdefgh-REST" }},
		"PathEscaped":         {"sandbox_abcdefgh", "abc/+%REST=", url.PathEscape},
		"QueryEscaped":        {"sandbox_abcdefgh", "abc/+%REST=", url.QueryEscape},
		"Quoted":              {"sandbox_abcdefgh", `abc"\<REST`, func(k string) string { return fmt.Sprintf("%q", k) }},
		"HTMLSafeJSON": {"sandbox_abcdefgh", `abc"\<REST`, func(k string) string {
			text, _ := json.Marshal(k)
			return string(text)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
				echo := tc.echo(req.Header.Get("private-secret-key"))
				return &http.Response{
					StatusCode: 401,
					Header:     http.Header{"X-Echo": {echo}},
					Body:       io.NopCloser(strings.NewReader("echo " + echo)),
				}, nil
			})
			c, err := client.New(client.Credentials{AccountCode: creds.AccountCode, PublicAPIKey: tc.public, PrivateSecretKey: tc.private},
				client.WithHTTPClient(&http.Client{Transport: network}))
			if err != nil {
				t.Fatal(err)
			}
			e := asError(t, c.DeleteCustomer(t.Context(), customerID))
			if text := fmt.Sprint(e.Header) + string(e.Body) + e.Error(); strings.Contains(text, "REST") || !strings.Contains(text, "[redacted]") {
				t.Errorf("got %s", text)
			}
		})
	}
}

// Only API returns these to callers.
func TestStatusLineAndTrailersDoNotShowKeys(t *testing.T) {
	t.Parallel()
	network := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		key := req.Header.Get("private-secret-key")
		return &http.Response{
			StatusCode: 401, Status: "401 " + key,
			Header:  http.Header{"Content-Type": {"application/json"}},
			Trailer: http.Header{"X-Echo": {key}},
			Body:    io.NopCloser(strings.NewReader(`{"code":"INVALID_CREDENTIALS","messages":["m"]}`)),
		}, nil
	})
	c := newClient(t, client.BaseURLSandbox, client.WithHTTPClient(&http.Client{Transport: network}))
	resp, err := c.API().DeleteCustomerWithResponse(t.Context(), customerID, nil)
	if err != nil || showsKey(resp.HTTPResponse.Status) || showsKey(fmt.Sprint(resp.HTTPResponse.Trailer)) {
		t.Errorf("got %v, or a response that shows a key", err)
	}
}

func TestHeaderNamesDoNotShowKeys(t *testing.T) {
	t.Parallel()
	server := newYuno(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-"+r.Header.Get("private-secret-key"), "1") // net/http changes the case
		w.Header().Set("X-Trace", "t1")
		w.WriteHeader(http.StatusUnauthorized)
	})
	e := asError(t, newClient(t, server.baseURL()).DeleteCustomer(t.Context(), customerID))
	if showsKey(strings.ToUpper(fmt.Sprint(e.Header))) || e.Header.Get("X-Trace") != "t1" {
		t.Error("a header's name shows the key, or another header is lost")
	}
}

// A key may have the form of an error code, and be escaped in the body.
func TestLogDoesNotShowEscapedKeys(t *testing.T) {
	t.Parallel()
	server := newYuno(t, respond(401, `{"code":"\u0050RIVATEPRIVATEPRIVATE"}`))
	var log bytes.Buffer
	c := newClient(t, server.baseURL(), client.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	if e := asError(t, c.DeleteCustomer(t.Context(), customerID)); e.Code != "[redacted]" || showsKey(log.String()) || log.Len() == 0 {
		t.Error("the key is shown")
	}
}

func TestNewDoesNotEchoKeys(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{" ", "\n", "\x00", "é", "\x7f"} {
		bad := client.Credentials{AccountCode: creds.AccountCode, PublicAPIKey: creds.PublicAPIKey + suffix, PrivateSecretKey: creds.PrivateSecretKey + suffix}
		_, err := client.New(bad, client.WithBaseURL(client.BaseURLProductionUS))
		if !errors.Is(err, client.ErrInvalidArgument) || showsKey(err.Error()) {
			t.Errorf("%q: got %v, want ErrInvalidArgument without keys", suffix, err)
		}
		for _, name := range []string{"PublicAPIKey", "PrivateSecretKey", "sandbox key"} {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%q: %v does not mention %s", suffix, err, name)
			}
		}
	}
}
