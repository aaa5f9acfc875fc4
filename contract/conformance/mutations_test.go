package conformance

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
)

// A mutation makes the reference server wrong.
type mutation func(ref *reference)

type (
	eraseFunc func(ref *reference, account, id string) rawResponse
	routeFunc func(r *http.Request) (id string, ok bool)
	keysFunc  func(ref *reference, r *http.Request) (account string, ok bool)
)

// changeErase replaces the erasure by f, which may call the original.
func changeErase(f func(ref *reference, erase eraseFunc, account, id string) rawResponse) mutation {
	return func(ref *reference) {
		erase := ref.erase
		ref.erase = func(ref *reference, account, id string) rawResponse { return f(ref, erase, account, id) }
	}
}

// changeRoute replaces the routing by f, which may call the original.
func changeRoute(f func(r *http.Request, route routeFunc) (string, bool)) mutation {
	return func(ref *reference) {
		route := ref.route
		ref.route = func(r *http.Request) (string, bool) { return f(r, route) }
	}
}

// changeKeys replaces the check of the keys by f, which may call the original.
func changeKeys(f func(ref *reference, keys keysFunc, r *http.Request) (string, bool)) mutation {
	return func(ref *reference) {
		keys := ref.keys
		ref.keys = func(ref *reference, r *http.Request) (string, bool) { return f(ref, keys, r) }
	}
}

// changeResponse changes responses last, just before they are sent.
func changeResponse(f func(r *http.Request, res *rawResponse)) mutation {
	return func(ref *reference) {
		ref.after = func(_ *reference, r *http.Request, res *rawResponse) { f(r, res) }
	}
}

// changeResponses changes every response with the status.
func changeResponses(status int, f func(res *rawResponse)) mutation {
	return changeResponse(func(_ *http.Request, res *rawResponse) {
		if res.status == status {
			f(res)
		}
	})
}

func replaceBody(status int, body string) mutation {
	return changeResponses(status, func(res *rawResponse) { res.body = body })
}

// replaceContentType replaces the content type of every 400.
func replaceContentType(values ...string) mutation {
	return changeResponses(400, func(res *rawResponse) { res.header["Content-Type"] = values })
}

func replaceStatus(from, to int) mutation {
	return changeResponses(from, func(res *rawResponse) { res.status = to })
}

// checkKeys replaces the check of the keys by f, which decides for each known account.
func checkKeys(f func(public, secret []string, c Credentials) bool) mutation {
	return func(ref *reference) {
		ref.keys = func(_ *reference, r *http.Request) (string, bool) {
			for _, c := range []Credentials{first, second} {
				if f(r.Header[publicHeader], r.Header[secretHeader], c) {
					return c.AccountCode, true
				}
			}
			return "", false
		}
	}
}

func is(values []string, want string) bool { return len(values) == 1 && values[0] == want }

func has(values []string, want string) bool { return slices.Contains(values, want) }

// acceptAccount also accepts the account codes for which f returns true, as the first
// account.
func acceptAccount(f func(values []string) bool) mutation {
	return func(ref *reference) {
		strict := ref.account
		ref.account = func(values []string) (rawResponse, bool) {
			if f(values) {
				return rawResponse{}, true
			}
			return strict(values)
		}
		erase := ref.erase
		ref.access = func(own, named string) bool { return own == named || f([]string{named}) }
		ref.erase = func(ref *reference, account, id string) rawResponse {
			if f([]string{account}) {
				account = first.AccountCode
			}
			return erase(ref, account, id)
		}
	}
}

// acceptID replaces the check of the id.
func acceptID(f func(id string) bool) mutation {
	return func(ref *reference) { ref.id = f }
}

// changeID erases f(id) instead of id.
func changeID(f func(id string) string) mutation {
	return changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		return erase(ref, account, f(id))
	})
}

func cutAt(separator string) func(string) string {
	return func(id string) string { id, _, _ = strings.Cut(id, separator); return id }
}

