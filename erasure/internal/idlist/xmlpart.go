package idlist

import (
	"archive/zip"
	"compress/flate"
	"encoding/xml"
	"errors"
	"io"
)

// The limits of a part of a workbook. A part is a compressed XML document that anybody may
// have written.
const (
	maxDepth    = 64      // of its elements
	maxPart     = 1 << 30 // bytes
	maxPartRate = 200     // bytes per compressed byte, beyond alwaysPart; sheets have 5 to 50
	alwaysPart  = 64 << 20
)

// errDamaged is for a workbook that is not as it should be. What exactly is wrong says
// nothing to who exported it.
var errDamaged = &FormatError{Reason: "is a damaged Excel workbook", Hint: "opening it in Excel and saving it again, or saving it as CSV UTF-8"}

// errTooLarge is for a workbook that is larger than a list of people can be.
var errTooLarge = &FormatError{Reason: "is an Excel workbook that is too large, or was made to fill memory", Hint: "saving it as CSV UTF-8, and --file with that"}

// xmlPart reads the elements of a part of a workbook. encoding/xml keeps one token and the
// open elements in memory; xmlPart limits both.
type xmlPart struct {
	dec   *xml.Decoder
	file  io.ReadCloser
	limit *partLimit
	depth int
}

func openPart(file *zip.File) (*xmlPart, error) {
	opened, err := file.Open()
	if err != nil {
		return nil, errDamaged
	}
	limit := &partLimit{r: opened, most: max(alwaysPart, maxPartRate*file.CompressedSize64)}
	return &xmlPart{dec: xml.NewDecoder(limit), file: opened, limit: limit}, nil
}

func (p *xmlPart) close() { _ = p.file.Close() }

// next returns the next token, which is valid until the next call. It returns io.EOF at
// the end. RawToken does not look up name spaces, and takes half of the time.
func (p *xmlPart) next() (xml.Token, error) {
	p.limit.token = 0
	token, err := p.dec.RawToken()
	var tooLarge *FormatError
	switch {
	case errors.As(err, &tooLarge):
		return nil, tooLarge
	case errors.Is(err, io.EOF) && p.depth == 0:
		return nil, io.EOF
	case err != nil:
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || p.limit.err == nil {
			return nil, errDamaged
		}
		return nil, damagedZip(p.limit.err)
	}
	switch token.(type) {
	case xml.StartElement:
		if p.depth++; p.depth > maxDepth {
			return nil, errTooLarge
		}
	case xml.EndElement:
		p.depth--
	}
	return token, nil
}

// damagedZip returns errDamaged for data that cannot be unpacked, and other errors as they
// are: the file could not be read.
func damagedZip(err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.As(err, &corrupt) {
		return errDamaged
	}
	return err
}

// each calls yield with the attributes of every element of a name.
func (p *xmlPart) each(element string, yield func(attributes []xml.Attr)) error {
	for {
		token, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == element {
			yield(start.Attr)
		}
	}
}

// attribute returns the attribute of a name, or "".
func attribute(attributes []xml.Attr, name string) string {
	for _, a := range attributes {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// partLimit limits what a part expands to, as a whole and for each token.
type partLimit struct {
	r     io.Reader
	n     uint64
	most  uint64
	token int
	err   error
}

// Read implements [io.Reader].
func (l *partLimit) Read(p []byte) (int, error) {
	if l.n > min(l.most, maxPart) || l.token > MaxLine {
		return 0, errTooLarge
	}
	n, err := l.r.Read(p)
	l.n += uint64(n) //nolint:gosec // not negative
	l.token += n
	l.err = err
	return n, err
}
