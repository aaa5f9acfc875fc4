package bulkdelete

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// pageMarker is what a page is recognized by, within its first kilobyte.
const pageMarker = `<meta name="generator" content="yuno-erasure delete">`

// page is what a person files: what was asked for, where, when, what the outcome was, and
// what to do about it. It contains no key.
type page struct {
	Marker      template.HTML
	Account     string
	Where       string
	List        string // without its folder
	Format      string // how the list was read
	Began, Ends string
	Total       int // of ids that were to be erased
	NotSent     int
	Duplicates  int
	Unlisted    int // results of ids that are no longer in the list
	Bars        []pageBar
	ChartHeight int
	Groups      []pageGroup
	Tables      []string // the reports that have a line for each id, without their folders
}

// pageBar is one bar of the chart.
type pageBar struct {
	Label string
	Class string
	Count int
	Share string // of all, in percent
	Width int    // in units of the chart, of which the whole width is chartWidth
	Y     int
}

const (
	chartWidth = 400
	barHeight  = 28
)

// pageGroup is the results with one outcome for one cause.
type pageGroup struct {
	group
	Title   string
	Cause   string
	Do      string
	Meaning string
	Named   []string
	More    int
}

// meanings say what each outcome is evidence of.
var meanings = map[bulk.Outcome]string{
	bulk.Accepted:     "The service took the request on, at the time in the report. This is evidence that the erasure was asked for and accepted, not that every provider has finished it.",
	bulk.NotFound:     "The service has no such customer in this account. This is evidence that the account holds nothing under this id now, not of why.",
	bulk.MaybeDeleted: "A request was sent and its response was lost. This is evidence that the erasure was asked for; whether it was accepted depends on the cause.",
	bulk.Invalid:      "The list has no valid id here, so that nothing was sent. Nobody was erased for these lines.",
	bulk.Failed:       "The request was refused, or could not be sent, or an earlier erasure of the customer is not finished. The customer is not erased everywhere.",
}

var outcomeTitles = map[bulk.Outcome]string{
	bulk.Accepted: "Accepted", bulk.NotFound: "Not found", bulk.MaybeDeleted: "Maybe deleted",
	bulk.Invalid: "Invalid", bulk.Failed: "Failed",
}

// period is the time from the first result to the last one.
type period struct{ first, last time.Time }

func (p *period) add(t time.Time) {
	if p.first.IsZero() || t.Before(p.first) {
		p.first = t
	}
	if t.After(p.last) {
		p.last = t
	}
}

// page returns the page about a list whose results are in these groups.
func (d *deletion) page(sorted []group, times period) page {
	s := d.summary()
	p := page{
		Marker: pageMarker, Account: d.to.account, Where: d.to.where(),
		List: filepath.Base(d.input.name), Format: d.readAs(),
		Began: command.FormatTime(times.first), Ends: command.FormatTime(times.last),
		Total: d.total(), NotSent: s.NotSent, Duplicates: s.Duplicates, Unlisted: s.Unlisted,
		Bars: chart(s),
	}
	p.ChartHeight = barHeight * len(p.Bars)
	for _, g := range sorted {
		p.Groups = append(p.Groups, pageGroup{
			group: g, Title: outcomeTitles[g.Outcome], Cause: g.name(), Do: sentence(g.Hint), Meaning: meanings[g.Outcome],
			Named: g.named, More: g.Count - len(g.named),
		})
	}
	for _, r := range d.reports {
		if !r.isPage() {
			p.Tables = append(p.Tables, filepath.Base(r.path))
		}
	}
	return p
}

// sentence makes a sentence of a hint.
func sentence(hint string) string {
	if hint == "" {
		return ""
	}
	end := "."
	if strings.HasSuffix(hint, "?") {
		end = ""
	}
	return strings.ToUpper(hint[:1]) + hint[1:] + end
}

// readAs says how the list was read, "" for ids of the command line.
func (d *deletion) readAs() string {
	switch {
	case d.File == "":
		return ""
	case d.look != nil:
		return d.look.ids.reading.String()
	}
	return d.list.Reading.String()
}

// chart returns a bar for each outcome, and one for what was not sent.
func chart(s bulk.Summary) []pageBar {
	bars := []pageBar{
		{Label: outcomeTitles[bulk.Accepted], Class: "accepted", Count: s.Accepted},
		{Label: outcomeTitles[bulk.NotFound], Class: "not-found", Count: s.NotFound},
		{Label: outcomeTitles[bulk.MaybeDeleted], Class: "maybe-deleted", Count: s.MaybeDeleted},
		{Label: outcomeTitles[bulk.Invalid], Class: "invalid", Count: s.Invalid},
		{Label: outcomeTitles[bulk.Failed], Class: "failed", Count: s.Failed},
		{Label: "Not sent", Class: "not-sent", Count: s.NotSent},
	}
	total := 0
	for _, b := range bars {
		total += b.Count
	}
	for i := range bars {
		b := &bars[i]
		b.Y = barHeight * i
		b.Share = share(b.Count, total)
		b.Width = chartWidth * b.Count / max(total, 1)
		if b.Count > 0 {
			b.Width = max(b.Width, 2) // visible
		}
	}
	return bars
}

// share returns a part in percent. Only everything is 100 %, and only nothing 0 %.
func share(part, total int) string {
	percent := 100 * float64(part) / float64(max(total, 1))
	switch {
	case part > 0 && percent < 0.1:
		return "under 0.1 %"
	case part < total && percent > 99.9:
		return "over 99.9 %"
	case percent == float64(int(percent)):
		return fmt.Sprintf("%.0f %%", percent)
	}
	return fmt.Sprintf("%.1f %%", percent)
}

// Attention reports whether somebody has to look at the group.
func (g pageGroup) Attention() bool { return g.Outcome != bulk.Accepted }

// AllIn names where all members of a group are.
func (p page) AllIn() string {
	if len(p.Tables) == 0 {
		return "the journal; a report in CSV, with --resume --report report.csv, lists all"
	}
	return p.Tables[0]
}

func writePage(w io.Writer, p page) error { return pageTemplate.Execute(w, p) }
