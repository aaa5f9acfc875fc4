package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestCheckCredential(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"sandbox_a-B!~": true, "": false, "a b": false, " a": false, "a\n": false, "a\x00": false, "a\x7f": false, "\u00e9": false,
	} {
		if err := CheckCredential(s); (err == nil) != want {
			t.Errorf("%q: got %v, want ok = %v", s, err, want)
		}
	}
}

func TestValidateReportsEveryField(t *testing.T) {
	t.Parallel()
	err := Credentials{AccountCode: "a b", PrivateSecretKey: "secret\n"}.Validate()
	want := "AccountCode contains a character at byte 1 that is not visible ASCII (a space or a line break?); " +
		"PublicAPIKey is empty; " +
		"PrivateSecretKey contains a character at byte 6 that is not visible ASCII (a space or a line break?)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := (Credentials{"a", "b", "c"}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestCredentialsShowNoKey(t *testing.T) {
	t.Parallel()
	creds := Credentials{AccountCode: "the-account", PublicAPIKey: "PUBLICPUBLIC", PrivateSecretKey: "PRIVATEPRIVATE"}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		for _, value := range []any{creds, &creds, []Credentials{creds}, map[string]Credentials{"k": creds}, struct{ C Credentials }{creds}} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "c", creds, "p", &creds)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "c", creds, "p", &creds)
	if err := json.NewEncoder(&out).Encode([]any{creds, &creds}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"PUBLICPUBLIC", "PRIVATEPRIVATE", "5055424c4943", "5055424C4943", "80 85 66 76"} {
		if strings.Contains(out.String(), key) {
			t.Errorf("a key is in %s", &out)
		}
	}
	if !strings.Contains(out.String(), `AccountCode:"the-account" PublicAPIKey:[redacted] PrivateSecretKey:[redacted]`) {
		t.Errorf("got %s", &out)
	}
	if got, want := (Credentials{}).String(), `Credentials{AccountCode:"" PublicAPIKey:"" PrivateSecretKey:""}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
