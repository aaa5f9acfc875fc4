// Package bulk erases many customers: it reads ids from a file, checks them all
// before the first is sent, sends them at a pace that the other side can take,
// and keeps a journal, so that a run that was killed goes on where it was
// without losing an id.
//
// What a run did is what its journal says; the report is written from it. Memory
// does not grow with the number of ids beyond a byte and a bit each.
package bulk
