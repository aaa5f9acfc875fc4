// Package bulkdelete is the subcommands for lists of customers, at Yuno or at any service
// that implements its contract: delete erases customers by their ids, a few from the
// command line or a list from a file, and verify asks what is left of them. Packages bulk
// and survey do the work on the list; this package opens the input, chooses the
// destination, asks for confirmation, and reports the results.
package bulkdelete
