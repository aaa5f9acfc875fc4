package ops_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func second[T any](_ T, err error) error { return err }

func mustURL(s *site, text string) *url.URL {
	u, err := url.Parse(text)
	s.must(err)
	return u
}

func TestPages(t *testing.T) { onEach(t, pageTests) }

var pageTests = map[string]func(*site){
	"OverviewOfNothing": func(s *site) {
		b := s.as("ada", erasure.RoleViewer)
		b.want(b.get("/"), http.StatusOK, "No erasure is overdue", "none at risk", "Nothing does.", "Nothing is due that does not run")
	},
	"Overview": func(s *site) {
		s.must(s.SeeConnections(s.Context(), []string{"stripe"}, s.clock()))
		s.erase(customerID(1), erasure.TargetActionRequired, "key_refused", "stripe")
		s.erase(customerID(2), erasure.TargetActionRequired, "key_refused", "stripe")
		s.erase(customerID(3), erasure.TargetActionRequired, "ask_by_hand", "old-gateway")
		s.erase(customerID(4), erasure.TargetSucceeded, "", "stripe")
		s.erase(customerID(5), erasure.TargetPending, "http_503", "stripe")
		b := s.as("ada", erasure.RoleViewer)
		s.later(time.Minute)
		got := b.get("/")
		b.want(got, http.StatusOK,
			`href="/erasures?person=1&amp;provider=stripe&amp;reason=key_refused">2</a>`, "The provider rejected the key.",
			`<span class="figure">3</span>`, "20 requests a second, 4 at once", "no process has it",
			"1 target is due, the first for a moment", "3 jobs are", "provider-gone",
			"1 completed, 5 accepted", "half within 10 seconds", "3 targets")
		if strings.Index(got.body, "key_refused") > strings.Index(got.body, "ask_by_hand") {
			s.Error("the most frequent cause is not the first")
		}
		s.must(second(s.PauseConnection(s.Context(), erasure.PauseRequest{Name: "stripe", At: s.clock(), Reason: "new key on Monday", ByHand: true})))
		s.later(20 * 24 * time.Hour)
		b = s.as("eve", erasure.RoleViewer)
		b.want(b.get("/"), http.StatusOK, "by hand, since", "new key on Monday", `<a href="/erasures?at-risk=1">4 at risk</a>`)
		s.later(11 * 24 * time.Hour)
		b = s.as("mallory", erasure.RoleViewer)
		b.want(b.get("/"), http.StatusOK, `<a href="/erasures?overdue=1">4 erasures are overdue</a>`)
	},
	"ListByFilter": func(s *site) {
		first := s.erase(customerID(1), erasure.TargetActionRequired, "key_refused", "stripe")
		s.later(24 * time.Hour)
		other := s.erase(customerID(2), erasure.TargetSucceeded, "", "adyen")
		b := s.as("ada", erasure.RoleViewer)
		for query, want := range map[string][2]bool{
			"":                                   {true, true},
			"?state=completed":                   {false, true},
			"?state=attention_required":          {true, false},
			"?state=completed_with_exceptions":   {false, false},
			"?provider=stripe":                   {true, false},
			"?provider=adyen&reason=key_refused": {false, false},
			"?reason=key_refused&person=1":       {true, false},
			"?account=" + account:                {true, true},
			"?account=none":                      {false, false},
			"?since=2026-11-27":                  {false, true},
			"?until=2026-11-27":                  {true, false},
			"?since=2026-11-26T18:30:00Z&until=2026-11-26T18:30:01Z": {true, false},
			"?overdue=1":          {false, false},
			"?state=%00":          {false, false},
			"?before=" + other.ID: {true, false},
		} {
			got := b.get("/erasures" + query)
			b.want(got, http.StatusOK)
			for i, e := range []erasure.Erasure{first, other} {
				if strings.Contains(got.body, "/erasures/"+e.ID) != want[i] {
					s.Errorf("%s: erasure %d is in the list or not", query, i+1)
				}
			}
		}
		b.want(b.get("/erasures?since=yesterday"), http.StatusBadRequest, "since wants a date such as 2026-11-01")
	},
	"ListByPages": func(s *site) {
		const n = 120
		for i := range n {
			s.erase(customerID(i), erasure.TargetSucceeded, "", "stripe")
			s.later(time.Second)
		}
		b := s.as("ada", erasure.RoleViewer)
		link, seen := "/erasures?state=completed", map[string]bool{}
		for pages := 0; link != ""; pages++ {
			got := b.get(link)
			b.want(got, http.StatusOK)
			for _, id := range regexp.MustCompile(`href="/erasures/([0-9a-f-]{36})"`).FindAllStringSubmatch(got.body, -1) {
				if seen[id[1]] {
					s.Errorf("%s is on two pages", id[1])
				}
				seen[id[1]] = true
			}
			if size := len(got.body); size > 50_000 || pages > 3 {
				s.Fatalf("page %d has %d bytes", pages, size)
			}
			link = ""
			if next := regexp.MustCompile(`href="([^"]+)" rel="next"`).FindStringSubmatch(got.body); next != nil {
				link = strings.ReplaceAll(next[1], "&amp;", "&")
			}
		}
		if len(seen) != n {
			s.Errorf("%d erasures on all pages, want %d", len(seen), n)
		}
	},
	"FindACustomer": func(s *site) {
		e := s.erase(customerID(1), erasure.TargetSucceeded, "", "stripe")
		b := s.as("ada", erasure.RoleViewer)
		for _, id := range []string{customerID(1), " " + customerID(1) + " ", e.ID} {
			if got := b.post("/erasures", "id", id); got.status != http.StatusSeeOther || got.location != "/erasures/"+e.ID {
				s.Errorf("%q: %d to %s", id, got.status, got.location)
			}
		}
		for _, id := range []string{customerID(2), "'; DROP TABLE erasures", "\x00", "\xff"} {
			b.want(b.post("/erasures", "id", id), http.StatusOK, "No erasure of a customer with that id")
		}
		b.want(b.post("/erasures", "id", " "), http.StatusSeeOther)
		const other = "22222222-2222-4222-8222-222222222222"
		s.must(s.CreateAccount(s.Context(), erasure.Account{Code: other, PublicKey: "other", CreatedAt: start}))
		s.must(s.Import(s.Context(), other, []erasure.Customer{{ID: customerID(1), Personal: []byte(`{}`)}}))
		s.must(second(s.Accept(s.Context(), erasure.AcceptRequest{AccountCode: other, CustomerID: customerID(1), At: start, Deadline: start}, s.enqueue)))
		got := b.post("/erasures", "id", customerID(1))
		b.want(got, http.StatusOK, "Erasures of a customer", e.ID)
		if n := strings.Count(got.body, `href="/erasures/0`); n != 2 {
			s.Errorf("%d erasures, want 2", n)
		}
	},
	"OneErasure": func(s *site) {
		e := s.erase(customerID(1), erasure.TargetActionRequired, "ask_by_hand", "old-gateway")
		s.must(s.Resolve(s.Context(), e.Targets[0].ID, "ticket <4711>", s.clock().Add(time.Minute)))
		b := s.as("ada", erasure.RoleViewer)
		got := b.get("/erasures/" + e.ID)
		b.want(got, http.StatusOK, "Erasure completed", customerID(1), account, "26 Nov 2026 18:30:00", "26 Dec 2026 18:30:00", "old-gateway",
			"ask_by_hand", "resolved_by_operator", "ticket &lt;4711&gt;", e.Targets[0].ID)
		for _, id := range []string{"none", "%00", "%ff", e.Targets[0].ID, strings.Repeat("x", 3000)} {
			b.want(b.get("/erasures/"+id), http.StatusNotFound, "There is no such page")
		}
	},
	"NothingPersonal": func(s *site) {
		e := s.erase(customerID(1), erasure.TargetActionRequired, "ask_by_hand", "old-gateway", "stripe")
		b := s.as("ada", erasure.RoleOperator)
		for _, path := range []string{"/", "/erasures", "/erasures/" + e.ID, "/actions"} {
			b.lacks(b.get(path), "example.com", "ref-", "token-", "payment-")
		}
		if strings.Contains(s.log.String(), customerID(1)) {
			s.Errorf("the log: %s", s.log)
		}
	},
	"WithoutADatabase": func(s *site) {
		b := s.as("ada", erasure.RoleViewer)
		s.must(s.Close())
		got := b.get("/")
		b.want(got, http.StatusInternalServerError, "does not work right now")
		b.lacks(got, "sql", "closed")
		if !strings.Contains(s.log.String(), "closed") {
			s.Errorf("the log does not have the cause: %s", s.log)
		}
	},
	"WhatCommandsDid": func(s *site) {
		ctx := sqlstore.WithActor(s.Context(), erasure.Actor{Name: "ada", Via: erasure.ViaCommand})
		s.must(s.Import(ctx, account, []erasure.Customer{{ID: customerID(1), Personal: []byte(`{}`)}}))
		b := s.as("eve", erasure.RoleViewer)
		b.want(b.get("/actions"), http.StatusOK, "imported customers of account", account, "customers: 1")
	},
	"WhileOthersWait": func(s *site) {
		s.as("ada", erasure.RoleViewer)
		release := s.page.TakeTurns()
		ctx, cancel := context.WithTimeout(s.Context(), time.Millisecond)
		defer cancel()
		w := httptest.NewRecorder()
		s.page.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/login", nil))
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "Deletes are not affected") {
			s.Errorf("%d\n%s", w.Code, w.Body)
		}
		s.erase(customerID(1), erasure.TargetSucceeded, "", "stripe") // needs no turn
		release()
		b := s.browser()
		b.want(b.get("/login"), http.StatusOK)
	},
}
