// Package bulkdelete is the delete subcommand: it erases customers by their ids, a few
// from the command line or a list from a file, at Yuno or at any service that
// implements its contract. Package bulk does the work on the list; this package opens
// the input, chooses the destination, asks for confirmation, and reports the results.
package bulkdelete
