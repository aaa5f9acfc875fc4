package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/server"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*http.Request){
		"no public key":          without("Public-Api-Key"),
		"no secret key":          without("Private-Secret-Key"),
		"empty public key":       with("Public-Api-Key", ""),
		"empty secret key":       with("Private-Secret-Key", ""),
		"repeated public key":    with("Public-Api-Key", publicKey, publicKey),
		"repeated secret key":    with("Private-Secret-Key", secretKey, secretKey),
		"unknown public key":     with("Public-Api-Key", "sandbox_unknown"),
		"wrong secret key":       with("Private-Secret-Key", "wrong"),
		"secret of another pair": with("Private-Secret-Key", otherSecret),
		"swapped": func(r *http.Request) {
			r.Header.Set("Public-Api-Key", secretKey)
			r.Header.Set("Private-Secret-Key", publicKey)
		},
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := do(mount(t, panicking("reached")), request(http.MethodDelete, path, edit))
			got.want(t, http.StatusUnauthorized, "INVALID_CREDENTIALS")
			if want := `{"code":"INVALID_CREDENTIALS","messages":["Invalid credentials."]}`; got.body != want {
				t.Errorf("got %s, want %s: the response must not reveal which key is wrong", got.body, want)
			}
		})
	}
}

func TestAuthenticatorErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err    error
		status int
		code   string
	}{
		"invalid": {fmt.Errorf("lookup: %w", server.ErrInvalidCredentials), 401, "INVALID_CREDENTIALS"},
		"expired": {server.ErrExpiredCredentials, 401, "EXPIRED_CREDENTIALS"},
		"other":   {errors.New("connection refused"), 500, "INTERNAL_ERROR"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := authFunc(func(context.Context, server.Keys) (server.Principal, error) {
				// A principal returned with an error must give no access.
				return server.Principal{AccountCodes: []string{account}}, tt.err
			})
			h, err := server.New(service{deleteCustomer: panicking("reached")}, auth, server.WithLogger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			do(h, request(http.MethodDelete, path, nil)).want(t, tt.status, tt.code)
		})
	}
}

func TestAuthenticatorNeedsBothKeys(t *testing.T) {
	t.Parallel()
	trusting := authFunc(func(_ context.Context, keys server.Keys) (server.Principal, error) {
		if keys.PublicAPIKey == "" || keys.PrivateSecretKey == "" {
			t.Error("the authenticator was called with an empty key")
		}
		return server.Principal{AccountCodes: []string{account}}, nil
	})
	h, err := server.New(service{deleteCustomer: accepting}, trusting)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Public-Api-Key", "Private-Secret-Key"} {
		do(h, request(http.MethodDelete, path, without(name))).want(t, http.StatusUnauthorized, "INVALID_CREDENTIALS")
	}
	do(h, request(http.MethodDelete, path, nil)).want(t, http.StatusAccepted, "")
}

func TestStaticKeysAuthenticate(t *testing.T) {
	t.Parallel()
	keys := twoKeys(t)
	got, err := keys.Authenticate(t.Context(), server.Keys{PublicAPIKey: publicKey, PrivateSecretKey: secretKey})
	if err != nil || len(got.AccountCodes) != 1 || got.AccountCodes[0] != account {
		t.Errorf("got %v, %v", got, err)
	}
	for name, wrong := range map[string]server.Keys{
		"unknown public key": {PublicAPIKey: "unknown", PrivateSecretKey: secretKey},
		"wrong secret key":   {PublicAPIKey: publicKey, PrivateSecretKey: "wrong"},
		"none":               {},
	} {
		got, err := keys.Authenticate(t.Context(), wrong)
		if !errors.Is(err, server.ErrInvalidCredentials) || got.AccountCodes != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestNewStaticKeysCopiesAccountCodes(t *testing.T) {
	t.Parallel()
	codes := []string{account}
	keys, err := server.NewStaticKeys(server.StaticKey{PublicAPIKey: publicKey, SecretSHA256: sha256.Sum256([]byte(secretKey)), AccountCodes: codes})
	if err != nil {
		t.Fatal(err)
	}
	codes[0] = otherAccount
	got, err := keys.Authenticate(t.Context(), server.Keys{PublicAPIKey: publicKey, PrivateSecretKey: secretKey})
	if err != nil || got.AccountCodes[0] != account {
		t.Errorf("got %v, %v; want the account as it was passed", got, err)
	}
}

func TestNewStaticKeysReportsEveryInvalidEntry(t *testing.T) {
	t.Parallel()
	hash := sha256.Sum256([]byte(secretKey))
	good := server.StaticKey{PublicAPIKey: "p", SecretSHA256: hash, AccountCodes: []string{account}}
	_, err := server.NewStaticKeys(
		server.StaticKey{SecretSHA256: hash, AccountCodes: []string{account}},
		server.StaticKey{PublicAPIKey: "a", AccountCodes: []string{account}},
		server.StaticKey{PublicAPIKey: "b", SecretSHA256: sha256.Sum256(nil), AccountCodes: []string{account}},
		server.StaticKey{PublicAPIKey: "c", SecretSHA256: hash},
		server.StaticKey{PublicAPIKey: "d", SecretSHA256: hash, AccountCodes: []string{"1"}},
		good, good,
	)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"static key 0: the public API key is empty",
		"static key 1: the secret hash is missing",
		"static key 2: the secret hash is missing",
		"static key 3: the account codes are missing",
		`static key 4: account code "1" is not a UUID`,
		"static key 6: the public API key is duplicated",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "static key 5") {
		t.Errorf("%q reports a valid key", err)
	}
}

func TestKeysAreRedacted(t *testing.T) {
	t.Parallel()
	keys := server.Keys{PublicAPIKey: publicKey, PrivateSecretKey: secretKey}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t"} {
		fmt.Fprintf(&out, verb, keys)
		fmt.Fprintf(&out, verb, &keys)
		fmt.Fprintf(&out, verb, struct{ Keys server.Keys }{keys})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "keys", keys)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "keys", keys, "in", map[string]any{"keys": keys})
	if err := json.NewEncoder(&out).Encode(keys); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{secretKey, fmt.Sprintf("%x", secretKey), publicKey} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the output contains a key: %s", out.String())
		}
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Error("nothing was printed")
	}
}
