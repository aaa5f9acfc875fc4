package crashtest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// Customers are erased at providers whose responses contain everything they know, and
// then everything that was written is searched.
func TestNothingPersonalIsLeft(t *testing.T) {
	t.Parallel()
	erased, kept := 200, 20
	if long() {
		erased = 1000
	}
	refused := erased / 100 // see person.refuses
	onEach(t, func(t *testing.T, database string) {
		s := newSystem(t, database)
		providers := newEcho()
		t.Cleanup(providers.Close)
		urls := map[string]string{}
		for _, name := range providerNames {
			urls[name] = providers.URL
		}
		s.configure(urls)
		var records []map[string]any
		for i := range erased + kept {
			records = append(records, person(i).record())
		}
		s.importCustomers(records...)
		s.importBadLines()

		store := s.open()
		sealed := newPieces(t, store, `SELECT key, personal, links, merchant_mac FROM customers WHERE id < $1`, person(erased).id())
		if found := sealed.in(s.files(wholeDatabase...)); store.Engine() == sqlstore.SQLite && found < 4*erased {
			t.Fatalf("%d pieces of ciphertext are found in the files; the search is wrong", found)
		}

		v := s.start("--log-format=json", "--keep-references=5s")
		responses := s.eraseAll(erased)
		s.waitUntilDone(v)
		references := newPieces(t, store, `SELECT key, refs FROM targets WHERE refs IS NOT NULL`)
		s.resolveRefused(store, refused)
		s.waitUntilDone(v)
		s.waitUntilPurged(store)
		s.lookAround(v, store)

		s.wantNothingPersonal("the responses of the API", responses)
		s.wantNothingPersonal("what the commands printed", s.printed.text.Bytes())
		for _, v := range s.services {
			s.wantNothingPersonal("the log", v.Output.Bytes())
		}
		s.wantNothingPersonal("the tables", dump(t, store))
		if store.Engine() == sqlstore.SQLite {
			// Also while the service runs, usually within a second.
			await.OK(t, "the files contain nothing of the erased", func() error { return s.traces(s.files(wholeDatabase...), sealed, references) })
		}
		v.Stop(t)
		if store.Engine() == sqlstore.SQLite {
			if err := errors.Join(store.Close(), s.traces(s.files(wholeDatabase...), sealed, references)); err != nil {
				t.Error(err)
			}
		}
		if n := providers.responses(); n < 4*erased-refused { // two for each of two references, except the refused ones
			t.Errorf("only %d responses of providers: most contained nothing", n)
		}
	})
}

// waitUntilPurged waits until no target has references any more.
func (s *system) waitUntilPurged(store *sqlstore.Store) {
	s.t.Helper()
	await.OK(s.t, "the references are destroyed", func() error {
		var kept int
		err := store.DB().QueryRowContext(s.t.Context(),
			`SELECT count(*) FROM targets WHERE coalesce(key, refs, first_key, first_refs) IS NOT NULL`).Scan(&kept)
		if err == nil && kept > 0 {
			err = await.Remaining(kept)
		}
		return err
	})
}

// importBadLines imports invalid records, for their error messages.
func (s *system) importBadLines() {
	s.t.Helper()
	path := filepath.Join(s.folder, "bad.jsonl")
	s.writeFile(path, []byte(`{"id": "pd7q/1", "email": "pd7q@example.com"}
{"id": ["pd7q"], "email": "pd7q@example.com"}
{"id": "1", "email": "pd7q@example.com
pd7q
{"id": "2", "providers": [{"provider": "PD7Q pd7q"}, {"provider": "stripe", "customer": "ref7q/%"}, {"pd7q": 1}]}
{"id": "3", "email": "pd7q@example.com", "providers": "pd7q"}
`))
	for _, account := range []string{s.keys.AccountCode, "00000000-0000-4000-8000-000000000000"} {
		if r := s.run("customers", "import", "--account="+account, path); r.code != 1 {
			s.t.Errorf("the import of bad lines has status %d", r.code)
		}
	}
	if err := os.Remove(path); err != nil {
		s.t.Fatal(err)
	}
}

