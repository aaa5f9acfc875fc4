package bulk

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/yuno-community/yuno-customers/internal/strictjson"
)

// The events of a journal; the package comment describes them.
const (
	eventSending = "sending"
	eventNotSent = "not_sent"
	eventOutcome = "outcome"
	eventResumed = "resumed"
	eventListed  = "listed"
	eventStarted = "started"
)

// entry is a line of a journal after the header.
type entry struct {
	Event string `json:"event"`
	Result
	// Listed are digests of ids of the list, in Base64.
	Listed string `json:"listed,omitempty"`
}

// ofRecord reports whether the entry is about one record.
func (e *entry) ofRecord() bool {
	return e.Event == eventSending || e.Event == eventNotSent || e.Event == eventOutcome
}

// appendTo appends the entry as encoding/json would encode it, and a line end. A run
// writes two entries per id, and encoding/json takes several times as long.
func (e *entry) appendTo(b []byte) []byte {
	b = append(append(append(b, `{"event":"`...), e.Event...), '"')
	b = strconv.AppendInt(append(b, `,"n":`...), int64(e.N), 10)
	if e.Line != 0 {
		b = strconv.AppendInt(append(b, `,"line":`...), int64(e.Line), 10)
	}
	b = appendString(append(b, `,"id":`...), e.ID)
	if e.Outcome != "" {
		b = appendString(append(b, `,"outcome":`...), string(e.Outcome))
	}
	if e.Status != 0 {
		b = strconv.AppendInt(append(b, `,"status":`...), int64(e.Status), 10)
	}
	if e.Code != "" {
		b = appendString(append(b, `,"code":`...), e.Code)
	}
	if e.Attempts != 0 {
		b = strconv.AppendInt(append(b, `,"attempts":`...), int64(e.Attempts), 10)
	}
	if e.RequestID != "" {
		b = appendString(append(b, `,"request_id":`...), e.RequestID)
	}
	if e.Reason != "" {
		b = appendString(append(b, `,"reason":`...), e.Reason)
	}
	b = append(e.Time.AppendFormat(append(b, `,"time":"`...), time.RFC3339Nano), '"')
	if e.Listed != "" {
		b = appendString(append(b, `,"listed":`...), e.Listed)
	}
	return append(b, "}\n"...)
}

// appendString appends a JSON string. Ids almost never need escapes.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string cannot fail
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

var errDamaged = errors.New("is damaged")

// parseEntry reads a line of a journal whose records have numbers below a limit.
func parseEntry(line []byte, limit int) (entry, error) {
	e, ok := parseOwn(line)
	if !ok {
		e = entry{} // appendTo has escaped something, or another program wrote the line
		if json.Unmarshal(line, &e) != nil || len(strictjson.Find(line, 1)) > 0 {
			return entry{}, errDamaged
		}
	}
	if e.ofRecord() && (e.N < 0 || e.N >= limit) {
		return entry{}, errDamaged
	}
	switch e.Event {
	case eventSending, eventNotSent, eventOutcome, eventResumed, eventListed, eventStarted:
		return e, nil
	}
	return entry{}, errDamaged
}

// parseOwn reads a line as appendTo writes it if nothing needs escapes, and rejects any
// other. It makes reading a journal of millions a matter of seconds.
func parseOwn(line []byte) (e entry, ok bool) {
	p := fields{rest: line}
	p.literal(`{"event":`)
	e.Event = p.text()
	p.literal(`,"n":`)
	e.N = p.number()
	if p.has(`,"line":`) {
		e.Line = p.number()
	}
	p.literal(`,"id":`)
	e.ID = p.text()
	if p.has(`,"outcome":`) {
		e.Outcome = Outcome(p.text())
	}
	if p.has(`,"status":`) {
		e.Status = p.number()
	}
	if p.has(`,"code":`) {
		e.Code = p.text()
	}
	if p.has(`,"attempts":`) {
		e.Attempts = p.number()
	}
	if p.has(`,"request_id":`) {
		e.RequestID = p.text()
	}
	if p.has(`,"reason":`) {
		e.Reason = p.text()
	}
	p.literal(`,"time":`)
	var err error
	e.Time, err = time.Parse(time.RFC3339Nano, p.text())
	if p.has(`,"listed":`) {
		e.Listed = p.text()
	}
	p.literal("}\n")
	return e, err == nil && !p.bad && len(p.rest) == 0
}

// fields reads the parts of a line from left to right.
type fields struct {
	rest []byte
	bad  bool
}

// has consumes the text if it comes next, and reports whether it did.
func (p *fields) has(text string) bool {
	if len(p.rest) < len(text) || string(p.rest[:len(text)]) != text {
		return false
	}
	p.rest = p.rest[len(text):]
	return true
}

func (p *fields) literal(text string) {
	if !p.has(text) {
		p.bad = true
	}
}

// text consumes a JSON string without escapes.
func (p *fields) text() string {
	p.literal(`"`)
	for i, c := range p.rest {
		switch {
		case c == '"':
			text := string(p.rest[:i])
			p.rest = p.rest[i+1:]
			return text
		case c < ' ' || c > '~' || c == '\\':
			p.bad = true
			return ""
		}
	}
	p.bad = true
	return ""
}

// number consumes a number of at most 15 digits.
func (p *fields) number() (n int) {
	i := 0
	for ; i < len(p.rest) && i < 15 && p.rest[i] >= '0' && p.rest[i] <= '9'; i++ {
		n = 10*n + int(p.rest[i]-'0')
	}
	if i == 0 || i > 1 && p.rest[0] == '0' {
		p.bad = true
	}
	p.rest = p.rest[i:]
	return n
}
