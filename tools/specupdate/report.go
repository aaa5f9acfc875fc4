package main

import (
	"encoding/json"
	"io"
	"slices"
)

// A report says what a new specification changes and whose code it breaks.
type report struct {
	// Notice is what a reader must know before anything else; usually empty.
	Notice string `json:"notice,omitempty"`

	Operation string `json:"operation"` // its name in the vendored specification

	From string `json:"from"` // title and version of what is vendored
	To   string `json:"to"`   // title and version of what comes

	Changes     []change     `json:"changes"`
	Differences []difference `json:"differences"`
	Rewritten   bool         `json:"rewritten,omitempty"` // only the form changed
	LeftOut     []string     `json:"left_out,omitempty"`
	Resolved    []string     `json:"written_out,omitempty"`

	// Refused says why an update would be refused; the Go API may not have been
	// compared then. Empty if the update would be applied.
	Refused string `json:"refused,omitempty"`
}

// Breaking reports whether any change breaks a side.
func (r report) Breaking() bool {
	clients, servers := r.sides()
	return clients || servers
}

// sides reports whose code the changes break.
func (r report) sides() (clientUsers, serverImplementers bool) {
	for _, c := range r.Changes {
		clientUsers = clientUsers || c.ClientUsers != ""
		serverImplementers = serverImplementers || c.ServerImplementers != ""
	}
	return clientUsers, serverImplementers
}

// printable returns the report with every text escaped for a terminal.
func (r report) printable() report {
	for _, s := range []*string{&r.Operation, &r.Notice, &r.From, &r.To, &r.Refused} {
		*s = printable(*s)
	}
	r.Changes, r.Differences = slices.Clone(r.Changes), slices.Clone(r.Differences)
	for i, c := range r.Changes {
		r.Changes[i].Text = printable(c.Text)
	}
	for i, d := range r.Differences {
		r.Differences[i] = difference{At: printable(d.At), Was: printable(d.Was), Now: printable(d.Now)}
	}
	r.LeftOut, r.Resolved = slices.Clone(r.LeftOut), slices.Clone(r.Resolved)
	for _, list := range [][]string{r.LeftOut, r.Resolved} {
		for i, s := range list {
			list[i] = printable(s)
		}
	}
	return r
}

func (r report) write(w io.Writer, format string) error {
	r = r.printable()
	switch format {
	case "json":
		type plain report
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(struct {
			Breaking bool `json:"breaking"`
			plain
		}{r.Breaking(), plain(r)})
	case "markdown":
		_, err := io.WriteString(w, r.render(markdown))
		return err
	default:
		_, err := io.WriteString(w, r.render(plainText))
		return err
	}
}
