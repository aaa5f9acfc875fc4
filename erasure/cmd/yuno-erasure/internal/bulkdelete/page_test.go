package bulkdelete

import (
	"fmt"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// Nothing in a result becomes markup, and a large group stays short.
func TestPageOfAnythingAtAll(t *testing.T) {
	t.Parallel()
	all := groups{}
	for i := range maxNamed + 7 {
		all.add(bulk.Result{Outcome: bulk.Failed, Status: 500, Code: "<script>x</script>", ID: fmt.Sprintf("c%d", i)})
	}
	sorted := all.sorted(func(cause) string { return `is it "<b>up</b>"?` })
	p := page{Marker: pageMarker, Account: "<i>", List: `"><img src=x>`, Bars: chart(bulk.Summary{Failed: 1})}
	for _, g := range sorted {
		p.Groups = append(p.Groups, pageGroup{group: g, Title: "Failed", Cause: g.name(), Do: sentence(g.Hint), Named: g.named, More: g.Count - len(g.named)})
	}
	var out strings.Builder
	if err := writePage(&out, p); err != nil {
		t.Fatal(err)
	}
	for _, markup := range []string{"<script>", "<b>", "<i>", "<img", "javascript"} {
		if strings.Contains(out.String(), markup) {
			t.Errorf("contains %s", markup)
		}
	}
	for _, want := range []string{"And 7 more: in the journal", "Is it &#34;&lt;b&gt;up&lt;/b&gt;&#34;?</strong>", fmt.Sprintf("<li>c%d</li>", maxNamed-1)} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %s", want)
		}
	}
	if at := strings.Index(out.String(), pageMarker); at < 0 || at > 1000 {
		t.Errorf("the marker is at byte %d", at)
	}
	if strings.Contains(out.String(), "http://") || strings.Contains(out.String(), "https://") || strings.Contains(out.String(), "url(") {
		t.Error("the page refers to something outside of it")
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		part, total int
		want        string
	}{
		{0, 0, "0 %"}, {0, 7, "0 %"}, {7, 7, "100 %"}, {1, 2, "50 %"}, {1, 3, "33.3 %"},
		{1, 1_000_000, "under 0.1 %"}, {999_999, 1_000_000, "over 99.9 %"},
	} {
		if got := share(c.part, c.total); got != c.want {
			t.Errorf("%d of %d: %s, want %s", c.part, c.total, got, c.want)
		}
	}
}

func TestChart(t *testing.T) {
	t.Parallel()
	bars := chart(bulk.Summary{Accepted: 1_000_000, Failed: 1})
	if bars[0].Width != chartWidth-1 && bars[0].Width != chartWidth || bars[4].Width != 2 || bars[1].Width != 0 || bars[5].Y != 5*barHeight {
		t.Errorf("%+v", bars)
	}
}
