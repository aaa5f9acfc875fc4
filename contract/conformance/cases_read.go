package conformance

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// readCases returns the cases of a read.
func readCases(op readOperation) []testCase {
	return op.named(slices.Concat(op.sharedCases(), op.own))
}

// sharedCases are those that every read has. Those about another account come first: nothing
// is worse than to show a customer to someone else.
func (op readOperation) sharedCases() []testCase {
	return []testCase{
		{name: "of-another-account", why: "an id that leaks to another merchant must be useless to that merchant",
			needs: needsSecondAccount | needsKeptCustomer, run: op.onKept(readOfAnotherAccount)},
		{name: "found", why: "a person who acts for a data subject must see that customer and no other",
			needs: needsKeptCustomer, run: op.onKept(readFound)},
		{name: "not-found", why: "an unknown customer is 400 CUSTOMER_NOT_FOUND or 404 NOT_FOUND with an error body; anything else looks like a wrong address or a customer",
			run: op.onUnknown(func(ctx context.Context, s *session, _ readOperation, value string) {
				s.expectUnknown(s.read(ctx, op.locate(value)))
			})},
		{name: "keys-missing", why: "a request without keys must not be served",
			needs: needsRefusalTarget, run: op.withWrongKeys(func(name string) bool {
				return strings.Contains(name, "missing") || strings.Contains(name, "empty")
			})},
		{name: "keys-wrong", why: whyExactKeys,
			needs: needsRefusalTarget, run: op.withWrongKeys(func(name string) bool {
				return !strings.Contains(name, "missing") && !strings.Contains(name, "empty") && !strings.Contains(name, "repeated")
			})},
		{name: "keys-repeated", why: whyRepeatedKeys,
			needs: needsStrict | needsRefusalTarget, run: op.withWrongKeys(func(name string) bool { return strings.Contains(name, "repeated") })},
		{name: "keys-of-two-accounts", why: "a public key of one account and the secret key of another were never issued as a pair",
			needs: needsSecondAccount | needsRefusalTarget, run: op.onRefusal(readKeysOfTwoAccounts)},
		{name: "keys-before-parameters", why: "without keys a caller learns nothing, not even which parameters are checked",
			needs: needsStrict, run: op.onUnknown(readKeysBeforeParameters)},
		{name: "query-keys", why: "if keys work in a URL, they end up in the log of every proxy on the way",
			needs: needsRefusalTarget | needsLoopback, run: op.onRefusal(readQueryKeys)},
		{name: "near-miss", why: "an id that is trimmed, cut, case-folded, decoded twice or used as a pattern may become that of another customer",
			needs: needsKeptCustomer, run: op.onKept(readNearMiss)},
		{name: "strange-value", why: "an id is data: whatever is in it, it must be rejected or not found, and must not make the server fail",
			run: op.run(readStrange)},
		{name: "longest", why: "a limit that is off by one rejects real customers",
			run: op.onUnknown(readLongest)},
		{name: "too-long", why: "nothing longer than documented must reach a database",
			run: op.onUnknown(readTooLong)},
		{name: "percent-encoded", why: "%61 and a are the same character of an id (RFC 3986 section 6.2.2.2)",
			needs: needsKeptCustomer, run: op.onKept(readPercentEncoded)},
		{name: "paths", why: whyOtherPath,
			needs: needsStrict | needsRefusalTarget, run: op.onRefusal(readWrongPaths)},
		{name: "body", why: "proxies disagree about a GET with a body, so accepting one invites request smuggling",
			needs: needsStrict | needsRefusalTarget, run: op.onRefusal(func(ctx context.Context, s *session, op readOperation, value string) {
				s.expectBodyRefused(s.read(ctx, op.locate(value), jsonBody))
				s.expectBodyRefused(s.read(ctx, op.locate(value), chunkedBody))
			})},
		{name: "head", why: "HEAD tells as much as GET about who is a customer, so it needs the keys as well",
			needs: needsKeptCustomer, run: op.onKept(readHead)},
		{name: "changes-nothing", why: "programs, proxies and people repeat a GET: it must not erase, whatever else it carries",
			needs: needsKeptCustomer, run: op.onKept(readChangesNothing)},
		{name: "two-customers", why: "a cache or a buffer that two requests share shows one customer to a caller who asked for another",
			needs: needsCustomerAside, run: op.run(readTwoCustomers)},
	}
}

