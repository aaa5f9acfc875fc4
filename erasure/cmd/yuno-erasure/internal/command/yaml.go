package command

import (
	"errors"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// quotations are the messages of the YAML decoder that quote the document, and what they
// say without that. Line breaks may be part of a quotation.
var quotations = []struct {
	message *regexp.Regexp
	without string
}{
	{regexp.MustCompile(`(?s)field .* not found in type .*`), "has an unknown field"},
	{regexp.MustCompile(`(?s)mapping key .* already defined at line (\d+)$`), "has a field of line $1 again"},
	{regexp.MustCompile(`(?s)unknown anchor .*`), "unknown anchor"},
	{regexp.MustCompile(`(?s)anchor .* value contains itself`), "an anchor contains itself"},
	{regexp.MustCompile("(?s)`.*"), "…"},
}

// YAMLError returns the text of a YAML decoder's error in one line, without what the
// decoder quotes from the document: the file may contain keys, also in the wrong place.
func YAMLError(err error) string {
	messages := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	var mismatches *yaml.TypeError
	if errors.As(err, &mismatches) {
		messages = mismatches.Errors
	}
	var texts []string
	for _, text := range messages {
		for _, q := range quotations {
			text = q.message.ReplaceAllString(text, q.without)
		}
		texts = append(texts, strings.ReplaceAll(withoutTag(text), "\n", " "))
	}
	return "yaml: " + strings.Join(texts, "; ")
}

// ownTag begins with a tag of YAML's own.
var ownTag = regexp.MustCompile(`^!!(str|int|float|bool|null|map|seq|binary|timestamp|merge) `)

// withoutTag removes a tag from the message that a value has the wrong kind: a key that
// begins with an exclamation mark, and is not quoted, is a tag.
func withoutTag(message string) string {
	where, what, found := strings.Cut(message, "cannot unmarshal ")
	if !found || ownTag.MatchString(what) {
		return message
	}
	return where + "has a value that begins with ! and is not in quotation marks"
}
