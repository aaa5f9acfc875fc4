package sqlstore

// RememberTotals makes the store remember the number of rows of tables with at least so many.
func (s *Store) RememberTotals(from int) { s.totals.from = from }
