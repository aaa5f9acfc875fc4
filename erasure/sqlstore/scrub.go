package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// scrubBatch is the number of pages that a scrub reads at once, and the most that one of
// its transactions writes: a megabyte.
const scrubBatch = 256

// scrub overwrites what SQLite may have left in the unused parts of the pages of a database,
// and returns the number of pages that it changed. After each batch it pauses for a multiple
// of the time that reading it took, and repeats a batch that another writer prevents. With
// pause 0 it fails instead, after the busy timeout of db.
//
// With secure_delete SQLite zeroes the cells and pages that it frees. But when it
// distributes rows among neighbouring pages, it rewrites each page and does not zero
// what lies between the cell pointers and the cells afterwards (rebuildPage in btree.c). A
// copy of a row that moved to another page may be there, and stays when that row is erased.
//
// Only SQLite's own table of pages reaches such a place. No statement depends on what it
// contains, and a write goes through the same log as any other.
func scrub(ctx context.Context, db *sql.DB, pause int) (changed int, err error) {
	// Page 1 begins with the header of the file, and contains only the schema.
	for from, more := 2, true; more; {
		began := time.Now()
		unclean, rest, err := findUnclean(ctx, db, from)
		took := time.Since(began)
		if err == nil && len(unclean) > 0 {
			err = inTx(ctx, db, nil, func(tx *sql.Tx) error { return scrubPages(ctx, tx, unclean) })
			if err == nil || errors.As(err, new(*commitError)) {
				changed += len(unclean)
			}
		}
		switch {
		case isBusy(err) && pause > 0: // the same batch again
		case err != nil:
			return changed, fmt.Errorf("scrub: %w", err)
		default:
			from, more = from+scrubBatch, rest
		}
		if more && !sleep(ctx, time.Duration(pause)*took) {
			return changed, fmt.Errorf("scrub: %w", cmp.Or(err, ctx.Err()))
		}
	}
	return changed, nil
}

// findUnclean returns the pages with remains in their unused part, among those from a
// number on, and reports whether there are pages after these.
func findUnclean(ctx context.Context, db *sql.DB, from int) (unclean []int, more bool, err error) {
	rows, err := db.QueryContext(ctx, `
WITH RECURSIVE page (n) AS (SELECT $1 UNION ALL SELECT n + 1 FROM page WHERE n + 1 < $1 + $2)
SELECT pgno, data FROM page JOIN sqlite_dbpage ON pgno = n`, from, scrubBatch)
	seen := 0
	err = each(rows, err, func(rows *sql.Rows) error {
		var n int
		var page sql.RawBytes
		if err := rows.Scan(&n, &page); err != nil {
			return err
		}
		seen++
		if !isZero(unusedPart(page)) {
			unclean = append(unclean, n)
		}
		return nil
	})
	return unclean, seen == scrubBatch, err
}

// scrubPages zeroes the unused parts of pages as they are in this transaction.
func scrubPages(ctx context.Context, tx *sql.Tx, pages []int) error {
	if err := checkLayout(ctx, tx); err != nil {
		return err
	}
	for _, n := range pages {
		var page []byte
		err := tx.QueryRowContext(ctx, `SELECT data FROM sqlite_dbpage WHERE pgno = $1`, n).Scan(&page)
		if errors.Is(err, sql.ErrNoRows) {
			continue // the file has become shorter
		}
		if err != nil {
			return err
		}
		clear(unusedPart(page))
		if _, err := tx.ExecContext(ctx, `UPDATE sqlite_dbpage SET data = $1 WHERE pgno = $2`, page, n); err != nil {
			return err
		}
	}
	return nil
}

// checkLayout returns an error if pages of other kinds might look like those of a tree.
func checkLayout(ctx context.Context, tx *sql.Tx) error {
	var autoVacuum, pages int
	err := tx.QueryRowContext(ctx, `SELECT auto_vacuum, page_count FROM pragma_auto_vacuum, pragma_page_count`).Scan(&autoVacuum, &pages)
	if err != nil {
		return err
	}
	return layoutError(autoVacuum, pages)
}

// layoutError is the rule of checkLayout. A page of a tree begins with its kind; one of a
// list of pages, such as the overflow of a long row, with the number of the next page, whose
// first byte is that of a kind only in a file of 32 million pages. With auto_vacuum there
// are also pages of pointers. This program creates files without it.
func layoutError(autoVacuum, pages int) error {
	switch {
	case autoVacuum != 0:
		return fmt.Errorf("the database file was changed to auto_vacuum=%d: set it to 0 and run VACUUM", autoVacuum)
	case pages >= interiorIndex<<24:
		return fmt.Errorf("the database file has %d pages, too many to tell their kinds apart", pages)
	}
	return nil
}

// The kinds of pages of SQLite's trees, from its file format: the first byte of the page.
const (
	interiorIndex = 0x02
	interiorTable = 0x05
	leafIndex     = 0x0a
	leafTable     = 0x0d
)

// unusedPart returns the bytes between the cell pointers and the cells of a page of a tree;
// of another page, none.
func unusedPart(page []byte) []byte {
	const headerSize, childSize, pointerSize = 8, 4, 2
	if len(page) < headerSize {
		return nil
	}
	from := headerSize
	switch page[0] {
	case interiorIndex, interiorTable:
		from += childSize // of the rightmost one
	case leafIndex, leafTable:
	default:
		return nil
	}
	from += pointerSize * int(binary.BigEndian.Uint16(page[3:]))
	to := int(binary.BigEndian.Uint16(page[5:]))
	if to == 0 {
		to = 1 << 16
	}
	if from > to || to > len(page) {
		return nil // damaged: not for this code to change
	}
	return page[from:to]
}

func isZero(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}
