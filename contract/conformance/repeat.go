package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
)

// A Request is a request of a failed case, and how to send it again.
type Request struct {
	N        int             `json:"n"`                  // its place among the requests of the case, from 1
	Status   int             `json:"status,omitempty"`   // of the response; 0 if there was none
	Missing  string          `json:"missing,omitempty"`  // why there was no response
	Broke    []contract.Rule `json:"broke,omitempty"`    // none if it only came before one that did
	Together int             `json:"together,omitempty"` // how many like it were sent at the same time

	// Curl is a line for a POSIX shell that sends the request again. It takes keys and
	// account codes from the variables that yuno-erasure conform reads, such as
	// YUNO_PRIVATE_SECRET_KEY, and the rest from Result.Variables. While curl runs, its
	// arguments show the keys to other users of the machine. If Curl is empty, WhyNot says
	// why.
	Curl   string `json:"curl,omitempty"`
	WhyNot string `json:"why_not,omitempty"`

	// Erases warns that sending the request again may erase the customer that a variable
	// names.
	Erases bool `json:"erases,omitempty"`
}

// describe returns the requests that show what was found, and the variables that their
// commands need. Of several findings that are alike, the first is described.
func (s *session) describe(findings []finding) (requests []Request, variables []Variable) {
	c := curl{s.endpoint, newPlaceholders(s.target.Credentials, s.target.SecondAccount, s.persons())}
	for _, sent := range s.sent {
		group := sent.group()
		shows := slices.ContainsFunc(findings, func(f finding) bool { return slices.ContainsFunc(f.requests, group) })
		listed := slices.ContainsFunc(requests, func(r Request) bool { return group(r.N) })
		if !shows || listed {
			continue
		}
		command := c.command(sent)
		for _, v := range command.variables {
			if !slices.Contains(variables, v) {
				variables = append(variables, v)
			}
		}
		r := Request{
			N: sent.n, Status: sent.response.StatusCode, Missing: sent.response.Missing, Together: sent.together,
			Curl: command.line, WhyNot: command.why,
		}
		suspect := sent.mayErase()
		for _, f := range findings {
			if i := slices.IndexFunc(f.requests, group); i >= 0 {
				suspect = suspect || f.Rule == RuleCaseErased
				if last := f.requests[len(f.requests)-1]; group(last) && !slices.Contains(r.Broke, f.Rule) {
					r.Broke = append(r.Broke, f.Rule)
				}
			}
		}
		r.Erases = suspect && slices.ContainsFunc(command.variables, Variable.namesCustomer)
		requests = append(requests, r)
	}
	return requests, variables
}

// group returns a function that reports whether a request has the number of this one, or of
// one that was sent together with it.
func (r *sentRequest) group() func(n int) bool {
	return func(n int) bool { return n == r.n || r.first <= n && n < r.first+r.together }
}

// mayErase reports whether the request erases its customer when it is sent again.
func (r *sentRequest) mayErase() bool {
	reads := r.method == http.MethodGet || r.method == http.MethodHead
	return r.method == operationMethod && r.valid || !reads && r.response.accepted()
}

func (v Variable) namesCustomer() bool { return strings.Contains(v.Name, "CUSTOMER_ID") }

// persons lists the customers of the run, those of the current case first.
func (s *session) persons() []personWithID {
	var list []personWithID
	for _, id := range slices.Concat(s.inCase, s.inRun) {
		if !slices.ContainsFunc(list, func(p personWithID) bool { return p.id == id }) {
			list = append(list, personWithID{id, s.merchantIDs[id], s.origins[id]})
		}
	}
	return list
}

// ending says how the request ended.
func (r Request) ending() string {
	if r.Missing != "" {
		return "no response: " + r.Missing
	}
	return fmt.Sprintf("status %d", r.Status)
}

// lines returns the requests for people: each with its command.
func (r Result) lines() []string {
	var lines []string
	for _, v := range r.Variables {
		lines = append(lines, "to repeat, set "+v.Name+" to "+v.Meaning)
	}
	for _, request := range r.Requests {
		text := fmt.Sprintf("request %d of %d, %s", request.N, r.Sent, request.ending())
		if request.Together > 0 {
			text += fmt.Sprintf(", together with %d like it", request.Together-1)
		}
		if request.Broke == nil {
			text += ", came before"
		}
		for _, rule := range request.Broke {
			text += " [" + string(rule) + "]"
		}
		if request.Erases {
			text += "; WARNING: to repeat it may erase the customer"
		}
		lines = append(lines, text+":")
		if request.Curl == "" {
			lines = append(lines, "  curl cannot send it: "+request.WhyNot)
		} else {
			lines = append(lines, "  "+request.Curl)
		}
	}
	return lines
}
