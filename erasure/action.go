package erasure

import "time"

// Action is what a person did, on the operations page or with the command. It contains
// nothing personal about customers.
type Action struct {
	ID       string     `json:"id"`
	At       time.Time  `json:"at"`
	Operator string     `json:"operator"` // or the login name of the command's user
	Via      Via        `json:"via"`
	Kind     ActionKind `json:"kind"`
	// Subject is what it was done to: an erasure, a connection, an account, an operator or
	// master keys, by id. For targets of several erasures it is what selected them; empty if
	// their ids did, and for the erasures of a log.
	Subject string `json:"subject,omitempty"`
	// Note is the person's, or counts what was done to many at once.
	Note string `json:"note,omitempty"`
	// Targets is the number of targets that it changed.
	Targets int `json:"targets,omitempty"`
}

// Via is where an action comes from.
type Via string

// The places that actions come from.
const (
	ViaPage    Via = "page"
	ViaCommand Via = "command"
)

// ActionKind is what was done.
type ActionKind string

// The kinds of actions.
const (
	ActionRetry            ActionKind = "retry"
	ActionReopen           ActionKind = "reopen"
	ActionResolve          ActionKind = "resolve"
	ActionShowReferences   ActionKind = "show_references"
	ActionPauseConnection  ActionKind = "pause_connection"
	ActionResumeConnection ActionKind = "resume_connection"
	ActionCreateAccount    ActionKind = "create_account"
	ActionRotateAccount    ActionKind = "rotate_account"
	ActionRevokeAccount    ActionKind = "revoke_account"
	ActionAddOperator      ActionKind = "add_operator"
	ActionRevokeOperator   ActionKind = "revoke_operator"
	ActionImportCustomers  ActionKind = "import_customers"
	ActionApplyLog         ActionKind = "apply_log"
	ActionRotateMasterKey  ActionKind = "rotate_master_key"
	ActionDropMasterKeys   ActionKind = "drop_master_keys"
)

// Actor is a person who acts. The methods of *sqlstore.Store that act for people take one
// from their context; see sqlstore.WithActor.
type Actor struct {
	Name string
	Via  Via
	// Selection is what selects the targets, for an action on those of several erasures.
	Selection string
}

// ActionFilter selects actions. Its zero value selects all.
type ActionFilter struct {
	Operator string
	// ErasureID selects actions that changed a target of this erasure, or looked at it.
	ErasureID string
	// Before selects actions that are older than the one with this id, to continue a list.
	Before string
	// Limit is the largest number of actions to return. Defaults to 100.
	Limit int
}
