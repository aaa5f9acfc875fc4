package erasurelog

import (
	"io"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// Exporter writes a complete file.
type Exporter struct {
	w   io.Writer
	now File
	buf []byte
}

// NewExporter writes the header of an export.
func NewExporter(w io.Writer, database string, since, at time.Time) (*Exporter, error) {
	e := &Exporter{w: w}
	return e, e.write(line{Header: &Header{Version: version, Kind: KindExport, Database: database, Since: since, At: at.UTC()}})
}

// Add writes a change. Its number is greater than that of the one before.
func (e *Exporter) Add(c erasure.Change) error {
	e.now.Changes++
	return e.write(line{Change: changeOf(c)})
}

// Close writes the end, without which the file does not count as complete.
func (e *Exporter) Close() error { return e.write(line{End: &end{e.now.Changes}}) }

// Changes is how many changes were added.
func (e *Exporter) Changes() int { return e.now.Changes }

func (e *Exporter) write(l line) (err error) {
	e.buf, e.now.sum = appendLine(e.buf[:0], e.now.sum, l)
	_, err = e.w.Write(e.buf)
	return err
}
