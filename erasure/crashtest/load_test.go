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

// subject is a customer, and how its deletes were answered for.
type subject struct {
	id   string
	refs map[string]string // by provider

	mu        sync.Mutex
	accepted  int // 202
	notFound  int
	ambiguous int // no response, or one after which the delete may have been accepted
	refused   int // certainly not accepted
}

// newSubjects makes customers with three targets each.
func newSubjects(n int) []*subject { return subjectsFrom(0, n) }

// subjectsFrom makes those with the numbers from first.
func subjectsFrom(first, n int) []*subject {
	subjects := make([]*subject, n)
	for i := range subjects {
		number := first + i
		c := &subject{id: fmt.Sprintf("customer-%06d-0000-4000-8000-00000000000", number), refs: map[string]string{}}
		for k, name := range providerNames {
			if k != number%len(providerNames) {
				c.refs[name] = fmt.Sprintf("ref7q_%s_%06d", name, number)
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

// records are those of several subjects.
func records(subjects []*subject) []map[string]any {
	all := make([]map[string]any, len(subjects))
	for i, c := range subjects {
		all[i] = c.record()
	}
	return all
}

// delete sends one delete of the customer.
func (c *subject) delete(ctx context.Context, yuno *client.Client) {
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

// mayHaveApplied reports whether a failed delete may have been accepted.
func mayHaveApplied(err error) bool {
	var failure *client.Error
	return errors.As(err, &failure) && failure.MayHaveApplied
}

// settled reports whether some response said that the customer is erased.
func (c *subject) settled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.accepted+c.notFound > 0
}

// deleteAll sends a delete for each subject, and two for every fourth, from 16
// clients.
func (s *system) deleteAll(yuno *client.Client, subjects []*subject) {
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
				c.delete(s.t.Context(), yuno)
				s.events.Add(1)
			}
		})
	}
	clients.Wait()
}

// unsettled returns the subjects that a caller deletes again. Every fifth has a
// caller who gives up after the first delete.
func unsettled(subjects []*subject) (again []*subject) {
	for i, c := range subjects {
		if i%5 != 0 && !c.settled() {
			again = append(again, c)
		}
	}
	return again
}

// misbehave makes the providers fail every third request, in every way they know.
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
			s.events.Add(1)
			if random.IntN(3) > 0 {
				return providersim.OK()
			}
			s.faults.Add(1)
			return faults[random.IntN(len(faults))]
		})
	}
}

// behave makes the providers stop failing.
func (s *system) behave() {
	for _, sim := range s.sims {
		sim.Misbehave(nil)
	}
}
