package sqlstore

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// statement is one that reads or changes rows, with its arguments.
type statement struct {
	text string
	args []any
}

// inOne makes changes that do not depend on each other's result. On PostgreSQL they are one
// statement, because each statement is a round trip there. Constraints are checked after
// all of them. The last one is a query of one row, which is scanned into dest and is not
// about what the others change.
func inOne(ctx context.Context, tx *sql.Tx, engine Engine, statements []statement, dest ...any) error {
	if engine == PostgreSQL {
		statements = []statement{joined(statements)}
	}
	last := len(statements) - 1
	for _, one := range statements[:last] {
		if _, err := tx.ExecContext(ctx, one.text, one.args...); err != nil {
			return err
		}
	}
	return tx.QueryRowContext(ctx, statements[last].text, statements[last].args...).Scan(dest...)
}

// joined returns one statement that does what all of them do: the last one, with the others
// as its common table expressions.
func joined(statements []statement) statement {
	var b strings.Builder
	var args []any
	last := len(statements) - 1
	for i, one := range statements {
		switch {
		case i == last:
		case i == 0:
			b.WriteString("WITH change0 AS (")
		default:
			b.WriteString(", change" + strconv.Itoa(i) + " AS (")
		}
		renumber(&b, one.text, len(args))
		if i < last {
			b.WriteString(")\n")
		}
		args = append(args, one.args...)
	}
	return statement{b.String(), args}
}

// renumber writes a statement and adds n to the number of every placeholder. Its text has no
// other dollar sign.
func renumber(b *strings.Builder, text string, n int) {
	for {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return
		}
		digits := len(after) - len(strings.TrimLeft(after, "0123456789"))
		number, _ := strconv.Atoi(after[:digits]) // digits only
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(number + n))
		text = after[digits:]
	}
}
