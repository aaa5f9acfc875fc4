package bulk

import "testing"

func TestMoves(t *testing.T) {
	t.Parallel()
	m, err := newMoves()
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	const many = moveBlocks * len(m.blocks)
	want := map[int]place{}
	for n := 0; n < 3*many; n += 1 + n/7 {
		want[n] = place{3*many - n, n + 1}
		if err := m.set(n, want[n]); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{0, 1, 2, many, 9, 3*many - 1, 5 * many, 4*many + 1, many + 1} {
		now, ok, err := m.of(n)
		if place, known := want[n]; err != nil || ok != known || ok && now != place {
			t.Errorf("%d: %+v, %t, %v, want %+v", n, now, ok, err, place)
		}
	}
	for n, place := range want {
		if now, ok, err := m.of(n); !ok || now != place || err != nil {
			t.Errorf("%d: %+v, %t, %v, want %+v", n, now, ok, err, place)
		}
	}
}
