package provider

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// rulesOf reads a list of rules.
func rulesOf(t *testing.T, text string) []rule {
	t.Helper()
	doc := &document{file: "answers.yaml"}
	root, ok := doc.parse([]byte(text))
	if !ok {
		t.Fatal(doc.mistakes)
	}
	rules := readRules(root, callWords)
	if len(doc.mistakes) > 0 {
		t.Fatal(doc.mistakes)
	}
	return rules
}

func kindOf(contentType string) http.Header { return http.Header{"Content-Type": {contentType}} }

func TestRules(t *testing.T) {
	t.Parallel()
	const matched = "- when: %\n  then: action_required\n  reason: matched\n"
	tests := map[string]struct {
		when   string
		status int
		header http.Header
		body   string
		want   bool
	}{
		"Status":               {when: "{status: 409}", status: 409, want: true},
		"OtherStatus":          {when: "{status: 409}", status: 408},
		"OneOfStatuses":        {when: "{status: [200, 409]}", status: 409, want: true},
		"Family":               {when: "{status: 4xx}", status: 499, want: true},
		"FamilyBelow":          {when: "{status: 4xx}", status: 399},
		"FamilyAbove":          {when: "{status: 4xx}", status: 500},
		"Header":               {when: "{header: {X-State: gone}}", status: 200, header: http.Header{"X-State": {"gone"}}, want: true},
		"HeaderInOtherCase":    {when: "{header: {x-state: gone}}", status: 200, header: http.Header{"X-State": {"gone"}}, want: true},
		"HeaderValueCase":      {when: "{header: {X-State: gone}}", status: 200, header: http.Header{"X-State": {"Gone"}}},
		"HeaderOneOf":          {when: "{header: {X-State: [gone, lost]}}", status: 200, header: http.Header{"X-State": {"here", "lost"}}, want: true},
		"HeaderAbsent":         {when: "{header: {X-State: gone}}", status: 200},
		"Text":                 {when: "{json: {code: X}}", status: 200, body: `{"code":"X"}`, want: true},
		"TextOneOf":            {when: "{json: {code: [W, X]}}", status: 200, body: `{"code":"X"}`, want: true},
		"TextIsNotNumber":      {when: "{json: {code: '7'}}", status: 200, body: `{"code":7}`},
		"NumberIsNotText":      {when: "{json: {code: 7}}", status: 200, body: `{"code":"7"}`},
		"Number":               {when: "{json: {code: 7}}", status: 200, body: `{"code":7}`, want: true},
		"LongNumber":           {when: "{json: {code: 12345678901234567890}}", status: 200, body: `{"code":12345678901234567890}`, want: true},
		"Decimal":              {when: "{json: {code: 1.5}}", status: 200, body: `{"code":1.5}`, want: true},
		"Boolean":              {when: "{json: {done: true}}", status: 200, body: `{"done":true}`, want: true},
		"BooleanIsNotText":     {when: "{json: {done: true}}", status: 200, body: `{"done":"true"}`},
		"Null":                 {when: "{json: {error: null}}", status: 200, body: `{"error":null}`, want: true},
		"NullIsNotAbsent":      {when: "{json: {error: null}}", status: 200, body: `{}`},
		"Nested":               {when: "{json: {a.b.c: X}}", status: 200, body: `{"a":{"b":{"c":"X"}}}`, want: true},
		"Index":                {when: "{json: {errors.1.code: X}}", status: 200, body: `{"errors":[{},{"code":"X"}]}`, want: true},
		"IndexBeyond":          {when: "{json: {errors.2.code: X}}", status: 200, body: `{"errors":[{},{"code":"X"}]}`},
		"IndexNegative":        {when: "{json: {errors.-1.code: X}}", status: 200, body: `{"errors":[{"code":"X"}]}`},
		"IndexOfObject":        {when: "{json: {errors.0: X}}", status: 200, body: `{"errors":{"0":"X"}}`, want: true},
		"ThroughText":          {when: "{json: {a.b: X}}", status: 200, body: `{"a":"X"}`},
		"ObjectIsNoValue":      {when: "{json: {a: X}}", status: 200, body: `{"a":{}}`},
		"Has":                  {when: "{has: a.b}", status: 200, body: `{"a":{"b":0}}`, want: true},
		"HasObject":            {when: "{has: a}", status: 200, body: `{"a":{}}`, want: true},
		"HasNull":              {when: "{has: a}", status: 200, body: `{"a":null}`},
		"HasAll":               {when: "{has: [a, b]}", status: 200, body: `{"a":1,"b":2}`, want: true},
		"HasNotAll":            {when: "{has: [a, b]}", status: 200, body: `{"a":1}`},
		"NotJSON":              {when: "{has: a}", status: 200, body: `<a/>`},
		"TwoDocuments":         {when: "{has: a}", status: 200, body: `{"a":1}{"a":1}`},
		"Truncated":            {when: "{has: a}", status: 200, body: `{"a":1,`},
		"Empty":                {when: "{has: a}", status: 200},
		"AllConditions":        {when: "{status: 200, header: {X: y}, json: {a: b}, has: c}", status: 200, header: http.Header{"X": {"y"}}, body: `{"a":"b","c":1}`, want: true},
		"AllButOne":            {when: "{status: 200, header: {X: y}, json: {a: b}, has: c}", status: 200, header: http.Header{"X": {"y"}}, body: `{"a":"b"}`},
		"AllButStatus":         {when: "{status: 201, header: {X: y}, json: {a: b}}", status: 200, header: http.Header{"X": {"y"}}, body: `{"a":"b"}`},
		"AllButHeader":         {when: "{status: 200, header: {X: z}, json: {a: b}}", status: 200, header: http.Header{"X": {"y"}}, body: `{"a":"b"}`},
		"SpecialCharacters":    {when: `{json: {code: "a\"\\\n"}}`, status: 200, body: `{"code":"a\"\\\n"}`, want: true},
		"EscapedInTheAnswer":   {when: `{json: {code: X}}`, status: 200, body: `{"code":"\u0058"}`, want: true},
		"Duplicate":            {when: `{json: {code: X}}`, status: 200, body: `{"code":"Y","code":"X"}`},
		"DuplicateByEscape":    {when: `{json: {code: X}}`, status: 200, body: `{"code":"X","cod\u0065":"X"}`},
		"DuplicateElsewhere":   {when: `{json: {code: X}}`, status: 200, body: `{"code":"X","more":[{"a":1,"a":1}]}`},
		"DuplicateAfterOthers": {when: `{json: {code: X}}`, status: 200, body: `{"code":"X","m":"` + strings.Repeat(`\ud83d `, 100) + `","code":"X"}`},
		"DuplicateAndStatus":   {when: `{status: 423}`, status: 423, body: `{"code":"X","code":"Y"}`, want: true},
		"KeyInBothCases":       {when: `{json: {code: X}}`, status: 200, body: `{"code":"X","Code":"Y"}`, want: true},
		"ContentType":          {when: "{content_type: application/json}", status: 200, header: kindOf("application/json; charset=utf-8"), want: true},
		"ContentTypeCase":      {when: "{content_type: application/json}", status: 200, header: kindOf("Application/JSON"), want: true},
		"ContentTypeOneOf":     {when: "{content_type: [text/xml, application/hal+json]}", status: 200, header: kindOf("application/hal+json"), want: true},
		"ContentTypeOther":     {when: "{content_type: application/json}", status: 200, header: kindOf("application/problem+json")},
		"ContentTypeAbsent":    {when: "{content_type: application/json}", status: 200},
		"ContentTypeMalformed": {when: "{content_type: application/json}", status: 200, header: kindOf("application/json/x;;")},
		"HTML":                 {when: "{status: 200}", status: 200, header: kindOf("text/html; charset=utf-8")},
		"HTMLWithJSONInIt":     {when: "{json: {a: 1}}", status: 200, header: kindOf("text/html"), body: `{"a":1}`},
		"HTMLWithoutHeader":    {when: "{status: 200}", status: 200, body: "\ufeff\n <!DOCTYPE html><p>"},
		"HTMLAsJSON":           {when: "{status: 200}", status: 200, header: kindOf("application/json"), body: "<HTML><p>"},
		"HTMLThatIsAskedFor":   {when: "{status: 404, content_type: text/html}", status: 404, header: kindOf("text/html"), body: "<html>", want: true},
		"HTMLAfterComments":    {when: "{status: 200}", status: 200, body: "<!-- gateway -->\n<!-- 7 --><HEAD><title>Sign in"},
		"HTMLAfterXML":         {when: "{status: 200}", status: 200, header: kindOf("application/xml"), body: "<?xml version='1.0'?>\n<!DOCTYPE\thtml PUBLIC \"x\"><html>"},
		"HTMLAfterNoSpace":     {when: "{status: 200}", status: 200, body: "\f\u00a0<script>"},
		"NotQuiteHTML":         {when: "{status: 200}", status: 200, body: "<?xml version='1.0'?><!-- x --><header/>", want: true},
		"XHTML":                {when: "{status: 200}", status: 200, header: kindOf("application/xhtml+xml")},
		"Contains":             {when: "{contains: {error.message: already DELETED}}", status: 400, body: `{"error":{"message":"This customer was Already Deleted."}}`, want: true},
		"ContainsOneOf":        {when: "{contains: {m: [gone, deleted]}}", status: 400, body: `{"m":"deleted"}`, want: true},
		"ContainsNot":          {when: "{contains: {m: deleted}}", status: 400, body: `{"m":"delete d"}`},
		"ContainsOtherPlace":   {when: "{contains: {m: deleted}}", status: 400, body: `{"n":"deleted","m":""}`},
		"ContainsInAnObject":   {when: "{contains: {m: deleted}}", status: 400, body: `{"m":{"x":"deleted"}}`},
		"ContainsTooFar":       {when: "{contains: {m: deleted}}", status: 400, body: `{"m":"` + strings.Repeat("x", maxContained-3) + `deleted"}`},
		"XML":                  {when: "{xml: {a.b: [X, Y]}}", status: 404, body: `<?xml version="1.0"?><a><c>Y</c><b> Y </b></a>`, want: true},
		"XMLFirstOfMany":       {when: "{xml: {a.b: Y}}", status: 404, body: `<a><b>X</b><b>Y</b></a>`},
		"XMLNamespace":         {when: "{xml: {a.b: X}}", status: 404, body: `<n:a xmlns:n="u"><n:b>X</n:b></n:a>`, want: true},
		"XMLCData":             {when: "{xml: {a: X}}", status: 404, body: `<a><![CDATA[X]]></a>`, want: true},
		"XMLCutOff":            {when: "{xml: {a.b: X}}", status: 404, body: `<a><b>X</b>`},
		"XMLWrongEnd":          {when: "{xml: {a.b: X}}", status: 404, body: `<a><b>X</b></c>`},
		"XMLEntity":            {when: "{xml: {a: X}}", status: 404, body: `<!DOCTYPE a [<!ENTITY x "X">]><a>&x;</a>`},
		"XMLExternal":          {when: "{xml: {a: X}}", status: 404, body: `<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>X</a>`},
		"XMLTooDeep":           {when: "{xml: {a: X}}", status: 404, body: "<a>X" + strings.Repeat("<b>", maxXMLDepth) + strings.Repeat("</b>", maxXMLDepth) + "</a>"},
		"XMLDeep":              {when: "{xml: {a: X}}", status: 404, body: "<a>X" + strings.Repeat("<b>", maxXMLDepth-1) + strings.Repeat("</b>", maxXMLDepth-1) + "</a>", want: true},
		"XMLTooMany":           {when: "{xml: {a: X}}", status: 404, body: "<a>X" + strings.Repeat("<b/>", maxXMLElements) + "</a>"},
		"XMLIsNotJSON":         {when: "{xml: {a: X}}", status: 404, body: `{"a":"X"}`},
		"HasXML":               {when: "{has: a.b}", status: 200, body: `<a><b>0</b></a>`, want: true},
		"HasEmptyXML":          {when: "{has: a.b}", status: 200, body: `<a><b/></a>`},
		"DeepNestingIsNotJSON": {when: "{has: a}", status: 200, body: strings.Repeat("[", 20_000)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := rulesOf(t, strings.Replace(matched, "%", test.when, 1))
			a := &response{status: test.status, header: test.header, body: []byte(test.body)}
			if got := rules[0].matches(a); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	t.Run("TheFirstThatMatchesDecides", func(t *testing.T) {
		t.Parallel()
		first := rulesOf(t, "- {when: {status: 404}, then: not_supported, reason: first}")
		second := rulesOf(t, "- {when: {status: 4xx}, then: action_required, reason: second}\n- {when: {status: 200}, then: succeeded}")
		for status, want := range map[int]erasure.Outcome{
			404: {Kind: erasure.OutcomeNotSupported, Reason: "first", Status: 404},
			401: {Kind: act, Reason: "second", Status: 401}, // before the rule of every provider
			200: {Kind: succeeded, Status: 200},
			500: {Kind: retry, Reason: "http_500", Status: 500},
		} {
			wantOutcome(t, (&response{status: status}).judge(first, second), want)
		}
	})
	t.Run("Deferred", func(t *testing.T) {
		t.Parallel()
		rules := rulesOf(t, "- {when: {status: 409}, then: deferred, reason: dispute_open, wait: 72h}")
		outcome := (&response{status: 409, now: now}).judge(rules)
		wantOutcome(t, outcome, erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: "dispute_open", Status: 409, Wait: 72 * time.Hour})
	})
	t.Run("RetryAfterDoesNotReplaceTheWait", func(t *testing.T) {
		t.Parallel()
		rules := rulesOf(t, "- {when: {status: 409}, then: deferred, reason: later, wait: 72h}\n- {when: {status: 423}, then: retry, reason: locked, wait: 1m}")
		later := erasure.Outcome{Kind: erasure.OutcomeDeferred, Reason: "later", Status: 409, Wait: 72 * time.Hour}
		for asked, want := range map[string]time.Time{
			"0": now, "60": now.Add(time.Minute), "Sun, 01 Mar 2026 11:00:00 GMT": now,
			"5184000": now.Add(60 * 24 * time.Hour), "99999999999999999999": now.Add(maxDeferral),
		} {
			later.Until = want
			wantOutcome(t, (&response{status: 409, header: http.Header{"Retry-After": {asked}}, now: now}).judge(rules), later)
		}
		locked := erasure.Outcome{Kind: retry, Reason: "locked", Status: 423, Wait: time.Minute}
		wantOutcome(t, (&response{status: 423, now: now}).judge(rules), locked)
		locked.After = 5 * time.Second
		header := http.Header{"Retry-After": {"5"}}
		wantOutcome(t, (&response{status: 423, header: header, now: now}).judge(rules), locked)
	})
	t.Run("NotSupported", func(t *testing.T) {
		t.Parallel()
		rules := rulesOf(t, "- {when: {status: 405}, then: not_supported, reason: no_deletion_here}")
		wantOutcome(t, (&response{status: 405}).judge(rules), erasure.Outcome{Kind: erasure.OutcomeNotSupported, Reason: "no_deletion_here", Status: 405})
	})
	t.Run("TooLarge", func(t *testing.T) {
		t.Parallel()
		a := func(status int) *response { return &response{status: status, tooLarge: true} }
		wantOutcome(t, a(200).judge(rulesOf(t, "- {when: {status: 200, has: a}, then: succeeded}")), erasure.Outcome{Kind: retry, Reason: "answer_too_large", Status: 200})
		wantOutcome(t, a(200).judge(rulesOf(t, "- {when: {status: 200}, then: succeeded}")), erasure.Outcome{Kind: succeeded, Status: 200})
		wantOutcome(t, a(503).judge(), erasure.Outcome{Kind: retry, Reason: "http_503", Status: 503})
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		value string
		want  time.Duration
	}{
		"Seconds":     {"120", 2 * time.Minute},
		"Zero":        {"0", 0},
		"Decimals":    {"1.5", 1500 * time.Millisecond},
		"Spaces":      {" 3 ", 3 * time.Second},
		"Date":        {"Sun, 01 Mar 2026 12:01:00 GMT", time.Minute},
		"PastDate":    {"Sun, 01 Mar 2026 11:00:00 GMT", 0},
		"FarDate":     {"Sun, 01 Mar 2099 11:00:00 GMT", maxRetryAfter},
		"TooLong":     {"86401", maxRetryAfter},
		"Overflowing": {"99999999999999999999", maxRetryAfter},
		"Exponent":    {"1e3", 0},
		"Negative":    {"-1", 0},
		"NaN":         {"nan", 0},
		"Infinite":    {"inf", 0},
		"Words":       {"soon", 0},
		"HalfNumber":  {"12x", 0},
		"Empty":       {"", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := response{status: http.StatusTooManyRequests, header: http.Header{"Retry-After": {test.value}}, now: now}
			if got := r.judge().After; got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"1", "1e300", "nan", "-1", "Sun, 01 Mar 2026 12:01:00 GMT", "0x10", "1_000"} {
		f.Add(seed)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		r := response{status: http.StatusTooManyRequests, header: http.Header{"Retry-After": {value}}, now: now}
		if wait := r.judge().After; wait < 0 || wait > maxRetryAfter {
			t.Errorf("%q: %v", value, wait)
		}
	})
}

// Every response gets one of the outcome kinds, with a reason in snake_case,
// and says nothing that the provider sent.
func FuzzJudge(f *testing.F) {
	f.Add(200, `{"result":"SUCCESS"}`, "10")
	f.Add(404, `{"error":{"code":"resource_missing"}}`, "")
	f.Add(503, "<html>", "soon")
	descriptions := catalogue() // here, because reading it takes longer than the fuzzer may wait for one input
	f.Fuzz(func(t *testing.T, status int, body, retryAfter string) {
		for _, d := range descriptions {
			for _, c := range d.calls {
				a := &response{status: status, body: []byte(body), header: http.Header{"Retry-After": {retryAfter}}}
				outcome := a.judge(c.rules)
				if outcome.Reason != "" && !isCode(outcome.Reason) {
					t.Errorf("reason %q", outcome.Reason)
				}
				if outcome.Kind == "" || outcome.After < 0 {
					t.Errorf("%+v", outcome)
				}
			}
			for _, c := range d.checks {
				a := &response{status: status, body: []byte(body), header: http.Header{"Retry-After": {retryAfter}}}
				outcome, _ := c.judge(a, expectation{mode: modeLive, account: "x"})
				if outcome.Kind == succeeded && status != 200 || outcome.Kind == gone || !isCode(outcome.Reason) && outcome.Kind != succeeded {
					t.Errorf("%+v", outcome)
				}
			}
		}
	})
}

const needsWords = "must name the provider's own words, because a wrong URL or proxy also returns 404: " +
	"add json, contains or xml with the text that says so"

// A rule without a status does not take a failure for what it says.
func TestRuleWithoutStatus(t *testing.T) {
	t.Parallel()
	rules := map[string][]rule{}
	for _, then := range []string{"succeeded", "already_gone"} {
		rules[then] = rulesOf(t, "- {when: {contains: {m: not found}}, then: "+then+"}")
	}
	for status, want := range map[int]string{
		200: "succeeded already_gone ", 204: "succeeded already_gone ", 302: "", 400: "already_gone ", 404: "already_gone ", 422: "already_gone ",
		401: "", 402: "", 403: "", 407: "", 408: "", 425: "", 429: "", 500: "", 503: "",
	} {
		matched := ""
		for _, then := range []string{"succeeded", "already_gone"} {
			if _, ok := (&response{status: status, body: []byte(`{"m":"key not found"}`)}).decide(rules[then]); ok {
				matched += then + " "
			}
		}
		if matched != want {
			t.Errorf("%d: got %q, want %q", status, matched, want)
		}
	}
}

// A rule that looks at the status only does not take an error in the body for success.
func TestSuccessWithAnError(t *testing.T) {
	t.Parallel()
	byStatus := rulesOf(t, "- {when: {status: 200}, then: succeeded}")
	byBody := rulesOf(t, "- {when: {status: 200, has: id}, then: succeeded}")
	for body, want := range map[string]bool{
		`{"id":1,"error":{"message":"invalid key"}}`: false, `{"id":1,"errors":[{}]}`: false, `{"id":1,"error":"x"}`: false, `{"id":1,"error":true}`: false,
		`{"id":1,"error":null,"errors":[]}`: true, `{"id":1,"error":"","errors":{}}`: true, `{"id":1,"error":false}`: true, `{"id":1,"data":{"error":"x"}}`: true,
	} {
		if _, ok := (&response{status: 200, body: []byte(body)}).decide(byStatus); ok != want {
			t.Errorf("%s: got %v, want %v", body, ok, want)
		}
		if _, ok := (&response{status: 200, body: []byte(body)}).decide(byBody); !ok {
			t.Errorf("%s: the rule knows the body", body)
		}
	}
}

func TestRuleMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"NotAList":          {"{}", "a.yaml:1: must be a list"},
		"NoWhen":            {"- then: succeeded", "a.yaml:1: [0].when: is missing"},
		"EmptyWhen":         {"- {when: {}, then: succeeded}", "a.yaml:1: [0].when: must have a condition: a rule that always matches hides those after it"},
		"UnknownCondition":  {"- {when: {body: x}, then: succeeded}", "a.yaml:1: [0].when.body: is not a known field; the fields are: status, content_type, header, json, has, contains, xml"},
		"NoThen":            {"- {when: {status: 200}}", "a.yaml:1: [0].then: is missing"},
		"UnknownThen":       {"- {when: {status: 200}, then: ok}", "a.yaml:1: [0].then: must be one of succeeded, already_gone, not_supported, action_required, deferred, retry"},
		"NoReason":          {"- {when: {status: 200}, then: retry}", "a.yaml:1: [0].reason: is missing: retry needs one"},
		"ReasonInProse":     {"- {when: {status: 200}, then: retry, reason: Try again}", "a.yaml:1: [0].reason: must be a name of at most 64 lower-case letters, digits and underscores, beginning with a letter"},
		"DeferredForever":   {"- {when: {status: 200}, then: deferred, reason: x}", "a.yaml:1: [0].wait: is missing: deferred needs a time to wait"},
		"WaitAfterTheEnd":   {"- {when: {status: 200}, then: succeeded, wait: 1h}", "a.yaml:1: [0].wait: has no meaning for succeeded"},
		"WaitIsNoDuration":  {"- {when: {status: 200}, then: retry, reason: x, wait: 5}", "a.yaml:1: [0].wait: must be a duration from 1s to 8760h, such as 20s"},
		"StatusOutOfRange":  {"- {when: {status: 600}, then: succeeded}", "a.yaml:1: [0].when.status: must be an HTTP status such as 404 or 5xx"},
		"StatusFamily":      {"- {when: {status: 6xx}, then: succeeded}", "a.yaml:1: [0].when.status: must be an HTTP status such as 404 or 5xx"},
		"StatusOfNone":      {"- {when: {status: []}, then: succeeded}", "a.yaml:1: [0].when.status: must not be an empty list"},
		"StatusIsNull":      {"- {when: {status: }, then: succeeded}", "a.yaml:1: [0].when.status: has no value"},
		"PathWithHole":      {"- {when: {json: {a..b: 1}}, then: succeeded}", "a.yaml:1: [0].when.json.a..b: must be keys joined by dots, such as error.code or errors.0.code"},
		"ValueIsAMapping":   {"- {when: {json: {a: {b: 1}}}, then: succeeded}", "a.yaml:1: [0].when.json.a: must be text, a number, true, false, null or a list of them"},
		"ValueIsHex":        {"- {when: {json: {a: 0x10}}, then: succeeded}", "a.yaml:1: [0].when.json.a: must be text, or a number, boolean or null as JSON writes it"},
		"ValueIsADate":      {"- {when: {json: {a: 2026-01-01}}, then: succeeded}", "a.yaml:1: [0].when.json.a: must be text, or a number, boolean or null as JSON writes it"},
		"ContentType":       {"- {when: {content_type: json}, then: succeeded}", "a.yaml:1: [0].when.content_type: must be a media type such as application/json"},
		"ContainsLittle":    {"- {when: {contains: {a: no}}, then: succeeded}", "a.yaml:1: [0].when.contains.a: must be text of 3 to 200 bytes"},
		"EmptyXML":          {"- {when: {xml: {a: ' '}}, then: succeeded}", "a.yaml:1: [0].when.xml.a: must not be empty"},
		"CertainOfSuccess":  {"- {when: {status: 200}, then: succeeded, certain: true}", "a.yaml:1: [0].certain: has no meaning here: only already_gone can be certain"},
		"SuccessByFailure":  {"- {when: {status: [200, 404]}, then: succeeded}", "a.yaml:1: [0].when: must have statuses from 200 to 299: no other is that of a success"},
		"GoneByStatus":      {"- {when: {status: 404}, then: already_gone}", "a.yaml:1: [0].when: " + needsWords},
		"GoneByHeader":      {"- {when: {status: 404, header: {X: y}}, then: already_gone}", "a.yaml:1: [0].when: " + needsWords},
		"GoneByType":        {"- {when: {status: 404, content_type: application/json}, then: already_gone}", "a.yaml:1: [0].when: " + needsWords},
		"GoneByHas":         {"- {when: {status: 404, has: error}, then: already_gone}", "a.yaml:1: [0].when: " + needsWords},
		"GoneByNull":        {"- {when: {status: 404, json: {a: null}}, then: already_gone}", "a.yaml:1: [0].when: " + needsWords},
		"GoneByAnything":    {"- {when: {status: 404, json: {a: [X, null]}}, then: already_gone}", "a.yaml:1: [0].when: " + needsWords},
		"TwiceTheSameField": {"- when: {status: 200}\n  then: succeeded\n  then: succeeded", "a.yaml:3: [0].then: is duplicated"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := &document{file: "a.yaml"}
			root, ok := doc.parse([]byte(test.text))
			if !ok {
				t.Fatal(doc.mistakes)
			}
			readRules(root, callWords)
			wantMistake(t, doc.mistakes, test.want)
		})
	}
}

