package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
	"go.yaml.in/yaml/v3"
)

// serverChanges are the changes of the servers between two aligned documents.
// The base path in use is that of the old document's first server: client, server
// and checker all have it as their default, so a server elsewhere is called at a
// path that it does not have.
func serverChanges(was, now *yaml.Node) []change {
	before, after := serverURLs(was), serverURLs(now)
	var out []change
	for _, url := range before {
		if !slices.Contains(after, url) {
			out = append(out, newChange("server-removed", fmt.Sprintf("the server %s is gone", url), checker.ERR))
		}
	}
	for i, url := range after {
		known := slices.Contains(before, url)
		if !known {
			out = append(out, newChange("server-added", fmt.Sprintf("the server %s is new", url), checker.INFO))
		}
		if len(before) > 0 && (i == 0 || !known) && basePath(url) != basePath(before[0]) {
			words := fmt.Sprintf("the server %s has the base path %s; the one in use is %s", url, orRoot(basePath(url)), orRoot(basePath(before[0])))
			out = append(out, newChange("server-base-path", words, checker.ERR))
		}
	}
	return out
}

// serverURLs are the addresses of a document's servers, in their order and each
// once.
func serverURLs(root *yaml.Node) []string {
	var urls []string
	for _, server := range items(field(root, "servers")) {
		if url := text(server, "url"); !slices.Contains(urls, url) {
			urls = append(urls, url)
		}
	}
	return urls
}

// splitURL returns the host and the path of a server's address. An address may
// contain variables in braces, which package url does not parse.
func splitURL(address string) (host, path string) {
	_, rest, absolute := strings.Cut(address, "://")
	if !absolute {
		return "", address
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest, path = rest[:i], rest[i:]
	}
	return rest, path
}

func basePath(address string) string {
	_, path := splitURL(address)
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	return strings.TrimRight(path, "/")
}

func orRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// otherProvider returns a notice if no server of the new document is in a domain
// of the old one's: the document is then probably not about the same API.
func otherProvider(was, now *yaml.Node) string {
	var known []string
	for _, url := range serverURLs(was) {
		if d := domain(url); d != "" && !slices.Contains(known, d) {
			known = append(known, d)
		}
	}
	var foreign []string
	for _, url := range serverURLs(now) {
		switch d := domain(url); {
		case d == "":
		case slices.Contains(known, d):
			return ""
		default:
			foreign = append(foreign, url)
		}
	}
	if len(known) == 0 || len(foreign) == 0 {
		return ""
	}
	return fmt.Sprintf("This document may be another provider's: its servers (%s) are not at %s.", strings.Join(few(foreign, 3), ", "), strings.Join(few(known, 3), ", "))
}

// domain is the last two labels of a server's host name, or "" without a host.
func domain(address string) string {
	host, _ := splitURL(address)
	host, _, _ = strings.Cut(host[strings.LastIndex(host, "@")+1:], ":")
	labels := strings.Split(strings.ToLower(host), ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}
