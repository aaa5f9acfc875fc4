package ops_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

func TestLive(t *testing.T) {
	onEach(t, map[string]func(*site){
		"SaysThatSomethingHasChanged": func(s *site) {
			e := s.erase(customerID(1), erasure.TargetPending, "http_503", "stripe")
			b := s.as("ada", erasure.RoleViewer)
			for page, stream := range map[string]string{"/": "/live/overview", "/erasures/" + e.ID: "/live/erasures/" + e.ID} {
				b.want(b.get(page), http.StatusOK, `data-live="`+stream+`"`)
				events := b.events(stream)
				first := await.Receive(s, "the first event", events)
				s.erase(customerID(100+len(page)), erasure.TargetFailed, "x", "adyen")
				s.must(second(s.Begin(s.Context(), e.Targets[0].ID, s.clock().Add(time.Hour))))
				s.later(time.Hour)
				next := await.Receive(s, "the next event", events)
				if !strings.HasPrefix(first, "data: ") || !strings.HasPrefix(next, "data: ") || first == next {
					s.Errorf("%s: %q, then %q", stream, first, next)
				}
				s.later(-time.Hour)
				attempt, err := s.GetErasure(s.Context(), e.ID)
				s.must(err)
				s.must(s.Finish(s.Context(), erasure.FinishRequest{
					TargetID: e.Targets[0].ID, Attempt: attempt.Targets[0].Attempts, At: s.clock(), State: erasure.TargetPending, NextAt: s.clock(),
				}, nil))
			}
		},
		"IsForThoseWhoAreLoggedIn": func(s *site) {
			s.as("ada", erasure.RoleViewer)
			b := s.browser()
			if got := b.get("/live/overview"); got.status != http.StatusNoContent || got.body != "" {
				s.Errorf("%d %q", got.status, got.body)
			}
		},
		"IsForTwentyAtOnce": func(s *site) {
			b := s.as("ada", erasure.RoleViewer)
			for range 20 {
				<-b.events("/live/overview")
			}
			got := b.get("/live/overview") // a browser does not come back after that
			b.want(got, http.StatusNoContent)
			b.want(b.get("/"), http.StatusOK) // the page works, and does not update itself
		},
		"DoesNotProlongALogin": func(s *site) {
			b := s.as("ada", erasure.RoleViewer)
			b.header.Set("X-Live", "1")
			s.later(erasure.LoginIdles - time.Minute)
			b.want(b.get("/"), http.StatusOK)
			s.later(2 * time.Minute)
			b.want(b.get("/"), http.StatusSeeOther)
		},
		"EndsForWhatIsFinal": func(s *site) {
			e := s.erase(customerID(1), erasure.TargetSucceeded, "", "stripe")
			b := s.as("ada", erasure.RoleViewer)
			b.lacks(b.get("/erasures/"+e.ID), "data-live", "<script")
		},
	})
}

// events returns the lines of a stream that are events.
func (b *browser) events(path string) <-chan string {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, b.url+path, nil)
	b.must(err)
	got, err := b.hc.Do(r)
	b.must(err)
	if got.Header.Get("Content-Type") != "text/event-stream" {
		b.Fatalf("%s: %d, %v", path, got.StatusCode, got.Header)
	}
	events := make(chan string)
	go func() {
		defer close(events)
		defer func() { _ = got.Body.Close() }()
		for lines := bufio.NewScanner(got.Body); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "data:") {
				select {
				case events <- lines.Text():
				case <-b.Context().Done():
					return
				}
			}
		}
	}()
	return events
}
