package idlist

import (
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// MaxWorkbookText bounds the texts of an Excel workbook, in bytes with six more for each:
// 1.5 million ids. They are apart from the cells, and have to be in memory.
const MaxWorkbookText = 64 << 20

const (
	textBlock   = 1 << 20 // bytes, and texts, that the memory grows by
	longestText = 4 << 10 // bytes that are kept of a text; no name or id is longer
)

// sharedTexts are the texts that the cells of a workbook refer to by their numbers.
type sharedTexts struct {
	blocks [][]byte // each text after two bytes with its length
	places [][]uint32
	n      int
}

// add adds a text.
func (s *sharedTexts) add(text []byte) error {
	text = text[:min(len(text), longestText)]
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last])+2+len(text) > textBlock {
		s.blocks = append(s.blocks, make([]byte, 0, textBlock))
		last++
	}
	if s.n%textBlock == 0 {
		s.places = append(s.places, make([]uint32, 0, textBlock))
	}
	if (len(s.blocks)+4*len(s.places))*textBlock > MaxWorkbookText {
		return errTooLarge
	}
	place := last*textBlock + len(s.blocks[last])
	s.blocks[last] = binary.LittleEndian.AppendUint16(s.blocks[last], uint16(len(text))) //nolint:gosec // at most longestText
	s.blocks[last] = append(s.blocks[last], text...)
	s.places[s.n/textBlock] = append(s.places[s.n/textBlock], uint32(place)) //nolint:gosec // at most MaxWorkbookText
	s.n++
	return nil
}

// get returns the text of a number, as a cell has it.
func (s *sharedTexts) get(number string) (string, bool) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= s.n {
		return "", false
	}
	place := int(s.places[n/textBlock][n%textBlock])
	block := s.blocks[place/textBlock][place%textBlock:]
	length := int(binary.LittleEndian.Uint16(block))
	return string(block[2 : 2+length]), true
}

func (b *workbook) readTexts() (*sharedTexts, error) {
	texts := &sharedTexts{}
	if b.parts[b.strings] == nil {
		return texts, nil
	}
	part, err := openPart(b.parts[b.strings])
	if err != nil {
		return nil, err
	}
	defer part.close()
	var text textElement
	for {
		token, err := part.next()
		if errors.Is(err, io.EOF) {
			return texts, nil
		}
		if err != nil {
			return nil, err
		}
		text.add(token)
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "si" {
				text.reset()
			}
		case xml.EndElement:
			if t.Name.Local == "si" {
				if err := texts.add(text.bytes()); err != nil {
					return nil, err
				}
			}
		}
	}
}

// textElement collects the text of a cell, which may have several parts.
type textElement struct {
	text     []byte
	inText   bool
	phonetic bool // how to pronounce it, and not a part of it
}

func (t *textElement) reset() { *t = textElement{text: t.text[:0]} }

func (t *textElement) add(token xml.Token) {
	switch token := token.(type) {
	case xml.StartElement:
		t.inText = token.Name.Local == "t"
		t.phonetic = t.phonetic || token.Name.Local == "rPh"
	case xml.EndElement:
		t.inText = false
		t.phonetic = t.phonetic && token.Name.Local != "rPh"
	case xml.CharData:
		if t.inText && !t.phonetic && len(t.text) <= longestText {
			t.text = append(t.text, token...)
		}
	}
}

// bytes returns the text. Excel writes characters that XML has no form for as _x000D_.
func (t *textElement) bytes() []byte {
	text := string(t.text)
	if !strings.Contains(text, "_x") {
		return t.text
	}
	var decoded []byte
	for {
		i := strings.Index(text, "_x")
		if i < 0 || i+7 > len(text) {
			return append(decoded, text...)
		}
		code, err := strconv.ParseUint(text[i+2:i+6], 16, 16)
		if err != nil || text[i+6] != '_' {
			decoded = append(decoded, text[:i+2]...)
			text = text[i+2:]
			continue
		}
		decoded = append(append(decoded, text[:i]...), string(rune(code))...)
		text = text[i+7:]
	}
}
