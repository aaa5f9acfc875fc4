package bulk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// appendTo writes what encoding/json would, and parseEntry reads it.
func FuzzEntry(f *testing.F) {
	f.Add("c1", "CUSTOMER_NOT_FOUND", "r-1", 400, int64(1))
	f.Add("c1", "", "", 0, int64(0))
	f.Add("\"\\\n", "<é>", "\u2028\xff", -1, int64(1790000000123456789))
	f.Fuzz(func(t *testing.T, id, code, requestID string, number int, nanos int64) {
		e := entry{eventOutcome, Result{
			N: number & 0xffff, Line: number, ID: id, Outcome: Failed, Status: number, Code: code, Attempts: number,
			RequestID: requestID, Reason: code, Time: time.Unix(0, nanos).UTC(),
		}, code}
		line := e.appendTo(nil)
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var text, wantText any
		if json.Unmarshal(line, &text) != nil || json.Unmarshal(want, &wantText) != nil || fmt.Sprint(text) != fmt.Sprint(wantText) {
			t.Fatalf("%s\n%s", line, want)
		}
		if bytes.Count(line, []byte("\n")) != 1 {
			t.Fatalf("%q is not one line", line)
		}
		got, err := parseEntry(line, 1<<16)
		if err != nil || got.N != e.N || !got.Time.Equal(e.Time) {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}

// What parseOwn accepts, it reads as encoding/json does.
func FuzzParseEntry(f *testing.F) {
	for _, line := range []string{
		`{"event":"outcome","n":7,"id":"c1","outcome":"failed","status":500,"code":"X","attempts":2,"request_id":"r","time":"2026-01-02T03:04:05.6Z"}` + "\n",
		`{"event":"outcome","n":7,"line":9,"id":"","outcome":"invalid","reason":"is empty","time":"2026-01-02T03:04:05.6Z"}` + "\n",
		`{"event":"sending","n":0,"id":"","time":"2026-01-02T03:04:05+02:00"}` + "\n",
		`{"event":"listed","n":0,"id":"","time":"2026-01-02T03:04:05Z","listed":"AAAA"}` + "\n",
		`{"event":"sending","n":01,"id":"x","time":"2026-01-02T03:04:05Z"}` + "\n",
		`{"n":1,"event":"not_sent"}` + "\n",
		`{"event":"sending","n":1,"id":"a` + "\n",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got, ok := parseOwn(line)
		if !ok {
			return
		}
		var want entry
		if err := json.Unmarshal(line, &want); err != nil || !got.Time.Equal(want.Time) {
			t.Fatalf("%q: %v, %v, %v", line, err, got.Time, want.Time)
		}
		got.Time = want.Time
		if got != want {
			t.Fatalf("%q: %+v, want %+v", line, got, want)
		}
	})
}

func TestParseEntry(t *testing.T) {
	t.Parallel()
	const own = `{"event":"sending","n":2,"id":"c2","time":"2026-01-02T03:04:05Z"}` + "\n"
	if e, ok := parseOwn([]byte(own)); !ok || e.N != 2 || e.ID != "c2" {
		t.Errorf("parseOwn rejects it: %+v", e)
	}
	for _, c := range []struct {
		name, line string
		ok         bool
	}{
		{"Own", own, true},
		{"Escaped", strings.Replace(own, "c2", `c\u00e9`, 1), true},
		{"OtherOrder", `{"n":2,"id":"c2","event":"outcome"}`, true},
		{"NoSuchRecord", strings.Replace(own, `"n":2`, `"n":3`, 1), false},
		{"Negative", strings.Replace(own, `"n":2`, `"n":-1`, 1), false},
		{"NoSuchEvent", strings.Replace(own, "sending", "sent", 1), false},
		{"NoJSON", own[1:], false},
		{"CutOff", own[:20], false},
		{"DuplicateID", strings.Replace(own, `"id":`, `"id":"c1","id":`, 1), false},
		{"LoneSurrogate", strings.Replace(own, "c2", `c\ud800`, 1), false},
		{"NoTime", strings.Replace(own, "T03", "x03", 1), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := parseEntry([]byte(c.line), 3); (err == nil) != c.ok || err != nil && !errors.Is(err, errDamaged) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestEntryEscapes(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"a\nb", "é", "\x7f", "a\xffb", `a"b`} {
		e := entry{Event: eventOutcome, Result: Result{ID: id, Outcome: Invalid}}
		line := string(e.appendTo(nil))
		if strings.Count(line, "\n") != 1 || line != strings.ToValidUTF8(line, "") {
			t.Errorf("%q", line)
		}
		if _, err := parseEntry([]byte(line), 1); err != nil {
			t.Error(fmt.Errorf("%q: %w", line, err))
		}
	}
}
