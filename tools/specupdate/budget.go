package main

import "fmt"

// Limits on the number of values, counted after expansion: a few lines of aliases
// or references to further references can expand to millions.
const (
	// maxNodes bounds one file: ten times the size of all of Yuno's documentation.
	maxNodes = 1 << 18
	// maxTaken bounds one operation with all that it refers to. The largest
	// operations of published APIs need a few thousand.
	maxTaken = 1 << 15
)

// A budget is the number of values that may still be created.
type budget struct {
	remaining, whole int
	what             string
}

func newBudget(whole int, what string) budget { return budget{whole, whole, what} }

func (b *budget) spend(values int) error {
	if b.remaining -= values; b.remaining < 0 {
		return fmt.Errorf("%s has more than %d values", b.what, b.whole)
	}
	return nil
}
