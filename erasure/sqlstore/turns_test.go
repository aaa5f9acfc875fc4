package sqlstore_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// An hour between turns: no test takes so long.
var hourly = erasure.TurnRequest{Connection: "stripe", N: 1, Every: time.Hour, Burst: 2, Horizon: 3 * time.Hour}

func TestTakeTurns(t *testing.T) {
	t.Parallel()
	take := func(t *testing.T, store *sqlstore.Store, r erasure.TurnRequest) erasure.Turns {
		t.Helper()
		turns, err := store.TakeTurns(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return turns
	}
	want := func(t *testing.T, got erasure.Turns, n int, in time.Duration) {
		t.Helper()
		if off := in - got.In; got.N != n || n > 0 && (off < 0 || off > 30*time.Minute) { // the test has taken so long
			t.Errorf("got %d in %v, want %d in %v", got.N, got.In, n, in)
		}
	}
	onEach(t, func(t *testing.T, dsn string) {
		one, other := open(t, dsn, newRing(t, 1)), open(t, dsn, newRing(t, 1))
		want(t, take(t, one, hourly), 1, -time.Hour) // of a burst
		want(t, take(t, other, hourly), 1, 0)
		want(t, take(t, one, hourly), 1, time.Hour)
		many := hourly
		many.N = 10
		want(t, take(t, other, many), 2, 2*time.Hour) // those within the horizon
		want(t, take(t, one, hourly), 0, 0)
		// One that was not taken delays nobody.
		longer := hourly
		longer.Horizon = 4 * time.Hour
		want(t, take(t, one, longer), 1, 4*time.Hour)
		// Other connections have turns of their own.
		adyen := hourly
		adyen.Connection = "adyen"
		want(t, take(t, one, adyen), 1, -time.Hour)
		// After a clock was set back, next year's turns are forgotten.
		const nextYear = 365 * 24 * 3600 * 1e6
		if _, err := one.DB().ExecContext(t.Context(), `UPDATE turns SET next_at = next_at + $1`, int64(nextYear)); err != nil {
			t.Fatal(err)
		}
		want(t, take(t, other, hourly), 1, 0)
		want(t, take(t, other, hourly), 1, time.Hour)
	})
}

// No turn is taken twice, not even the first of all.
func TestTakeTurnsTogether(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		stores := []*sqlstore.Store{open(t, dsn, newRing(t, 1)), open(t, dsn, newRing(t, 1))}
		r := hourly
		r.Burst, r.Horizon = 1, 1000*time.Hour
		var taken atomic.Int64
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				for range 5 {
					turns, err := stores[i%2].TakeTurns(t.Context(), r)
					if err != nil {
						t.Error(err)
					}
					taken.Add(int64(turns.N))
				}
			})
		}
		group.Wait()
		turns, err := stores[0].TakeTurns(t.Context(), r)
		if err != nil || taken.Load() != 40 || turns.In.Round(time.Hour) != 40*time.Hour {
			t.Errorf("%d turns, and the next in %v, %v; want 40 and 40h", taken.Load(), turns.In, err)
		}
	})
}

func TestTakeTurnsRefuses(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn, newRing(t, 1))
		for name, change := range map[string]func(*erasure.TurnRequest){
			"NoTurns": func(r *erasure.TurnRequest) { r.N = 0 }, "NoBurst": func(r *erasure.TurnRequest) { r.Burst = 0 },
			"NoTimeBetween": func(r *erasure.TurnRequest) { r.Every = 0 }, "Past": func(r *erasure.TurnRequest) { r.Horizon = -1 },
			"NUL": func(r *erasure.TurnRequest) { r.Connection = "\x00" },
		} {
			r := hourly
			change(&r)
			if _, err := store.TakeTurns(t.Context(), r); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}
