package client_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

// net/http asks for gzip by itself, and cannot read a body that is only labelled so.
func TestPitfallMislabelledBodyLosesCode(t *testing.T) {
	t.Parallel()
	zip := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return b.String()
	}
	t.Run("Generated", func(t *testing.T) {
		server := newYuno(t, respond(400, notFoundBody, "Content-Encoding", "gzip"))
		resp, err := generatedClient(t, server.baseURL(), ownClient()).DeleteCustomerWithResponse(t.Context(), customerID, params)
		if err == nil {
			t.Errorf("got %v, want the code to be lost", resp)
		}
	})
	for name, tc := range map[string]struct {
		encoding, body string
		want           error
	}{
		"NotCompressed":   {"gzip", notFoundBody, client.ErrCustomerNotFound},
		"Compressed":      {"gzip", zip(notFoundBody), client.ErrCustomerNotFound},
		"CompressedOther": {" X-GZIP ", zip(notFoundBody), client.ErrCustomerNotFound},
		"OtherLabel":      {"br", notFoundBody, client.ErrCustomerNotFound},
		"Truncated":       {"gzip", zip(notFoundBody)[:30], client.ErrBadRequest},
		"WrongChecksum":   {"gzip", zip(notFoundBody)[:len(zip(notFoundBody))-1] + "x", client.ErrBadRequest},
		"Empty":           {"gzip", "", client.ErrBadRequest},
		"Bomb":            {"gzip", zip(strings.Repeat("x", 1<<20)), client.ErrTooLarge},
	} {
		t.Run("Client/"+name, func(t *testing.T) {
			t.Parallel()
			server := newYuno(t, respond(400, tc.body, "Content-Encoding", tc.encoding))
			c := newClient(t, server.baseURL(), fastRetries())
			err := c.DeleteCustomer(t.Context(), customerID)
			if e := asError(t, err); !errors.Is(err, tc.want) || e.StatusCode != 400 || e.Attempts != 1 {
				t.Errorf("got %v after %d attempts, want %v after 1", err, e.Attempts, tc.want)
			}
			if tc.want != client.ErrCustomerNotFound || tc.encoding == "br" {
				return
			}
			resp, err := c.API().DeleteCustomerWithResponse(t.Context(), customerID, params)
			if err != nil || resp.JSON400 == nil || resp.JSON400.Code != "CUSTOMER_NOT_FOUND" {
				t.Errorf("API: got %v, %v", resp, err)
			}
		})
	}
}