func decodeAgain(decode func(string) (string, error)) func(string) string {
	return func(id string) string {
		if decoded, err := decode(id); err == nil {
			return decoded
		}
		return id
	}
}

func wrapHandler(f func(next http.Handler) http.Handler) mutation {
	return func(ref *reference) { ref.serve = f }
}

// changeRequests changes every request before the reference sees it.
func changeRequests(f func(r *http.Request)) mutation {
	return wrapHandler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f(r)
			next.ServeHTTP(w, r)
		})
	})
}

// serveThroughMux puts a ServeMux in front, which redirects unclean paths.
func serveThroughMux(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", next)
	return mux
}

// dropRefusals closes the connection instead of sending a 400.
func dropRefusals(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		if next.ServeHTTP(rec, r); rec.Code == 400 {
			panic(http.ErrAbortHandler)
		}
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

// cutPathAt cuts the path as it was sent.
func cutPathAt(separator string) mutation {
	return changeRequests(func(r *http.Request) {
		if path, _, found := strings.Cut(r.URL.EscapedPath(), separator); found {
			r.URL.Path, r.URL.RawPath = path, ""
		}
	})
}

// takeMethodFrom lets a header replace the method.
func takeMethodFrom(name string) mutation {
	return changeRequests(func(r *http.Request) {
		if m := r.Header.Get(name); m != "" {
			r.Method = m
		}
	})
}

// takeIDFromQuery lets a query parameter replace the id.
func takeIDFromQuery(name string) mutation {
	return changeRequests(func(r *http.Request) {
		if id := r.URL.Query().Get(name); id != "" {
			r.URL.Path, r.URL.RawPath = "/v1/customers/"+id, ""
		}
	})
}

// takeFromQuery lets a query parameter stand for a missing header.
func takeFromQuery(header, name string) mutation {
	return changeRequests(func(r *http.Request) {
		if value := r.URL.Query().Get(name); value != "" && r.Header.Get(header) == "" {
			r.Header.Set(header, value)
		}
	})
}

// resolveDotSegments treats encoded dots as dot segments.
func resolveDotSegments(r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/v1/customers/../"); ok {
		r.URL.Path, r.URL.RawPath = "/v1/"+rest, ""
	}
}

// failOnRepeat responds with 500 to requests for a customer that was erased.
func failOnRepeat(ref *reference) {
	erased := map[string]bool{}
	changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		res := erase(ref, account, id)
		ref.mu.Lock()
		defer ref.mu.Unlock()
		if erased[id] {
			return refuse(500, "INTERNAL_ERROR", "m")
		}
		erased[id] = res.status == 202
		return res
	})(ref)
}

// changeCodeOnRepeat refuses repeated requests for an id with another code.
func changeCodeOnRepeat(ref *reference) {
	seen := map[string]bool{}
	changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		res := erase(ref, account, id)
		ref.mu.Lock()
		defer ref.mu.Unlock()
		if seen[id] && res.status == 400 {
			return refuse(400, codeInvalidRequest, "m")
		}
		seen[id] = true
		return res
	})(ref)
}

// failInCrowds responds with 500 from the third request for an id.
func failInCrowds(ref *reference) {
	requests := map[string]int{}
	changeErase(func(ref *reference, erase eraseFunc, account, id string) rawResponse {
		ref.mu.Lock()
		requests[id]++
		crowd := requests[id] > 2
		ref.mu.Unlock()
		if crowd {
			return refuse(500, "INTERNAL_ERROR", "m")
		}
		return erase(ref, account, id)
	})(ref)
}

// eraseBeforeChecks erases customers of the first account even if the secret key is wrong.
func eraseBeforeChecks(ref *reference) {
	ref.early = func(ref *reference, r *http.Request) {
		id, ok := ref.route(r)
		if ok && r.Header.Get(secretHeader) != first.PrivateSecretKey {
			ref.mu.Lock()
			delete(ref.customers[first.AccountCode], id)
			ref.mu.Unlock()
		}
	}
}
