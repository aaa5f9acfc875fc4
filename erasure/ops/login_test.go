package ops_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/ops"
)

func TestLogin(t *testing.T) { onEach(t, loginTests) }

var loginTests = map[string]func(*site){
	"IsOffWithoutOperators": func(s *site) {
		b := s.browser()
		for _, path := range []string{"/", "/login", "/erasures", "/nothing"} {
			b.want(b.get(path), http.StatusNotFound, "The operations page is off", "yuno-erasure operators add")
		}
		b.want(b.post("/login", "name", "ada", "credential", "x"), http.StatusNotFound)
		ada := s.as("ada", erasure.RoleViewer)
		ada.want(ada.get("/"), http.StatusOK)
		s.must(s.RevokeOperator(s.Context(), "ada", s.clock()))
		ada.want(ada.get("/"), http.StatusNotFound)
	},
	"IsAskedForFirst": func(s *site) {
		s.as("ada", erasure.RoleViewer)
		b := s.browser()
		for path, want := range map[string]string{
			"/": "/login", "/erasures?state=completed": "/login?next=%2Ferasures%3Fstate%3Dcompleted", "/nothing": "/login?next=%2Fnothing",
		} {
			if got := b.get(path); got.status != http.StatusSeeOther || got.location != want || len(got.body) > 200 {
				s.Errorf("%s: %d to %s", path, got.status, got.location)
			}
		}
		b.want(b.post("/erasures", "id", "x"), http.StatusUnauthorized, "Nothing was done")
	},
	"SetsACookieForThisSiteOnly": func(s *site) {
		credential, err := s.AddOperator(s.Context(), erasure.Operator{Name: "ada", Role: erasure.RoleViewer, CreatedAt: s.clock()})
		s.must(err)
		for proto, secure := range map[string]bool{"": false, "https": true} {
			b := s.browser()
			b.header.Set("X-Forwarded-Proto", proto)
			got := b.post("/login", "name", "ada", "credential", " "+credential+"\n", "next", "/actions")
			cookie := got.header.Get("Set-Cookie")
			if got.location != "/actions" || !strings.Contains(cookie, "; Path=/; HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") ||
				strings.Contains(cookie, "Secure") != secure || strings.Contains(cookie, credential) {
				s.Errorf("to %s with %s", got.location, cookie)
			}
		}
		if strings.Contains(s.log.String(), credential) || !strings.Contains(s.log.String(), "operator=ada") {
			s.Errorf("the log: %s", s.log)
		}
	},
	"IsRefusedWithoutSayingWhy": func(s *site) {
		s.as("ada", erasure.RoleViewer)
		refusals := map[string]bool{}
		for _, name := range []string{"ada", "eve"} {
			b := s.browser()
			got := b.post("/login", "name", name, "credential", "a-wrong-credential")
			b.want(got, http.StatusUnauthorized, "do not belong together")
			b.lacks(got, "a-wrong-credential")
			if got.header.Get("Set-Cookie") != "" {
				s.Error("a cookie was set")
			}
			refusals[strings.ReplaceAll(got.body, name, "")] = true
		}
		if len(refusals) != 1 {
			s.Error("an unknown name looks different from a wrong credential")
		}
		if strings.Contains(s.log.String(), "a-wrong-credential") {
			s.Errorf("the log: %s", s.log)
		}
	},
	"WaitsAfterFailures": func(s *site) {
		credential, err := s.AddOperator(s.Context(), erasure.Operator{Name: "ada", Role: erasure.RoleViewer, CreatedAt: s.clock()})
		s.must(err)
		b := s.browser()
		for range 5 {
			b.want(b.post("/login", "name", "ada", "credential", "wrong"), http.StatusUnauthorized)
		}
		got := b.post("/login", "name", "ada", "credential", credential)
		b.want(got, http.StatusTooManyRequests, "Wait 11 seconds")
		if got.header.Get("Retry-After") != "11" {
			s.Errorf("Retry-After: %s", got.header.Get("Retry-After"))
		}
		s.later(11 * time.Second)
		b.want(b.post("/login", "name", "ada", "credential", credential), http.StatusSeeOther)
	},
	"KnowsClientsOfTrustedProxies": func(s *site) {
		s.as("ada", erasure.RoleViewer)
		from := func(client string) *browser {
			b := s.browser()
			b.header.Set("X-Forwarded-For", client)
			return b
		}
		for range 6 {
			from("198.51.100.1").post("/login", "name", "ada", "credential", "wrong")
		}
		b := from("198.51.100.1")
		b.want(b.post("/login", "name", "ada", "credential", "wrong"), http.StatusTooManyRequests)
		b = from("203.0.113.1")
		b.want(b.post("/login", "name", "ada", "credential", "wrong"), http.StatusUnauthorized)
	},
	"WorksWithALinkOnce": func(s *site) {
		s.must(second(s.AddOperator(s.Context(), erasure.Operator{Name: "ada", Role: erasure.RoleViewer, CreatedAt: s.clock()})))
		code, err := s.NewLoginCode(s.Context(), "ada", s.clock())
		s.must(err)
		b := s.browser()
		for range 2 { // a program that looks at links in advance does not use it up
			b.want(b.get(ops.LoginPath(code)), http.StatusOK, `name="code" value="`+code+`"`)
		}
		b.want(b.post("/login", "code", code), http.StatusSeeOther)
		b.want(b.get("/"), http.StatusOK, "ada")
		other := s.browser()
		other.want(other.post("/login", "code", code), http.StatusUnauthorized, "was used before, or has expired")
	},
	"LeadsToThisSiteOnly": func(s *site) {
		credential, err := s.AddOperator(s.Context(), erasure.Operator{Name: "ada", Role: erasure.RoleViewer, CreatedAt: s.clock()})
		s.must(err)
		for _, next := range []string{"//evil.example", "https://evil.example/", `/\evil.example`, "evil", "javascript:alert(1)", "/\t/evil.example", ""} {
			b := s.browser()
			if got := b.post("/login", "name", "ada", "credential", credential, "next", next); got.location != "/" {
				s.Errorf("%q leads to %q", next, got.location)
			}
		}
	},
	"EndsAfterItsTime": func(s *site) {
		b := s.as("ada", erasure.RoleViewer)
		s.later(erasure.LoginIdles - time.Second)
		b.want(b.get("/"), http.StatusOK)
		s.later(erasure.LoginIdles)
		b.want(b.get("/"), http.StatusSeeOther)
		b.want(b.post("/erasures", "id", "x"), http.StatusUnauthorized, "Your login has ended", "Nothing was done")
	},
	"EndsByHand": func(s *site) {
		b := s.as("ada", erasure.RoleViewer)
		other := *b
		jar := b.hc.Jar
		cookies := jar.Cookies(mustURL(s, s.url))
		b.want(b.post("/logout"), http.StatusSeeOther)
		b.want(b.get("/"), http.StatusSeeOther)
		other.header = http.Header{"Cookie": {cookies[0].String()}} // kept by somebody
		other.want(other.get("/"), http.StatusSeeOther)
	},
	"IgnoresForgedCookies": func(s *site) {
		s.as("ada", erasure.RoleViewer)
		for _, value := range []string{"x", strings.Repeat("A", 26), strings.Repeat("A", 5000), "%00"} {
			b := s.browser()
			b.header.Set("Cookie", "yuno_erasure_ops="+value)
			b.want(b.get("/"), http.StatusSeeOther)
		}
	},
}

