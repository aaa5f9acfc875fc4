package server_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/yuno-community/yuno-customers/server"
)

// A request whose end is not certain closes the connection, so that what a proxy sent as
// its body is not the next request. Each of these is followed by one that is valid, and
// that gets a response only if both agree where it begins.
func TestServeRequestsOfUncertainLength(t *testing.T) {
	t.Parallel()
	const end = "\r\n\r\n"
	http10 := strings.Replace(head, "HTTP/1.1", "HTTP/1.0", 1) + "Connection: keep-alive\r\n"
	tests := map[string]struct {
		request string
		want    []int
	}{
		"ControlGroup": {head + "\r\n", []int{202, 202}},

		// Refused by this package.
		"LengthAndCoding":        {head + "Content-Length: 5\r\nTransfer-Encoding: chunked" + end + "0\r\n\r\n", []int{400}},
		"CodingAndLength":        {head + "Transfer-Encoding: chunked\r\nContent-Length: 5" + end + "0\r\n\r\n", []int{400}},
		"LengthZeroAndCoding":    {head + "Content-Length: 0\r\nTransfer-Encoding: chunked" + end + "0\r\n\r\n", []int{400}},
		"InAnySpelling":          {head + "CONTENT-LENGTH:5\r\ntransfer-encoding:\tchunked" + end + "0\r\n\r\n", []int{400}},
		"LengthTwiceAndCoding":   {head + "Content-Length: 0\r\nContent-Length: 0\r\nTransfer-Encoding: chunked" + end + "0\r\n\r\n", []int{400}},
		"AfterAnother":           {head + "\r\n" + head + "Content-Length: 5\r\nTransfer-Encoding: chunked" + end + "0\r\n\r\n", []int{202, 400}},
		"AfterLengthZero":        {head + "Content-Length: 00" + end + head + "Content-Length: 5\r\nTransfer-Encoding: chunked" + end + "0\r\n\r\n", []int{202, 400}},
		"AfterEmptyLines":        {strings.Replace(head, "DELETE", "POST", 1) + "Content-Length: 0" + end + "\r\r\n\n" + head + "Content-Length: 5\r\nTransfer-Encoding: chunked" + end + "0\r\n\r\n", []int{405, 400}},
		"LinesWithoutCR":         {strings.ReplaceAll(head, "\r", "") + "Content-Length: 5\nTransfer-Encoding: chunked\n\n0\r\n\r\n", []int{400}},
		"LongHeaderBetween":      {head + "Content-Length: 5\r\nX: " + strings.Repeat("x", 9000) + "\r\nTransfer-Encoding: chunked" + end + "0\r\n\r\n", []int{400}},
		"FoldedCoding":           {head + "Content-Length: 5\r\nTransfer-Encoding:\r\n chunked" + end + "0\r\n\r\n", []int{400}},
		"OldProtocolBoth":        {http10 + "Content-Length: 0\r\nTransfer-Encoding: chunked" + end, []int{400}},
		"LengthTwice":            {head + "Content-Length: 5\r\nContent-Length: 5" + end + "12345", []int{400}},
		"CodingHidesARequest":    {head + "Transfer-Encoding: chunked" + end + "0\r\n\r\n", []int{202}}, // and the connection ends
		"OldProtocolCoding":      {http10 + "Transfer-Encoding: chunked" + end, []int{202}},             // likewise
		"LengthIsInAnotherValue": {head + "X: Content-Length: 5\r\nTransfer-Encoding: chunked" + end + "0\r\n\r\n", []int{202}},

		// Refused by net/http.
		"LengthsThatDiffer":    {head + "Content-Length: 0\r\nContent-Length: 5" + end + "12345", []int{400}},
		"LengthList":           {head + "Content-Length: 5, 5" + end + "12345", []int{400}},
		"LengthWithSign":       {head + "Content-Length: +5" + end + "12345", []int{400}},
		"LengthNegative":       {head + "Content-Length: -1" + end, []int{400}},
		"LengthHexadecimal":    {head + "Content-Length: 0x5" + end + "12345", []int{400}},
		"LengthEmpty":          {head + "Content-Length:" + end, []int{400}},
		"LengthTooLarge":       {head + "Content-Length: 99999999999999999999" + end, []int{400}},
		"CodingUnknown":        {head + "Transfer-Encoding: xchunked" + end + "0\r\n\r\n", []int{501}},
		"CodingIdentity":       {head + "Transfer-Encoding: identity" + end, []int{501}},
		"CodingList":           {head + "Transfer-Encoding: gzip, chunked" + end + "0\r\n\r\n", []int{501}},
		"CodingTwice":          {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked" + end + "0\r\n\r\n", []int{501}},
		"CodingVerticalTab":    {head + "Transfer-Encoding: \vchunked" + end + "0\r\n\r\n", []int{400}},
		"SpaceBeforeTheColon":  {head + "Transfer-Encoding : chunked" + end + "0\r\n\r\n", []int{400}},
		"LengthSpaceThenColon": {head + "Content-Length : 5" + end + "12345", []int{400}},
		"CarriageReturnInside": {head + "X: a\rTransfer-Encoding: chunked" + end, []int{400}},
		"ZeroByte":             {head + "X: a\x00b" + end, []int{400}},
		"LineWithoutColon":     {head + "Content-Length" + end, []int{400}},
		"HostTwice":            {head + "Host: y" + end, []int{400}},

		// Accepted by net/http, with one meaning.
		"LengthZeroTwice": {head + "Content-Length: 0\r\nContent-Length: 0" + end, []int{202, 202}},
		"FoldedValue":     {head + "X: a\r\n Content-Length: 5" + end, []int{202, 202}},
		"OnlyLineFeeds":   {strings.ReplaceAll(head, "\r", "") + "\n", []int{202, 202}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, mount(t, accepting))
				c := mustDial(t, s.listener)
				go func() { _, _ = io.WriteString(c, tt.request+head+"\r\n") }() // fails once the server has closed
				text, err := io.ReadAll(c)
				if err != nil {
					t.Fatal(err)
				}
				if got := statuses(t, text); !slices.Equal(got, tt.want) {
					t.Errorf("got %v, want %v:\n%s", got, tt.want, text)
				}
				s.stop()
				<-s.result
			})
		})
	}
}

