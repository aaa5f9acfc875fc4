package conformance

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"
)

// keyCheckTime compares how long answers to an unknown public key and to a wrong
// secret take. Networks and schedulers are noisy, so it reports only what no
// noise explains: ranks that chance gives once in a hundred thousand runs, and
// medians a tenth apart. A smaller leak goes unnoticed.
func keyCheckTime(ctx context.Context, s *session) error {
	id := unknownID()
	measure := func(e edit) time.Duration {
		start := s.now()
		s.expectRefusal(s.erase(ctx, id, e), 401, codeInvalidKeys)
		return s.now().Sub(start)
	}
	var unknown, wrong []time.Duration
	for i := range s.rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		first := func() { unknown = append(unknown, measure(with(publicHeader, "sandbox_"+unknownID()))) }
		second := func() { wrong = append(wrong, measure(with(secretHeader, unknownID()))) }
		if i%2 == 1 { // so that drift and warm connections favour neither
			first, second = second, first
		}
		first()
		second()
	}
	if differ(unknown, wrong) {
		s.found("response", RuleCaseTime, "different times for an unknown public key and for a wrong secret", "the same time")
	}
	return nil
}

// differ is a Mann-Whitney test with a minimum size of the effect.
func differ(a, b []time.Duration) bool {
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
	var ranks float64 // of a; equal samples share the mean of their ranks
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].d == all[i].d {
			j++
		}
		for k := i; k < j; k++ {
			if all[k].fromA {
				ranks += float64(i+j+1) / 2
			}
		}
		i = j
	}
	n, m := float64(len(a)), float64(len(b))
	u := ranks - n*(n+1)/2
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)

	medianA, medianB := median(a), median(b)
	apart := math.Abs(float64(medianA-medianB)) > 0.1*float64(min(medianA, medianB))
	return math.Abs(z) > 4.4 && apart
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}
