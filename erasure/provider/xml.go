package provider

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Limits of an XML body, beyond that of every body. Documents of providers are far below.
const (
	maxXMLDepth    = 32
	maxXMLElements = 4096
)

// decodeXML returns the text of each element of a document, by its path: the names from
// the root on, joined by dots, without name spaces. Of several elements with one path it
// returns the first. A document that is malformed, too deep or too large, or that has a
// DOCTYPE, which could define entities, has no texts.
func decodeXML(body []byte) map[string]string {
	texts := map[string]string{}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	var open []element
	for n := 0; ; {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) && len(open) == 0 {
			return texts
		}
		if err != nil {
			return map[string]string{}
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, openElement(open, token.Name.Local))
			if n++; len(open) > maxXMLDepth || n > maxXMLElements {
				return map[string]string{}
			}
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text.Write(token)
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].name != token.Name.Local {
				return map[string]string{}
			}
			last := open[len(open)-1]
			if _, seen := texts[last.path]; !seen {
				texts[last.path] = strings.TrimSpace(last.text.String())
			}
			open = open[:len(open)-1]
		case xml.Directive:
			return map[string]string{}
		}
	}
}

// element is an XML element whose end has not been read.
type element struct {
	name, path string
	text       *strings.Builder
}

func openElement(parents []element, name string) element {
	path := name
	if len(parents) > 0 {
		path = parents[len(parents)-1].path + "." + name
	}
	return element{name, path, &strings.Builder{}}
}
