package provider

import (
	"fmt"
	"strings"
	"testing"
)

func TestBaseURLMistakes(t *testing.T) {
	t.Parallel()
	const repeated = "ends in a path that the description's paths have themselves: leave it out"
	const versioned = "ends in an API version, which the description's paths have themselves: leave it out"
	tests := map[string]struct{ entry, url, want string }{
		"Version":           {"mollie", "https://api.mollie.com/v2", versioned},
		"OtherVersion":      {"mollie", "https://api.mollie.com/v1", versioned},
		"VersionOfAGateway": {"stripe", "http://127.0.0.1:1/stripe/v1", versioned},
		"VersionAndPath":    {"rapyd", "http://127.0.0.1:1/v1/customers", repeated},
		"PathWithoutIt":     {"conekta", "http://127.0.0.1:1/customers", repeated},
		"PathOfTheToken":    {"paypal", "http://127.0.0.1:1/v1/oauth2", repeated},
		"PathOfTheVersion":  {"openpay", "https://api.openpay.mx/v1/m123", "has a path that the base URLs of openpay do not have"},
		"PathOnAKnownHost":  {"stripe", "https://api.stripe.com/api", "has a path that the base URLs of stripe do not have"},
		"HostOfAnother":     {"mollie", "https://api.stripe.com", "is a host of stripe"},
		"DomainOfAnother":   {"stripe", "https://gateway.mollie.com", "is a host of mollie"},
		"CapitalsOfAnother": {"mollie", "https://API.Stripe.COM", "is a host of stripe"},
		"PlainHTTP":         {"mollie", "http://api.mollie.com", "must be https; http is for loopback hosts"},
		"Gateway":           {"mollie", "https://gateway.example/mollie", ""},
		"GatewayVersion":    {"mollie", "https://gateway.example/v2/mollie", ""},
		"Colombia":          {"openpay", "https://api.openpay.co", ""},
		"OwnSubdomain":      {"checkout_com", "https://vkuhvk4v.api.checkout.com", ""},
		"OtherHostOfOwn":    {"mollie", "https://eu.mollie.com", ""},
		"Loopback":          {"mollie", "http://127.0.0.1:1", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := loadText(useEntry(test.entry, map[string]string{"base_url": test.url}, ""), nil, env)
			if test.want == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			wantMistake(t, err, "config.yaml:5: connections[0].parameters.base_url: "+test.want)
		})
	}
}

// A description without hosts may be of a provider of the catalogue.
func TestOwnDescriptionOfAKnownProvider(t *testing.T) {
	t.Parallel()
	text := "connections:\n  - name: a\n    describe: acme.yaml\n    parameters: {merchant: m, key: {env: SECRET}, base_url: https://api.stripe.com}\n"
	if _, err := loadText(text, map[string]string{"acme.yaml": acme}, env); err != nil {
		t.Error(err)
	}
	other := strings.Replace(acme, "auth:", "hosts: {api.acme.example: any}\nauth:", 1)
	_, err := loadText(text, map[string]string{"acme.yaml": other}, env)
	wantMistake(t, err, "config.yaml:4: connections[0].parameters.base_url: is a host of stripe")
}

func TestModeMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ entry, url, key, more, want string }{
		"TestKeyForLive":   {"stripe", "http://127.0.0.1:1", "sk_test_1", "    mode: live\n", "config.yaml:6: connections[0].parameters.api_key: is a key for mode test, but mode is live"},
		"LiveKeyForTest":   {"stripe", "http://127.0.0.1:1", "rk_live_1", "    mode: test\n", "config.yaml:6: connections[0].parameters.api_key: is a key for mode live, but mode is test"},
		"ShorterPrefix":    {"checkout_com", "http://127.0.0.1:1", "sk_sbox_1", "    mode: live\n", "config.yaml:6: connections[0].parameters.secret_key: is a key for mode test, but mode is live"},
		"SandboxForLive":   {"paypal", "https://api-m.sandbox.paypal.com", secret, "    mode: live\n", "config.yaml:5: connections[0].parameters.base_url: is a host for mode test, but mode is live"},
		"LiveForTest":      {"square", "https://connect.squareup.com", secret, "    mode: test\n", "config.yaml:5: connections[0].parameters.base_url: is a host for mode live, but mode is test"},
		"SandboxKeyAtLive": {"paddle", "https://api.paddle.com", "pdl_sdbx_apikey_1", "", "config.yaml:6: connections[0].parameters.api_key: is a key for mode test, but mode is live"},
		"NoModes":          {"mercado_pago", "http://127.0.0.1:1", secret, "    mode: live\n", "config.yaml:8: connections[0].mode: has no meaning here: nothing that is known of mercado_pago tells live from test"},
		"UnknownMode":      {"stripe", "http://127.0.0.1:1", secret, "    mode: sandbox\n", "config.yaml:8: connections[0].mode: must be one of live, test"},
		"NoAccount":        {"adyen", "http://127.0.0.1:1", secret, "    account: a\n", "config.yaml:10: connections[0].account: has no meaning here: no check of adyen tells it"},
		"KeyAsText":        {"razorpay", "http://127.0.0.1:1", "rzp_live_1", "", ""},
		"TestKeyWithout":   {"stripe", "http://127.0.0.1:1", "sk_test_1", "", ""}, // refuted by the check
		"TestKeyForTest":   {"stripe", "http://127.0.0.1:1", "sk_test_1", "    mode: test\n", ""},
		"LiveKeyForLive":   {"checkout_com", "http://127.0.0.1:1", "sk_1", "    mode: live\n", ""},
		"SandboxWithout":   {"paypal", "https://api-m.sandbox.paypal.com", secret, "", ""},
		"AccountOfStripe":  {"stripe", "http://127.0.0.1:1", secret, "    account: acct_1\n", ""},
		"AccountIsNothing": {"stripe", "http://127.0.0.1:1", secret, "    account: ''\n", "config.yaml:8: connections[0].account: is empty"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			urls := map[string]string{"base_url": test.url, "checkout_url": test.url, "data_protection_url": test.url}
			_, err := loadText(useEntry(test.entry, urls, test.more), nil, func(string) string { return test.key })
			if test.want == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			wantMistake(t, err, test.want)
			if strings.Contains(err.Error(), test.key) {
				t.Errorf("the error contains the key: %v", err)
			}
		})
	}
	c := connect(t, useEntry("paypal", map[string]string{"base_url": "https://api-m.sandbox.paypal.com"}, ""))
	if c.expected.mode != modeTest || !c.expected.stated {
		t.Error("a documented sandbox is not test")
	}
}

// A secret in the wrong place is not repeated in any message.
func TestMisplacedSecrets(t *testing.T) {
	t.Parallel()
	const value = "sk_live_51Hx0aBcDeF"
	const head = "connections:\n  - name: a\n    use: stripe\n"
	for name, text := range map[string]string{
		"NameOfAVariable":  head + "    parameters: {api_key: {env: %s}}\n",
		"PathOfAFile":      head + "    parameters: {api_key: {file: %s}}\n",
		"Inline":           head + "    parameters: {api_key: %s}\n",
		"InlineInAList":    head + "    parameters: {api_key: [%s]}\n",
		"KeyOfTheSource":   head + "    parameters: {api_key: {%s: env}}\n",
		"KeyOfTheSource2":  head + "    parameters: {api_key: {env: X, %s: Y}}\n",
		"KeyTwice":         head + "    parameters: {api_key: {%[1]s: X, %[1]s: Y}}\n",
		"NameOfAParameter": head + "    parameters: {%s: x}\n",
		"FieldOfTheEntry":  head + "    %s: x\n",
		"TopLevel":         "%s: x\nconnections: []\n",
		"BaseURL":          head + "    parameters: {api_key: {env: SECRET}, base_url: %s}\n",
		"InTheBaseURL":     head + "    parameters: {api_key: {env: SECRET}, base_url: \"https://%s@api.stripe.com\"}\n",
		"Use":              "connections:\n  - name: a\n    use: %s\n",
		"Describe":         "connections:\n  - name: a\n    describe: %s\n",
		"Mode":             head + "    mode: %s\n",
		"Limits":           head + "    limits: {per_second: %s}\n",
		"Timeout":          head + "    timeout: %s\n",
		"TextParameter":    "connections:\n  - name: a\n    use: razorpay\n    parameters: {key_id: x, key_secret: {env: %s}}\n",
		"PublicPart":       "connections:\n  - name: a\n    describe: acme.yaml\n    parameters: {merchant: %s, key: {env: SECRET}}\n",
		"Anchor":           head + "    parameters: {api_key: &%s x}\n",
		"Alias":            head + "    parameters: {api_key: *%s}\n",
		"Tag":              head + "    parameters: {api_key: !%s x}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := fmt.Sprintf(strings.ReplaceAll(text, "%s", "%[1]s"), value)
			description := strings.Replace(acme, "  key: {kind: secret}", "  key: {kind: secret, live: sk_live_}", 1)
			_, err := loadText(text, map[string]string{"acme.yaml": description}, env)
			if err == nil {
				t.Fatal("no mistake")
			}
			if strings.Contains(err.Error(), value) || strings.Contains(err.Error(), "51Hx") {
				t.Errorf("the error repeats it: %v", err)
			}
		})
	}
}
