package provider

import (
	"errors"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestPreview(t *testing.T) {
	t.Parallel()
	urls := map[string]string{"base_url": "https://api.example.com", "checkout_url": "https://checkout.example.com/v72", "data_protection_url": "https://ca.example.com/v1"}
	one := erasure.References{Customer: "cus_1", Tokens: []string{"tok_1"}, Payments: []string{"pay_1"}}
	tests := map[string]string{
		"stripe": "DELETE https://api.example.com/v1/customers/cus_1\nAuthorization: Bearer ***\nUser-Agent: yuno-erasure\n",
		"adyen": "DELETE https://checkout.example.com/v72/storedPaymentMethods/tok_1?shopperReference=cus_1&merchantAccount=my_merchant_account\nX-API-Key: ***\nUser-Agent: yuno-erasure\n" +
			"POST https://ca.example.com/v1/requestSubjectErasure\nX-API-Key: ***\nContent-Type: application/json\nUser-Agent: yuno-erasure\n\n" +
			`{"merchantAccount":"my_merchant_account","pspReference":"pay_1","forceErasure":false}` + "\n",
		"braintree": "DELETE https://api.example.com/merchants/my_merchant_id/customers/cus_1\nAuthorization: Basic ***\nAccept: application/xml\nContent-Type: application/xml\nX-ApiVersion: 6\nUser-Agent: yuno-erasure\n",
		"paypal": "POST https://api.example.com/v1/oauth2/token\nAuthorization: Basic ***\nContent-Type: application/x-www-form-urlencoded\nUser-Agent: yuno-erasure\n\ngrant_type=client_credentials\n" +
			"DELETE https://api.example.com/v3/vault/payment-tokens/tok_1\nAuthorization: Bearer ***\nUser-Agent: yuno-erasure\n",
		"manual": "",
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			previews, err := connect(t, useEntry(name, urls, "")).Preview(one)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, p := range previews {
				got.WriteString(p.String())
			}
			if got.String() != want {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
	t.Run("NothingComputedFromASecretIsShown", func(t *testing.T) {
		t.Parallel()
		for _, entry := range Catalogue() {
			previews, err := connect(t, useEntry(entry.Name, urls, "")).Preview(one)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range previews {
				text := p.String()
				if strings.Contains(text, secret) || !strings.Contains(text, mask) {
					t.Errorf("%s: %s", entry.Name, text)
				}
			}
		}
	})
	t.Run("RapydSignatureIsMasked", func(t *testing.T) {
		t.Parallel()
		previews, err := connect(t, useEntry("rapyd", urls, "")).Preview(one)
		if err != nil {
			t.Fatal(err)
		}
		if text := previews[0].String(); !strings.Contains(text, "\nsignature: ***\n") || !strings.Contains(text, "\naccess_key: my_access_key\n") {
			t.Errorf("got %s", text)
		}
	})
	t.Run("SendsNothing", func(t *testing.T) {
		t.Parallel()
		c, sim := simulate(t, "paypal")
		if _, err := c.Preview(one); err != nil {
			t.Fatal(err)
		}
		if n := len(sim.Requests()); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
	t.Run("ErrorHoldsNoReference", func(t *testing.T) {
		t.Parallel()
		_, err := connect(t, useEntry("stripe", urls, "")).Preview(erasure.References{Customer: "jane@example.com/.."})
		if !errors.Is(err, errUnusable) || strings.Contains(err.Error(), "jane") {
			t.Errorf("got %v", err)
		}
	})
}
