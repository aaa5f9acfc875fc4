package erasurelog_test

import (
	"io"
	"math"
	"path/filepath"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/erasurelog"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfolder"
	"github.com/yuno-community/yuno-customers/internal/misuse"
)

// Values that make no sense are errors, and no file is created.
func TestMisuse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(ownfolder.New(t), "erasures.log")
	open := func(path, database string, partSize int64) func() error {
		return func() error {
			w, err := erasurelog.Open(path, database, partSize)
			if err == nil {
				err = w.Close()
			}
			return err
		}
	}
	misuse.Check(t, []misuse.Case{
		{Of: "Open", Value: "no path", Use: open("", "db", 1), Want: "the erasure log has no path"},
		{Of: "Open", Value: "no database", Use: open(path, "", 1), Want: "the database has no name"},
		{Of: "Open", Value: "zero size", Use: open(path, "db", 0), Want: "the size of a part is 0 bytes"},
		{Of: "Open", Value: "negative size", Use: open(path, "db", -1), Want: "the size of a part is -1 bytes"},
		{Of: "Open", Value: "largest size", Use: open(path, "db", math.MaxInt64)},
		{Of: "Load", Value: "no path", Use: func() error { _, err := erasurelog.Load("", 0); return err }, Want: "no such file"},
		{Of: "NewExporter", Value: "unnamed database", Use: func() error { _, err := erasurelog.NewExporter(io.Discard, "", at, at); return err }},
	}, nil)
}
