package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/internal/strictjson"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

const (
	// maxResponseBody is how much of a response body is read, in bytes.
	maxResponseBody = 64 << 10
	// maxRetryAfter bounds the wait that a provider can ask for, so that no
	// response postpones an erasure beyond its deadline.
	maxRetryAfter = 24 * time.Hour
	// maxDeferral bounds the date of a deferral. It is beyond every deadline, which the
	// service has to see.
	maxDeferral = 10 * 365 * 24 * time.Hour
)

// response is what a provider sent, kept only until it has been judged.
type response struct {
	status   int
	header   http.Header
	body     []byte
	tooLarge bool // the body exceeded maxResponseBody and was dropped
	now      time.Time

	decoded   bool              // root, isJSON and ambiguous are set
	root      any               // the decoded body; nil if it is not JSON
	isJSON    bool              // and has one meaning
	ambiguous bool              // the body is JSON in which a key is duplicated
	xml       map[string]string // the texts of an XML body, by path; nil until decoded
}

// readResponse reads a response completely. A body that is cut off is an error,
// whatever the status is. After a 101 there is no body but another protocol, which may
// never end and which no context stops.
func readResponse(resp *http.Response) (*response, error) {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return &response{status: resp.StatusCode, header: resp.Header, now: time.Now()}, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponseBody+1))
	if err != nil {
		return nil, err
	}
	r := &response{status: resp.StatusCode, header: resp.Header, body: body, now: time.Now()}
	if len(body) > maxResponseBody {
		r.tooLarge, r.body = true, nil
	}
	return r, nil
}

// judge applies the rules in order, then those that apply to every provider.
func (r *response) judge(rules ...[]rule) erasure.Outcome {
	if then, ok := r.decide(rules...); ok {
		return r.outcome(then)
	}
	return r.outcome(r.undescribed())
}

// decide returns the verdict of the first rule that matches. ok is false if none does.
func (r *response) decide(rules ...[]rule) (then verdict, ok bool) {
	for _, list := range rules {
		for _, rule := range list {
			if rule.matches(r) {
				return rule.then, true
			}
		}
	}
	return verdict{}, false
}

// undescribed returns the verdict on a response that no rule matches.
func (r *response) undescribed() verdict {
	switch {
	case r.status == http.StatusUnauthorized || r.status == http.StatusForbidden:
		return verdict{kind: erasure.OutcomeActionRequired, reason: erasure.ReasonKeyRefused}
	case r.status == http.StatusNotFound || r.status == http.StatusGone:
		return verdict{kind: erasure.OutcomeActionRequired, reason: erasure.ReasonNotFoundUnconfirmed}
	case r.status == http.StatusTooManyRequests:
		return verdict{kind: erasure.OutcomeRetry, reason: "rate_limited"}
	case r.status >= 500 || r.status == http.StatusRequestTimeout || r.status == http.StatusTooEarly:
		return verdict{kind: erasure.OutcomeRetry, reason: "http_" + strconv.Itoa(r.status)}
	case r.tooLarge:
		return verdict{kind: erasure.OutcomeRetry, reason: erasure.ReasonAnswerTooLarge}
	case r.status >= 200 && r.status < 300 || r.isPage():
		return verdict{kind: erasure.OutcomeRetry, reason: erasure.ReasonUnexpectedAnswer}
	}
	return verdict{kind: erasure.OutcomeRetry, reason: erasure.ReasonUnexpectedStatus}
}

// mayHaveApplied reports whether the provider may have done what was asked although the
// response does not say so. described says whether a rule matched the response.
func (r *response) mayHaveApplied(described bool) bool {
	success := r.status >= 200 && r.status < 300
	return r.status >= 500 || r.status == http.StatusRequestTimeout || success && !described
}

func (r *response) outcome(v verdict) erasure.Outcome {
	outcome := erasure.Outcome{Kind: v.kind, Reason: v.reason, Status: r.status, Wait: v.wait}
	asked, ok := wire.ParseRetryAfter(r.header.Get("Retry-After"), r.now)
	switch {
	case !ok:
	case v.kind == erasure.OutcomeRetry:
		outcome.After = min(asked, maxRetryAfter)
	case v.kind == erasure.OutcomeDeferred:
		outcome.Until = r.now.Add(min(asked, maxDeferral))
	}
	return outcome
}

// mediaType returns the media type without parameters, or "" if there is none.
func (r *response) mediaType() string {
	kind, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

func isPageType(mediaType string) bool {
	return mediaType == "text/html" || mediaType == "application/xhtml+xml"
}

// pageStart is how a page begins, after what may precede its first tag.
var pageStart = regexp.MustCompile(`(?i)^<(!doctype\s+html|html|head|body|meta|script|center)\b`)

// isPage reports whether the response is HTML, by its header or by how it begins.
func (r *response) isPage() bool {
	if isPageType(r.mediaType()) {
		return true
	}
	const byteOrderMark = "\xef\xbb\xbf"
	start := bytes.TrimSpace(bytes.TrimPrefix(r.body, []byte(byteOrderMark)))
	for _, skip := range []struct{ from, to string }{{"<?", "?>"}, {"<!--", "-->"}} {
		for bytes.HasPrefix(start, []byte(skip.from)) {
			_, start, _ = bytes.Cut(start, []byte(skip.to))
			start = bytes.TrimSpace(start)
		}
	}
	return pageStart.Match(start)
}

// tellsFailure reports whether the body is JSON with an error at the top, as some
// providers and gateways return with status 200.
func (r *response) tellsFailure() bool {
	for _, name := range []string{"error", "errors"} {
		switch value, _ := r.lookup([]string{name}); value := value.(type) {
		case nil:
		case bool:
			return value
		case string:
			return value != ""
		case []any:
			return len(value) > 0
		case map[string]any:
			return len(value) > 0
		}
	}
	return false
}

// xmlText returns the text of the first XML element at a path, or "".
func (r *response) xmlText(path string) string {
	if r.xml == nil {
		r.xml = decodeXML(r.body)
	}
	return r.xml[path]
}

// lookup returns the value at a path of a JSON body. ok is false if there is none.
func (r *response) lookup(path []string) (any, bool) {
	r.decode()
	if !r.isJSON {
		return nil, false
	}
	at := r.root
	for _, key := range path {
		switch parent := at.(type) {
		case map[string]any:
			child, ok := parent[key]
			if !ok {
				return nil, false
			}
			at = child
		case []any:
			i, err := strconv.ParseUint(key, 10, 16)
			if err != nil || i >= uint64(len(parent)) {
				return nil, false
			}
			at = parent[i]
		default:
			return nil, false
		}
	}
	return at, true
}

// decode decodes the body once. A key that is duplicated makes it say two things, such as
// that something is deleted and that it is not, and each parser hears another one.
func (r *response) decode() {
	if r.decoded {
		return
	}
	r.decoded = true
	if r.root, r.isJSON = decodeJSON(r.body); !r.isJSON {
		return
	}
	for _, problem := range strictjson.Find(r.body, maxResponseBody) {
		if problem.Kind == strictjson.Duplicate {
			r.root, r.isJSON, r.ambiguous = nil, false, true
			return
		}
	}
}

// isAmbiguous reports whether the body is JSON in which a key is duplicated.
func (r *response) isAmbiguous() bool {
	r.decode()
	return r.ambiguous
}

// decodeJSON decodes exactly one document. Numbers stay as written.
func decodeJSON(body []byte) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var root any
	if err := decoder.Decode(&root); err != nil {
		return nil, false
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return root, true
}