// readClosingCases run after all others, because they erase a customer.
func readClosingCases(op readOperation) []testCase {
	return op.named([]testCase{{
		name: "after-delete", why: "after an erasure the customer is gone or anonymised; one who is still there has not been erased",
		needs: needsCustomerAside, run: op.run(readAfterDelete),
	}})
}

// named puts the operation into the cases.
func (op readOperation) named(cases []testCase) []testCase {
	for i := range cases {
		cases[i].name, cases[i].operation = op.id+"-"+cases[i].name, op.id
	}
	return cases
}

// A readFunc sends the requests of a case for a value of the operation's parameter.
type readFunc func(ctx context.Context, s *session, op readOperation, value string)

func (op readOperation) run(f func(context.Context, *session, readOperation) error) func(context.Context, *session) error {
	return func(ctx context.Context, s *session) error { return f(ctx, s, op) }
}

// onKept runs f with the kept customer, and its id.
func (op readOperation) onKept(f func(ctx context.Context, s *session, op readOperation, value, id string)) func(context.Context, *session) error {
	return func(ctx context.Context, s *session) error {
		id, value, err := op.keptValue(ctx, s)
		if err != nil {
			return err
		}
		s.proof.giveUnknown(id)
		f(ctx, s, op, value, id)
		return nil
	}
}

// keptValue returns the kept customer and the value of the parameter for it.
func (op readOperation) keptValue(ctx context.Context, s *session) (id, value string, err error) {
	if id, err = s.keptCustomer(ctx); err == nil {
		value, err = op.value(ctx, s, id)
	}
	return id, value, err
}

// onUnknown runs f with a value that no customer has.
func (op readOperation) onUnknown(f readFunc) func(context.Context, *session) error {
	return func(ctx context.Context, s *session) error {
		f(ctx, s, op, unknownID())
		return nil
	}
}

// onRefusal runs f with the kept customer or, for a strict target, without one.
func (op readOperation) onRefusal(f readFunc) func(context.Context, *session) error {
	return func(ctx context.Context, s *session) error {
		_, value, err := op.keptValue(ctx, s)
		var skip skipError
		switch {
		case s.target.Strict && (errors.Is(err, errNoCustomer) || errors.As(err, &skip)):
			return op.onUnknown(f)(ctx, s)
		case err == nil:
			f(ctx, s, op, value)
		}
		return err
	}
}

// withWrongKeys sends the wrong keys whose names are chosen.
func (op readOperation) withWrongKeys(chosen func(name string) bool) func(context.Context, *session) error {
	return op.onRefusal(func(ctx context.Context, s *session, op readOperation, value string) {
		for _, w := range wrongKeys {
			if !chosen(w.name) || w.needs&needsStrict != 0 && !s.target.Strict {
				continue
			}
			s.labelled(w.name, func() {
				for _, e := range w.edits(s.target.Credentials) {
					s.expectReadRefused(s.read(ctx, op.locate(value), e, withoutHeaders(accountHeader)), http.StatusUnauthorized, codeInvalidKeys)
				}
			})
		}
	})
}

