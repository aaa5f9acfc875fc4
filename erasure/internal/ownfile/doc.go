// Package ownfile opens files that decide what a program does, or record what it did. Such
// a file must be its user's own: it belongs to that user or to the administrator, who may
// change everything anyway, and nobody else may write to it. Everything else is an error of
// one line that says what to run.
// Internal to this module.
package ownfile
