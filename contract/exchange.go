package contract

import (
	"bytes"
	"io"
	"net/http"
)

// A Response is a recorded HTTP response. [ReadResponse] makes one from an [http.Response].
type Response struct {
	StatusCode int
	Header     http.Header

	// Body is the body, or its first MaxBody+1 bytes if it is longer.
	Body []byte

	// Truncated says that Body is not as long as announced, or could not be read to its end.
	Truncated bool

	// Missing says why there is no response, such as "a broken connection", in words that
	// may be printed. It is empty if there is one.
	Missing string
}

// ReadResponse records a response. It reads up to [MaxBody]+1 bytes of the body and puts
// them back, so that resp can still be read as if nothing had happened. The connection of a
// 101 is closed.
func ReadResponse(resp *http.Response) Response {
	recorded := Response{StatusCode: resp.StatusCode, Header: resp.Header}
	if resp.Body == nil || resp.Body == http.NoBody {
		return recorded
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		_ = resp.Body.Close()
		resp.Body = http.NoBody
		return recorded
	}
	var err error
	recorded.Body, err = io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	recorded.Truncated = err != nil

	whole := io.MultiReader(bytes.NewReader(recorded.Body), resp.Body)
	if err != nil {
		whole = io.MultiReader(bytes.NewReader(recorded.Body), failingReader{err})
	}
	resp.Body = rereadBody{whole, resp.Body}
	return recorded
}

// JudgeRequest returns what is wrong with a request that a client sends. If the operation
// documents a body, it reads that of r and puts it back; otherwise it only looks at whether
// r has one.
func (c *Checker) JudgeRequest(r *http.Request) []Violation {
	return c.inspectSent(r).violations
}

// JudgeResponse returns what is wrong with the response to a request that a client sent. It
// does not return what is wrong with the request, which [Checker.JudgeRequest] does, but a
// wrong request must not be accepted. A response without a violation counts for
// [Checker.Coverage].
func (c *Checker) JudgeResponse(r *http.Request, resp Response) []Violation {
	return c.judge(c.inspectSent(r), resp)
}

type rereadBody struct {
	io.Reader
	io.Closer
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