// eraseAll erases n persons from 16 clients. It returns the responses of the API and the
// errors of the client.
func (s *system) eraseAll(n int) []byte {
	s.t.Helper()
	yuno := s.client(client.WithRetry(20, time.Second)) // a slow disk may time out
	var mu sync.Mutex
	var responses bytes.Buffer
	queue := make(chan person, 2*n)
	for i := range n {
		queue <- person(i)
		if i%10 == 0 {
			queue <- person(i)
		}
	}
	close(queue)
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			for p := range queue {
				var response client.Response
				err := yuno.DeleteCustomer(s.t.Context(), p.id(), client.WithResponse(&response))
				mu.Lock()
				fmt.Fprintln(&responses, response.StatusCode, response.Header, string(response.Body), err)
				if err != nil && !errors.Is(err, client.ErrCustomerNotFound) {
					s.t.Errorf("%s: %v", p.id(), err)
				}
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	return responses.Bytes()
}

// resolveRefused retries one of the refused targets and resolves the others.
func (s *system) resolveRefused(store *sqlstore.Store, refused int) {
	s.t.Helper()
	list, err := store.ListErasures(s.t.Context(), erasure.ErasureFilter{State: erasure.ErasureAttentionRequired})
	if err != nil || len(list) != refused {
		s.t.Fatalf("%d erasures need attention, %v; want %d", len(list), err, refused)
	}
	s.mustRun("erasures", "retry", list[0].ID)
	for _, e := range list[1:] {
		s.resolve(store, e.ID)
	}
	await.OK(s.t, "the retried target is refused again", func() error {
		e, err := store.GetErasure(s.t.Context(), list[0].ID)
		if err == nil && e.State != erasure.ErasureAttentionRequired {
			err = errors.New(string(e.State))
		}
		return err
	})
	s.resolve(store, list[0].ID)
}

func (s *system) resolve(store *sqlstore.Store, id string) {
	s.t.Helper()
	e, err := store.GetErasure(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, target := range e.Targets {
		if target.State.NeedsAttention() {
			s.mustRun("erasures", "resolve", target.ID, "--note=deleted by hand")
		}
	}
}

// lookAround runs every command that prints something.
func (s *system) lookAround(v *service, store *sqlstore.Store) {
	s.t.Helper()
	list, err := store.ListErasures(s.t.Context(), erasure.ErasureFilter{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, command := range []string{
		"erasures list --limit=2000", "erasures list --limit=2000 --json", "erasures list --overdue", "erasures list --customer=" + list[0].CustomerID,
		"erasures show --json " + list[0].ID, "erasures show " + list[1].ID, "accounts list", "accounts list --json",
		"providers list --providers=" + s.providersFile, "providers list --catalogue",
		"providers test --providers=" + s.providersFile + " openpay --customer=somebody",
		"providers test --providers=" + s.providersFile + " stripe --customer=somebody --json",
		"keys rotate", "compact", "version",
	} {
		s.mustRun(strings.Fields(command)...)
	}
	for _, command := range []string{"erasures show unknown", "erasures retry " + list[0].ID, "erasures resolve unknown --note=x"} {
		if r := s.run(strings.Fields(command)...); r.code != 1 {
			s.t.Errorf("%s: status %d", command, r.code)
		}
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/nothing"} {
		text, err := v.operations(s.t.Context(), path)
		if err != nil {
			s.t.Error(err)
		}
		s.printed.note([]string{"GET", path}, text)
	}
}

// traces returns an error if files of SQLite contain anything that was erased.
func (s *system) traces(files []byte, sealed ...*pieces) error {
	for _, p := range sealed {
		if n := p.in(files); n > 0 {
			return fmt.Errorf("%d pieces of ciphertext, wrapped keys and HMACs are in the files", n)
		}
	}
	if found := s.personal(files); found != "" {
		return fmt.Errorf("the files contain %s", found)
	}
	return nil
}

// wholeDatabase are the suffixes of the files of a SQLite database.
var wholeDatabase = []string{"", "-wal", "-shm"}

// files returns files of the SQLite database, by their suffixes; empty for PostgreSQL.
func (s *system) files(suffixes ...string) []byte {
	s.t.Helper()
	var all []byte
	for _, suffix := range suffixes {
		data, err := os.ReadFile(strings.TrimPrefix(s.database, "file:") + suffix)
		if err != nil && !os.IsNotExist(err) {
			s.t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

func (s *system) wantNothingPersonal(where string, text []byte) {
	s.t.Helper()
	if len(text) < 500 {
		s.t.Errorf("%s: only %d bytes were searched", where, len(text))
	}
	if found := s.personal(text); found != "" {
		s.t.Errorf("%s: contains %s", where, found)
	}
}

// personal names what a text must not contain but does; empty if nothing.
func (s *system) personal(text []byte) string {
	key, err := os.ReadFile(s.keyFile)
	if err != nil {
		s.t.Fatal(err)
	}
	forbidden := map[string][]byte{
		"personal data": []byte("pd7q"), "a provider's reference": []byte("ref7q"), "a provider's key": []byte("psk7q"),
		"a provider's key in Basic": []byte(base64.StdEncoding.EncodeToString([]byte("psk7q_OPENPAY_KEY:"))),
	}
	for i, line := range bytes.Fields(key) {
		raw, err := base64.StdEncoding.DecodeString(string(line))
		if err != nil {
			s.t.Fatal(err)
		}
		forbidden[fmt.Sprintf("master key %d", i+1)], forbidden[fmt.Sprintf("master key %d, raw", i+1)] = line, raw
	}
	lower := bytes.ToLower(text)
	for what, needle := range forbidden {
		if at := bytes.Index(lower, bytes.ToLower(needle)); at >= 0 {
			return fmt.Sprintf("%s, after %q", what, text[max(0, at-100):at])
		}
	}
	return ""
}
