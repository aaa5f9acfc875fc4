package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
)

var badTargets = []struct {
	name   string
	target Target
	opts   []RunOption
	want   string // in the error
}{{"NoCredentials", Target{Handler: http.NotFoundHandler()}, nil, "credentials"},
	{"HalfASecondAccount", Target{Handler: http.NotFoundHandler(), Credentials: first, SecondAccount: Credentials{AccountCode: "a"}}, nil, "second account"},
	{"SameAccountTwice", Target{Handler: http.NotFoundHandler(), Credentials: first, SecondAccount: first}, nil, "second account"},
	{"SameAccountInTheOtherCase", Target{Handler: http.NotFoundHandler(), Credentials: first, SecondAccount: credentials(strings.ToUpper(first.AccountCode), "p", "s")}, nil, "same account"},
	{"SameKeysForTwoAccounts", Target{Handler: http.NotFoundHandler(), Credentials: first, SecondAccount: credentials(second.AccountCode, first.PublicAPIKey, "s")}, nil, "a key of the first one"},
	{"Nothing", Target{Credentials: first}, nil, "a base URL or a handler"},
	{"Both", Target{Handler: http.NotFoundHandler(), BaseURL: "https://x", Credentials: first}, nil, "not both"},
	{"EmptyCustomer", Target{Handler: http.NotFoundHandler(), Credentials: first, Customers: []string{"a", ""}}, nil, "customers"},
	{"ClearText", Target{BaseURL: "http://api.example.com/v1", Credentials: first}, nil, "https"},
	{"NoHost", Target{BaseURL: "https:///v1", Credentials: first}, nil, "https://host/path"},
	{"NoScheme", Target{BaseURL: "api.example.com/v1", Credentials: first}, nil, "https://host/path"},
	{"NoURL", Target{BaseURL: "https://\x00secret", Credentials: first}, nil, "not a URL"},
	{"UserInformation", Target{BaseURL: "https://a:b@x/v1", Credentials: first}, nil, "no user"},
	{"Query", Target{BaseURL: "https://x/v1?a", Credentials: first}, nil, "no user, query"},
	{"OddPath", Target{BaseURL: "https://x/v%31", Credentials: first}, nil, "base path"},
	{"Production", Target{BaseURL: "https://api.y.uno/v1", Credentials: first}, nil, "production"},
	{"ProductionEMEA", Target{BaseURL: "https://API.EU.Y.UNO./v1", Credentials: first}, nil, "production"},
	{"ProductionWithDots", Target{BaseURL: "https://api.y.uno../v1", Credentials: first}, nil, "production"},
	{"ProductionWithPort", Target{BaseURL: "https://api.y.uno:443/v1", Credentials: first}, nil, "production"},
	{"ProductionInWideLetters", Target{BaseURL: "https://ａpi.y.uno/v1", Credentials: first}, nil, "ASCII"},
	{"ProductionWithAnotherDot", Target{BaseURL: "https://api。y.uno/v1", Credentials: first}, nil, "ASCII"},
	{"ProductionInEscapedLetters", Target{BaseURL: "https://%EF%BD%81pi.y.uno/v1", Credentials: first}, nil, "ASCII"},
	{"ProductionKey", Target{BaseURL: "https://x/v1", Credentials: credentials("a", "prod_x", "s")}, nil, "production"},
	{"ProductionKeyThroughATunnel", Target{BaseURL: "http://127.0.0.1:8443/v1", Credentials: credentials("a", "prod_x", "s")}, nil, "production"},
	{"ProductionKeyOfTheSecondAccount", Target{BaseURL: "http://127.0.0.1:8443/v1", Credentials: first, SecondAccount: credentials("a", "prod_x", "s")}, nil, "production"},
	{"KeyWithALineBreak", Target{Handler: http.NotFoundHandler(), Credentials: credentials("a", "p", "secret\n")}, nil, "visible ASCII"},
	{"AccountWithASpace", Target{Handler: http.NotFoundHandler(), Credentials: credentials("secret a", "p", "s")}, nil, "visible ASCII"},
	{"DotsForACustomer", Target{Handler: http.NotFoundHandler(), Credentials: first, Customers: []string{".."}}, nil, "dot segment"},
	{"PortWithoutHost", Target{BaseURL: "https://:443/v1", Credentials: first}, nil, "https://host/path"},
	{"NilOption", Target{Handler: http.NotFoundHandler(), Credentials: first}, []RunOption{nil}, "option: nil"},
	{"Timeout", Target{Handler: http.NotFoundHandler(), Credentials: first}, []RunOption{WithTimeout(0)}, "timeout"},
	{"Timing", Target{Handler: http.NotFoundHandler(), Credentials: first}, []RunOption{WithTiming(49)}, "timing"},
	{"Coverage", Target{Handler: http.NotFoundHandler(), Credentials: first}, []RunOption{WithMinCoverage(1.1)}, "coverage"},
	{"Skip", Target{Handler: http.NotFoundHandler(), Credentials: first}, []RunOption{WithSkip("no-such-case")}, "no-such-case"},
}

