package contract

import (
	"bytes"
	"io"
	"net/http"
)

// A Response is a recorded HTTP response. [ReadResponse] records one; a recording from
// elsewhere may be filled in by hand.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte // of a body longer than MaxBody, the first MaxBody+1 bytes are enough
	Truncated  bool   // the body is not as long as announced, or could not be read to its end
	Missing    string // why no response came, such as "a broken connection"; it is printed
}

// ReadResponse records a response. It reads the body up to [MaxBody]+1 bytes and replaces
// it, so that the caller of it reads the same bytes and then the same error. A 101 has no
// body but the connection, which is closed.
func ReadResponse(resp *http.Response) Response {
	a := Response{StatusCode: resp.StatusCode, Header: resp.Header}
	if resp.Body == nil || resp.Body == http.NoBody {
		return a
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		_ = resp.Body.Close()
		resp.Body = http.NoBody
		return a
	}
	var err error
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	a.Truncated = err != nil

	again := io.MultiReader(bytes.NewReader(a.Body), resp.Body)
	if err != nil {
		again = io.MultiReader(bytes.NewReader(a.Body), failingReader{err})
	}
	resp.Body = rereadBody{again, resp.Body}
	return a
}

// JudgeRequest returns what is wrong with a request, as a client sends it. It looks at
// whether r has a body and does not read it.
func (c *Checker) JudgeRequest(r *http.Request) []Violation {
	return c.inspectSent(r).violations
}

// JudgeResponse returns what is wrong with the response to r, and counts it for
// [Checker.Coverage] if that is nothing. What is wrong with r decides which responses are
// right and is not returned; see [Checker.JudgeRequest].
func (c *Checker) JudgeResponse(r *http.Request, resp Response) []Violation {
	return c.judge(c.inspectSent(r), resp)
}

type rereadBody struct {
	io.Reader
	io.Closer
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
