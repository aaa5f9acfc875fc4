package client

import (
	"bytes"
	"encoding/json"
)

// errorBody is the union of the error bodies in Yuno's documentation:
//
//	{"code": "...", "messages": ["..."]}                the specification of this call
//	{"code": "...", "message": "...", "details": ...}   its "sandbox-tested" edition
//	{"error": {"code": "...", "message": "..."}}        its web page
//	{"type": ..., "code": ..., "message": ..., "details": ...}   another API family
//
// Every field is raw, so that a field of an unexpected type does not affect the
// others.
type errorBody struct {
	Code     json.RawMessage `json:"code"`
	Message  json.RawMessage `json:"message"`
	Messages json.RawMessage `json:"messages"`
	Details  json.RawMessage `json:"details"`
	Error    json.RawMessage `json:"error"`
}

// decodeError reads an error body, whatever its content type. It ignores what it
// cannot decode; the caller still has status and body.
func decodeError(body []byte) (code string, messages []string) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	var outer errorBody
	if json.Unmarshal(body, &outer) != nil {
		return "", nil
	}
	code, messages = outer.read()
	var inner errorBody
	if len(outer.Error) == 0 || json.Unmarshal(outer.Error, &inner) != nil {
		return code, append(messages, texts(outer.Error)...) // {"error": "text"}
	}
	innerCode, innerMessages := inner.read()
	if code == "" {
		code = innerCode
	}
	return code, append(messages, innerMessages...)
}

func (b *errorBody) read() (code string, messages []string) {
	if codes := texts(b.Code); len(codes) > 0 {
		code = codes[0]
	}
	messages = append(messages, texts(b.Messages)...)
	messages = append(messages, texts(b.Message)...)
	messages = append(messages, texts(b.Details)...)
	return code, messages
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
