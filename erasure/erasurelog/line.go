package erasurelog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// version of the format.
const version = 1

// The kinds of file.
const (
	KindLog    = "log"    // written continuously, in parts
	KindExport = "export" // written once
)

// Header is the first line of a file.
type Header struct {
	Version  int       `json:"version"`
	Kind     string    `json:"kind"`
	Database string    `json:"database,omitempty"` // see sqlstore.LogPosition
	Part     int       `json:"part,omitempty"`     // counts from 1
	After    int64     `json:"after,omitempty"`    // the last number in the parts before
	Before   string    `json:"before,omitempty"`   // the checksum of the last line of the part before
	Since    time.Time `json:"since,omitzero"`     // of an export
	At       time.Time `json:"at"`
}

// end is the last line of a complete file.
type end struct {
	Changes int `json:"changes"`
}

// change is one line between them.
type change struct {
	N        int64                `json:"n"`
	ID       string               `json:"id"`
	Account  string               `json:"account"`
	Customer string               `json:"customer"`
	State    erasure.ErasureState `json:"state"`
	Accepted time.Time            `json:"accepted_at"`
	Deadline time.Time            `json:"deadline"`
	Final    time.Time            `json:"final_at,omitzero"`
	Targets  []target             `json:"targets,omitempty"`
}

type target struct {
	ID       string              `json:"id"`
	Provider string              `json:"provider"`
	State    erasure.TargetState `json:"state"`
	Reason   string              `json:"reason,omitempty"`
}

// complete reports whether the change has its ids, and states that this program knows. A
// state of a later version could mean that a target is open, and would end it.
func (c *change) complete() bool {
	ok := c.ID != "" && c.Account != "" && c.Customer != ""
	for _, t := range c.Targets {
		switch t.State {
		case erasure.TargetPending, erasure.TargetInProgress, erasure.TargetSucceeded, erasure.TargetAlreadyGone,
			erasure.TargetNotSupported, erasure.TargetActionRequired, erasure.TargetFailed:
		default:
			ok = false
		}
		ok = ok && t.ID != "" && t.Provider != ""
	}
	return ok
}

type line struct {
	Header *Header `json:"log,omitempty"`
	Change *change `json:"erasure,omitempty"`
	End    *end    `json:"end,omitempty"`
}

// kinds returns how many kinds of line l is.
func (l *line) kinds() (n int) {
	for _, is := range []bool{l.Header != nil, l.Change != nil, l.End != nil} {
		if is {
			n++
		}
	}
	return n
}

func changeOf(c erasure.Change) *change {
	out := &change{
		N: c.N, ID: c.ID, Account: c.AccountCode, Customer: c.CustomerID, State: c.State,
		Accepted: c.AcceptedAt, Deadline: c.Deadline, Final: c.FinalAt,
	}
	for _, t := range c.Targets {
		out.Targets = append(out.Targets, target{t.ID, t.Provider, t.State, t.Reason})
	}
	return out
}

func (c *change) erasure() erasure.Change {
	out := erasure.Change{N: c.N, Erasure: erasure.Erasure{
		ID: c.ID, AccountCode: c.Account, CustomerID: c.Customer, State: c.State,
		AcceptedAt: c.Accepted, Deadline: c.Deadline, FinalAt: c.Final,
	}}
	for _, t := range c.Targets {
		out.Targets = append(out.Targets, erasure.Target{ID: t.ID, ErasureID: c.ID, Provider: t.Provider, State: t.State, Reason: t.Reason})
	}
	return out
}

const (
	sumSize  = 32 // in hexadecimal
	sumStart = `,"sum":"`
	sumEnd   = "\"}\n"
)

func checksum(before string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(before))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))[:sumSize]
}

// appendLine appends a line with its checksum, which it returns too.
func appendLine(b []byte, before string, l line) (_ []byte, sum string) {
	body, err := json.Marshal(l)
	if err != nil {
		panic(err) // ids, codes and times of years that JSON has
	}
	sum = checksum(before, body)
	b = append(b, body[:len(body)-1]...)
	b = append(b, sumStart...)
	b = append(b, sum...)
	return append(b, sumEnd...), sum
}

var errChecksum = errors.New("its checksum does not match: it was changed, or lines before it were removed")

// parseLine checks a line, which ends with its line feed, and returns it with its
// checksum.
func parseLine(text []byte, before string) (l line, sum string, err error) {
	const tail = len(sumStart) + sumSize + len(sumEnd)
	at := len(text) - tail
	if at < 1 || !bytes.HasPrefix(text[at:], []byte(sumStart)) || !bytes.HasSuffix(text, []byte(sumEnd)) {
		return l, "", errors.New("is not a line of an erasure log")
	}
	body := append(bytes.Clone(text[:at]), '}')
	sum = string(text[at+len(sumStart) : at+len(sumStart)+sumSize])
	if checksum(before, body) != sum {
		return l, "", errChecksum
	}
	if json.Unmarshal(body, &l) != nil || l.kinds() != 1 {
		return l, "", errors.New("is not a line of an erasure log")
	}
	return l, sum, nil
}
