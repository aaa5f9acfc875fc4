// Package survey asks a question about every id of a list, with requests that have no
// effect: it reads the list, sends at a rate that the service can take, and keeps a
// journal of the results, so that a run that was killed goes on without asking again.
// Internal to this module.
//
//	list, err := survey.Scan(ctx, source)
//	s, err := survey.Open(ctx, list, survey.Options{Journal: path, ...})
//	err = s.Run(ctx, ask, survey.RunOptions{})
//	err = s.Results(ctx, yield)
//	err = errors.Join(s.Close(), list.Close())
//
// # The journal
//
// A journal is a text file of JSON lines, readable by its owner only. Its header ties it
// to a question, account and base URL; each line after it is the result of one id. It
// says nothing of ids that are being asked about: to ask twice is harmless. Results are
// on disk within 100 ms, and at the latest when [Survey.Close] returns.
//
// A journal has at most one result per id. [Open] keeps those that are still good
// (Options.Keep) and whose id is in the list, and takes the others out of the file, which
// is replaced as a whole. So results belong to ids, not to places in a list: a list may be
// sorted, extended or shortened between two runs.
//
// A crash may leave a last line without its end, or zeros where the last write was not on
// disk yet. Such lines are skipped, and their ids are asked about again. Any other line
// that cannot be read is damage, and the journal is rejected.
//
// # Memory
//
// Memory is two bits per id, however long the list is. Equal ids are found in a temporary
// file, by 128 bits of their SHA-256: that any two of ten million different ids share these
// has a probability below 10^-24.
package survey
