package sqlstore

import (
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestSlotsOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		process     string
		concurrency int
		others      []slotHolder
		want        int
	}{
		"Alone":                 {"b", 4, nil, 4},
		"AloneOfOne":            {"b", 1, nil, 1},
		"Itself":                {"b", 4, []slotHolder{{"b", 4}}, 4},
		"TheOtherStillHasAll":   {"b", 4, []slotHolder{{"a", 4}}, 0},
		"TheOtherHasGivenHalf":  {"b", 4, []slotHolder{{"a", 2}}, 2},
		"NewBesideOne":          {"b", 4, []slotHolder{{"a", 3}}, 1},
		"FirstOfTwoOfFive":      {"a", 5, []slotHolder{{"b", 2}}, 3},
		"SecondOfTwoOfFive":     {"b", 5, []slotHolder{{"a", 3}}, 2},
		"SecondOfThreeOfEight":  {"b", 8, []slotHolder{{"a", 3}, {"c", 2}}, 3},
		"ThirdOfThreeOfEight":   {"c", 8, []slotHolder{{"a", 3}, {"b", 3}}, 2},
		"ThirdOfThreeOfTwo":     {"c", 2, []slotHolder{{"a", 1}, {"b", 1}}, 0},
		"FirstOfThreeOfOne":     {"a", 1, []slotHolder{{"b", 0}, {"c", 0}}, 1},
		"BeforeTheOneThatHasIt": {"a", 1, []slotHolder{{"b", 1}}, 0},
		"OthersHadMoreOnce":     {"a", 2, []slotHolder{{"b", 10}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			use := erasure.SlotUse{Connection: "stripe", Concurrency: test.concurrency}
			if got := slotsOf(test.process, use, test.others); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
