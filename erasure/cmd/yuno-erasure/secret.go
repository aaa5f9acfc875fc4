package main

import "crypto/rand"

// newSecret returns a new random key of 128 bits or more, with a prefix that
// says what it is for.
func newSecret(prefix string) string { return prefix + rand.Text() }
