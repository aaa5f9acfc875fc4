package contract

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/getkin/kin-openapi/routers"
)

// maxValidParts limits the parts that a Checker remembers, to some 100 KiB.
const maxValidParts = 1024

// part is a part of a response, without its content, which may be personal data.
type part struct {
	route  *routers.Route // documents the part
	digest [sha256.Size]byte
}

func partOf(route *routers.Route, values []string, body []byte) part {
	p := part{route: route}
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
// schema again for each value, and most responses of a server are the same few. The zero
// value is ready to use, and safe for concurrent use.
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
