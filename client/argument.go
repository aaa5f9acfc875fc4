package client

import (
	"errors"
	"fmt"
	"strings"
)

// argumentError is an ErrInvalidArgument that lists every mistake on one line.
type argumentError struct{ mistakes []string }

func (e *argumentError) Error() string {
	return ErrInvalidArgument.Error() + ": " + strings.Join(e.mistakes, "; ")
}

func (e *argumentError) Unwrap() error { return ErrInvalidArgument }

func invalid(format string, args ...any) error {
	return &argumentError{[]string{fmt.Sprintf(format, args...)}}
}

// joinInvalid returns one argumentError for all of errs that are not nil, or nil.
func joinInvalid(errs []error) error {
	var all argumentError
	for _, err := range errs {
		var e *argumentError
		switch {
		case errors.As(err, &e):
			all.mistakes = append(all.mistakes, e.mistakes...)
		case err != nil:
			all.mistakes = append(all.mistakes, err.Error())
		}
	}
	if len(all.mistakes) == 0 {
		return nil
	}
	return &all
}
