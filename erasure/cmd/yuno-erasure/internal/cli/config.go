package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"runtime"
	"slices"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
)

// configFlag names a YAML file with flags: at the top level for every command that has
// them, under a command's name for that command.
//
//	database: postgres://erasure@db.internal/erasure?sslmode=verify-full
//	serve:
//	  listen: 127.0.0.1:8080
//
// kong's own flag of this kind ignores unknown names and overrides the environment. In a
// service that erases, a misspelt limit must not mean no limit.
type configFlag string

// BeforeResolve is called by the parser if the flag was given.
func (f configFlag) BeforeResolve(ctx *kong.Context, trace *kong.Path) error {
	path := kong.ExpandPath(string(ctx.FlagValue(trace.Flag).(configFlag)))
	config, err := readConfig(path, ctx.Model.Node)
	if err != nil {
		return err
	}
	ctx.AddResolver(config)
	return nil
}

// config is a file in which every key is a command or a flag. It is a [kong.Resolver].
type config struct{ root *yaml.Node }

func readConfig(path string, app *kong.Node) (*config, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("--config: %s is a folder", path)
	}
	if err := ownfile.Check(path, info, ownfile.NoWrite); err != nil {
		return nil, fmt.Errorf("--config: %s %w", path, err)
	}
	var document yaml.Node
	dec := yaml.NewDecoder(file)
	switch err := dec.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("--config: %s is empty", path)
	case err != nil:
		return nil, fmt.Errorf("--config: %s: %s", path, command.YAMLError(err))
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("--config: %s contains more than one document: everything after the first --- would be ignored",
			path)
	}
	check := configCheck{path, runtime.GOOS != "windows" && info.Mode()&0o077 != 0, info.Mode()}
	return &config{document.Content[0]}, check.mapping(document.Content[0], app)
}

// configCheck checks a file. Its errors do not quote values.
type configCheck struct {
	path     string
	readable bool // by other users
	mode     fs.FileMode
}

func (c configCheck) mapping(mapping *yaml.Node, node *kong.Node) error {
	if mapping.Kind != yaml.MappingNode {
		return c.mistake(mapping, "want flags, as in listen: 127.0.0.1:8080")
	}
	flags := flagsBelow(node)
	seen := map[string]bool{}
	for i := 0; i < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		if seen[key.Value] {
			return c.mistake(key, key.Value+" is duplicated")
		}
		seen[key.Value] = true
		if err := c.entry(key, value, node, flags); err != nil {
			return err
		}
	}
	return nil
}

func (c configCheck) entry(key, value *yaml.Node, node *kong.Node, flags map[string]bool) error {
	child := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == key.Value })
	switch {
	case child >= 0 && value.Kind == yaml.MappingNode:
		return c.mapping(value, node.Children[child])
	case !flags[key.Value] && child >= 0:
		return c.mistake(value, key.Value+" is a command: want its flags under it")
	case !flags[key.Value]:
		return c.mistake(key, fmt.Sprintf("%s has no flag --%s", node.FullPath(), key.Value))
	case value.Kind == yaml.SequenceNode:
		for _, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				return c.mistake(item, key.Value+" wants a list of values")
			}
		}
	case value.Kind != yaml.ScalarNode || value.Tag == "!!null":
		return c.mistake(key, key.Value+" wants a value")
	case key.Value == "database" && c.readable && hasPassword(value.Value):
		return fmt.Errorf("--config: %s contains a password and is readable by other users (mode %04o): chmod 600 it",
			c.path, c.mode.Perm())
	}
	return nil
}

func (c configCheck) mistake(at *yaml.Node, text string) error {
	return fmt.Errorf("--config: %s:%d: %s", c.path, at.Line, text)
}

// notInConfig are flags for a single call: a file must not give consent.
var notInConfig = []string{"help", "config", "yes", "keep-going", "i-understand-this-deletes-customers"}

// flagsBelow returns the names of the flags of a command and its subcommands. The value
// reports whether a file may contain the flag.
func flagsBelow(node *kong.Node) map[string]bool {
	names := map[string]bool{}
	for _, flag := range node.Flags {
		names[flag.Name] = !slices.Contains(notInConfig, flag.Name)
	}
	for _, child := range node.Children {
		maps.Copy(names, flagsBelow(child))
	}
	return names
}

// hasPassword reports whether a database address contains a password, or may contain one.
func hasPassword(dsn string) bool {
	address, err := url.Parse(dsn)
	if err != nil {
		return true // unknown, so assume the worst
	}
	_, set := address.User.Password()
	return set || address.Query().Has("password")
}

// Validate implements [kong.Resolver]. readConfig has checked the file already.
func (*config) Validate(*kong.Application) error { return nil }

// Resolve implements [kong.Resolver]. It returns the value under the command's name, or
// else the nearest one above it. An environment variable takes precedence over the file.
func (c *config) Resolve(_ *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Tag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	var names []string
	for n := parent.Node(); n != nil && n.Type != kong.ApplicationNode; n = n.Parent {
		names = append(names, n.Name)
	}
	slices.Reverse(names)
	var found any
	mapping := c.root
	for {
		if value := entryOf(mapping, flag.Name); value != nil && value.Kind != yaml.MappingNode {
			found = valueOf(value)
		}
		if len(names) == 0 {
			return found, nil
		}
		if mapping = entryOf(mapping, names[0]); mapping == nil {
			return found, nil
		}
		names = names[1:]
	}
}

// entryOf returns the value of a key, or nil.
func entryOf(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// valueOf returns a value in the form that the parser needs: a string or a list of strings.
func valueOf(value *yaml.Node) any {
	if value.Kind != yaml.SequenceNode {
		return value.Value
	}
	list := []any{}
	for _, item := range value.Content {
		list = append(list, item.Value)
	}
	return list
}