// readOfAnotherAccount first proves that the customer exists. The header with the account
// is not documented for reads, so it must not open the account of somebody else either.
func readOfAnotherAccount(ctx context.Context, s *session, op readOperation, value, id string) {
	own := s.ignoringFindings(func() response { return s.read(ctx, op.locate(value)) })
	theirs := withKeys(s.target.SecondAccount)
	// Otherwise the second account may have a customer with the same id.
	unique := s.target.NewCustomer != nil || wire.IsUUID(id)
	for label, e := range map[string]edit{
		"keys of another account":                               theirs,
		"keys of another account, account code of the customer": all(theirs, withHeader(accountHeader, s.target.Credentials.AccountCode)),
	} {
		s.labelled(label, func() {
			resp := s.read(ctx, op.locate(value), e)
			// The other account may have a customer of its own with the merchant's id.
			if shown, ok := resp.object()["id"]; unique && (resp.accepted() && (!ok || shown == id) || resp.discloses(own.customer())) {
				s.found("response body", RuleCaseDisclosed, "a customer of another account", "none", resp)
				return
			}
			if !resp.accepted() && s.target.Strict {
				s.expectUnknown(resp)
			}
		})
	}
}

func readFound(ctx context.Context, s *session, op readOperation, value, id string) {
	s.expectCustomer(s.read(ctx, op.locate(value)), op, value, id)
	s.expectCustomer(s.read(ctx, op.locate(value), withHeader("Accept", "text/html")), op, value, id)
}

func readKeysOfTwoAccounts(ctx context.Context, s *session, op readOperation, value string) {
	for _, e := range []edit{
		withHeader(secretHeader, s.target.SecondAccount.PrivateSecretKey),
		withHeader(publicHeader, s.target.SecondAccount.PublicAPIKey),
	} {
		s.expectReadRefused(s.read(ctx, op.locate(value), e), http.StatusUnauthorized, codeInvalidKeys)
	}
}

func readKeysBeforeParameters(ctx context.Context, s *session, op readOperation, value string) {
	wrong := withWrongSecretKey()
	s.expectReadRefused(s.read(ctx, op.locate(value), wrong, withChunkedBody("{}")), http.StatusUnauthorized, codeInvalidKeys)
	for _, long := range op.tooLong {
		s.expectReadRefused(s.read(ctx, op.locate(long), wrong), http.StatusUnauthorized, codeInvalidKeys)
	}
}

func readQueryKeys(ctx context.Context, s *session, op readOperation, value string) {
	for _, e := range keysInQuery(s.target.Credentials) {
		s.expectReadRefused(s.read(ctx, op.locate(value), e), http.StatusUnauthorized, codeInvalidKeys)
	}
}

// readNearMiss asks for values that resemble the customer's. Another customer may have
// one of them, and then the response repeats it.
func readNearMiss(ctx context.Context, s *session, op readOperation, value, _ string) {
	for _, near := range op.nearMisses(value, s.target.Strict) {
		s.labelled(near.what, func() {
			resp := s.read(ctx, near.segment)
			switch asked := near.value; {
			case !resp.accepted():
				s.expectReadRefused(resp, resp.refusal(), codeCustomerNotFound, codeNotFound, codeInvalidParam, codeMissingParam)
			case resp.object()[op.property] != asked:
				s.found("response body", RuleCaseOtherID, "a customer who was not asked for", "a refusal", resp)
			}
		})
	}
}

// refusal returns 404 if that is the status, and 400 otherwise: both are documented.
func (r response) refusal() int {
	if r.StatusCode == http.StatusNotFound {
		return http.StatusNotFound
	}
	return http.StatusBadRequest
}

func readStrange(ctx context.Context, s *session, op readOperation) error {
	if _, err := s.keptCustomer(ctx); err != nil && !errors.Is(err, errNoCustomer) { // for a pattern to match
		return err
	}
	for _, value := range op.strange {
		resp := s.read(ctx, op.locate(value))
		if resp.accepted() && resp.object()[op.property] == value {
			continue // it exists after all
		}
		s.expectReadRefused(resp, resp.refusal(), codeCustomerNotFound, codeNotFound, codeInvalidParam)
	}
	return nil
}

func readLongest(ctx context.Context, s *session, op readOperation, _ string) {
	for _, value := range op.longest {
		s.expectUnknown(s.read(ctx, op.locate(value)))
	}
}

