package main

import "fmt"

// Limits on the number of values, counted where they are made and not where
// they are written: a few lines can make millions, by aliases of aliases or by
// references to what holds more references.
const (
	// maxNodes bounds what one file holds: ten times what Yuno documents in all.
	maxNodes = 1 << 18
	// maxTaken bounds what the operation needs of it. The largest operations of
	// published APIs need a few thousand.
	maxTaken = 1 << 15
)

// budget is the number of values that may still be made.
type budget struct {
	left, whole int
	what        string
}

func newBudget(whole int, what string) budget { return budget{whole, whole, what} }

func (b *budget) spend(values int) error {
	if b.left -= values; b.left < 0 {
		return fmt.Errorf("%s comes to more than %d values", b.what, b.whole)
	}
	return nil
}
