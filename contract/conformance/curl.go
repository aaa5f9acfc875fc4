package conformance

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// curl writes requests as commands for curl.
type curl struct {
	endpoint     *endpoint
	placeholders *placeholders
}

// largestArgument is the length of a body that a command repeats. Systems limit the length of
// an argument, to 128 KiB at the least.
const largestArgument = 4 << 10

// A curlCommand is a line that sends a request again, or why curl cannot send it.
type curlCommand struct {
	line, why string
	variables []Variable // that it needs, without those that are documented
}

// command writes a request as a command, or as many at once as were sent together.
func (c curl) command(r *sentRequest) curlCommand {
	var input string
	c.placeholders.variables = nil
	words := []string{"curl", "-q", "-sS", "-g", "--path-as-is", c.protocol(r)}
	// Keys must not pass through a proxy in clear, and curl knows no exception for this
	// machine.
	if wire.IsLoopback(c.endpoint.baseURL.Hostname()) {
		words = append(words, "--noproxy", "'*'")
	}
	if r.method == http.MethodHead {
		words = append(words, "-I") // with -X HEAD, curl would wait for a body
	} else {
		words = append(words, "-i", "-X", quoteText(r.method))
	}
	words = append(words, c.headers(r)...)
	switch body := r.body; {
	case body == nil:
	case len(body) <= largestArgument && bytes.IndexByte(body, 0) < 0:
		words = append(words, "--data-raw", c.placeholders.mask(string(body), false).String())
	case bytes.Count(body, body[:1]) == len(body) && alphanumeric(body[0]):
		input = fmt.Sprintf(`head -c %d /dev/zero | tr '\0' %c | `, len(body), body[0])
		words = append(words, "--data-binary", "@-")
	default:
		return curlCommand{why: "its body is too long for a command, or has a byte that no command can have"}
	}
	words = append(words, c.url(r).String())
	line := input + strings.Join(words, " ")
	if r.together > 1 {
		line = fmt.Sprintf("{ for i in $(seq %d); do %s & done; wait; }", r.together, line)
	}
	return curlCommand{line: c.guard() + line, variables: c.placeholders.variables}
}

// protocol returns the option for the version of HTTP.
func (c curl) protocol(r *sentRequest) string {
	switch {
	case !r.http2:
		return "--http1.1"
	case c.endpoint.baseURL.Scheme == "https":
		return "--http2"
	}
	return "--http2-prior-knowledge"
}

// headers returns the options that send the headers of the request and no others.
func (c curl) headers(r *sentRequest) []string {
	var words []string
	add := func(header shellWord) { words = append(words, "-H", header.String()) }
	unwanted := []string{"Accept"}
	if r.body != nil {
		unwanted = append(unwanted, "Content-Type", "Expect")
	}
	for _, name := range unwanted { // curl sends them by itself
		if r.header[name] == nil {
			add(literal(name + ":"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		for _, value := range r.header[name] {
			if value == "" {
				add(literal(name + ";")) // so curl wants an empty header written
				continue
			}
			short := strings.EqualFold(name, accountHeader) || strings.EqualFold(name, publicHeader) || strings.EqualFold(name, secretHeader)
			add(append(literal(name+": "), c.placeholders.mask(value, short)...))
		}
	}
	if r.chunked && !r.http2 {
		add(literal("Transfer-Encoding: chunked"))
	}
	return words
}

// url returns the URL as sent. The address of a handler ended with the run.
func (c curl) url(r *sentRequest) shellWord {
	base := c.endpoint.baseURL
	address := literal(base.Scheme + "://" + base.Host + base.EscapedPath())
	if c.endpoint.ends {
		address = shellWord{{shellVariable, envBaseURL}}
		c.placeholders.use(&form{needs: []Variable{{envBaseURL, "the address of Target.Handler when you serve it, with its base path " + base.EscapedPath()}}})
	}
	path := c.path(r)
	if path == "" {
		return address
	}
	return append(address, c.placeholders.mask(path, true)...)
}

// path returns what follows the base path in the URL of a request.
func (c curl) path(r *sentRequest) string {
	return strings.TrimPrefix(r.target, c.endpoint.baseURL.EscapedPath())
}

// guard returns what stops a command while a variable for a customer is unset: without an
// id, the path would be that of all customers.
func (c curl) guard() string {
	var unset []string
	for _, v := range c.placeholders.variables {
		unset = append(unset, `"${`+v.Name+`:?}"`)
	}
	if unset == nil {
		return ""
	}
	return ": " + strings.Join(unset, " ") + " && "
}
