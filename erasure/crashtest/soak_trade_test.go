package crashtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// trade is what a merchant does: import customers and erase most of them, round after
// round.
type trade struct {
	subjects []*subject
	again    []*subject // to be deleted again in the next round
	sealed   map[string][][]byte

	imported, accepted atomic.Int64
}

func (k *soak) keepTrading(ctx context.Context) {
	random := rand.New(rand.NewPCG(k.seed, 98))
	every := 15 * time.Second
	if k.length == 0 {
		every = time.Second
	}
	for {
		began := time.Now()
		k.tradeRound(ctx, random, k.perRound())
		if !pause(ctx, every-time.Since(began)) {
			return
		}
	}
}

// perRound is how many customers each round has.
func (k *soak) perRound() int {
	if k.length == 0 {
		return 20
	}
	return 60
}

// tradeRound imports customers and erases them, except the last tenth.
func (k *soak) tradeRound(ctx context.Context, random *rand.Rand, n int) {
	t := &k.trade
	round := subjectsFrom(len(t.subjects), n)
	k.importUntilDone(ctx, random, round)
	t.subjects = append(t.subjects, round...)
	k.noteSealed(round)
	k.deleteRound(append(t.again, round[:n*9/10]...), random)
}

// deleteRound sends deletes to a random process.
func (k *soak) deleteRound(round []*subject, random *rand.Rand) {
	k.direct(random)
	yuno := k.client()
	k.deleteAll(yuno, round)
	yuno.CloseIdleConnections() // they would be a part of what a process keeps
	k.trade.again = unsettled(round)
	for _, c := range round {
		if c.settled() {
			k.trade.accepted.Add(1)
		}
	}
}

// direct makes clients connect to a random process with an API.
func (k *soak) direct(random *rand.Rand) *service {
	for _, i := range random.Perm(len(k.slots)) {
		if sl := k.slots[i]; sl.api && sl.service().Running() == nil {
			k.current.Store(sl.service())
			break
		}
	}
	return k.current.Load()
}

// importUntilDone imports customers, however often the command is killed and the database
// goes away. On SQLite, an import that finds the database locked for ten seconds is repeated as
// a user would repeat it: what it has imported already stays as it is.
func (k *soak) importUntilDone(ctx context.Context, random *rand.Rand, round []*subject) {
	path := filepath.Join(k.folder, "customers.jsonl")
	k.writeFile(path, jsonLines(k.t, records(round)))
	defer remove(k.t, path)
	args := []string{"customers", "import", "--account=" + k.keys.AccountCode, path}
	if random.IntN(4) == 0 {
		p := testbinary.Start(k.t, k.command(context.WithoutCancel(ctx), args...))
		pause(ctx, k.moment(random, time.Second))
		p.Kill()
		k.did.commandKills.Add(1)
	}
	await.True(k.t, "customers are imported", func() bool { return k.try(args...) })
	k.trade.imported.Add(int64(len(round)))
}

// noteSealed notes the ciphertext of customers, which is searched in the end.
func (k *soak) noteSealed(round []*subject) {
	if k.cluster != nil { // there, it stays in files for a while
		return
	}
	if k.trade.sealed == nil {
		k.trade.sealed = map[string][][]byte{}
	}
	eachRow(k.t, k.store.DB(), `SELECT id, personal, links FROM customers WHERE id >= $1 AND personal IS NOT NULL`, []any{round[0].id},
		func(_ []string, values [][]byte) {
			k.trade.sealed[string(values[0])] = [][]byte{append([]byte(nil), values[1]...), append([]byte(nil), values[2]...)}
		})
}

// settleAll deletes again whom a caller wants erased, until everybody is.
func (k *soak) settleAll() {
	random := rand.New(rand.NewPCG(k.seed, 97))
	for left := 30; len(k.trade.again) > 0 && left > 0; left-- {
		k.superviseOnce()
		for _, sl := range k.slots {
			if sl.api && sl.service().Running() == nil {
				k.ready(sl.service())
			}
		}
		k.deleteRound(k.trade.again, random)
		k.wait(time.Second)
	}
	if n := len(k.trade.again); n > 0 {
		k.t.Errorf("%d customers cannot be deleted in the end", n)
	}
}

func (t *trade) line() string {
	return fmt.Sprintf("%d imported, %d accepted", t.imported.Load(), t.accepted.Load())
}
