package ops

import (
	"fmt"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// chart is a bar chart that is drawn as SVG. Its numbers are in a table beside it.
type chart struct {
	Title   string
	Summary string
	Kind    string // of the bars: done, attention or open
	Bars    []bar
	// Marks are the labels below.
	Marks []mark
}

// The size of the drawing, in its own units.
const (
	ChartWidth  = 480
	ChartHeight = 96
)

type bar struct{ X, Y, Width, Height float64 }

type mark struct {
	X      float64
	Text   string
	Anchor string
}

// draw returns a chart of one value of each period. A value that is not 0 is visible.
func draw(title, kind, summary string, periods []erasure.Period, label func(time.Time) string, value func(erasure.Period) float64) chart {
	c := chart{Title: title, Kind: kind, Summary: summary}
	most := 0.0
	for _, p := range periods {
		most = max(most, value(p))
	}
	step := float64(ChartWidth) / float64(len(periods))
	for i, p := range periods {
		height := 0.0
		if v := value(p); v > 0 {
			height = max(2, v/most*ChartHeight)
		}
		c.Bars = append(c.Bars, bar{X: round(float64(i)*step + step*0.1), Y: round(ChartHeight - height), Width: round(step * 0.8), Height: round(height)})
	}
	last := len(periods) - 1
	c.Marks = []mark{
		{0, label(periods[0].From), "start"},
		{ChartWidth / 2, label(periods[len(periods)/2].From), "middle"},
		{ChartWidth, label(periods[last].From), "end"},
	}
	return c
}

func round(x float64) float64 { return float64(int(x*10+0.5)) / 10 }

// trend is what happened in the last day or month: three charts and a table.
type trend struct {
	Title   string
	Unit    string // of a period: Hour or Day
	Periods []erasure.Period
	Charts  []chart
	Hours   bool
}

func newTrend(title, unit string, periods []erasure.Period) trend {
	hours := unit == "Hour"
	label := func(t time.Time) string { return t.Format("2 Jan") }
	if hours {
		label = func(t time.Time) string { return t.Format("15:04") }
	}
	var sum erasure.Period
	for _, p := range periods {
		sum.Accepted += p.Accepted
		sum.Failures += p.Failures
		for i, n := range p.Took {
			sum.Took[i] += n
		}
	}
	took := "none completed"
	if sum.Completed() > 0 {
		took = fmt.Sprintf("half within %s, 95 in 100 within %s", Within(sum.Within(0.5)), Within(sum.Within(0.95)))
	}
	return trend{Title: title, Unit: unit, Periods: periods, Hours: hours, Charts: []chart{
		draw("Completed", "done", number(sum.Completed())+" completed, "+number(sum.Accepted)+" accepted", periods, label,
			func(p erasure.Period) float64 { return float64(p.Completed()) }),
		draw("Time to complete", "open", took, periods, label, func(p erasure.Period) float64 { return float64(classOf(p)) }),
		draw("Came to need a person", "attention", count(sum.Failures, "target", "targets"), periods, label,
			func(p erasure.Period) float64 { return float64(p.Failures) }),
	}}
}

// classOf returns 1 for the shortest time within which 95 of 100 erasures were completed, and
// more for longer ones, as the limits grow; 0 if none was completed.
func classOf(p erasure.Period) int {
	within := p.Within(0.95)
	switch {
	case within == 0:
		return 0
	case within < 0:
		return len(erasure.TookUpTo) + 1
	}
	for i, limit := range erasure.TookUpTo {
		if within == limit {
			return i + 1
		}
	}
	return 0
}

// Within returns the text of a result of [erasure.Period.Within].
func Within(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < 0:
		return "more than 30 days"
	}
	return span(d)
}
