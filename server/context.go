package server

import "context"

// scope is a context with a value of type T. It is one allocation, where
// context.WithValue is two, and every request has several.
type scope[T any] struct {
	context.Context
	value T
}

type scopeKey[T any] struct{}

func withScope[T any](ctx context.Context, value T) context.Context {
	return &scope[T]{ctx, value}
}

// scopeOf returns the value of the innermost scope of type T around ctx, or the zero
// value.
func scopeOf[T any](ctx context.Context) T {
	s, ok := ctx.Value(scopeKey[T]{}).(*scope[T])
	if !ok {
		var zero T
		return zero
	}
	return s.value
}

func (s *scope[T]) Value(key any) any {
	if key == (scopeKey[T]{}) {
		return s
	}
	return s.Context.Value(key)
}
