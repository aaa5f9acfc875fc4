package conformance

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"time"
)

// keyCheckTime compares the response times for an unknown public key and for a wrong
// secret key.
func keyCheckTime(ctx context.Context, s *session) error {
	id := unknownID()
	var last [2]response
	measure := func(e edit) time.Duration {
		start := s.now()
		resp := s.erase(ctx, id, e)
		s.expectRefusal(resp, http.StatusUnauthorized, codeInvalidKeys)
		last = [2]response{last[1], resp}
		return s.now().Sub(start)
	}
	var unknown, wrong []time.Duration
	for i := range s.rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		if i%2 == 0 { // in turns, so that drift and warm connections favour neither
			unknown = append(unknown, measure(withUnknownPublicKey()))
			wrong = append(wrong, measure(withWrongSecretKey()))
		} else {
			wrong = append(wrong, measure(withWrongSecretKey()))
			unknown = append(unknown, measure(withUnknownPublicKey()))
		}
	}
	if differ(unknown, wrong) {
		s.found("response", RuleCaseTime, "different times for an unknown public key and for a wrong secret", "the same time", last[:]...)
	}
	return nil
}

// differ reports whether two series of times differ by more than networks and schedulers
// explain. It wants both a rank sum that chance alone yields once in a hundred thousand
// runs (a Mann-Whitney test, |z| > 4.4) and medians that are 10 % apart, so it misses
// smaller differences.
func differ(a, b []time.Duration) bool {
	n, m := float64(len(a)), float64(len(b))
	u := rankSum(a, b) - n*(n+1)/2
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)

	medianA, medianB := median(a), median(b)
	apart := math.Abs(float64(medianA-medianB)) > 0.1*float64(min(medianA, medianB))
	return math.Abs(z) > 4.4 && apart
}

// rankSum returns the sum of the ranks that the times of a have among those of both. Equal
// times share the mean of their ranks.
func rankSum(a, b []time.Duration) float64 {
	type sample struct {
		d     time.Duration
		fromA bool
	}
	var all []sample
	for _, d := range a {
		all = append(all, sample{d, true})
	}
	for _, d := range b {
		all = append(all, sample{d, false})
	}
	slices.SortFunc(all, func(x, y sample) int { return cmp.Compare(x.d, y.d) })
	var sum float64
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].d == all[i].d {
			j++
		}
		for k := i; k < j; k++ {
			if all[k].fromA {
				sum += float64(i+j+1) / 2
			}
		}
		i = j
	}
	return sum
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}
