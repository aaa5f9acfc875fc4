package main

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// aligned returns a copy of the document in a form in which two documents differ
// only if their contracts do:
//
//   - the operation is at path, and its path parameters have the names in path;
//     a version at the beginning of its own path is in the addresses of the servers;
//   - its parameters, servers and security are those that apply to it, wherever
//     they were written: the closest list wins;
//   - references between schemas are replaced by the schemas;
//   - its security schemes are named after what they ask for;
//   - names of headers are in lower case, addresses of servers do not end in a
//     slash, and defaults that are written out are left out.
//
// The copy shares no nodes, so that one place of it can be changed.
func aligned(x *extraction, path string) (*yaml.Node, error) {
	in := newInliner(x.root)
	in.deep = true
	item, err := in.pathItem(x.item, x.method)
	if err != nil {
		return nil, err
	}
	op := field(item, x.method)
	root := mapping(0)
	for key, value := range fields(x.root) {
		switch key.Value {
		case "paths":
			value = mapping(0)
			add(value, path, 0, item)
		case "servers", "security", "components":
			continue
		}
		add(root, key.Value, 0, value)
	}
	if servers := x.alignedServers(); servers != nil {
		add(root, "servers", 0, servers)
	}
	remove(item, "servers")
	remove(op, "servers")

	security := field(x.op, "security")
	if security == nil {
		security = field(x.root, "security")
	}
	remove(op, "security")
	if len(items(security)) > 0 { // an empty list requires no keys, like a missing one
		set(op, "security", security)
	}
	if components := inForce(x.root, security, in.schemas); len(components.Content) > 0 {
		add(root, "components", 0, components)
	}

	set(op, "parameters", sequence(0, mergedParameters(op, item, x.path, path)...))
	remove(item, "parameters")
	for _, response := range fields(field(op, "responses")) {
		for name := range fields(field(response, "headers")) {
			name.Value = strings.ToLower(name.Value)
		}
	}
	root = clone(root)
	nameSchemes(root)
	dropDefaults(root, false)
	return root, nil
}

// alignedServers returns a copy of the servers with the version of the path in their
// addresses, or nil if there are none.
func (x *extraction) alignedServers() *yaml.Node {
	if x.servers() == nil {
		return nil
	}
	servers := clone(x.servers())
	version, _ := x.split()
	for _, server := range items(servers) {
		if url := field(server, "url"); url != nil {
			url.Value = strings.TrimRight(url.Value, "/") + version
		}
	}
	return servers
}

// split returns a version at the beginning of the path, and the rest of the path. The
// version is "" if it does not belong to the addresses of the servers because there
// are none, or because they have a path.
func (x *extraction) split() (version, path string) {
	servers := items(x.servers())
	hasPath := func(server *yaml.Node) bool { return basePath(text(server, "url")) != "" }
	if len(servers) > 0 && !slices.ContainsFunc(servers, hasPath) {
		version = strings.TrimRight(versionPrefix.FindString(x.path), "/")
	}
	return version, strings.TrimPrefix(x.path, version)
}

// servers is the list of servers that applies to the operation, or nil.
func (x *extraction) servers() *yaml.Node {
	for _, n := range []*yaml.Node{x.op, x.item, x.root} {
		if list := field(n, "servers"); list != nil {
			return list
		}
	}
	return nil
}

// inForce returns the security schemes that are required, and the recursive schemas,
// which stay references.
func inForce(root, security *yaml.Node, schemas map[string]*yaml.Node) *yaml.Node {
	asked := map[string]bool{}
	for _, requirement := range items(security) {
		for scheme := range fields(requirement) {
			asked[scheme.Value] = true
		}
	}
	out := mapping(0)
	for kind, entries := range fields(field(root, "components")) {
		kept := mapping(0)
		for name, entry := range fields(entries) {
			switch {
			case kind.Value == "schemas" && schemas[name.Value] != nil:
				add(kept, name.Value, 0, schemas[name.Value])
			case kind.Value == "securitySchemes" && asked[name.Value]:
				entry = clone(entry)
				if text(entry, "in") == "header" {
					lowerCase(field(entry, "name"))
				}
				add(kept, name.Value, 0, entry)
			case strings.HasPrefix(kind.Value, "x-"):
				add(kept, name.Value, 0, entry)
			}
		}
		if len(kept.Content) > 0 {
			add(out, kind.Value, 0, kept)
		}
	}
	return out
}

// shareSchemas gives each of two aligned documents the schemas that only the other
// has. They have no meaning there, but a place of one document can be put into the
// other without breaking its references.
func shareSchemas(a, b *yaml.Node) {
	for _, pair := range [][2]*yaml.Node{{a, b}, {b, a}} {
		into := pair[0]
		other := field(field(pair[1], "components"), "schemas")
		if other == nil {
			continue
		}
		for _, key := range []string{"components", "schemas"} {
			if field(into, key) == nil {
				set(into, key, mapping(0))
			}
			into = field(into, key)
		}
		for name, schema := range fields(other) {
			if field(into, name.Value) == nil {
				set(into, name.Value, clone(schema))
			}
		}
	}
}

// mergedParameters are the parameters of the operation, and those of the path item
// that it does not replace. Path parameters get the names that they have in wanted.
func mergedParameters(op, item *yaml.Node, path, wanted string) []*yaml.Node {
	names, wantedNames := pathParameter.FindAllString(path, -1), pathParameter.FindAllString(wanted, -1)
	seen := map[[2]string]bool{}
	var out []*yaml.Node
	for _, list := range []*yaml.Node{field(op, "parameters"), field(item, "parameters")} {
		for _, parameter := range items(list) {
			switch text(parameter, "in") {
			case "header":
				lowerCase(field(parameter, "name"))
			case "path":
				i := slices.Index(names, "{"+text(parameter, "name")+"}")
				if i >= 0 && len(names) == len(wantedNames) {
					set(parameter, "name", scalar(strings.Trim(wantedNames[i], "{}")))
				}
			}
			key := [2]string{text(parameter, "in"), text(parameter, "name")}
			if seen[key] {
				continue
			}
			seen[key] = true
			out = append(out, parameter)
		}
	}
	return out
}

func lowerCase(n *yaml.Node) {
	if n != nil {
		n.Value = strings.ToLower(n.Value)
	}
}
