package ops_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestActs(t *testing.T) { onEach(t, actTests) }

// form reads the fields of a question, to be sent with more.
func (b *browser) form(question response, more ...string) (pairs []string) {
	b.Helper()
	b.want(question, http.StatusOK, `method="post"`)
	for _, field := range regexp.MustCompile(`type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(question.body, -1) {
		pairs = append(pairs, field[1], field[2])
	}
	return append(pairs, more...)
}

// encode encodes pairs of names and values as a form.
func encode(pairs []string) string {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form.Encode()
}

// answer answers a question, and returns the page that follows.
func (b *browser) answer(path string, more ...string) response {
	b.Helper()
	bare, _, _ := strings.Cut(path, "?")
	got := b.post(bare, b.form(b.get(path), more...)...)
	if got.status != http.StatusSeeOther {
		return got
	}
	return b.get(got.location)
}

var actTests = map[string]func(*site){
	"RetryOneTarget": func(s *site) {
		e := s.erase(customerID(1), erasure.TargetFailed, "deadline_passed", "stripe", "adyen")
		b := s.as("ada", erasure.RoleOperator)
		enqueued := len(s.enqueued)
		path := "/act/retry?" + url.Values{"erasure": {e.ID}, "target": {e.Targets[1].ID}}.Encode()
		b.want(b.get("/erasures/"+e.ID), http.StatusOK, strings.ReplaceAll(path, "&", "&amp;"))
		b.want(b.get(path), http.StatusOK, "Try 1 target again?", "At stripe.")
		s.later(time.Minute)
		got := b.answer(path)
		b.want(got, http.StatusOK, `role="status">1 target will be tried again.`, "retried_by_operator", "by ada", "this page")
		b.lacks(b.get("/erasures/"+e.ID), "will be tried again.") // said once
		now, err := s.GetErasure(s.Context(), e.ID)
		s.must(err)
		if now.Targets[0].State != erasure.TargetFailed || now.Targets[1].State != erasure.TargetPending || len(s.enqueued) != enqueued+1 ||
			!now.Targets[1].GrantedUntil.Equal(s.clock().Add(30*24*time.Hour)) {
			s.Errorf("the targets are %+v", now.Targets)
		}
		b.want(b.post("/act/retry", "erasure", e.ID, "target", e.Targets[1].ID), http.StatusConflict, "does not fit any more", "Nothing was done")
	},
	"ResolveOneTarget": func(s *site) {
		e := s.erase(customerID(1), erasure.TargetActionRequired, "ask_by_hand", "old-gateway")
		b := s.as("ada", erasure.RoleOperator)
		path := "/act/resolve?erasure=" + e.ID
		for note, want := range map[string]string{
			"": "wants 1 to 1000 characters", "told ada@example.com": "contains an e-mail address", strings.Repeat("x", 1001): "wants 1 to 1000 characters",
		} {
			got := b.answer(path, "note", note)
			b.want(got, http.StatusBadRequest, want, `aria-invalid="true"`, note) // nothing that was written is lost
		}
		s.later(time.Minute)
		b.want(b.answer(path, "note", "ticket 4711"), http.StatusOK, "1 target closed.", "Erasure completed", "ticket 4711", "by ada")
		actions, err := s.ListActions(s.Context(), erasure.ActionFilter{})
		s.must(err)
		if a := actions[0]; a.Kind != erasure.ActionResolve || a.Operator != "ada" || a.Via != erasure.ViaPage || a.Subject != e.ID || a.Note != "ticket 4711" {
			s.Errorf("recorded %+v", a)
		}
	},
	"ResolveWhatWasAskedAbout": func(s *site) {
		for i := range 3 {
			s.erase(customerID(i), erasure.TargetActionRequired, "ask_by_hand", "old-gateway")
		}
		b := s.as("ada", erasure.RoleOperator)
		path := "/act/resolve?provider=old-gateway&reason=ask_by_hand"
		question := b.get(path)
		b.want(question, http.StatusOK, "Close 3 targets as deleted by hand?")
		s.later(time.Second)
		late := s.erase(customerID(4), erasure.TargetActionRequired, "ask_by_hand", "old-gateway") // nobody has asked the provider for it
		s.erase(customerID(5), erasure.TargetActionRequired, "key_refused", "old-gateway")
		got := b.post("/act/resolve", b.form(question, "note", "list sent by letter")...)
		if got.location != "/" {
			s.Fatalf("%d to %s\n%s", got.status, got.location, got.body)
		}
		b.want(b.get("/"), http.StatusOK, "3 targets closed.")
		n, err := s.CountNeedingAttention(s.Context(), erasure.TargetFilter{})
		s.must(err)
		if e, err := s.GetErasure(s.Context(), late.ID); err != nil || e.State != erasure.ErasureAttentionRequired || n != 2 {
			s.Errorf("%d targets need a person, and the late erasure is %s, %v", n, e.State, err)
		}
		actions, err := s.ListActions(s.Context(), erasure.ActionFilter{})
		s.must(err)
		if actions[0].Subject != "old-gateway ask_by_hand" || actions[0].Targets != 3 {
			s.Errorf("recorded %+v", actions[0])
		}
		b.want(b.post("/act/resolve", b.form(question, "note", "again")...), http.StatusConflict, "no target is left")
	},
	"RetryAllInBatches": func(s *site) {
		for i := range 250 {
			s.erase(customerID(i), erasure.TargetActionRequired, "key_refused", "stripe")
		}
		b := s.as("ada", erasure.RoleOperator)
		b.want(b.answer("/act/retry?provider=stripe&reason=key_refused"), http.StatusOK, "250 targets will be tried again.")
		actions, err := s.ListActions(s.Context(), erasure.ActionFilter{})
		s.must(err)
		if actions[0].Kind != erasure.ActionRetry || actions[0].Targets != 250 || len(actions) != 1 {
			s.Errorf("recorded %+v", actions)
		}
	},
	"RetryAllIsCutOff": func(s *site) {
		const all = 250
		for i := range all {
			s.erase(customerID(i), erasure.TargetActionRequired, "key_refused", "stripe")
		}
		s.enqueued = nil
		b := s.as("ada", erasure.RoleOperator)
		path := "/act/retry?provider=stripe&reason=key_refused"
		form := b.form(b.get(path))
		// The server stops while the second batch is written.
		batches, gone := 0, make(chan struct{})
		s.interrupt = func(ctx context.Context) error {
			if batches++; batches < 2 {
				return nil
			}
			defer close(gone)
			s.server.CloseClientConnections()
			<-ctx.Done()
			return ctx.Err()
		}
		r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url+"/act/retry", strings.NewReader(encode(form)))
		s.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", s.url)
		if got, err := b.hc.Do(r); err == nil {
			_ = got.Body.Close()
			s.Fatalf("got a response: %d", got.StatusCode)
		}
		<-gone
		s.mu.Lock()
		s.interrupt = nil
		first := len(s.enqueued)
		s.mu.Unlock()
		left, err := s.CountNeedingAttention(s.Context(), erasure.TargetFilter{})
		s.must(err)
		if first == 0 || left == 0 || first+left != all {
			s.Fatalf("%d targets have jobs and %d need a person, of %d", first, left, all)
		}
		s.later(time.Second)
		b.want(b.answer(path), http.StatusOK, fmt.Sprintf("%d targets will be tried again.", left))
		slices.Sort(s.enqueued)
		if n := len(slices.Compact(s.enqueued)); n != all || len(s.enqueued) != all {
			s.Errorf("%d jobs for %d of %d targets", len(s.enqueued), n, all)
		}
		actions, err := s.ListActions(s.Context(), erasure.ActionFilter{})
		s.must(err)
		if len(actions) != 2 || actions[1].Targets != first || actions[0].Targets != left {
			s.Errorf("recorded %+v", actions)
		}
	},
	"LoginEndsBeforeTheButton": func(s *site) {
		e := s.erase(customerID(1), erasure.TargetActionRequired, "ask_by_hand", "old-gateway")
		b := s.as("ada", erasure.RoleOperator)
		form := b.form(b.get("/act/resolve?erasure="+e.ID), "note", "ticket 7")
		s.later(erasure.LoginLasts)
		b.want(b.post("/act/resolve", form...), http.StatusUnauthorized, "Your login has ended", "Nothing was done")
		if got, err := s.GetErasure(s.Context(), e.ID); err != nil || got.State != erasure.ErasureAttentionRequired {
			s.Errorf("the erasure is %s, %v", got.State, err)
		}
		if actions, err := s.ListActions(s.Context(), erasure.ActionFilter{}); err != nil || len(actions) > 0 {
			s.Errorf("recorded %+v, %v", actions, err)
		}
		// The form is still good for somebody who is logged in.
		b = s.as("eve", erasure.RoleOperator)
		b.want(b.post("/act/resolve", form...), http.StatusSeeOther)
		if got, err := s.GetErasure(s.Context(), e.ID); err != nil || got.State != erasure.ErasureCompleted {
			s.Errorf("the erasure is %s, %v", got.State, err)
		}
	},
	"Reopen": func(s *site) {
		e := s.erase(customerID(1), erasure.TargetSucceeded, "", "stripe")
		b := s.as("ada", erasure.RoleOperator)
		b.want(b.get("/erasures/"+e.ID), http.StatusOK, "can be reopened until", "Reopen…")
		path := "/act/reopen?erasure=" + e.ID
		b.want(b.answer(path), http.StatusOK, "1 target will be asked again.", "reopened_by_operator")
		b.want(b.get(path), http.StatusConflict, "does not fit any more")
		other := s.erase(customerID(2), erasure.TargetSucceeded, "", "stripe")
		s.later(2 * time.Hour) // the references may be gone
		b.want(b.get("/act/reopen?erasure="+other.ID), http.StatusSeeOther)
		b = s.as("eve", erasure.RoleOperator)
		b.want(b.get("/act/reopen?erasure="+other.ID), http.StatusConflict)
		b.lacks(b.get("/erasures/"+other.ID), "Reopen…")
	},
	"References": func(s *site) {
		e := s.erase(customerID(1), erasure.TargetActionRequired, "ask_by_hand", "old-gateway")
		b := s.as("ada", erasure.RoleOperator)
		got := b.answer("/act/references?erasure=" + e.ID)
		b.want(got, http.StatusOK, "ref-"+customerID(1), "token-"+customerID(1), "payment-"+customerID(1), "references_shown", "by ada")
		if got.header.Get("Cache-Control") != "no-store" {
			s.Error("a browser may keep the references")
		}
		b.lacks(b.get("/erasures/"+e.ID), "ref-") // only in response to the click
		viewer := s.as("eve", erasure.RoleViewer)
		viewer.want(viewer.post("/act/references", "erasure", e.ID), http.StatusForbidden, "Nothing was done")
		after, err := s.GetErasure(s.Context(), e.ID)
		s.must(err)
		if n := len(after.Targets[0].Evidence); n != 3 {
			s.Errorf("%d rows of evidence, want 3: one look", n)
		}
	},
	"PauseAndResume": func(s *site) {
		s.must(s.SeeConnections(s.Context(), []string{"stripe"}, s.clock()))
		e := s.erase(customerID(1), erasure.TargetActionRequired, "key_refused", "stripe")
		b := s.as("ada", erasure.RoleOperator)
		b.want(b.answer("/act/pause?connection=stripe", "note", "new key on Monday"), http.StatusOK, "Nothing more is sent to stripe.", "new key on Monday")
		b.want(b.answer("/act/pause?connection=stripe", "note", "again"), http.StatusOK, "stripe was paused by hand already.")
		b.want(b.answer("/act/resume?connection=stripe"), http.StatusOK, "stripe goes on; 1 target will be tried again.", "Nothing does.")
		b.want(b.answer("/act/resume?connection=stripe"), http.StatusOK, "stripe was not paused; 0 targets will be tried again.")
		b.want(b.get("/erasures/"+e.ID), http.StatusOK, "connection_resumed", "by ada")
		b.want(b.get("/act/resume?connection=none"), http.StatusNotFound)
	},
	"Check": func(s *site) {
		b := s.as("ada", erasure.RoleOperator)
		b.want(b.answer("/act/check?connection=stripe"), http.StatusOK, "The check of stripe passed.")
		b.want(b.get("/act/check?connection=adyen"), http.StatusNotFound, "This process does not have that connection")
	},
	"ViewersMayNot": func(s *site) {
		s.must(s.SeeConnections(s.Context(), []string{"stripe"}, s.clock()))
		e := s.erase(customerID(1), erasure.TargetActionRequired, "ask_by_hand", "stripe")
		b := s.as("ada", erasure.RoleViewer)
		for _, path := range []string{"/", "/erasures/" + e.ID} {
			b.lacks(b.get(path), "/act/")
		}
		for deed, form := range map[string][]string{
			"retry": {"erasure", e.ID}, "resolve": {"erasure", e.ID, "note", "x"}, "reopen": {"erasure", e.ID}, "references": {"erasure", e.ID},
			"pause": {"connection", "stripe", "note", "x"}, "resume": {"connection", "stripe"}, "check": {"connection", "stripe"},
		} {
			b.want(b.post("/act/"+deed, form...), http.StatusForbidden, "You may look, and not act", "Nothing was done")
			b.want(b.get("/act/"+deed+"?"+form[0]+"="+form[1]), http.StatusForbidden)
		}
		actions, err := s.ListActions(s.Context(), erasure.ActionFilter{})
		s.must(err)
		if after, err := s.GetErasure(s.Context(), e.ID); err != nil || after.State != e.State || len(actions) != 0 {
			s.Errorf("the erasure is %s, %v; recorded %+v", after.State, err, actions)
		}
	},
	"ForgedFormsDoNothing": func(s *site) {
		e, other := s.erase(customerID(1), erasure.TargetFailed, "x", "stripe"), s.erase(customerID(2), erasure.TargetFailed, "x", "stripe")
		b := s.as("ada", erasure.RoleOperator)
		for _, form := range [][]string{
			{}, {"erasure", "none"}, {"erasure", "\x00"}, {"erasure", e.ID, "target", other.Targets[0].ID}, {"erasure", e.ID, "target", "none"},
			{"target", e.Targets[0].ID}, {"provider", "stripe"}, {"reason", "x"},
		} {
			b.want(b.post("/act/retry", form...), http.StatusNotFound)
		}
		b.want(b.post("/act/delete-everything", "erasure", e.ID), http.StatusNotFound)
		b.want(b.post("/act/retry", "erasure", strings.Repeat("x", 20_000)), http.StatusBadRequest, "did not arrive as a whole")
		b.want(b.get("/act/retry"), http.StatusNotFound)
		n, err := s.CountNeedingAttention(s.Context(), erasure.TargetFilter{})
		s.must(err)
		if n != 2 {
			s.Errorf("%d targets need a person, want 2", n)
		}
	},
	"DoneIsOnlyText": func(s *site) {
		b := s.as("ada", erasure.RoleViewer)
		cookies := b.hc.Jar.Cookies(mustURL(s, s.url))
		b.header.Set("Cookie", cookies[0].String()+"; yuno_erasure_done=PHNjcmlwdD4") // <script>
		got := b.get("/")
		b.want(got, http.StatusOK, "&lt;script&gt;")
		b.lacks(got, "<script>")
	},
}
