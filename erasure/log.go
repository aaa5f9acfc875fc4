package erasure

// Change is an erasure as it was when its last change was numbered. Of its targets it has
// id, provider, state and reason. It contains opaque ids, codes and times only.
type Change struct {
	// N is the number of the change in the erasure log. A later change of the same
	// erasure has a greater one, and replaces this.
	N int64
	Erasure
}

// Reapplied counts what applying changes to an older database did.
type Reapplied struct {
	Erased  int // customers who were live, and were erased again
	Unknown int // customers who were not in the database; an import cannot bring them back now
	Known   int // erasures that the database had
	Ended   int // targets that had ended well, and are not asked again
	Asked   int // targets that are asked
	Lost    int // targets that a person has to see to, because their references are lost
	// Reopened are targets that have ended well here and are open in the log: they were
	// reopened after the backup.
	Reopened []string
	// Accounts are those that were created because the database lacked them.
	Accounts []string
}

// Add adds what another call did.
func (r *Reapplied) Add(other Reapplied) {
	r.Erased += other.Erased
	r.Unknown += other.Unknown
	r.Known += other.Known
	r.Ended += other.Ended
	r.Asked += other.Asked
	r.Lost += other.Lost
	r.Reopened = append(r.Reopened, other.Reopened...)
	r.Accounts = append(r.Accounts, other.Accounts...)
}

// ReasonReferencesLost means that the erasure was made again from the erasure log, in a
// database that does not know by which references the provider knew the customer.
const ReasonReferencesLost = "references_lost"
