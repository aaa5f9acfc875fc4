package jobs_test

import (
	"math"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/jobs"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/internal/misuse"
)

// Values that make no sense are errors of Open.
func TestMisuse(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, store *sqlstore.Store) {
		of := func(db jobs.Database, cfg jobs.Config) func() error {
			return func() error {
				q, err := jobs.Open(t.Context(), db, cfg)
				if err == nil {
					q.Close()
				}
				return err
			}
		}
		workers := func(provider string, n int) func() error {
			return of(store, jobs.Config{Workers: map[string]int{provider: n}})
		}
		timeout := func(d time.Duration) func() error { return of(store, jobs.Config{AttemptTimeout: d}) }
		heartbeat := func(d time.Duration) func() error { return of(store, jobs.Config{HeartbeatTimeout: d}) }
		misuse.Check(t, []misuse.Case{
			{Of: "Open", Value: "zero config", Use: of(store, jobs.Config{})},
			{Of: "Open", Value: "nil database", Use: of(nil, jobs.Config{}), Want: "queue: the database is nil"},
			{Of: "Open", Value: "typed nil database", Use: of((*sqlstore.Store)(nil), jobs.Config{}), Want: "queue: the database is nil"},
			{Of: "Config.Workers", Value: "zero", Use: workers("stripe", 0), Want: "Workers of stripe is 0: want 1 to 10000"},
			{Of: "Config.Workers", Value: "negative", Use: workers("stripe", -1), Want: "Workers of stripe is -1"},
			{Of: "Config.Workers", Value: "most", Use: workers("stripe", math.MaxInt), Want: "Workers of stripe is 9223372036854775807"},
			{Of: "Config.Workers", Value: "no name", Use: workers("", 1), Want: "a provider's name in Workers"},
			{Of: "Config.AttemptTimeout", Value: "negative", Use: timeout(-1), Want: "queue: AttemptTimeout is -1ns"},
			{Of: "Config.AttemptTimeout", Value: "longest", Use: timeout(math.MaxInt64), Want: "queue: AttemptTimeout is"},
			{Of: "Config.Trace", Value: "typed nil", Use: of(store, jobs.Config{Trace: (*stubTrace)(nil)}), Want: "queue: the Trace is a nil pointer"},
			{Of: "Config.HeartbeatTimeout", Value: "negative", Use: heartbeat(-1), Want: "queue: HeartbeatTimeout is -1ns"},
			{Of: "Config.HeartbeatTimeout", Value: "longest", Use: heartbeat(math.MaxInt64), Want: "queue: HeartbeatTimeout is"},
		}, map[string]string{"Config.Logger": "nil is the default"})
	})
}
