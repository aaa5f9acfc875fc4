package provider

import (
	"errors"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// urlTemplate is a template that begins with a base URL: a literal https:// and
// host, or a parameter of kind url.
type urlTemplate struct {
	template
}

// render escapes each value for its place, and then checks the result: whatever
// the values are, the URL has exactly the segments of the description.
func (t urlTemplate) render(s scope, kinds map[string]kind) (*url.URL, error) {
	var b strings.Builder
	inQuery := false
	for _, p := range t.parts {
		if p.name == "" {
			b.WriteString(p.literal)
			inQuery = inQuery || strings.Contains(p.literal, "?")
			continue
		}
		value, err := s.value(p.name)
		if err != nil {
			return nil, err
		}
		switch {
		case kinds[p.name] == kindURL || kinds[p.name] == kindPath:
			// Checked when it was read. It may contain separators.
		case inQuery:
			value = escapeQuery(value)
		case strings.ContainsAny(value, `/\%?#`):
			// Escaping is not enough: proxies decode %2F and split the path there.
			return nil, errUnusable
		default:
			value = url.PathEscape(value)
		}
		b.WriteString(value)
	}
	u, err := url.Parse(b.String())
	if err != nil || checkHost(u) != nil {
		return nil, errUnusable
	}
	segments := strings.Split(u.Path, "/")[1:]
	for i, segment := range segments {
		// The last one is empty if the description has a slash there: no value is empty.
		if segment == "" && i < len(segments)-1 || segment == "." || segment == ".." {
			return nil, errUnusable
		}
	}
	return u, nil
}

// escapeQuery writes a space as %20, which every server decodes as a space. Not
// every server decodes + as one.
func escapeQuery(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// checkBaseURL accepts an absolute URL of scheme, host and path only. The error
// does not contain the URL, which may include a password.
func checkBaseURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("is not a URL")
	}
	if err := checkHost(u); err != nil {
		return err
	}
	switch {
	case strings.ContainsAny(raw, "?#"):
		return errors.New("must not have a query or a fragment")
	case strings.HasSuffix(u.Path, "/"):
		return errors.New("must not end in a slash")
	case u.RawPath != "" || strings.ContainsAny(u.Path, `\ `) || u.Path != "" && path.Clean(u.Path) != u.Path:
		return errors.New("must have a plain path: no dot segments, empty segments or escapes")
	}
	return nil
}

// checkHost rejects URLs that would send secrets in the clear: it accepts https,
// and http to this machine.
func checkHost(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must begin with https://")
	case u.Hostname() == "" || u.Opaque != "":
		return errors.New("has no host")
	case u.Scheme == "http" && !wire.IsLoopback(u.Hostname()):
		return errors.New("must be https; http is for loopback hosts")
	case u.User != nil:
		return errors.New("must not contain user information")
	case u.Port() == "" && strings.HasSuffix(u.Host, ":"):
		return errors.New("has an invalid port")
	}
	if u.Port() != "" {
		if port, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || port == 0 {
			return errors.New("has an invalid port")
		}
	}
	return nil
}

// checkPath accepts an empty path, or one with plain segments such as /delete.
func checkPath(raw string) error {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/"
	if raw == "" {
		return nil
	}
	if raw[0] != '/' || path.Clean(raw) != raw || raw == "/" || strings.Trim(raw, plain) != "" {
		return errors.New("must be empty or begin with a slash and have plain segments only")
	}
	return nil
}
