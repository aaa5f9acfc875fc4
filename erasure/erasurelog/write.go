package erasurelog

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
)

// DefaultPartSize is the size at which a part of a log is closed, in bytes.
const DefaultPartSize = 100 << 20

// Writer appends to a log. The file at its path is the part that is being written;
// earlier parts are beside it, with their number appended to the name. Nothing removes
// them. It is not safe for concurrent use.
type Writer struct {
	path     string
	partSize int64
	unlock   func() error
	file     *os.File // nil while there is none
	now      File
	tail     []erasure.Change
}

// tailSize is how many of the last changes are compared with the database.
const tailSize = 200

// Open opens the log at a path to go on where it ended, or begins a new one for a
// database. It changes nothing yet, apart from a lock file: a part that a crash has cut
// short is repaired by the first [Writer.Append].
//
// The log decides whom a restore erases again. So its files and their folder must belong to
// this user or the administrator, and nobody else may write to them.
func Open(path, database string, partSize int64) (_ *Writer, err error) {
	switch {
	case path == "":
		return nil, errors.New("the erasure log has no path")
	case database == "":
		return nil, fmt.Errorf("%s: the database has no name: see NewDatabase", path)
	case partSize < 1:
		return nil, fmt.Errorf("%s: the size of a part is %d bytes: want at least 1, such as DefaultPartSize", path, partSize)
	}
	w := &Writer{path: path, partSize: partSize}
	if err := ownfile.CheckFolder(path); err != nil {
		return nil, err
	}
	w.unlock, err = ownfile.Lock(path + ".lock")
	switch {
	case errors.Is(err, ownfile.ErrLocked):
		return nil, fmt.Errorf("%s: another process writes this erasure log", path)
	case err != nil:
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = w.Close()
		}
	}()
	w.file, err = open(path, os.O_RDWR)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.file = nil
		return w, w.begin(database)
	case err != nil:
		return nil, err
	}
	return w, w.read(w.file)
}

// open opens a part that exists. A missing file is fs.ErrNotExist.
func open(path string, flags int) (*os.File, error) {
	file, err := ownfile.Open(path, flags)
	if err != nil && !errors.As(err, new(*fs.PathError)) {
		err = fmt.Errorf("%s %w", path, err)
	}
	return file, err
}

