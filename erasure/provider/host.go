package provider

import (
	"net/url"
	"regexp"
	"strings"
)

// host is a documented host of a provider.
type host struct {
	name string // such as api.stripe.com, or *.api.checkout.com
	mode string // live or test; "" if it serves both
}

func readHosts(n node) []host {
	if !n.exists() {
		return nil
	}
	var hosts []host
	for _, e := range n.entries() {
		h := host{name: e.key, mode: e.oneOf("any", modeLive, modeTest)}
		if h.mode == "any" {
			h.mode = ""
		}
		if name := strings.TrimPrefix(h.name, "*."); checkBaseURL("https://"+name) != nil || !strings.Contains(name, ".") || strings.ContainsAny(name, "*/:") {
			e.fail("must be a host such as api.example.com or *.example.com")
		}
		hosts = append(hosts, h)
	}
	return hosts
}

func (h host) matches(name string) bool {
	if suffix, ok := strings.CutPrefix(h.name, "*"); ok {
		return strings.HasSuffix(name, suffix)
	}
	return name == h.name
}

// domain returns the last two labels of a host, which belong to one company for every
// host of the catalogue.
func domain(name string) string {
	labels := strings.Split(name, ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

// hostMode returns the mode that the host of a base URL serves, or "".
func (d *description) hostMode(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil {
		return ""
	}
	for _, h := range d.hosts {
		if h.matches(strings.ToLower(u.Hostname())) {
			return h.mode
		}
	}
	return ""
}

var version = regexp.MustCompile(`^v[0-9]+(\.[0-9]+)*$`)

// checkBase reports base URLs that are complete and yet wrong: a host of another
// provider of the catalogue, or a path that the description's paths repeat.
func (d *description) checkBase(n node, p Parameter, value string) {
	u, err := url.Parse(value)
	if err != nil {
		return
	}
	name := strings.ToLower(u.Hostname())
	// A description of a user's own may be of that provider, unless it lists its hosts.
	if owner := ownerOf(name); owner != "" && len(d.hosts) > 0 && !d.hasDomain(name) {
		n.fail("is a host of %s", owner)
		return
	}
	path := strings.Trim(u.Path, "/")
	if path == "" {
		return
	}
	segments := strings.Split(path, "/")
	for _, begins := range d.pathsAfter(p.Name) {
		if n.failsRepeated(segments, begins) {
			return
		}
	}
	if p.Default == "" {
		return
	}
	for _, h := range d.hosts {
		if base, err := url.Parse(p.Default); err == nil && h.matches(name) && u.Path != base.Path {
			n.fail("has a path that the base URLs of %s do not have", d.name)
			return
		}
	}
}

// failsRepeated reports a base URL that ends as the paths after it begin, or in an API
// version before another one.
func (n node) failsRepeated(base, after []string) bool {
	if version.MatchString(base[len(base)-1]) && version.MatchString(after[0]) {
		n.fail("ends in an API version, which the description's paths have themselves: leave it out")
		return true
	}
	for k := 1; k <= min(len(base), len(after)); k++ {
		if strings.Join(base[len(base)-k:], "/") == strings.Join(after[:k], "/") {
			n.fail("ends in a path that the description's paths have themselves: leave it out")
			return true
		}
	}
	return false
}

// pathsAfter returns the literal segments that follow a base URL, for each URL that
// begins with it.
func (d *description) pathsAfter(parameter string) [][]string {
	var urls []urlTemplate
	for _, c := range d.calls {
		urls = append(urls, c.url)
		if c.verify != nil {
			urls = append(urls, c.verify.url)
		}
	}
	for _, c := range d.checks {
		urls = append(urls, c.url)
	}
	if d.auth.oauth2 != nil {
		urls = append(urls, d.auth.oauth2.tokenURL)
	}
	var paths [][]string
	for _, u := range urls {
		if len(u.parts) < 2 || u.parts[0].name != parameter {
			continue
		}
		path, _, _ := strings.Cut(u.parts[1].literal, "?")
		if path = strings.Trim(path, "/"); path != "" {
			paths = append(paths, strings.Split(path, "/"))
		}
	}
	return paths
}

// hasDomain reports whether a host is of a domain of the description.
func (d *description) hasDomain(name string) bool {
	for _, h := range d.hosts {
		if domain(h.name) == domain(name) {
			return true
		}
	}
	return false
}

// ownerOf returns the catalogue entry whose domain a host is of, or "".
func ownerOf(name string) string {
	for _, d := range catalogue() {
		if d.hasDomain(name) {
			return d.name
		}
	}
	return ""
}
