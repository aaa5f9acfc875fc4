package main

import (
	"strings"
	"testing"
)

func TestProviders(t *testing.T) {
	t.Parallel()
	file, sim := providersFile(t)

	t.Run("List", func(t *testing.T) {
		for _, format := range [][]string{nil, {"--json"}} {
			code, stdout, stderr := runCommand(t.Context(), append([]string{"providers", "list", "--providers", file}, format...)...)
			if code != exitOK || !strings.Contains(stdout, "stripe") || !strings.Contains(stdout, "old-gateway") || strings.Contains(stdout, "sk_secret") {
				t.Errorf("exit %d\n%s%s", code, stdout, stderr)
			}
		}
		code, stdout, _ := runCommand(t.Context(), "providers", "list", "--catalogue")
		if code != exitOK || !strings.Contains(stdout, "adyen") || !strings.Contains(stdout, "razorpay") {
			t.Errorf("exit %d\n%s", code, stdout)
		}
	})

	t.Run("TestShowsAndSendsNothing", func(t *testing.T) {
		for _, format := range [][]string{nil, {"--json"}} {
			code, stdout, stderr := runCommand(t.Context(), append([]string{"providers", "test", "stripe", "--providers", file, "--customer", "cus_9"}, format...)...)
			if code != exitOK || !strings.Contains(stdout, "/v1/customers/cus_9") || strings.Contains(stdout, "sk_secret") {
				t.Errorf("exit %d\n%s%s", code, stdout, stderr)
			}
		}
		if len(sim.Requests()) != 0 {
			t.Error("something was sent")
		}
	})

	t.Run("TestSendsWhenAsked", func(t *testing.T) {
		code, stdout, _ := runCommand(t.Context(), "providers", "test", "stripe", "--providers", file, "--customer", "cus_9", "--send")
		if code != exitOK || !strings.Contains(stdout, "Outcome: succeeded (payment_history_kept), HTTP status 200") || sim.Record("cus_9").Deleted != 1 {
			t.Errorf("exit %d\n%s", code, stdout)
		}
		code, stdout, stderr := runCommand(t.Context(), "providers", "test", "old-gateway", "--providers", file, "--customer", "7", "--send")
		if code != exitFailure || !strings.Contains(stdout, "Outcome: action_required (ask_by_hand)") || !strings.Contains(stderr, "did not confirm") {
			t.Errorf("exit %d\n%s%s", code, stdout, stderr)
		}
	})

	t.Run("Refusals", func(t *testing.T) {
		code, _, stderr := runCommand(t.Context(), "providers", "test", "nobody", "--providers", file)
		if code != exitUsage || !strings.Contains(stderr, `no provider is named "nobody"`) {
			t.Errorf("exit %d, %s", code, stderr)
		}
	})
}
