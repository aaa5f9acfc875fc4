package wire

import "reflect"

// IsNil reports whether a value is nil, or is a nil pointer, function or channel. An
// interface with such a value is not nil itself, and fails only when it is used.
func IsNil(value any) bool {
	v := reflect.ValueOf(value)
	switch v.Kind() { //nolint:exhaustive // values of the others are usable
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Chan:
		return v.IsNil()
	default:
		return false
	}
}
