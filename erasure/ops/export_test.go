package ops

// TakeTurns takes the turns of all requests, until release is called.
func (p *Page) TakeTurns() (release func()) {
	for range cap(p.turns) {
		p.turns <- struct{}{}
	}
	return func() {
		for range cap(p.turns) {
			<-p.turns
		}
	}
}