// read reads the part that w goes on from.
func (w *Writer) read(file *os.File) (err error) {
	w.now, err = Read(file, func(c erasure.Change) error {
		w.tail = append(w.tail[max(0, len(w.tail)-tailSize+1):], c)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w: keep the file, and move it away to have all of it written again from the database", file.Name(), err)
	}
	if w.now.Header.Kind != KindLog {
		return fmt.Errorf("%s: is an export and not a log", file.Name())
	}
	return nil
}

// begin goes on after the last part, if there is no current one, or begins a log.
func (w *Writer) begin(database string) error {
	last := lastPart(w.path)
	if last == 0 {
		w.now.Header = Header{Version: version, Kind: KindLog, Database: database, At: time.Now().UTC()}
		return nil
	}
	file, err := open(PartPath(w.path, last), os.O_RDONLY)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	return w.read(file)
}

// NewDatabase returns a random name for [Header].Database.
func NewDatabase() string { return rand.Text() }

// PartPath returns the path of an earlier part of the log at a path.
func PartPath(path string, part int) string { return path + "." + strconv.Itoa(part) }

// lastPart returns the greatest number of a part beside path, or 0.
func lastPart(path string) (last int) {
	names, _ := os.ReadDir(filepath.Dir(path)) // opening the file has shown whether it can be read
	for _, name := range names {
		number, ok := strings.CutPrefix(name.Name(), filepath.Base(path)+".")
		if n, err := strconv.Atoi(number); ok && err == nil && strconv.Itoa(n) == number {
			last = max(last, n)
		}
	}
	return last
}

// Database is that of the header.
func (w *Writer) Database() string { return w.now.Header.Database }

// Last is the number of the last change in the log, or 0.
func (w *Writer) Last() int64 { return w.now.Last }

// Tail returns the last changes that were in the file when it was opened.
func (w *Writer) Tail() []erasure.Change { return w.tail }

// ErrMoved means that another program has moved or removed the current part. Nothing was
// written. The log goes on after the last part that is there, or begins again, so
// [Writer.Last] has changed.
var ErrMoved = errors.New("the file of the erasure log was moved or removed")

// Append writes changes, which follow [Writer.Last]. They are on disk when it returns
// nil. After an error the log is as it was before, or the next call makes it so.
func (w *Writer) Append(changes []erasure.Change) error {
	if w.Moved() {
		database := w.Database()
		_ = w.file.Close()
		w.file, w.now = nil, File{}
		return errors.Join(ErrMoved, w.begin(database))
	}
	if err := w.prepare(); err != nil {
		return err
	}
	next := w.now
	var b []byte
	for _, c := range changes {
		b, next.sum = appendLine(b, next.sum, line{Change: changeOf(c)})
		next.Last = c.N
	}
	next.Changes += len(changes)
	return w.write(b, next)
}

// Moved reports whether another program has moved or removed the current part, so that the
// next Append begins again, even if there is nothing new.
func (w *Writer) Moved() bool {
	if w.file == nil {
		return false
	}
	named, err := os.Stat(w.path)
	opened, err2 := w.file.Stat()
	return errors.Is(err, fs.ErrNotExist) || err == nil && err2 == nil && !os.SameFile(named, opened)
}

// write writes whole lines at the end, and takes next for what the file is then.
func (w *Writer) write(b []byte, next File) error {
	w.now.Torn = true // unless all of it succeeds
	if _, err := w.file.WriteAt(b, w.now.Size); err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	next.Size, next.Torn = w.now.Size+int64(len(b)), false
	w.now = next
	return nil
}

// prepare makes the current part one that can be appended to.
func (w *Writer) prepare() error {
	if w.file != nil && w.now.Torn {
		if err := w.file.Truncate(w.now.Size); err != nil {
			return err
		}
		w.now.Torn = false
	}
	if w.file != nil && !w.now.Complete && w.now.Size < w.partSize {
		return nil
	}
	if w.file != nil {
		if err := w.closePart(); err != nil {
			return err
		}
	}
	return w.newPart()
}

// closePart ends the current part and gives it its number.
func (w *Writer) closePart() error {
	if !w.now.Complete {
		next := w.now
		var b []byte
		b, next.sum = appendLine(nil, next.sum, line{End: &end{next.Changes}})
		next.Complete = true
		if err := w.write(b, next); err != nil {
			return err
		}
	}
	if err := os.Rename(w.path, PartPath(w.path, w.now.Header.Part)); err != nil {
		return err
	}
	_ = w.file.Close() // synced
	w.file = nil
	return nil
}

// newPart creates the part that follows. The file appears under its name with its header.
func (w *Writer) newPart() error {
	h := Header{
		Version: version, Kind: KindLog, Database: w.now.Header.Database,
		Part: w.now.Header.Part + 1, After: w.now.Last, Before: w.now.sum, At: time.Now().UTC(),
	}
	next := File{Header: h, Last: h.After}
	var b []byte
	b, next.sum = appendLine(nil, "", line{Header: &h})
	temp := w.path + ".new"
	_ = os.Remove(temp) // of a process that was killed while it did this
	file, err := os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = file.Write(b); err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(temp, w.path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(w.path))
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	next.Size = int64(len(b))
	w.file, w.now = file, next
	return nil
}

// syncFolder makes renames in a folder survive a power cut. Windows cannot and need not.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrInvalid) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}

// Close closes the file and gives up the lock. The part stays open for the next process.
func (w *Writer) Close() error {
	var err error
	if w.file != nil {
		err = w.file.Close()
	}
	return errors.Join(err, w.unlock())
}
