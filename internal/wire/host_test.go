package wire

import "testing"

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true, "[localhost]": true,
		"127.0.0.1": true, "127.9.9.9": true, "[127.0.0.1]": true,
		"::1": true, "[::1]": true, "::1%lo": true, "[::1%lo]": true, "0:0:0:0:0:0:0:1": true,
		"::ffff:127.0.0.1": true, "::ffff:7f00:1": true, "[::ffff:127.0.0.1]": true,

		"": false, ".": false, "localhost..": false, "localhost.example.com": false, "a.localhost": false,
		"0.0.0.0": false, "::": false, "10.0.0.1": false, "127.0.0.1.nip.io": false, "127.0.0.1.": false,
		"127.1": false, "2130706433": false, "0x7f000001": false, "127.0.0.01": false,
		"::2": false, "fe80::1%lo": false, "[::1": false, "::1]": false, "[[::1]]": false, "127.0.0.1:80": false,
		"\uff4cocalhost": false, "localho\u017ft": false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}
