package provider

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Load reads a configuration file and everything it refers to: descriptions,
// environment variables through getenv, and files that contain secrets. Paths
// are relative to the folder of the configuration. The connections are in the
// order of the file. They decide where personal data is sent, so each file must belong to
// this user or the administrator, and nobody else may write to it.
//
// The error is [Mistakes], with every mistake in the configuration and its
// descriptions, unless the file itself cannot be read. It contains no secret.
func Load(file string, getenv func(string) string, opts ...Option) ([]*Connection, error) {
	if getenv == nil {
		return nil, errors.New("no environment to read secrets from: getenv is nil")
	}
	data, err := ownfile.ReadFile(file)
	if err != nil {
		return nil, err
	}
	l := &loader{
		folder:       filepath.Dir(file),
		getenv:       getenv,
		readFile:     ownfile.ReadFile,
		descriptions: map[string]*description{},
		names:        map[string]bool{},
	}
	for i, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("option %d is nil", i)
		}
		if err := opt(l); err != nil {
			return nil, err
		}
	}
	return l.load(file, data)
}

// loader reads one configuration.
type loader struct {
	folder       string
	getenv       func(string) string
	readFile     func(string) ([]byte, error)
	client       *http.Client
	middleware   func(http.RoundTripper) http.RoundTripper // nil for none
	descriptions map[string]*description                   // by path; nil if it has mistakes
	names        map[string]bool                           // of connections so far
	inFiles      Mistakes                                  // in descriptions
}

func (l *loader) load(file string, data []byte) ([]*Connection, error) {
	doc := &document{file: file, private: true}
	var connections []*Connection
	if root, ok := doc.parse(data); ok {
		fields := root.fields("proxy", "connections")
		l.client = newClient(nil)
		if fields["proxy"].oneOf("none", "environment") == "environment" {
			l.client = newClient(wire.Proxy)
		}
		if l.middleware != nil {
			l.client.Transport = hideFrom(l.middleware, l.client.Transport)
		}
		if fields["connections"].need(root) {
			for _, item := range fields["connections"].items() {
				connections = append(connections, l.readConnection(item))
			}
		}
	}
	doc.mistakes.sort()
	if mistakes := append(doc.mistakes, l.inFiles...); len(mistakes) > 0 {
		return nil, mistakes
	}
	return connections, nil
}

// readConnection reads a connection. The result is complete only if there were no
// mistakes.
func (l *loader) readConnection(n node) *Connection {
	fields := n.fields("name", "use", "describe", "mode", "account", "parameters", "limits", "timeout", "answers")
	c := &Connection{
		name: readName(n, fields["name"], l.names), rules: readRules(fields["answers"], callWords),
		client: l.client, token: newAccessToken(), proof: newProof(),
	}
	c.description = l.readWhich(n, fields["use"], fields["describe"])
	if c.description == nil { // what follows depends on it
		readLimits(fields["limits"], Limits{Concurrency: 1})
		fields["timeout"].duration(maxTimeout, maxTimeout)
		fields["mode"].oneOf(modeLive, modeTest)
		return c
	}
	c.limits = readLimits(fields["limits"], c.description.limits)
	c.timeout = fields["timeout"].duration(maxTimeout, c.description.timeout)
	c.limiter = newLimiter(c.limits)
	before := len(n.doc.mistakes)
	given := l.readGiven(fields["parameters"], c.description)
	c.parameters = l.readValues(n, given, c.description)
	if len(n.doc.mistakes) == before {
		l.readExpectation(n, fields, c, given)
	} else {
		fields["mode"].oneOf(modeLive, modeTest)
	}
	if len(n.doc.mistakes) == before {
		if err := c.rehearse(); err != nil {
			n.fail("its parameters do not make a request: %v", err)
		}
	}
	return c
}

// rehearse renders every request once, with harmless references, and sends none.
// A wrong parameter is then found now rather than during an erasure.
func (c *Connection) rehearse() error {
	steps, err := c.plan(erasure.Progress{References: erasure.References{
		Customer: "c", Tokens: []string{"t"}, Payments: []string{"p"},
	}}, c.scope())
	if err != nil {
		return err
	}
	for _, check := range c.description.checks {
		if _, err := check.request(c.scope(), c.description.kinds); err != nil {
			return err
		}
	}
	for _, st := range steps {
		if _, err := c.description.auth.prove(st.scope, "t", st.request); err != nil {
			return err
		}
	}
	if oauth2 := c.description.auth.oauth2; oauth2 != nil {
		_, err = oauth2.grant(c.scope(), c.description.kinds)
	}
	return err
}

// readWhich returns the description, or nil if there is none or it has mistakes.
func (l *loader) readWhich(in, use, describe node) *description {
	switch {
	case use.exists() == describe.exists():
		in.fail("must have either use, a name from the catalogue, or describe, the path of a description")
		return nil
	case use.exists():
		d, ok := fromCatalogue(use.text())
		if !ok {
			use.fail("is not in the catalogue; there are: %s", catalogueNames())
		}
		return d
	}
	name := l.resolve(describe.text())
	if d, known := l.descriptions[name]; known {
		return d
	}
	data, err := l.readFile(name)
	if err != nil {
		describe.fail("%v", problemOf(err))
		return nil
	}
	d, err := parseDescription(name, data)
	var mistakes Mistakes
	if errors.As(err, &mistakes) {
		l.inFiles = append(l.inFiles, mistakes...)
	}
	l.descriptions[name] = d
	return d
}