func TestBadTargets(t *testing.T) {
	t.Parallel()
	for _, tt := range badTargets {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// Nothing is sent: there are no such servers.
			_, err := Run(t.Context(), tt.target, tt.opts...)
			if early := tt.target.Validate(tt.opts...); fmt.Sprint(early) != fmt.Sprint(err) {
				t.Errorf("Validate: got error %v, Run: %v", early, err)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one about %s", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error quotes its input: %v", err)
			}
		})
	}
}

func TestValidateReportsEveryMistake(t *testing.T) {
	t.Parallel()
	err := Target{BaseURL: "https://api.y.uno/v1", Customers: []string{""}}.Validate(WithTimeout(0))
	for _, want := range []string{"credentials", "customers", "timeout"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one about %s too", err, want)
		}
	}
	if !errors.Is(err, ErrProduction) {
		t.Errorf("got error %v, want %v among it", err, ErrProduction)
	}
}

func TestWithProduction(t *testing.T) {
	t.Parallel()
	if err := (Target{BaseURL: "https://api.y.uno/v1", Credentials: first}).Validate(WithProduction()); err != nil {
		t.Error(err)
	}
}

func TestValidateSendsNothing(t *testing.T) {
	t.Parallel()
	ref := newReference()
	target := ref.target()
	target.NewCustomer = nil
	if err := target.Validate(); err != nil {
		t.Error(err)
	}
	target.Handler, target.BaseURL = nil, "http://LOCALHOST:1/v1"
	target.Transport = roundTripFunc(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errors.New("x")
	})
	if err := target.Validate(); err != nil {
		t.Error(err)
	}
}

func TestCredentialsAreNotPrinted(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, v := range []any{first, &first, Target{Credentials: first, SecondAccount: first}} {
			text := fmt.Sprintf(format, v)
			for _, secret := range []string{first.PublicAPIKey, first.PrivateSecretKey} {
				if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
					t.Errorf("%s of a %T prints a secret", format, v)
				}
			}
		}
	}
}

func TestCredentialsAreNotMarshalled(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(map[string]any{"c": first, "p": &first}); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "c", first, "p", &first)
	if got := strings.Count(b.String(), "[redacted]"); got != 8 { // two keys, four times
		t.Errorf("redacted %d times, want 8", got)
	}
	if strings.Contains(b.String(), first.PrivateSecretKey) || strings.Contains(b.String(), first.PublicAPIKey) {
		t.Error("a key is in it")
	}
}

func credentials(account, public, secret string) Credentials {
	return Credentials{AccountCode: account, PublicAPIKey: public, PrivateSecretKey: secret}
}

func TestCustomerIDsOfTargets(t *testing.T) {
	t.Parallel()
	wiretest.TestCustomerIDs(t, func(t *testing.T, id string) bool {
		return Target{Handler: http.NotFoundHandler(), Credentials: first, Customers: []string{id}}.Validate() == nil
	})
}

// Who says that no customer may be erased must not lose the ones named by mistake.
func TestNoCustomersExcludesCustomers(t *testing.T) {
	t.Parallel()
	sent := false
	target := Target{Credentials: first, Customers: []string{"c1"}, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent = true })}
	_, err := Run(t.Context(), target, WithoutCustomers())
	if err == nil || !strings.Contains(err.Error(), "named for erasure, although WithoutCustomers") || sent {
		t.Errorf("got error %v, sent %v", err, sent)
	}
	if err := target.Validate(); err != nil {
		t.Error(err)
	}
	target.Customers = nil
	if err := target.Validate(WithoutCustomers()); err != nil {
		t.Error(err)
	}
}
