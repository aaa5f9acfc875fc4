// Package bulk erases the customers of a list: it checks every id before it sends the
// first, sends them at a rate that the service can take, and keeps a journal, so that a
// run that was killed can be resumed without losing an id.
//
//	list, err := bulk.Scan(ctx, source, format)
//	job, err := bulk.Prepare(ctx, list, bulk.Options{Journal: path, ...})
//	err = job.Run(ctx, erase, bulk.RunOptions{})
//	err = job.WriteReport(out, bulk.ReportCSV)
//	err = job.Close()
//
// [ReadResults] reads a journal without its list.
//
// [DryRun] takes the place of [Prepare] to count what would be sent. [Job.Abort] is the
// hard stop; the end of Run's context is the soft one.
//
// Memory is a byte and a bit per id, however long the list is.
//
// # The journal
//
// A journal is a text file of JSON lines, readable by its owner only. It has a header,
// which ties it to one account and base URL and says which list it is for (by its SHA-256
// and format), and then one line per event:
//
//	listed     digests of ids of the list, 128 bits of the SHA-256 of each
//	started    the journal is complete up to here: before it, nothing was sent
//	sending    the id is about to be sent
//	not_sent   it was not sent after all, because the run was interrupted; or it was, in
//	           vain, and will be sent again, because the service is away
//	outcome    the result of sending it, or that it is invalid
//	resumed    the lines from here on are another run's
//
// [Prepare] locks the file and adds nothing to it. [Job.Run] writes and syncs the header,
// the digests and started, and the folder with the new name; or resumed. From then on:
//
//   - A sending line is on disk before its id is sent. Lines are synced in groups: the
//     next group while the last one is sent. The groups grow and shrink with what the
//     service can take in a second, or in three syncs if the disk is slow.
//   - A kill leaves at most the lines of these groups without an outcome: what takes a
//     second, and at most 2,048 ids, or 16,384 on a disk that takes long to sync.
//   - An outcome is written in memory at once and synced with the next group, or after
//     100 ms, whichever comes first. [Job.Close] syncs the rest.
//   - After an error of writing or syncing, nothing more is written and nothing more is
//     sent: whether lines after the error reached the disk would be unknown. Outcomes that
//     arrive after it are in the summary and the report of that run only.
//
// When a run waits for the service, it takes back what it was about to send, so that a kill
// leaves at most one id per worker and those that may have been erased without an outcome.
// An id that is sent again in the same run has several sending lines, but one outcome.
//
// So an id whose last line is sending may have been sent, and erased. A not_sent line
// revokes the sending line before it. What the last of the other lines of an id means
// after a crash:
//
//	none                     not sent                              a resume sends it
//	sending                  ambiguous, reported as maybe_deleted  a resume sends it again
//	outcome failed           not erased                            a resume sends it again
//	outcome maybe_deleted    ambiguous, or gone                    a resume sends it again, unless gone
//	any other outcome        final                                 a resume skips it
//
// An ambiguous id for which the service responds CUSTOMER_NOT_FOUND is gone: maybe an
// attempt of ours has erased it, so its outcome is maybe_deleted, and final. One that
// fails when it is sent again stays ambiguous.
//
// A crash may also leave a last line without its end, or zeros where the last write was
// not on disk yet. Such lines are skipped: a sending line among them was never synced, so
// its id was not sent, and an outcome among them leaves its id ambiguous. Any other line
// that cannot be read is damage, and the journal is rejected. A file with an incomplete
// header, or of zeros only, or without started, is from a run that has sent nothing, and is
// overwritten.
//
// A resume is rejected if the account or base URL is not the header's, because it would
// erase other people; if another run has the journal locked; and if the journal is damaged
// or of another version. A new run is rejected if the journal exists.
//
// # A list that has changed
//
// The list of a resume may be another one than the header's: sorted, saved again by another
// program, longer or shorter. Then ids are compared. [Prepare] sorts the digests of the
// list, of the list before and of the ids in the journal into parts, in temporary files of
// about 80 bytes per id, and finds out part by part where the journal's records are now.
// The journal is read with these numbers until [Job.Run] rewrites it for the list: the new
// head; what is known of each id, as an outcome line, a sending line if it is ambiguous, or
// both; and started. That is written beside the journal, synced, and renamed, so a crash
// leaves the old journal or the new one.
//
// What is known of an id that is no longer in the list is kept, with a number after the
// list's last record, and is reported. It is never sent again, ambiguous or not, unless a
// later list has it. Invalid records are not carried over: they are the list's own.
//
// # Reports
//
// A report needs the latest result of every id, and a journal has one per id and run. It
// is read run by run, from the last to the first: the first result seen of an id is the
// final one, and a bit per id says that it was seen. Reading forwards would have to keep
// the results, or their offsets, in memory.
//
// # Its place in this module
//
// The package imports no other package of the module of package erasure but idlist, which
// reads every list of ids in this project, and journalfile, which has what all journals
// share as files. Neither knows anything of erasures. The package is a client
// of any service that speaks the contract, Yuno's or another, and knows nothing of how
// that erases. It is in this module because it is part of the yuno-erasure command:
// people run it, and do not import it. Its file locks and rate limiter are dependencies
// that an importer of package client should not have.
package bulk
