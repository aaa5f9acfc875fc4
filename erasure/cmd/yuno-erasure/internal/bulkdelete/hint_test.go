package bulkdelete

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// stringsOf returns the strings that a file's functions return, and its constants.
func stringsOf(t *testing.T, path string) (texts []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	add := func(values []ast.Expr) {
		for _, value := range values {
			if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, text)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ReturnStmt:
			add(n.Results)
		case *ast.ValueSpec:
			add(n.Values)
		}
		return true
	})
	return texts
}

// Each code that the command gives, and each that Yuno documents, has a hint of its own.
func TestEveryCodeHasAHint(t *testing.T) {
	t.Parallel()
	codes := stringsOf(t, filepath.Join("..", "..", "..", "..", "bulk", "code.go"))
	codes = append(codes, stringsOf(t, filepath.Join("..", "..", "..", "..", "..", "internal", "wire", "codes.go"))...)
	if len(codes) < 20 {
		t.Fatalf("found only %q", codes)
	}
	for _, code := range codes {
		if hints[code] == "" {
			t.Errorf("%s has no hint", code)
		}
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	to := &destination{account: "A", baseURL: "https://h"}
	const elsewhere = "this is no response of Yuno's: check the base URL https://h, and proxies and firewalls on the way"
	for _, c := range []struct {
		name string
		r    bulk.Result
		want string
	}{
		{"Accepted", bulk.Result{Outcome: bulk.Accepted, Status: 202}, ""},
		{"NotFound", bulk.Result{Outcome: bulk.NotFound, Status: 400, Code: "CUSTOMER_NOT_FOUND"}, "account A has no such customer: erased before, or an id of another account or environment"},
		{"MerchantIDNotFound", bulk.Result{Outcome: bulk.NotFound, Status: 404, Code: "NOT_FOUND"}, "account A has no such customer: erased before, or an id of another account or environment"},
		{"Gone", bulk.Result{Outcome: bulk.MaybeDeleted, Status: 400, Code: "CUSTOMER_NOT_FOUND"}, goneHint},
		{"NotGone", bulk.Result{Outcome: bulk.MaybeDeleted, Status: 500, Code: "CUSTOMER_NOT_FOUND"}, "account A has no such customer: erased before, or an id of another account or environment; " + unsettledHint},
		{"Lost", bulk.Result{Outcome: bulk.MaybeDeleted, Code: "no_response"}, "the response was lost: the same with --resume settles it"},
		{"NoConnection", bulk.Result{Outcome: bulk.Failed, Code: "no_response"}, "there was no connection: the same with --resume later"},
		{"Unsettled", bulk.Result{Outcome: bulk.MaybeDeleted, Status: 503}, serverHint + "; " + unsettledHint},
		{"Invalid", bulk.Result{Outcome: bulk.Invalid}, "nothing was sent: correct them in the list, and continue with --resume"},
		{"Keys", bulk.Result{Outcome: bulk.Failed, Status: 401, Code: "INVALID_CREDENTIALS"}, "the keys are wrong: are they those of account A?"},
		{"Account", bulk.Result{Outcome: bulk.Failed, Status: 403, Code: "AUTHORIZATION_REQUIRED"}, "the keys are those of another account: may they use account A?"},
		{"NotOfYunos", bulk.Result{Outcome: bulk.Failed, Status: 403}, elsewhere},
		{"CodeOfSomebodyElse", bulk.Result{Outcome: bulk.Failed, Status: 418, Code: "TEAPOT"}, elsewhere},
		{"CodeOfSomebodyElseWithAKnownStatus", bulk.Result{Outcome: bulk.Failed, Status: 429, Code: "SLOW"}, overloadHint},
		{"LacksVersion", bulk.Result{Outcome: bulk.Failed, Status: 404}, "the path does not exist: the base URL https://h lacks /v1"},
		{"Redirect", bulk.Result{Outcome: bulk.Failed, Status: 302}, "the address redirects to another one, which is never followed with keys: correct the base URL https://h"},
		{"Overload", bulk.Result{Outcome: bulk.Failed, Status: 503}, serverHint},
		{"NoHost", bulk.Result{Outcome: bulk.Failed, Code: "no_such_host"}, "there is no host of the name in https://h: correct the base URL"},
		{"ProxyThatRefuses", bulk.Result{Outcome: bulk.Failed, Status: 407}, hints["proxy_failed"]},
		{"TLS", bulk.Result{Outcome: bulk.Failed, Code: "tls_failed"}, "TLS failed: does https://h speak TLS, and is it blocked by a firewall?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := to.hintFor(c.r); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
	withVersion := &destination{baseURL: "https://h/v1"}
	if got := withVersion.hintFor(bulk.Result{Outcome: bulk.Failed, Status: 404}); got != "the path does not exist: correct the base URL https://h/v1" {
		t.Errorf("got %q", got)
	}
}

func TestTLSHint(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"":                           errors.New("anything else"),
		"is not trusted":             x509.UnknownAuthorityError{},
		"is for another host":        x509.HostnameError{},
		"check this machine's clock": x509.CertificateInvalidError{Reason: x509.Expired},
		"is not valid: tell":         x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign},
		"does not speak TLS":         tls.RecordHeaderError{},
	} {
		if got := tlsHint(fmt.Errorf("x: %w", err)); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%T: %q, want %q", err, got, want)
		}
	}
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	to := &destination{baseURL: server.URL}
	if response, err := to.tls.middleware(new(http.Transport)).RoundTrip(httptest.NewRequest(http.MethodGet, server.URL, nil)); err == nil {
		_ = response.Body.Close()
		t.Fatal("the certificate was trusted")
	}
	if got := to.hintFor(bulk.Result{Outcome: bulk.Failed, Code: "tls_failed"}); !strings.Contains(got, "set SSL_CERT_FILE") {
		t.Errorf("got %q", got)
	}
}
