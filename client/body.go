package client

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxBodySize is the largest response body that is read, in bytes, before and after
// decompression. The contract's bodies are empty or a few kilobytes.
const maxBodySize = 64 << 10

// acceptedBodyTimeout bounds reading the body of a success that is one without it, such
// as a 202. The contract defines none: the body is read for WithResponse, and so that
// the connection can be reused.
const acceptedBodyTimeout = time.Second

// readBody reads the body and closes it. It returns nil and an error if it could
// not read the whole body. cancel must make reading fail.
func (c *call) readBody(resp *http.Response, cancel func()) ([]byte, error) {
	if resp.Body == nil {
		return nil, nil
	}
	defer resp.Body.Close()
	// The client never asks to switch protocols. If a server does, this body is
	// the bare connection, and a context does not interrupt reading it.
	if resp.Body == http.NoBody || resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil
	}
	if !c.op.returns && c.op.succeeds(resp.StatusCode) {
		defer time.AfterFunc(acceptedBodyTimeout, cancel).Stop()
	}
	body, err := readLimited(resp.Body)
	if err != nil || len(body) == 0 {
		return nil, err // without ReadAll's buffer
	}
	return decompress(resp, body)
}

func readLimited(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBodySize+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxBodySize {
		return nil, ErrTooLarge
	}
	return body, nil
}

// decompress undoes a compression that the client did not ask for. Requests say
// Accept-Encoding: identity, because net/http would otherwise ask for gzip and fail to
// read a body that is only labelled as gzip: an error code would be lost, and the
// request repeated. Such a body, and one in another encoding, is returned as it is.
func decompress(resp *http.Response, body []byte) ([]byte, error) {
	switch strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))) {
	case "gzip", "x-gzip":
	default:
		return body, nil
	}
	compressed, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body, nil
	}
	plain, err := readLimited(compressed)
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, err
	case err != nil:
		return body, nil
	}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength, resp.Uncompressed = int64(len(plain)), true
	return plain, nil
}
