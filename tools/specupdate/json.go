package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// parseJSON reads one JSON value into a tree. A YAML parser does not suffice: JSON
// allows tabs and surrogate escapes where YAML does not.
func parseJSON(content []byte) (*yaml.Node, error) {
	p := jsonParser{
		budget:  newBudget(maxNodes, "the document"),
		dec:     json.NewDecoder(bytes.NewReader(content)),
		content: content,
	}
	p.dec.UseNumber()
	root, err := p.value(0)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the document ends too early")
	}
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", p.line(), err)
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: unexpected content after the document", p.line())
	}
	return root, nil
}

type jsonParser struct {
	budget
	dec     *json.Decoder
	content []byte
	counted int64 // content up to this offset has the number of line ends in lines
	lines   int
}

func (p *jsonParser) line() int {
	end := p.dec.InputOffset()
	p.lines += bytes.Count(p.content[p.counted:end], []byte("\n"))
	p.counted = end
	return p.lines + 1
}

func (p *jsonParser) value(depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	if err := p.spend(1); err != nil {
		return nil, err
	}
	token, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: p.line()}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return p.object(n.Line, depth)
		}
		return p.array(n.Line, depth)
	case string:
		n.Tag, n.Value = "!!str", token
	case json.Number:
		n.Tag, n.Value = "!!float", token.String()
	case bool:
		n.Tag, n.Value = "!!bool", strconv.FormatBool(token)
	case nil:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}

func (p *jsonParser) object(line, depth int) (*yaml.Node, error) {
	out, seen := mapping(line), map[string]bool{}
	for p.dec.More() {
		token, err := p.dec.Token()
		if err != nil {
			return nil, err
		}
		key, keyLine := token.(string), p.line()
		if seen[key] {
			return nil, fmt.Errorf("the key %q is duplicated in one object", key)
		}
		seen[key] = true
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		add(out, key, keyLine, value)
	}
	_, err := p.dec.Token()
	return out, err
}

func (p *jsonParser) array(line, depth int) (*yaml.Node, error) {
	out := sequence(line)
	for p.dec.More() {
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out.Content = append(out.Content, value)
	}
	_, err := p.dec.Token()
	return out, err
}

// encodeJSON writes a plain tree as JSON: keys in their order, two spaces of
// indent, a final newline, and only the escapes that JSON requires.
func encodeJSON(n *yaml.Node) []byte {
	var compact, out bytes.Buffer
	writeJSON(&compact, n)
	if err := json.Indent(&out, compact.Bytes(), "", "  "); err != nil {
		panic("a plain tree is always JSON: " + err.Error())
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// compactJSON is a value on one line.
func compactJSON(n *yaml.Node) string {
	var b bytes.Buffer
	writeJSON(&b, n)
	return b.String()
}

func writeJSON(b *bytes.Buffer, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i, part := range n.Content {
			switch {
			case i%2 == 1:
				b.WriteByte(':')
			case i > 0:
				b.WriteByte(',')
			}
			writeJSON(b, part)
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, item)
		}
		b.WriteByte(']')
	default:
		switch n.Tag {
		case "!!str":
			writeString(b, n.Value)
		case "!!null":
			b.WriteString("null")
		default:
			b.WriteString(n.Value)
		}
	}
}

func writeString(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic("a string is always JSON: " + err.Error())
	}
	b.Truncate(b.Len() - 1) // Encode ends with a newline
}

func isJSONNumber(s string) bool {
	var n json.Number
	return json.Unmarshal([]byte(s), &n) == nil && n.String() == s && s != ""
}

func jsonNumber(f float64) string {
	text, err := json.Marshal(f)
	if err != nil {
		panic("a finite number is always JSON: " + err.Error())
	}
	return string(text)
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
