package provider

import (
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
)

// Names returns the names of the connections in a configuration file, in its order. It
// reads nothing else: no description, no environment variable and no secret, so it works
// where those are not known. The error is [Mistakes], unless the file cannot be read.
func Names(file string) ([]string, error) {
	data, err := ownfile.ReadFile(file)
	if err != nil {
		return nil, err
	}
	doc := &document{file: file, private: true}
	names, seen := []string{}, map[string]bool{}
	if root, ok := doc.parse(data); ok {
		connections := root.field("connections")
		connections.need(root)
		for _, connection := range connections.items() {
			names = append(names, readName(connection, connection.field("name"), seen))
		}
	}
	if len(doc.mistakes) > 0 {
		return nil, doc.mistakes
	}
	return names, nil
}

// field returns one key of a mapping. Other keys are not looked at.
func (n node) field(name string) node {
	field := n.child(name, nil)
	for _, e := range n.entries() {
		if e.key == name {
			field = n.child(name, e.yaml)
		}
	}
	return field
}

// readName reads the name of a connection. It adds it to those of the connections so far.
func readName(in, name node, seen map[string]bool) string {
	if !name.need(in) {
		return ""
	}
	text := name.text()
	if err := erasure.CheckProviderName(text); err != nil {
		name.fail("%v", err)
	} else if seen[text] {
		name.fail("is the name of an earlier connection too")
	}
	seen[text] = true
	return text
}
