package ops

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

//go:embed templates/*.html assets
var files embed.FS

// assets are the files that pages load, by name. A name contains a hash of the content, so
// that a browser keeps it until it changes.
var assets, assetNames = readAssets()

type asset struct {
	kind    string
	content []byte
}

func readAssets() (map[string]asset, map[string]string) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	byName, names := map[string]asset{}, map[string]string{}
	entries, _ := fs.ReadDir(files, "assets")
	for _, entry := range entries {
		content, _ := files.ReadFile("assets/" + entry.Name())
		hash := sha256.Sum256(content)
		ext := path.Ext(entry.Name())
		name := strings.TrimSuffix(entry.Name(), ext) + "-" + hex.EncodeToString(hash[:4]) + ext
		byName[name], names[entry.Name()] = asset{kinds[ext], content}, "/assets/"+name
	}
	return byName, names
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := assets[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(a.content) // fails only if the client is gone
}

// pages are the templates of the pages, by name.
var pages = parsePages()

func parsePages() map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(functions).ParseFS(files, "templates/layout.html", "templates/parts.html"))
	names, _ := fs.Glob(files, "templates/*.html")
	parsed := map[string]*template.Template{}
	for _, name := range names {
		page := strings.TrimSuffix(path.Base(name), ".html")
		if page != "layout" && page != "parts" {
			parsed[page] = template.Must(template.Must(shared.Clone()).ParseFS(files, name))
		}
	}
	return parsed
}

// view is what the layout shows. Body is for the page.
type view struct {
	Title, Section string
	Operator       erasure.Operator // without a name for somebody who is not logged in
	MayAct         bool
	Now            time.Time
	// Done says what the reader has just done.
	Done string
	// Live is the path of the events after which the page updates itself; empty for a page
	// that does not.
	Live string
	Body any
}

func (p *Page) view(v *visit, title, section string, body any) *view {
	shown := &view{Title: title, Section: section, Now: p.Now().UTC(), Body: body, MayAct: v.mayAct()}
	if v != nil {
		shown.Operator, shown.Done = v.Operator, v.done
	}
	return shown
}

// render writes a page. It is complete before the first byte is sent.
func (p *Page) render(w http.ResponseWriter, status int, name string, v *view) {
	var b bytes.Buffer
	if err := pages[name].ExecuteTemplate(&b, "layout", v); err != nil {
		p.Logger.Warn("operations page: template", "page", name, "err", err)
		http.Error(w, errBroken.title, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // fails only if the client is gone
}
