package client

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
)

// A body is either the customer that was asked for or an error that shows nothing of it.
func FuzzDecodeCustomer(f *testing.F) {
	for _, body := range []string{
		"", "null", "[]", `{"id":"c1"}`, `{"id":"c2"}`, `{"ID":"c1","phone":{"number":3132450765}}`, `{"id":"c1"}{}`,
		`{"metadata":[{"key":"k","value":{}}]}`, "\ufeff{\"id\":\"c1\"}", "<html>", `{"id":1e999}`, `{"billing_address":{"address_line_1":5}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var customer api.Customer
		err := decodeCustomer(body, &customer, func() bool { return customer.ID == "c1" })
		switch {
		case err == nil && customer.ID != "c1":
			t.Errorf("accepted %q", body)
		case err != nil && (!errors.Is(err, ErrUnexpectedBody) || len(err.Error()) > 200 || strings.ContainsAny(err.Error(), "\n<>{}\"@")):
			t.Errorf("%q: got %v", body, err)
		}
	})
}

// Whatever a body labelled as compressed contains, it is returned plain, as it is, or
// rejected for its size.
func FuzzDecompress(f *testing.F) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(`{"code":"X"}`))
	_ = w.Close()
	f.Add("gzip", zipped.Bytes())
	f.Add("x-gzip", zipped.Bytes()[:20])
	f.Add("br", []byte("{}"))
	f.Fuzz(func(t *testing.T, label string, body []byte) {
		resp := &http.Response{Header: http.Header{"Content-Encoding": {label}}}
		plain, err := decompress(resp, body)
		if err != nil && !errors.Is(err, ErrTooLarge) {
			t.Errorf("got %v", err)
		}
		if len(plain) > max(maxBodySize, len(body)) || (!resp.Uncompressed && err == nil && !bytes.Equal(plain, body)) {
			t.Errorf("got %d bytes of %d", len(plain), len(body))
		}
	})
}

// Only what is masked counts as masked: a text without a mask that has a letter never.
func FuzzPersonal(f *testing.F) {
	for _, text := range []string{"", "Jane", "J***", "***@example.com", "XXXX-XX-XX", "•••", "x", "a@b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "*#•●…xX.@") {
			return
		}
		if got := personal(text + "Jane"); !got {
			t.Errorf("%q does not count", text+"Jane")
		}
	})
}
