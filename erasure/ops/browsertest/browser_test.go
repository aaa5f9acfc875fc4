package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a test waits for what has to happen.
const patience = 5 * time.Minute

// browser is a browser with one tab.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := chromium()
	if err != nil {
		if os.Getenv("REQUIRE_CHROMIUM") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WSURLReadTimeout(patience))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // chromium has none for root
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t, ctx}
	b.do(chromedp.Navigate("about:blank"))
	b.ctx, cancel = context.WithTimeout(ctx, 2*patience)
	t.Cleanup(cancel)
	b.look(1280, "light")
	return b
}

func chromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("chromium is not installed")
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// look changes the width of the window and the medium: light, dark or print.
func (b *browser) look(width int64, medium string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 900))
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: medium}}}
	if medium == "print" {
		media = emulation.SetEmulatedMediaParams{Media: medium}
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.t.Fatal(err)
	}
}

// withoutScript turns scripts of pages off.
func (b *browser) withoutScript() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.t.Fatal(err)
	}
}

func evaluate[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%v: %.200s", err, expression)
	}
	return value
}

// text returns the text of the page.
func (b *browser) text() string {
	b.t.Helper()
	return evaluate[string](b, "document.body ? document.body.innerText : ''")
}

// await waits until the page shows a text.
func (b *browser) await(text string) {
	b.t.Helper()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		// While a page is loading, there may be none to look at.
		now, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.readyState === 'complete' ? document.body.innerText : ''"))
		if err == nil && strings.Contains(now, text) {
			return
		}
		if b.ctx.Err() != nil || time.Since(began) > patience {
			b.t.Fatalf("the page does not show %q, but (%v):\n%s", text, err, now)
		}
	}
}

// press presses the tab key until the element has the focus whose name is given, as a screen
// reader says it, and then Enter.
func (b *browser) press(name string) {
	b.t.Helper()
	b.tabTo(name)
	b.do(chromedp.KeyEvent(kb.Enter))
}

func (b *browser) tabTo(name string) {
	b.t.Helper()
	b.tabUntil(name, `e.getAttribute("aria-label") || (e.labels && e.labels.length ? e.labels[0].innerText : "") || e.innerText || ""`, name)
}

// tabUntil presses the tab key until an expression about the element e with the focus has a
// value, apart from white space.
func (b *browser) tabUntil(what, expression, value string) {
	b.t.Helper()
	for range 200 {
		b.do(chromedp.KeyEvent(kb.Tab))
		now := evaluate[string](b, "(() => { const e = document.activeElement; return String("+expression+") })()")
		if strings.Join(strings.Fields(now), " ") == value {
			return
		}
	}
	b.t.Fatalf("no key leads to %q:\n%s", what, b.text())
}

// click clicks a link or button.
func (b *browser) click(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Click(selector)); err != nil {
		b.t.Fatalf("cannot click %s: %v, on\n%s", selector, err, b.text())
	}
}

// logIn opens the link that logs the operator in.
func (b *browser) logIn(s *service) {
	b.t.Helper()
	b.do(chromedp.Navigate(strings.TrimSpace(s.run("operators", "link", "ada", "--address", s.ops))))
	b.await("This link logs you in once.")
	b.click("main button")
	b.await("As of ")
}

// inspect looks at the page as it is, on a screen and a telephone, light and dark: it has to be
// accessible and to fit, and is photographed.
func (b *browser) inspect(name string) {
	b.t.Helper()
	for _, look := range []struct {
		width  int64
		medium string
	}{{1280, "light"}, {1280, "dark"}, {400, "light"}, {400, "dark"}} {
		b.look(look.width, look.medium)
		what := fmt.Sprintf("%s-%d-%s", name, look.width, look.medium)
		if over := evaluate[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			b.t.Errorf("%s: the page is %d pixels wider than the window", what, over)
		}
		b.audit(what)
		b.photograph(what)
	}
	b.look(1280, "light")
}

func (b *browser) photograph(name string) {
	b.t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// violation is a rule of WCAG that a page breaks.
type violation struct {
	ID, Help string
	Nodes    []struct {
		HTML    string
		Summary string `json:"failureSummary"`
	}
}

// audit looks for violations of WCAG 2.2, levels A and AA.
func (b *browser) audit(name string) {
	b.t.Helper()
	axe, err := os.ReadFile(filepath.Join("testdata", "axe", "axe.min.js"))
	if err != nil {
		b.t.Fatal(err)
	}
	if evaluate[string](b, "typeof axe") == "undefined" {
		evaluate[bool](b, string(axe)+"; true")
	}
	text := evaluate[string](b, `axe.run(document, {resultTypes: ["violations"],
		runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}})
		.then(result => JSON.stringify(result.violations))`)
	var found []violation
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range found {
		for _, node := range v.Nodes {
			b.t.Errorf("%s: %s: %s\n%s\n%s", name, v.ID, v.Help, node.HTML, node.Summary)
		}
	}
}
