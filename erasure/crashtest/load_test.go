package crashtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// subject is a customer, and what its deletes were answered.
type subject struct {
	id   string
	refs map[string]string // by provider

	mu        sync.Mutex
	accepted  int // 202
	notFound  int
	ambiguous int // no answer, or one that leaves open what happened
	refused   int // certainly not accepted
}

// newSubjects makes customers with three targets each.
func newSubjects(n int) []*subject {
	subjects := make([]*subject, n)
	for i := range subjects {
		c := &subject{id: fmt.Sprintf("customer-%06d-0000-4000-8000-00000000000", i), refs: map[string]string{}}
		for k, name := range providerNames {
			if k != i%len(providerNames) {
				c.refs[name] = fmt.Sprintf("ref_%s_%06d", name, i)
			}
		}
		subjects[i] = c
	}
	return subjects
}

// record is what is imported of the customer.
func (c *subject) record() map[string]any {
	var connections []map[string]string
	for name, ref := range c.refs {
		connections = append(connections, map[string]string{"provider": name, "customer": ref})
	}
	return map[string]any{"id": c.id, "email": "somebody@example.com", "providers": connections}
}

// remove asks once to delete the customer.
func (c *subject) remove(ctx context.Context, yuno *client.Client) {
	err := yuno.DeleteCustomer(ctx, c.id)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.accepted++
	case errors.Is(err, client.ErrCustomerNotFound):
		c.notFound++
	case mayHaveApplied(err):
		c.ambiguous++
	default:
		c.refused++
	}
}

// answered is whether a delete has had an answer that settles it.
func (c *subject) answered() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.accepted+c.notFound > 0
}

// removeAll asks to delete all the subjects, from 16 clients at once; every fourth
// of them twice.
func removeAll(ctx context.Context, yuno *client.Client, subjects []*subject) {
	queue := make(chan *subject, 2*len(subjects))
	for i, c := range subjects {
		queue <- c
		if i%4 == 0 {
			queue <- c
		}
	}
	close(queue)
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			for c := range queue {
				c.remove(ctx, yuno)
			}
		})
	}
	clients.Wait()
}

// unanswered are those of the subjects whom a caller asks for again. Every fifth
// has a caller who gives up after the first time.
func unanswered(subjects []*subject) (again []*subject) {
	for i, c := range subjects {
		if i%5 != 0 && !c.answered() {
			again = append(again, c)
		}
	}
	return again
}

// misbehave makes the providers do what providers do, at every third request.
func (s *system) misbehave(seed uint64) {
	faults := []providersim.Fault{
		providersim.RateLimited(0), providersim.RateLimited(time.Second), providersim.Fail(500),
		providersim.Unavailable(time.Second), providersim.Hang(), providersim.HangAfter(),
		providersim.ResetBefore(), providersim.ResetAfter(), providersim.SlowBody(5 * time.Millisecond),
		providersim.SlowBody(100 * time.Millisecond), // takes longer than the timeout
	}
	for i, name := range providerNames {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		s.sims[name].Misbehave(func(int) providersim.Fault {
			if random.IntN(3) > 0 {
				return providersim.OK()
			}
			return faults[random.IntN(len(faults))]
		})
	}
}

// behave ends it.
func (s *system) behave() {
	for _, sim := range s.sims {
		sim.Misbehave(nil)
	}
}
