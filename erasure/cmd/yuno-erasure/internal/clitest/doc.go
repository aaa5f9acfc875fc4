// Package clitest runs the yuno-erasure command in tests: in the test's process, on a
// database of its own, or as a process. It imports the whole command, so only
// external tests (package x_test) can use it.
package clitest
