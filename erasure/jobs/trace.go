package jobs

import (
	"context"
	"encoding/json"
)

// A Trace takes the trace that a context belongs to along with a job, so that the attempt
// is part of the trace of the request that asked for it. It must be safe for concurrent
// use.
type Trace interface {
	// Save returns the trace as a text, or "". The queue stores it in clear text for as
	// long as the job, and days longer: it must be opaque.
	Save(ctx context.Context) string
	// Restore returns ctx with the trace that Save returned.
	Restore(ctx context.Context, trace string) context.Context
}

// metadata is what a job has besides its arguments. River adds fields of its own.
type metadata struct {
	Trace string `json:"traceparent,omitempty"`
}

// metadataOf returns the metadata of a job that is enqueued in ctx, or nil for none.
func metadataOf(ctx context.Context, trace Trace) []byte {
	if trace == nil {
		return nil
	}
	saved := trace.Save(ctx)
	if saved == "" {
		return nil
	}
	text, _ := json.Marshal(metadata{saved}) // a string always encodes
	return text
}

// traced returns ctx with the trace of a job, if it has one.
func traced(ctx context.Context, trace Trace, stored []byte) context.Context {
	var m metadata
	if trace == nil || json.Unmarshal(stored, &m) != nil || m.Trace == "" {
		return ctx
	}
	return trace.Restore(ctx, m.Trace)
}
