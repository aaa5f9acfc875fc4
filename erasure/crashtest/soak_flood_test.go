package crashtest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

// flood sends a process more of something than anybody needs.
func (k *soak) flood(ctx context.Context, random *rand.Rand) {
	v := k.direct(random)
	short, cancel := context.WithTimeout(ctx, k.moment(random, 5*time.Second))
	defer cancel()
	switch random.IntN(3) {
	case 0:
		k.floodWithWrongKeys(short, v)
	case 1:
		k.floodWithScrapes(short, v)
	case 2:
		k.floodWithConnections(short, v)
	}
	k.did.floods.Add(1)
}

// floodAtOnce calls send from many goroutines, again and again, until ctx is done.
func (k *soak) floodAtOnce(ctx context.Context, senders int, send func(hc *http.Client)) {
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			for ctx.Err() == nil {
				send(&http.Client{Transport: transport})
				k.did.flooding.Add(1)
			}
		})
	}
	all.Wait()
}

// floodWithWrongKeys tries to erase a customer who is never to be erased.
func (k *soak) floodWithWrongKeys(ctx context.Context, v *service) {
	address, err := v.address(ctx, apiAddress)
	if err != nil {
		return
	}
	wrong := k.keys
	wrong.PrivateSecretKey = "wrong"
	kept := subjectsFrom(k.perRound()-1, 1)[0].id // see tradeRound
	k.floodAtOnce(ctx, 32, func(hc *http.Client) {
		yuno, err := client.New(wrong, client.WithBaseURL("http://"+address+"/v1"), client.WithHTTPClient(hc), client.WithRetry(0, 0))
		if err == nil {
			err = yuno.DeleteCustomer(ctx, kept)
		}
		if err == nil || errors.Is(err, client.ErrCustomerNotFound) || errors.Is(err, client.ErrInvalidArgument) {
			k.t.Errorf("a delete with a wrong key: %v", err)
		}
	})
}

func (k *soak) floodWithScrapes(ctx context.Context, v *service) {
	address, err := v.address(ctx, opsAddress)
	if err != nil {
		return
	}
	k.floodAtOnce(ctx, 16, func(hc *http.Client) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
		if err != nil {
			k.t.Error(err)
			return
		}
		if response, err := hc.Do(r); err == nil {
			response.Body.Close()
		}
	})
}

// floodWithConnections opens connections and sends nothing.
func (k *soak) floodWithConnections(ctx context.Context, v *service) {
	for _, where := range []string{"api", "ops"} {
		pattern := apiAddress
		if where == "ops" {
			pattern = opsAddress
		}
		address, err := v.address(ctx, pattern)
		if err != nil {
			return
		}
		for range 150 {
			connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err != nil {
				return
			}
			defer connection.Close()
			k.did.flooding.Add(1)
		}
	}
	<-ctx.Done()
}
