package client

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/strictjson"
)

// decodeError reads an error body. Yuno's documentation has four forms of it:
//
//	{"code": "...", "messages": ["..."]}                the specification of this call
//	{"code": "...", "message": "...", "details": ...}   its "sandbox-tested" edition
//	{"error": {"code": "...", "message": "..."}}        its web page
//	{"type": ..., "code": ..., "message": ..., "details": ...}   another API family
//
// A code decides what a caller does next: CUSTOMER_NOT_FOUND ends an erasure. So a code
// is read only if the body has one meaning for every reader: it is not declared as
// anything but JSON, no key is there twice or in another case, and all codes in it are
// equal. Messages are for people, and are read from what is there. What cannot be decoded
// is ignored; the caller still has status and body.
func decodeError(header http.Header, body []byte) (code string, messages []string) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	var outer map[string]json.RawMessage
	if json.Unmarshal(body, &outer) != nil {
		return "", nil
	}
	codes, messages := readError(outer)
	var inner map[string]json.RawMessage
	if json.Unmarshal(outer["error"], &inner) == nil {
		innerCodes, innerMessages := readError(inner)
		codes, messages = append(codes, innerCodes...), append(messages, innerMessages...)
	} else {
		messages = append(messages, texts(outer["error"])...) // {"error": "text"}
	}
	codes = slices.Compact(codes)
	if len(codes) != 1 || !isJSON(header) || len(strictjson.Find(body, 1)) > 0 {
		return "", messages
	}
	return codes[0], messages
}

// readError reads one object. A key that may be the code counts as a code without a text.
func readError(body map[string]json.RawMessage) (codes, messages []string) {
	for _, key := range []string{"messages", "message", "details"} {
		messages = append(messages, texts(body[key])...)
	}
	for key, value := range body {
		if key == "code" {
			codes = append(codes, texts(value)...)
		} else if strings.EqualFold(key, "code") {
			codes = append(codes, "") // some decoders read it as the code, and others do not
		}
	}
	return codes, messages
}

// isJSON reports whether a header declares JSON, or nothing (RFC 9110, section 8.3,
// leaves it to the reader then). Of several content types, programs choose different
// ones.
func isJSON(header http.Header) bool {
	types := header["Content-Type"]
	if len(types) == 0 {
		return true
	}
	media, _, err := mime.ParseMediaType(types[0])
	return len(types) == 1 && err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// texts returns the strings in raw: raw itself, or the elements of an array.
// Numbers are returned as written. It ignores nested values, which callers can
// read from Response.Body.
func texts(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var found []string
	for _, item := range list {
		var text string
		var number json.Number
		switch {
		case json.Unmarshal(item, &text) == nil:
		case json.Unmarshal(item, &number) == nil:
			text = number.String()
		}
		if text != "" {
			found = append(found, text)
		}
	}
	return found
}
