package conform

import (
	"errors"
	"fmt"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/idlist"
)

// customers returns the customers that may be erased, and where each comes from. A file with
// a line that is no id is rejected as a whole: it may not be the file that was meant.
func (c *Command) customers() (customers, origins []string, err error) {
	for i, id := range c.Customer {
		customers, origins = append(customers, id), append(origins, fmt.Sprintf("--customer number %d", i+1))
	}
	if c.CustomersFile == "" {
		return customers, origins, nil
	}
	file, err := os.Open(c.CustomersFile)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	err = idlist.Each(file, idlist.Options{}, func(r idlist.Record) error {
		if r.Err != nil {
			return &idlist.FormatError{Line: r.Line, Reason: r.Err.Error(), Hint: "a list of ids, as yuno-erasure delete --file reads it"}
		}
		customers, origins = append(customers, r.ID), append(origins, fmt.Sprintf("line %d of %s", r.Line, c.CustomersFile))
		return nil
	})
	var format *idlist.FormatError
	switch {
	case errors.As(err, &format) && format.Line > 0:
		return nil, nil, command.NewUsageError(fmt.Sprintf("%s:%d: %s", c.CustomersFile, format.Line, format.Reason), format.Hint)
	case errors.As(err, &format):
		return nil, nil, command.NewUsageError(c.CustomersFile+": "+format.Reason, format.Hint)
	case err != nil:
		return nil, nil, fmt.Errorf("%s: %w", c.CustomersFile, err)
	}
	return customers, origins, nil
}
