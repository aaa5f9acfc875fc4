package client

import (
	"context"
	"net/http/httptrace"
)

// withoutHeaderTrace removes from ctx's httptrace the one hook that is called with
// the headers as they are written, keys included.
func withoutHeaderTrace(ctx context.Context) context.Context {
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil || trace.WroteHeaderField == nil {
		return ctx
	}
	rest := *trace
	rest.WroteHeaderField = nil
	return &tracedContext{ctx, &rest}
}

// tracedContext replaces the trace of its parent. httptrace.WithClientTrace would
// call the hooks of both.
type tracedContext struct {
	context.Context
	trace *httptrace.ClientTrace
}

func (c *tracedContext) Value(key any) any {
	value := c.Context.Value(key)
	if _, ok := value.(*httptrace.ClientTrace); ok { // its key is not exported
		return c.trace
	}
	return value
}
