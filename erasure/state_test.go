package erasure

import (
	"slices"
	"testing"
)

func TestErasureStateOf(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		targets []TargetState
		want    ErasureState
	}{
		{"NoTargets", nil, ErasureCompleted},
		{"AllDone", []TargetState{TargetSucceeded, TargetAlreadyGone}, ErasureCompleted},
		{"NotSupportedIsNotAFailure", []TargetState{TargetSucceeded, TargetNotSupported}, ErasureCompletedWithExceptions},
		{"FailedNeedsAttention", []TargetState{TargetSucceeded, TargetFailed}, ErasureAttentionRequired},
		{"ActionNeedsAttention", []TargetState{TargetNotSupported, TargetActionRequired}, ErasureAttentionRequired},
		{"OneIsPending", []TargetState{TargetFailed, TargetPending}, ErasureInProgress},
		{"OneIsInProgress", []TargetState{TargetNotSupported, TargetInProgress}, ErasureInProgress},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // in either order
				if got := ErasureStateOf(c.targets); got != c.want {
					t.Errorf("%v: got %s, want %s", c.targets, got, c.want)
				}
				slices.Reverse(c.targets)
			}
		})
	}
}