// readGiven returns the parameters that a connection sets. A name that the description
// does not have is not repeated: it may be a secret in the wrong place.
func (l *loader) readGiven(n node, d *description) map[string]node {
	given := map[string]node{}
	if !n.exists() {
		return given
	}
	for _, e := range n.entries() {
		if _, ok := d.kinds[e.key]; !ok {
			const problem = "has a name that is not a parameter of %s; there are: %s"
			e.failKey(n, problem, problem, d.name, strings.Join(d.parameterNames(), ", "))
			continue
		}
		given[e.key] = n.child(e.key, e.yaml)
	}
	return given
}

// readValues reads a value for every parameter of the description.
func (l *loader) readValues(in node, given map[string]node, d *description) map[string]value {
	values := map[string]value{}
	for _, p := range d.parameters {
		text := p.Default
		switch at, ok := given[p.Name]; {
		case ok:
			text = l.readValue(at, p, d)
		case p.Required:
			node{in.doc, in.path + ".parameters." + p.Name, in.yaml}.fail("is missing: %s needs it", d.name)
		}
		values[p.Name] = value{secret: kind(p.Kind) == kindSecret, reveal: func() string { return text }}
	}
	return values
}

// readValue reads text, `env: NAME` or `file: PATH`. A secret cannot be text. Messages
// contain neither the value nor the name or path, which may be the secret by mistake.
func (l *loader) readValue(n node, p Parameter, d *description) string {
	text, from, what := "", n, ""
	switch {
	case n.yaml.Kind == yaml.MappingNode:
		var ok bool
		if text, from, what, ok = l.readSource(n); !ok {
			return ""
		}
	case kind(p.Kind) == kindSecret:
		n.fail("is a secret: give env, the name of an environment variable, or file, a path; never the secret itself")
		return ""
	default:
		text = n.text()
	}
	switch err := kind(p.Kind).check(text); {
	case err != nil && text == "" && what == theVariable:
		from.fail("names an environment variable that is not set or empty; give the name of the variable, never its value")
	case err != nil:
		from.fail("%s%v", what, err)
	case kind(p.Kind) == kindText && d.looksSecret(text):
		from.fail("%sbegins like a secret of %s: is it in the wrong place?", what, d.name)
	case kind(p.Kind) == kindURL:
		d.checkBase(from, p, text)
	}
	return text
}

// theVariable begins a message about the value of an environment variable.
const theVariable = "the environment variable that it names "

// readSource reads text from an environment variable or a file. from is where a mistake
// in the text is reported, what begins the message.
func (l *loader) readSource(n node) (text string, from node, what string, ok bool) {
	fields := map[string]node{}
	for _, e := range n.entries() {
		if e.key == "env" || e.key == "file" {
			fields[e.key] = n.child(e.key, e.yaml)
		} else {
			n.fail("must have either env, the name of an environment variable, or file, a path, and nothing else")
			return "", n, "", false
		}
	}
	env, inEnv := fields["env"]
	file, inFile := fields["file"]
	if inEnv == inFile {
		n.fail("must have either env, the name of an environment variable, or file, a path")
		return "", n, "", false
	}
	if inEnv {
		return l.getenv(env.text()), env, theVariable, true
	}
	path := l.resolve(file.text())
	data, err := l.readFile(path)
	if err != nil {
		file.fail("%s", l.unreadable(path, err))
		return "", n, "", false
	}
	// Editors and `echo` end a file with a newline that is not part of the key.
	return strings.TrimRight(string(data), "\r\n"), file, "the file ", true
}

// unreadable says why the file of a secret was not read, and what to do. It names the file
// only if its folder exists: other text may be the secret itself, where a path belongs.
func (l *loader) unreadable(path string, err error) string {
	folder, name := filepath.Dir(path), "the file"
	info, statErr := os.Stat(folder)
	if folder != filepath.Clean(l.folder) && folder != filepath.Dir(folder) && statErr == nil && info.IsDir() {
		name = path
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return name + " does not exist: write the secret into it, or give the path of the file that has it, from the folder of the configuration"
	case errors.Is(err, fs.ErrPermission):
		return name + " may not be read by this user: change its owner, or run this as the user who owns it"
	}
	return name + " cannot be read: " + problemOf(err).Error()
}

// looksSecret reports whether text begins as the provider's secrets do.
func (d *description) looksSecret(text string) bool {
	return slices.ContainsFunc(d.parameters, func(p Parameter) bool {
		return kind(p.Kind) == kindSecret && p.modeOf(text) != ""
	})
}

func (d *description) parameterNames() []string {
	names := make([]string, len(d.parameters))
	for i, p := range d.parameters {
		names[i] = p.Name
	}
	return names
}

func (l *loader) resolve(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(l.folder, name)
}

// problemOf drops the path, which the mistake contains already.
func problemOf(err error) error {
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
