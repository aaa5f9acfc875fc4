package sandbox_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/sandbox"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	sb, c := inMemory(t)
	other := sb.AddAccount()
	before := time.Now()
	r, err := http.NewRequest(http.MethodDelete, sb.URL()+"/customers/a%2Fb?key="+c.PrivateSecretKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{
		"Public-Api-Key":     {c.PublicAPIKey},
		"Private-Secret-Key": {c.PrivateSecretKey, "unknown-secret"},
		"Authorization":      {"Bearer unknown-secret"},
		"X-Account-Code":     {c.AccountCode},
		"X-Misplaced":        {"key " + other.PrivateSecretKey},
	}
	resp, err := sb.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.GatewayTimeout})
	erase(sb, c, "c2")

	got := sb.Requests()
	if len(got) != 2 {
		t.Fatalf("got %d requests, want 2", len(got))
	}
	if got[0].Method != http.MethodDelete || got[0].Target != "/v1/customers/a%2Fb?key=[redacted]" || got[0].At.Before(before) {
		t.Errorf("got %s %s at %v", got[0].Method, got[0].Target, got[0].At)
	}
	if got[1].Target != "/v1/customers/c2" || got[1].Fault.Kind != sandbox.GatewayTimeout {
		t.Errorf("got %s with fault %v", got[1].Target, got[1].Fault)
	}
	header := got[0].Header
	if header.Get("X-Account-Code") != c.AccountCode || header.Get("X-Misplaced") != "key [redacted]" || len(header["Private-Secret-Key"]) != 2 {
		t.Errorf("got header %v", header)
	}
	if got[0].Operation != "delete-customer" || got[1].Operation != "delete-customer" {
		t.Errorf("got operations %q and %q", got[0].Operation, got[1].Operation)
	}
	dump := fmt.Sprint(got[0].Target, got[0].Header, got[1].Target, got[1].Header)
	for _, secret := range []string{c.PublicAPIKey, c.PrivateSecretKey, other.PrivateSecretKey, "unknown-secret"} {
		if strings.Contains(dump, secret) {
			t.Errorf("the record contains a secret: %s", dump)
		}
	}
	got[0].Header.Set("X-Account-Code", "changed")
	if sb.Requests()[0].Header.Get("X-Account-Code") != c.AccountCode {
		t.Error("a caller can change the record")
	}
}

// TestRequestsPrintNoPersonalData expects every way of printing a record to show only what
// its documentation lists.
func TestRequestsPrintNoPersonalData(t *testing.T) {
	t.Parallel()
	sb, c := inMemory(t)
	sb.FailNext(sandbox.Fault{Kind: sandbox.Unavailable})
	for _, target := range []string{
		"GET /customers?merchant_customer_id=ada%40example.com",
		"GET /customers/ada%40example.com?name=Ada",
		"DELETE /customers/c1",
		"ADA /ada%40example.com/x",
	} {
		method, path, _ := strings.Cut(target, " ")
		send(sb, sb.Transport(), c, method, path)
	}
	got := sb.Requests()
	got[2].Header.Set("X-Name", "Ada")
	want := []string{
		"GET /v1/customers?[redacted] (retrieve-customer-by-external-id), fault 503",
		"GET /v1/customers/[redacted]?[redacted] (retrieve-customer)",
		"DELETE /v1/customers/c1 (delete-customer)",
		"[redacted] /v1/[redacted]/x",
	}
	for i, r := range got {
		if r.String() != want[i] {
			t.Errorf("got %q, want %q", r, want[i])
		}
	}
	if got[0].Target != "/v1/customers?merchant_customer_id=ada%40example.com" {
		t.Errorf("the record has target %q", got[0].Target)
	}
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb+"\n", got)
		fmt.Fprintf(&b, verb+"\n", &got[0])
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "r", got[0], "all", got)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "r", got[0], "all", got)
	if err := json.NewEncoder(&b).Encode(got); err != nil {
		t.Fatal(err)
	}
	if text := strings.ToLower(b.String()); strings.Contains(text, "ada") || strings.Contains(text, hex.EncodeToString([]byte("ada"))) {
		t.Errorf("the output contains personal data: %s", b.String())
	}
	if n := strings.Count(b.String(), want[2]); n != 10 {
		t.Errorf("the record is printed %d times, want 10: %s", n, b.String())
	}
}

// The keys contain each other, and occur where no key belongs.
func TestRequestsRedactMisplacedKeys(t *testing.T) {
	t.Parallel()
	const public, secret = "sandbox_abcdef", "sandbox_abcdef/SECRET+1"
	sb, c := inMemory(t, sandbox.WithCredentials(sandbox.Credentials{
		AccountCode: "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11", PublicAPIKey: public, PrivateSecretKey: secret,
	}))
	for name, target := range map[string]string{
		"plain":                    "/x?k=" + secret,
		"escaped as query":         "/x?k=" + url.QueryEscape(secret),
		"escaped as path":          "/x/" + url.PathEscape(secret),
		"escaped in unusual ways":  "/x?k=sandbox_abcdef/%53ECRET%2b1",
		"beside an invalid escape": "/x?100%&k=sandbox_abcdef%2FSECRE%54+1",
	} {
		send(sb, sb.Transport(), c, http.MethodDelete, target)
		r := sb.Requests()[len(sb.Requests())-1]
		if decoded := strings.ToUpper(r.Target); !strings.Contains(r.Target, "[redacted]") || strings.Contains(decoded, "ABCDEF") || strings.Contains(decoded, "ECRE") {
			t.Errorf("%s: the target contains a key: %s", name, r.Target)
		}
	}
	r, err := http.NewRequest(http.MethodDelete, sb.URL()+"/100%25", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"X-" + public: {"1"}, "X-Other": {"a " + secret, "100%"}, "X-Encoded": {url.QueryEscape(secret)}}
	resp, err := sb.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	got := sb.Requests()[len(sb.Requests())-1]
	if got.Target != "/v1/100%25" || fmt.Sprint(got.Header["X-Other"]) != "[a [redacted] 100%]" || got.Header.Get("X-Encoded") != "[redacted]" {
		t.Errorf("got %s with %v", got.Target, got.Header)
	}
	if len(got.Header["[redacted]"]) != 1 || strings.Contains(strings.ToLower(fmt.Sprint(got.Header)), "abcdef") {
		t.Errorf("the header contains a key: %v", got.Header)
	}
}

func TestRecordLimit(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]string{0: "[]", 2: "[/v1/customers/c3 /v1/customers/c4]", 9: "[/v1/customers/c2 /v1/customers/c3 /v1/customers/c4]"} {
		sb, creds := inMemory(t, sandbox.WithRecordLimit(limit))
		for _, id := range []string{"c2", "c3", "c4"} {
			erase(sb, creds, id)
		}
		targets := []string{}
		for _, r := range sb.Requests() {
			targets = append(targets, r.Target)
		}
		if got := fmt.Sprint(targets); got != want {
			t.Errorf("with limit %d: got %s, want %s", limit, got, want)
		}
	}
	if _, err := sandbox.Open(sandbox.WithRecordLimit(-1)); err == nil {
		t.Error("no error for limit -1")
	}
}
