package contract

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// maxValidParts limits the parts that a Checker remembers, to some 100 KiB.
const maxValidParts = 1024

// part is a part of a response or a parameter of a request, without its content, which may
// be personal data.
type part struct {
	documentedBy any // a *routers.Route or an *openapi3.Parameter
	digest       [sha256.Size]byte
}

func partOf(documentedBy any, values []string, body []byte) part {
	p := part{documentedBy: documentedBy}
	h := sha256.New()
	for _, value := range values {
		h.Write(binary.AppendUvarint(nil, uint64(len(value)))) // so that ["ab"] differs from ["a", "b"]
		h.Write([]byte(value))
	}
	h.Write(body)
	h.Sum(p.digest[:0])
	return p
}

// validParts remembers parts that kin-openapi has found valid. kin-openapi compiles the
// schema again for each value, most responses of a server are the same few, and requests
// repeat accounts and ids. The zero value is ready to use, and safe for concurrent use.
type validParts struct {
	mu    sync.Mutex
	parts map[part]bool
}

func (v *validParts) has(p part) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.parts[p]
}

// add remembers a part. It forgets all others if there are too many.
func (v *validParts) add(p part) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.parts == nil || len(v.parts) >= maxValidParts {
		v.parts = map[part]bool{}
	}
	v.parts[p] = true
}
