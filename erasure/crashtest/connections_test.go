package crashtest

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// A process is killed during an attempt, and the next one starts without that provider:
// nobody works on the job. A person is told, and once the provider is back, the target
// goes on by itself.
func TestProviderLeavesTheConfiguration(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		s := newSystem(t, database)
		s.simulate()
		c := newSubjects(1)[0] // does not use the first provider
		s.importCustomers(c.record())
		leaves := providerNames[1]
		s.sims[leaves].Misbehave(func(int) providersim.Fault { return providersim.Hang() })
		v := s.start(shortHeartbeat)
		s.ready(v)
		c.delete(t.Context(), s.client(client.WithRetry(20, time.Second)))
		store := s.open()
		target := func() erasure.Target { return s.targetOf(store, c.id, leaves) }
		await.True(t, "an attempt", func() bool { return target().State == erasure.TargetInProgress })
		v.Kill()
		killed := time.Now()
		s.sims[leaves].Misbehave(nil)

		all := s.without(leaves)
		s.wait(time.Until(killed.Add(lostAfter))) // until the queue considers the job lost
		v = s.start(shortHeartbeat)
		await.True(t, "a person is told", func() bool { return target().Reason == erasure.ReasonProviderNotConfigured })
		t.Logf("told after %v", time.Since(killed).Round(time.Second))
		if got := target(); got.State != erasure.TargetActionRequired {
			t.Errorf("the target is %s", got.State)
		}
		await.True(t, "every job has ended", func() bool { return s.unfinishedJobs(store) == 0 })
		if status, err := v.operations(t.Context(), "/readyz"); err != nil || !bytes.Contains(status, []byte(`"connections":"ok"`)) {
			t.Errorf("readyz: %s, %v", status, err)
		}

		s.writeFile(s.providersFile, all)
		if store.Engine() == sqlstore.SQLite { // one process at a time
			v.Stop(t)
		}
		s.start(shortHeartbeat)
		await.True(t, "the provider is asked", func() bool { return target().State == erasure.TargetSucceeded })
		if deleted := s.sims[leaves].Record(c.refs[leaves]).Deleted; deleted != 1 {
			t.Errorf("deleted %d times", deleted)
		}
	})
}

// unfinishedJobs returns the number of jobs of targets that have not ended.
func (s *system) unfinishedJobs(store *sqlstore.Store) (n int) {
	s.t.Helper()
	err := store.DB().QueryRowContext(s.t.Context(),
		`SELECT count(*) FROM river_job WHERE kind = 'erase_target' AND state <> 'completed'`).Scan(&n)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// targetOf returns the target of a customer's erasure at a provider, with its evidence.
func (s *system) targetOf(store *sqlstore.Store, customer, provider string) (found erasure.Target) {
	s.t.Helper()
	list, err := store.ListErasures(s.t.Context(), erasure.ErasureFilter{CustomerID: customer})
	if err != nil || len(list) != 1 {
		s.t.Fatalf("%d erasures, %v", len(list), err)
	}
	whole, err := store.GetErasure(s.t.Context(), list[0].ID)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, target := range whole.Targets {
		if target.Provider == provider {
			found = target
		}
	}
	return found
}

// without removes a provider from the configuration, and returns the file as it was.
func (s *system) without(provider string) (before []byte) {
	s.t.Helper()
	before, err := os.ReadFile(s.providersFile)
	if err != nil {
		s.t.Fatal(err)
	}
	var rest []byte
	for line := range bytes.Lines(before) {
		if !bytes.Contains(line, []byte("name: "+provider+",")) {
			rest = append(rest, line...)
		}
	}
	s.writeFile(s.providersFile, rest)
	return before
}
