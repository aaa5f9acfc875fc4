package command

import (
	"net/netip"
	"testing"
)

func TestNetwork(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10.0.0.0/8":      "10.0.0.0/8",
		"10.0.0.7":        "10.0.0.7/32",
		"fd00::/8":        "fd00::/8",
		"fd00::1":         "fd00::1/128",
		"::ffff:10.0.0.7": "10.0.0.7/32",
		"0.0.0.0/0":       "0.0.0.0/0",
	} {
		var n Network
		if err := n.UnmarshalText([]byte(text)); err != nil || netip.Prefix(n).String() != want {
			t.Errorf("%s: got %v, %v, want %s", text, netip.Prefix(n), err, want)
		}
	}
	for text, want := range map[string]string{
		"":                    "want a network such as 10.0.0.0/8, or an address",
		"proxy":               "want a network such as 10.0.0.0/8, or an address",
		"10.0.0.0/33":         "want a network such as 10.0.0.0/8, or an address",
		"10.0.0.0:80":         "want a network such as 10.0.0.0/8, or an address",
		"::ffff:10.0.0.0/104": "want a network such as 10.0.0.0/8, or an address",
		"10.1.2.3/8":          "want the network's own address in front of the slash: 10.0.0.0/8",
	} {
		var n Network
		if err := n.UnmarshalText([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: got error %v, want %q", text, err, want)
		}
	}
}
