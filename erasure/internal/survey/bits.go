package survey

// bits is a set of numbers that grows as needed.
type bits struct{ chunks []*[chunkWords]uint64 }

// chunkWords is by how much a set grows. Growing one slice with append would copy it, and
// briefly keep it in memory twice.
const chunkWords = 8 << 10

func (b *bits) add(n int) {
	word := n / 64
	for word/chunkWords >= len(b.chunks) {
		b.chunks = append(b.chunks, new([chunkWords]uint64))
	}
	b.chunks[word/chunkWords][word%chunkWords] |= 1 << (n % 64)
}

func (b *bits) has(n int) bool {
	word := n / 64
	return word/chunkWords < len(b.chunks) && b.chunks[word/chunkWords][word%chunkWords]&(1<<(n%64)) != 0
}
