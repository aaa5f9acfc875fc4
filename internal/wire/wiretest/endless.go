package wiretest

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Endless is a response that never ends: a head, and then a part again and again.
type Endless struct {
	Name string
	// HTTP2 says that head and part are frames, after the server's settings.
	HTTP2 bool

	head, part string
	pause      time.Duration
}

// EndlessResponses are all ways to keep a client of HTTP waiting or reading, slowly and as
// fast as it reads. A client has to give up within its timeout.
func EndlessResponses() []Endless {
	const ok = "HTTP/1.1 200 OK\r\n"
	const chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
	ways := []Endless{
		{Name: "StatusLine", head: "HTTP/1.1 200 ", part: "x"},
		{Name: "Header", head: ok, part: "X: y\r\n"},
		{Name: "HeaderLine", head: ok + "X: ", part: "y"},
		{Name: "Continue", part: "HTTP/1.1 100 Continue\r\n\r\n"},
		{Name: "Processing", part: "HTTP/1.1 102 Processing\r\n\r\n"},
		{Name: "EarlyHints", part: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"},
		{Name: "SwitchingProtocols", head: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", part: "x"},
		{Name: "SwitchingAfterHints", head: "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", part: "x"},
		{Name: "BodyUntilClose", head: ok + "\r\n", part: "{"},
		{Name: "BodyWithLength", head: ok + "Content-Length: 9223372036854775807\r\n\r\n", part: "{"},
		{Name: "Chunks", head: chunked, part: "1\r\n \r\n"},
		{Name: "ChunkExtension", head: chunked + "1;", part: "x"},
		{Name: "ChunkSize", head: chunked, part: "0"},
		{Name: "Trailers", head: chunked + "2\r\n{}\r\n0\r\n", part: "X: y\r\n"},
		{Name: "TrailerLine", head: chunked + "2\r\n{}\r\n0\r\nX: ", part: "y"},

		{Name: "Frames/EarlyHints", HTTP2: true, part: headers("\x08\x03103", 4)},
		{Name: "Frames/Continuation", HTTP2: true, head: headers("\x08\x03200", 0), part: frame(9, 0, 1, "\x00\x01x\x01y")},
		{Name: "Frames/Data", HTTP2: true, head: headers("\x08\x03200", 4), part: frame(0, 0, 1, "{")},
		{Name: "Frames/EmptyData", HTTP2: true, head: headers("\x08\x03200", 4), part: frame(0, 0, 1, "")},
		{Name: "Frames/Trailers", HTTP2: true, head: headers("\x08\x03200", 4) + headers("\x00\x01x\x01y", 1), part: frame(9, 0, 1, "\x00\x01x\x01y")},
	}
	var all []Endless
	for _, way := range ways {
		all = append(all, way.slowly())
		// Whatever one request gets, an HTTP/2 connection is read on, for other requests,
		// and only time bounds that.
		if !way.HTTP2 {
			all = append(all, way.fast())
		}
	}
	// These say nothing about the request, and only time bounds them.
	return append(all,
		Endless{Name: "Silence"}.slowly(),
		Endless{Name: "Frames/Silence", HTTP2: true}.slowly(),
		Endless{Name: "Frames/Settings", HTTP2: true, part: frame(4, 0, 0, "")}.slowly(),
		Endless{Name: "Frames/Ping", HTTP2: true, part: frame(6, 0, 0, "12345678")}.slowly(),
		Endless{Name: "Frames/WindowUpdate", HTTP2: true, part: frame(8, 0, 0, "\x00\x00\x00\x01")}.slowly(),
	)
}

func (e Endless) slowly() Endless {
	e.Name += "/Slow"
	e.pause = time.Second
	return e
}

// fast writes larger parts, because some limits count bytes.
func (e Endless) fast() Endless {
	e.Name += "/Fast"
	if len(e.part) == 1 {
		e.part = strings.Repeat(e.part, 4096)
	}
	return e
}

// Serve reads a request from a connection and calls [Endless.Respond].
func (e Endless) Serve(conn net.Conn) {
	ok := false
	if e.HTTP2 {
		ok = readFrames(conn)
	} else {
		_, err := http.ReadRequest(bufio.NewReader(conn))
		ok = err == nil
	}
	if !ok {
		_ = conn.Close()
		return
	}
	e.Respond(conn)
}

// Respond responds without end, until the client closes the connection. It closes its
// side.
func (e Endless) Respond(conn net.Conn) {
	defer conn.Close()
	gone := make(chan struct{})
	go func() { // a client that has gone is noticed by reading
		_, _ = io.Copy(io.Discard, conn)
		close(gone)
	}()
	for text := e.head; ; text = e.part {
		if text != "" {
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
		}
		if e.pause == 0 {
			continue
		}
		select {
		case <-time.After(e.pause):
		case <-gone:
			return
		}
	}
}

// readFrames reads up to the request's frame of headers. It reports false if there is none.
func readFrames(conn net.Conn) bool {
	settings := make(chan error)
	go func() { // a pipe has no buffer, and the client writes as well
		_, err := io.WriteString(conn, frame(4, 0, 0, ""))
		settings <- err
	}()
	if _, err := io.ReadFull(conn, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return false
	}
	header := make([]byte, 9)
	for header[3] != 1 {
		if _, err := io.ReadFull(conn, header); err != nil {
			return false
		}
		length := int64(header[0])<<16 | int64(header[1])<<8 | int64(header[2])
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return false
		}
	}
	return <-settings == nil
}

// headers is a frame of headers of the first request; fields are encoded (RFC 7541).
func headers(fields string, flags byte) string { return frame(1, flags, 1, fields) }

// frame is an HTTP/2 frame (RFC 9113, section 4.1).
func frame(kind, flags byte, stream uint32, payload string) string {
	header := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))[1:]
	header = append(header, kind, flags)
	return string(binary.BigEndian.AppendUint32(header, stream)) + payload
}
