package clientnet

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for addrPort, want := range map[string]string{
		"192.0.2.1:80":             "192.0.2.1/32",
		"[::ffff:192.0.2.1]:80":    "192.0.2.1/32",
		"[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80":        "fe80::/64",
		"192.0.2.1":                "invalid Prefix",
		"@":                        "invalid Prefix",
		"":                         "invalid Prefix",
	} {
		if got := Of(addrPort).String(); got != want {
			t.Errorf("%q: got %s, want %s", addrPort, got, want)
		}
	}
}

func TestOfRequest(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, tt := range map[string]struct {
		from      string
		forwarded []string
		want      string
	}{
		"no proxy":                    {"192.0.2.1:99", nil, "192.0.2.1/32"},
		"a client that pretends":      {"192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1/32"},
		"a proxy":                     {"10.0.0.1:99", []string{"198.51.100.7"}, "198.51.100.7/32"},
		"a proxy over IPv6":           {"[fd00::1]:99", []string{"2001:db8:1:2:3::4"}, "2001:db8:1:2::/64"},
		"a proxy, mapped":             {"[::ffff:10.0.0.1]:99", []string{"::ffff:198.51.100.7"}, "198.51.100.7/32"},
		"two proxies":                 {"10.0.0.1:99", []string{"198.51.100.7, 10.0.0.2"}, "198.51.100.7/32"},
		"two header lines":            {"10.0.0.1:99", []string{"198.51.100.7", "10.0.0.2"}, "198.51.100.7/32"},
		"pretended behind a proxy":    {"10.0.0.1:99", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7/32"},
		"pretended proxy in front":    {"10.0.0.1:99", []string{"203.0.113.9, 10.0.0.9, 198.51.100.7"}, "198.51.100.7/32"},
		"nonsense in front":           {"10.0.0.1:99", []string{"x, 198.51.100.7"}, "198.51.100.7/32"},
		"nonsense":                    {"10.0.0.1:99", []string{"unknown"}, "10.0.0.1/32"},
		"nonsense behind a proxy":     {"10.0.0.1:99", []string{"198.51.100.7, unknown, 10.0.0.2"}, "10.0.0.2/32"},
		"a proxy that says nothing":   {"10.0.0.1:99", nil, "10.0.0.1/32"},
		"only proxies":                {"10.0.0.1:99", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3/32"},
		"with a port":                 {"10.0.0.1:99", []string{"198.51.100.7:1234"}, "198.51.100.7/32"},
		"IPv6 in brackets":            {"10.0.0.1:99", []string{"[2001:db8::1]"}, "2001:db8::/64"},
		"IPv6 in brackets and a port": {"10.0.0.1:99", []string{"[2001:db8::1]:1234"}, "2001:db8::/64"},
		"IPv6 with a zone":            {"10.0.0.1:99", []string{"fe80::1%eth0"}, "fe80::/64"},
		"an empty header":             {"10.0.0.1:99", []string{""}, "10.0.0.1/32"},
		"an empty element":            {"10.0.0.1:99", []string{"198.51.100.7,"}, "10.0.0.1/32"},
		"an empty line":               {"10.0.0.1:99", []string{"198.51.100.7", ""}, "10.0.0.1/32"},
		"a comma in front":            {"10.0.0.1:99", []string{",198.51.100.7"}, "198.51.100.7/32"},
		"no address":                  {"@", []string{"198.51.100.7"}, "invalid Prefix"},
	} {
		r := &http.Request{RemoteAddr: tt.from, Header: http.Header{"X-Forwarded-For": tt.forwarded}}
		if got := OfRequest(r, trusted).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
		if got, want := OfRequest(r, nil), Of(tt.from); got != want {
			t.Errorf("%s: got %s without trusted proxies, want %s", name, got, want)
		}
	}
}

// A client that pretends to be behind thousands of proxies costs no more than others.
func TestLongHeadersCostNothing(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for from, last := range map[string]string{"192.0.2.1:99": "", "10.0.0.1:99": " 198.51.100.7"} {
		r := &http.Request{RemoteAddr: from, Header: http.Header{"X-Forwarded-For": {strings.Repeat(",", 10_000) + last, "10.0.0.2"}}}
		if n := testing.AllocsPerRun(10, func() { OfRequest(r, trusted) }); n != 0 {
			t.Errorf("from %s: %v allocations", from, n)
		}
	}
}
