package crashtest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// A process that lacks the newest key confirms it as soon as it has it, or ends: then the
// older key is dropped.
func TestDropWaitsForRunningProcesses(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s, subjects := newLoaded(t, database, 2)
		machine := s.newKeyCopy()
		v := machine.serve()
		s.mustRun("keys", "rotate")
		s.wantRefusal(s.run("keys", "drop-older"), unconfirmed)
		machine.renew()
		await.OK(t, "the process has confirmed the newest key", func() error {
			r := s.run("keys", "drop-older")
			switch {
			case r.code == 0:
				return nil
			case strings.Contains(r.stderr, unconfirmed):
				return errors.New(r.stderr)
			}
			return await.Final(errors.New(r.stderr))
		})
		s.wantKeys(1)
		s.mustRun("keys", "rotate")
		s.wantRefusal(s.run("keys", "drop-older"), unconfirmed)
		v.Stop(t)
		s.mustRun("keys", "drop-older") // at once
		s.wantKeys(1)
		machine.renew()
		s.settle(machine.serve(), subjects)
	})
}

// Nobody could say anything for a while, because the database was away or the machine
// slept. A process that runs is no less asked for.
func TestDropAfterAnOutage(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s, subjects := newLoaded(t, database, 2)
		machine := s.newKeyCopy()
		v := machine.serve()
		s.mustRun("keys", "rotate")
		s.letTimePass(s.open(), time.Hour)
		if r := s.run("keys", "drop-older"); r.code != 1 || !strings.Contains(r.stderr, unconfirmed) {
			t.Errorf("status %d: %s%s", r.code, r.stdout, r.stderr)
		}
		s.wantKeys(2)
		machine.renew()
		s.settle(v, subjects)
	})
}

// The command is killed when it has destroyed the key in the file, before or after it could
// say so in the database. The next one completes it.
func TestDropThatIsKilled(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s, subjects := newLoaded(t, database, 2)
		s.mustRun("keys", "rotate")
		old := s.open().KeyIDs()[1].String()
		unlock := func() {}
		if !s.isSQLite() { // there, it could not even begin
			unlock = s.holdKeys()
		}
		drop := testbinary.Start(t, s.command(context.Background(), "keys", "drop-older"))
		await.OK(t, "the key is destroyed", func() error {
			ended := drop.Running()
			keys, err := os.ReadFile(s.keyFile)
			if err == nil && bytes.Count(keys, []byte("\n")) > 1 {
				err = cmp.Or(ended, errors.New("not yet"))
			}
			return err
		})
		drop.Kill()
		unlock()
		s.wantKeys(1)
		s.mustRun("keys", "drop-older")
		s.wantKeys(1)
		var destroyed bool
		err := s.open().DB().QueryRowContext(t.Context(), `SELECT destroyed_at IS NOT NULL FROM master_keys WHERE id = $1`, old).Scan(&destroyed)
		if err != nil || !destroyed {
			t.Errorf("destroyed: %v, %v", destroyed, err)
		}
		s.mustRun("keys", "rotate") // opens every key there is
		s.settle(s.start(), subjects)
	})
}
