package wire

import (
	"net/http"
	"testing"
)

func TestIsNil(t *testing.T) {
	t.Parallel()
	for _, value := range []any{nil, (*http.Client)(nil), http.HandlerFunc(nil), (chan int)(nil)} {
		if !IsNil(value) {
			t.Errorf("%T is not nil", value)
		}
	}
	for _, value := range []any{0, "", struct{}{}, &http.Client{}, http.HandlerFunc(http.NotFound), http.Header(nil)} {
		if IsNil(value) {
			t.Errorf("%T is nil", value)
		}
	}
}
