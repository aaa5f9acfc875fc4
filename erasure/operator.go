package erasure

import (
	"errors"
	"strings"
	"time"
)

// Role is what an operator may do on the operations page.
type Role string

// The roles.
const (
	// RoleViewer may see everything but the references of customers.
	RoleViewer Role = "viewer"
	// RoleOperator may also act.
	RoleOperator Role = "operator"
)

// Operator is a person who may log in to the operations page.
type Operator struct {
	Name      string    `json:"name"`
	Role      Role      `json:"role"`
	CreatedAt time.Time `json:"created_at"`
	// RevokedAt is when the credential was revoked; zero while it is valid.
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

// Login is an operator's browser that is logged in.
type Login struct {
	Operator  Operator
	CreatedAt time.Time
}

// How long a login and a code last. A page that updates itself does not prolong a login.
const (
	// LoginLasts is how long a login lasts at most.
	LoginLasts = 12 * time.Hour
	// LoginIdles is how long a login lasts without a request.
	LoginIdles = time.Hour
	// LoginCodeLasts is how long the link of a login code works.
	LoginCodeLasts = 10 * time.Minute
)

// CheckOperatorName returns why name is not an operator's, or nil. The text is a predicate
// and does not repeat the name. An e-mail address is none: names are kept for good.
func CheckOperatorName(name string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	if name == "" || len(name) > 64 || strings.Trim(name, letters) != "" {
		return errors.New("must be at most 64 letters, digits, dots, hyphens and underscores")
	}
	return nil
}