// Whatever an XML body is, decoding it is bounded and finds no text that is not in it.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{`<a><b>X</b></a>`, `<a>`, `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, `<a b="c"/>`, "<a>\xff</a>", `{"a":1}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		texts := decodeXML([]byte(body))
		if len(texts) > maxXMLElements {
			t.Errorf("%d texts", len(texts))
		}
		for path, text := range texts {
			if depth := strings.Count(path, ".") + 1; depth > len(body) || len(text) > len(body) {
				t.Errorf("%q is %q", path, text)
			}
		}
	})
}

// Conditions never panic, and HTML matches none that does not ask for it.
func FuzzConditions(f *testing.F) {
	f.Add("text/html", `{"m":"deleted"}`)
	f.Add("application/json", `{"m":"deleted"}`)
	f.Add("", "<html>deleted")
	doc := &document{file: "a.yaml"}
	root, _ := doc.parse([]byte("- {when: {contains: {m: deleted}}, then: already_gone}\n- {when: {xml: {m: deleted}}, then: already_gone}\n- {when: {status: 200}, then: succeeded}"))
	rules := readRules(root, callWords)
	f.Fuzz(func(t *testing.T, contentType, body string) {
		got := &response{status: 200, header: http.Header{"Content-Type": {contentType}}, body: []byte(body)}
		if _, ok := got.decide(rules); ok && strings.HasPrefix(strings.ToLower(strings.TrimSpace(body)), "<html>") {
			t.Errorf("HTML matched")
		}
	})
}

// wantMistake wants this mistake among others: one may lead to another.
func wantMistake(t *testing.T, err error, want string) {
	t.Helper()
	var mistakes Mistakes
	if !errors.As(err, &mistakes) || len(mistakes) == 0 {
		t.Fatalf("got %v, want mistakes", err)
	}
	for _, m := range mistakes {
		if m.String() == want {
			return
		}
	}
	t.Errorf("got\n%v\nwant\n%s", mistakes, want)
}
