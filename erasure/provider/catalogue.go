package provider

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"sync"
)

//go:embed catalogue/*.yaml
var catalogueFiles embed.FS

// catalogue reads the built-in descriptions once. A mistake in one is a defect
// of this program, which its tests find.
var catalogue = sync.OnceValue(func() []*description {
	files, err := catalogueFiles.ReadDir("catalogue")
	if err != nil {
		panic(err) //nolint:forbidigo // an embedded file can always be read
	}
	var all []*description
	for _, file := range files { // sorted by name
		name := path.Join("catalogue", file.Name())
		data, err := catalogueFiles.ReadFile(name)
		if err != nil {
			panic(err) //nolint:forbidigo // an embedded file can always be read
		}
		d, err := parseDescription(name, data)
		if err != nil {
			panic(fmt.Sprintf("provider: the built-in catalogue: %v", err))
		}
		if d.name != strings.TrimSuffix(file.Name(), ".yaml") {
			panic("provider: " + name + " describes " + d.name)
		}
		all = append(all, d)
	}
	return all
})

// parseDescription reads a description file. The error is Mistakes.
func parseDescription(file string, data []byte) (*description, error) {
	doc := &document{file: file}
	var d *description
	if root, ok := doc.parse(data); ok {
		d = readDescription(root)
	}
	if len(doc.mistakes) > 0 {
		doc.mistakes.sort()
		return nil, doc.mistakes
	}
	return d, nil
}

// An Entry is a built-in description. A configuration refers to it by `use:`.
type Entry struct {
	Name, Title string
	// About says what success means and what it does not.
	About      string
	Parameters []Parameter
}

// Catalogue returns the built-in descriptions, sorted by name.
func Catalogue() []Entry {
	var entries []Entry
	for _, d := range catalogue() {
		entries = append(entries, Entry{d.name, d.title, d.about, append([]Parameter(nil), d.parameters...)})
	}
	return entries
}

func fromCatalogue(name string) (*description, bool) {
	for _, d := range catalogue() {
		if d.name == name {
			return d, true
		}
	}
	return nil, false
}

func catalogueNames() string {
	var names []string
	for _, d := range catalogue() {
		names = append(names, d.name)
	}
	return strings.Join(names, ", ")
}
