package browsertest

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// Somebody finds a target that needs a person, asks the provider and resolves it, with the
// keyboard alone.
func TestFindAndResolve(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := startService(t, `{"id": "c1", "providers": [{"provider": "old-gateway", "customer": "GW-4711", "tokens": ["card-9"]}, {"provider": "stripe", "customer": "cus_1"}]}`)
	s.erase("c1")
	s.await(1, "--state", "attention_required")
	b.do(chromedp.Navigate(s.ops + "/"))
	b.await("Log in")
	b.inspect("login")
	b.logIn(s)
	b.inspect("overview")
	b.press("1 Needs a person")
	b.await("Not done at")
	b.inspect("erasures")
	b.tabUntil("an erasure", `e.matches("tbody a")`, "true")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await("Erasure needs a person")
	b.inspect("erasure")
	if strings.Contains(b.text(), "GW-4711") {
		t.Error("references are shown without a click")
	}
	b.press("Show references at old-gateway")
	b.await("by which ids the providers know")
	b.press("Show")
	b.await("GW-4711")
	b.await("card-9")
	b.audit("references")
	b.press("Resolve old-gateway")
	b.await("Close 1 target as deleted by hand?")
	b.inspect("resolve")
	b.tabTo("What was done, for the evidence. No personal data: name a ticket.")
	b.do(chromedp.KeyEvent("ticket 4711"))
	b.press("Resolve")
	b.await("1 target closed.")
	for _, want := range []string{"Erasure completed", "ticket 4711", "by ada"} {
		b.await(want)
	}
	b.press("Who did what")
	b.await("On this page and with the command")
	b.inspect("actions")
	b.press("Accounts")
	b.await(s.keys.Account)
	b.inspect("accounts")
}

// A key had expired and stopped many erasures. With the new key, one action sets all of them
// going again, and the overview shows by itself that it has worked.
func TestGoOnAfterAnExpiredKey(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	var customers, ids []string
	for i := range 12 {
		ids = append(ids, fmt.Sprintf("c%d", i))
		customers = append(customers, fmt.Sprintf(`{"id": "c%d", "providers": [{"provider": "stripe", "customer": "cus_%d"}]}`, i, i))
	}
	s := startService(t, customers...)
	s.erase(ids[0])
	s.await(1, "--state", "completed") // a connection that never worked is paused at once
	s.stripe.Misbehave(func(int) providersim.Fault { return providersim.Fail(http.StatusUnauthorized) })
	s.stripe.MisbehaveReads(func(string) providersim.Fault { return providersim.Fail(http.StatusUnauthorized) })
	s.erase(ids[1:3]...) // a few more, and the service pauses by itself, sooner or later than somebody here
	b.logIn(s)
	b.click(`a[aria-label="Pause stripe"]`)
	b.await("Send nothing more to stripe?")
	b.do(chromedp.SendKeys("#note", "the key has expired"))
	b.click("main button")
	b.await("the key has expired")
	b.inspect("paused")
	s.erase(ids[3:]...)
	s.stripe.Misbehave(nil) // the new key
	s.stripe.MisbehaveReads(nil)
	b.click(`a[aria-label="Resume stripe"]`)
	b.await("Go on with stripe?")
	b.click("main button")
	b.await("stripe goes on;")
	b.await("Nothing does.")
	b.await("12\nCompleted\n") // without loading the page again
	for _, id := range ids {
		if got := s.stripe.Record("cus_" + id[1:]); got.Deleted != 1 {
			t.Errorf("%s was deleted %d times", id, got.Deleted)
		}
	}
}

// Somebody looks up the erasure of a customer, without scripts, and prints it as proof.
func TestPrintACompleteErasure(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	b.withoutScript()
	s := startService(t, `{"id": "0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11", "email": "ada@example.com", "providers": [{"provider": "stripe", "customer": "cus_1"}]}`)
	s.erase("0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11")
	s.await(1, "--state", "completed")
	b.logIn(s)
	b.click(`nav a[href="/erasures"]`)
	b.await("Id of a customer or of an erasure")
	b.do(chromedp.SendKeys("#id", "0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11"))
	b.click(".find button")
	b.await("Erasure completed")
	if address := evaluate[string](b, "location.href"); strings.Contains(address, "0b1f7e0c") {
		t.Errorf("the customer's id is in the address: %s", address)
	}
	b.look(800, "print")
	shown := b.text()
	for _, want := range []string{"0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11", "Erasure completed", "stripe", "HTTP 200", "Deadline", "for ada"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the print lacks %q:\n%s", want, shown)
		}
	}
	for _, control := range []string{"Log out", "Overview", "Reopen"} {
		if strings.Contains(shown, control) {
			t.Errorf("the print has the control %q", control)
		}
	}
	b.photograph("erasure-print")
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF())
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Fatalf("the PDF has %d bytes, %v", len(pdf), err)
	}
	if n := bytes.Count(pdf, []byte("/Type /Page\n")); n != 1 {
		t.Errorf("the PDF has %d pages, want 1", n)
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, "erasure.pdf"), pdf, 0o644); err != nil {
			t.Error(err)
		}
	}
}
