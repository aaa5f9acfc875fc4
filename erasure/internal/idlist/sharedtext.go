package idlist

import (
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// MaxWorkbookText bounds what has to be in memory of the texts of an Excel workbook: those
// in the column of the ids, in bytes with six more for each. A full sheet of ids takes
// 46 MB.
const MaxWorkbookText = 64 << 20

const (
	textBlock   = 1 << 20 // bytes that the memory grows by
	placeBlock  = 1 << 12 // numbers, likewise
	maxTexts    = 1 << 24 // of a workbook
	longestText = 4 << 10 // bytes that are kept of a text; no name or id is longer
)

// sharedTexts are texts of a workbook by their numbers, by which cells refer to them.
type sharedTexts struct {
	blocks [][]byte // each text after two bytes with its length
	places map[int]*[placeBlock]uint32
}

// add adds a text.
func (s *sharedTexts) add(n int, text []byte) error {
	text = text[:min(len(text), longestText)]
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last])+2+len(text) > textBlock {
		s.blocks = append(s.blocks, make([]byte, 0, textBlock))
		last++
	}
	places := s.places[n/placeBlock]
	if places == nil {
		places = new([placeBlock]uint32)
		s.places[n/placeBlock] = places
	}
	if len(s.blocks)*textBlock+4*len(s.places)*placeBlock > MaxWorkbookText {
		return errTooLarge
	}
	places[n%placeBlock] = uint32(last*textBlock + len(s.blocks[last]) + 1)              //nolint:gosec // at most MaxWorkbookText
	s.blocks[last] = binary.LittleEndian.AppendUint16(s.blocks[last], uint16(len(text))) //nolint:gosec // at most longestText
	s.blocks[last] = append(s.blocks[last], text...)
	return nil
}

// get returns the text of a number.
func (s *sharedTexts) get(n int) (string, bool) {
	places := s.places[n/placeBlock]
	if places == nil || places[n%placeBlock] == 0 {
		return "", false
	}
	place := int(places[n%placeBlock] - 1)
	block := s.blocks[place/textBlock][place%textBlock:]
	length := int(binary.LittleEndian.Uint16(block))
	return string(block[2 : 2+length]), true
}

// numbers are numbers of texts.
type numbers struct {
	bits []uint64
	most int // the greatest, plus one
}

func (n *numbers) add(number int) {
	for number/64 >= len(n.bits) {
		n.bits = append(n.bits, 0)
	}
	n.bits[number/64] |= 1 << (number % 64)
	n.most = max(n.most, number+1)
}

func (n *numbers) has(number int) bool {
	return number/64 < len(n.bits) && n.bits[number/64]&(1<<(number%64)) != 0
}

// readTexts reads the texts of these numbers.
func (b *workbook) readTexts(wanted *numbers) (*sharedTexts, error) {
	texts := &sharedTexts{places: map[int]*[placeBlock]uint32{}}
	if b.parts[b.strings] == nil {
		return texts, nil
	}
	part, err := openPart(b.parts[b.strings])
	if err != nil {
		return nil, err
	}
	defer part.close()
	var text textElement
	for n := 0; n < wanted.most; {
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
			if t.Name.Local != "si" {
				continue
			}
			if wanted.has(n) {
				if err := texts.add(n, text.bytes()); err != nil {
					return nil, err
				}
			}
			n++
		}
	}
	return texts, nil
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