func TestForeignForms(t *testing.T) {
	onEach(t, map[string]func(*site){"AreRefused": func(s *site) {
		b := s.as("ada", erasure.RoleOperator)
		for _, header := range []http.Header{
			{"Origin": {"https://evil.example"}},
			{"Origin": {"http://127.0.0.1:1"}}, // another program on this machine, which gets the cookie
			{"Origin": {"null"}},
			{"Sec-Fetch-Site": {"cross-site"}},
			{"Sec-Fetch-Site": {"same-site"}},
		} {
			b.header = header
			b.want(b.post("/logout"), http.StatusForbidden, "came from another site", "Nothing was done")
		}
		b.header = http.Header{}
		b.want(b.get("/"), http.StatusOK)
	}})
}

func TestHeaders(t *testing.T) {
	onEach(t, map[string]func(*site){"OfEveryPage": func(s *site) {
		b := s.as("ada", erasure.RoleViewer)
		for _, path := range []string{"/", "/erasures", "/actions", "/login", "/erasures/none"} {
			got := b.get(path)
			for name, want := range map[string]string{
				"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
				"X-Content-Type-Options":  "nosniff",
				"Referrer-Policy":         "same-origin",
				"Cache-Control":           "no-store",
				"Content-Type":            "text/html; charset=utf-8",
			} {
				if got.header.Get(name) != want {
					s.Errorf("%s: %s: %q", path, name, got.header.Get(name))
				}
			}
			for _, inline := range []string{" style=", "<style", "onclick", "javascript:"} {
				b.lacks(got, inline)
			}
		}
		got := b.get("/")
		_, css, _ := strings.Cut(got.body, `rel="stylesheet" href="`)
		css, _, _ = strings.Cut(css, `"`)
		style := s.browser().get(css) // without a login
		if style.status != http.StatusOK || !strings.Contains(style.header.Get("Cache-Control"), "immutable") {
			s.Errorf("%s: %d, %v", css, style.status, style.header)
		}
		if size := len(got.body) + len(style.body); size > 50_000 {
			s.Errorf("the first page has %d bytes in all, want less than 50,000", size)
		}
		s.browser().want(s.browser().get("/assets/none.css"), http.StatusNotFound)
	}})
}
