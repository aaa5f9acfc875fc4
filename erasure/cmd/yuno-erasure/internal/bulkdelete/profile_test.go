package bulkdelete

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A key of the API that is in the wrong place of the file is not repeated.
func TestProfileErrorsQuoteNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"sk_live_7: x\n",
		"profiles: [sk_live_7]\n",
		"profiles:\n  a: sk_live_7\n",
		"profiles:\n  sk_live_7: 1\n  sk_live_7: 1\n",
		"profiles:\n  a:\n    sk_live_7: x\n",
		"profiles:\n  a:\n    sk_live_7: 1\n    sk_live_7: 1\n",
		"profiles:\n  a:\n    \"sk_\\nlive_7\": 1\n    \"sk_\\nlive_7\": 1\n",
		"profiles:\n  a:\n    private_secret_key: *sk_live_7\n",
		"profiles:\n  a:\n    private_secret_key: &sk_live_7 [*sk_live_7]\n",
		"profiles:\n  a:\n    private_secret_key: [sk_live_7]\n",
		"profiles:\n  a:\n    private_secret_key: !!float sk_live_7\n",
		"profiles:\n  a:\n    private_secret_key: !!binary sk_live_7\n",
		"profiles:\n  a:\n    <<: {sk_live_7: 1}\n",
		"profiles:\n  a:\n    ? [sk_live_7]\n    : 1\n",
	} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readProfile(path, "a"); err == nil || strings.Contains(err.Error(), "live_7") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