// statuses returns those of all responses in text.
func statuses(t *testing.T, text []byte) (all []int) {
	t.Helper()
	for r := bufio.NewReader(bytes.NewReader(text)); ; {
		if _, err := r.Peek(1); err == io.EOF {
			return all
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("%v in:\n%s", err, text)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		all = append(all, resp.StatusCode)
	}
}

// The 400 is one that the contract documents, and says that the connection ends.
func TestServeAmbiguousLength(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, accepting))
		c := mustDial(t, s.listener)
		c.send(t, head+"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
		got := c.receive(t)
		got.want(t, http.StatusBadRequest, server.CodeInvalidRequest)
		if got.header.Get("Connection") != "close" {
			t.Error("the connection is not closed")
		}
		s.stop()
		<-s.result
	})
}

// However the bytes arrive, the same requests are seen.
func TestServeAmbiguousLengthByteByByte(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mount(t, accepting))
		c := mustDial(t, s.listener)
		go func() {
			for _, b := range []byte(head + "\r\n" + head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n") {
				_, _ = c.Write([]byte{b})
			}
		}()
		c.receive(t).want(t, http.StatusAccepted, "")
		c.receive(t).want(t, http.StatusBadRequest, server.CodeInvalidRequest)
		s.stop()
		<-s.result
	})
}

// Behind a body nothing is looked at, so there is no other request, even if the handler has
// read the body.
func TestServeBodiesCloseTheConnection(t *testing.T) {
	t.Parallel()
	reading := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	for name, length := range map[string]string{"Short": "5", "Padded": strings.Repeat("0", 99) + "5"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, reading)
				c := mustDial(t, s.listener)
				go func() {
					_, _ = io.WriteString(c, head+"Content-Length: "+length+"\r\n\r\n12345"+head+"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")
				}()
				text, err := io.ReadAll(c)
				if err != nil {
					t.Fatal(err)
				}
				if got := statuses(t, text); !slices.Equal(got, []int{200}) || !strings.Contains(string(text), "Connection: close") {
					t.Errorf("got %v:\n%s", got, text)
				}
				s.stop()
				<-s.result
			})
		})
	}
}

// Within TLS only Transfer-Encoding can be seen, and closes the connection.
func TestCodedRequestsCloseTheConnection(t *testing.T) {
	t.Parallel()
	got := do(mount(t, accepting), request(http.MethodDelete, path, func(r *http.Request) {
		r.TransferEncoding, r.ContentLength, r.Body = []string{"chunked"}, -1, io.NopCloser(strings.NewReader(""))
	}))
	got.want(t, http.StatusAccepted, "")
	if got.header.Get("Connection") != "close" {
		t.Error("the connection is not closed")
	}
}
