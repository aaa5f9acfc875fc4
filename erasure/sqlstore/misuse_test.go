package sqlstore_test

import (
	"log/slog"
	"math"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
	"github.com/yuno-community/yuno-customers/internal/misuse"
)

// Values that make no sense are errors of Open.
func TestMisuse(t *testing.T) {
	t.Parallel()
	dsn, ring := engines.Empty["SQLite"](t), newRing(t, 1)
	of := func(dsn string, ring *seal.Ring, opts sqlstore.Options) func() error {
		return func() error {
			store, err := sqlstore.Open(t.Context(), dsn, ring, opts)
			if err == nil {
				err = store.Close()
			}
			return err
		}
	}
	conns := func(n int) func() error { return of(dsn, ring, sqlstore.Options{Migrate: true, MaxConns: n}) }
	misuse.Check(t, []misuse.Case{
		{Of: "Open", Value: "no ring", Use: of(dsn, nil, sqlstore.Options{}), Want: "no key ring: see seal.Load"},
		{Of: "Open", Value: "zero ring", Use: of(dsn, new(seal.Ring), sqlstore.Options{}), Want: "no key ring: see seal.Load"},
		{Of: "Open", Value: "no address", Use: of("", ring, sqlstore.Options{}), Want: "open database: "},
		{Of: "Options.Migrate", Value: "unset for a new database", Use: of(dsn+".missing", ring, sqlstore.Options{}), Want: "does not exist: run migrate"},
		{Of: "Options.MaxConns", Value: "negative", Use: conns(-1), Want: "MaxConns is -1"},
		{Of: "Options.MaxConns", Value: "one", Use: conns(1), Want: "MaxConns is 1"},
		{Of: "Options.MaxConns", Value: "most", Use: conns(math.MaxInt)},
		{Of: "Options.ListenDSN", Value: "for SQLite", Use: of(dsn, ring, sqlstore.Options{Migrate: true, ListenDSN: "nonsense"})},
		{Of: "Options.Logger", Value: "typed nil", Use: of(dsn, ring, sqlstore.Options{Migrate: true, Logger: (*slog.Logger)(nil)})},
		{
			Of: "Options.ListenDSN", Value: "no address",
			Use:  of("postgres://u@127.0.0.1:1/x", ring, sqlstore.Options{ListenDSN: "nonsense"}),
			Want: "to listen: ",
		},
	}, map[string]string{"NewProcess": "any text is a name", "WithActor": "any text is a name"})
}