func readTooLong(ctx context.Context, s *session, op readOperation, _ string) {
	for _, value := range op.tooLong {
		resp := s.read(ctx, op.locate(value))
		s.expectReadRefused(resp, http.StatusBadRequest, codeInvalidParam)
		s.expectParameter(resp, op.parameter)
	}
}

func readPercentEncoded(ctx context.Context, s *session, op readOperation, value, id string) {
	path := strings.Replace(op.locate("\x00"), escape("\x00"), escapeAll(value), 1)
	s.expectCustomer(s.read(ctx, path), op, value, id)
}

func readWrongPaths(ctx context.Context, s *session, op readOperation, value string) {
	for _, path := range op.wrongPaths(value) {
		s.expectReadRefused(s.read(ctx, path), http.StatusNotFound, codeNotFound)
	}
}

func readHead(ctx context.Context, s *session, op readOperation, value, _ string) {
	head := withMethod(http.MethodHead)
	refused := map[string]edit{"without keys": withoutHeaders(publicHeader, secretHeader), "with a wrong key": withWrongSecretKey()}
	if s.target.SecondAccount != (Credentials{}) {
		refused["with keys of another account"] = withKeys(s.target.SecondAccount)
	}
	for label, e := range refused {
		s.labelled("HEAD "+label, func() {
			if resp := s.read(ctx, op.locate(value), e, head); resp.accepted() {
				s.found("response status", RuleCaseDisclosed, "success", "a refusal", resp)
			}
		})
	}
	if !s.target.Strict {
		return
	}
	resp := s.read(ctx, op.locate(value), head)
	s.expectStatus(resp, http.StatusMethodNotAllowed)
	if resp.StatusCode == http.StatusMethodNotAllowed && !slices.Contains(splitList(resp.Header.Values("Allow")), operationRead) {
		s.found("response header Allow", contract.RuleAllow, "a list without the documented method", operationRead, resp)
	}
}

// readChangesNothing sends reads that frameworks may take for a deletion, and wants to find
// the customer afterwards.
func readChangesNothing(ctx context.Context, s *session, op readOperation, value, id string) {
	first := s.read(ctx, op.locate(value))
	s.expectCustomer(first, op, value, id)
	if first.StatusCode != http.StatusOK {
		return
	}
	for _, e := range []edit{
		withHeader("X-Method-Override", http.MethodDelete),
		withHeader("X-Http-Method", http.MethodDelete),
		withHeader("X-Http-Method-Override", http.MethodDelete),
		withQuery("_method", http.MethodDelete),
		withHeader(accountHeader, s.target.Credentials.AccountCode),
	} {
		s.ignoringFindings(func() response { return s.read(ctx, op.locate(value), e) })
	}
	again := s.read(ctx, op.locate(value))
	switch {
	case again.notFound():
		s.found("response status", RuleCaseErased, "a customer that is gone after reads", "the customer unchanged")
		s.kept = ""
	default:
		s.expectCustomer(again, op, value, id)
	}
}

// readTwoCustomers asks for two customers in turn, and then at the same time.
func readTwoCustomers(ctx context.Context, s *session, op readOperation) error {
	kept, err := s.keptCustomer(ctx)
	if err != nil {
		return err
	}
	aside, err := s.customerAside(ctx)
	if err != nil {
		return err
	}
	s.proof.giveUnknown(kept)
	s.proof.giveUnknown(aside.id)
	ids := []string{kept, aside.id}
	var values []string
	for _, id := range ids {
		value, err := op.value(ctx, s, id)
		if err != nil {
			return err
		}
		values = append(values, value)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		ask := func() { s.expectCustomer(s.read(ctx, op.locate(values[i%2])), op, values[i%2], ids[i%2]) }
		if i < 4 {
			ask()
			continue
		}
		wg.Go(ask)
	}
	wg.Wait()
	return nil
}
