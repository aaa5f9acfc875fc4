package bulk

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/internal/misuse"
)

// Values that make no sense are errors before anything is sent; for a pace, which cannot
// fail otherwise, a panic that says so.
func TestMisuse(t *testing.T) {
	t.Parallel()
	valid := func() Options {
		return Options{Journal: filepath.Join(t.TempDir(), "journal"), AccountCode: "a", BaseURL: "http://127.0.0.1/v1"}
	}
	with := func(change func(*Options)) func() error {
		return func() error {
			o := valid()
			change(&o)
			return prepareError(t.Context(), t, "c1\n", o)
		}
	}
	erase := func(context.Context, string) Result { return Result{Outcome: Accepted} }
	running := func(erase EraseFunc, o RunOptions) func() error {
		return func() error {
			job, err := Prepare(t.Context(), scanText(t, "c1\n"), valid())
			if err != nil {
				return err
			}
			defer closeJob(t, job)
			return job.Run(t.Context(), erase, o)
		}
	}
	pace := func(perSecond float64) func() error {
		return func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("%v", p)
				}
			}()
			NewPace(perSecond)
			return nil
		}
	}
	misuse.Check(t, []misuse.Case{
		{Of: "NewPace", Value: "zero", Use: pace(0)},
		{Of: "NewPace", Value: "smallest", Use: pace(math.SmallestNonzeroFloat64)},
		{Of: "NewPace", Value: "negative", Use: pace(-1), Want: "bulk: NewPace: -1 is no rate"},
		{Of: "NewPace", Value: "NaN", Use: pace(math.NaN()), Want: "bulk: NewPace: NaN is no rate"},
		{Of: "NewPace", Value: "infinite", Use: pace(math.Inf(1)), Want: "bulk: NewPace: +Inf is no rate"},
		{Of: "NewReportWriter", Value: "unknown format", Use: func() error { return NewReportWriter(io.Discard, 99).Flush() }},
		{Of: "Prepare", Value: "nil list", Use: func() error { _, err := Prepare(t.Context(), nil, valid()); return err }, Want: "bulk: the list is nil"},
		{Of: "Options.Journal", Value: "empty", Use: with(func(o *Options) { o.Journal = "" }), Want: "Options.Journal is empty"},
		{Of: "Options.AccountCode", Value: "empty", Use: with(func(o *Options) { o.AccountCode = "" }), Want: "Options.AccountCode is empty"},
		{Of: "Options.BaseURL", Value: "empty", Use: with(func(o *Options) { o.BaseURL = "" }), Want: "Options.BaseURL is empty"},
		{Of: "Options.Resume", Value: "nothing", Use: with(func(o *Options) { o.Resume = true }), Want: "there is no run to resume"},
		{Of: "RunOptions.Concurrency", Value: "negative", Use: running(erase, RunOptions{Concurrency: -1}), Want: "RunOptions.Concurrency is -1"},
		{Of: "RunOptions.Concurrency", Value: "most", Use: running(erase, RunOptions{Concurrency: math.MaxInt}), Want: "set 1 to 10000"},
		{Of: "RunOptions.Concurrency", Value: "nil function", Use: running(nil, RunOptions{}), Want: "bulk: the function that erases is nil"},
		{Of: "RunOptions.MaxFailures", Value: "negative", Use: running(erase, RunOptions{MaxFailures: -1}), Want: "RunOptions.MaxFailures is -1"},
		{Of: "RunOptions.MaxFailures", Value: "most", Use: running(erase, RunOptions{MaxFailures: math.MaxInt})},
		{Of: "RunOptions.GiveUpAfter", Value: "negative", Use: running(erase, RunOptions{GiveUpAfter: -time.Second}), Want: "RunOptions.GiveUpAfter is -1s"},
		{Of: "RunOptions.GiveUpAfter", Value: "longest", Use: running(erase, RunOptions{GiveUpAfter: math.MaxInt64})},
	}, map[string]string{
		"RunOptions.KeepGoing": "both values make sense", "RunOptions.Waiting": "nil is the default",
		"RunOptions.Wait": "nil is the default", "RunOptions.Observe": "nil is the default",
	})
}
