// Package command contains what the subcommands of yuno-erasure share: exit statuses
// and the errors that carry them, standard input and error, output for people and for
// programs, and files that appear all at once. It imports no other package of the
// command.
package command
