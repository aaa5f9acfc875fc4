package bulk

import (
	"context"
	"errors"
	"sync"
)

// Options say which journal a run of a list is recorded in, and where the ids are
// sent. All fields but Resume are required.
type Options struct {
	// Journal is the path of the journal file.
	Journal string
	// Resume continues the run that the journal records. Without it the journal must
	// not exist yet.
	Resume bool
	// AccountCode and BaseURL are where ids are sent. The journal is tied to them: it
	// cannot be resumed with others.
	AccountCode string
	BaseURL     string
}

func (o Options) validate() error {
	for _, field := range []struct{ name, value string }{
		{"Journal", o.Journal}, {"AccountCode", o.AccountCode}, {"BaseURL", o.BaseURL},
	} {
		if field.value == "" {
			return errors.New("bulk: Options." + field.name + " is empty; set it")
		}
	}
	return nil
}

// Job is a list with a journal: it can be run once, and reported before and after.
// The caller of [Prepare] must call Close. Methods are safe for concurrent use, but
// Run, Results, WriteReport and Close return an error while one of them is under way.
type Job struct {
	list    *List
	journal *journal

	hardStop context.Context // ends when Abort is called
	abort    context.CancelFunc

	maxWindow int // of Run; 0 for the constant

	mu                sync.Mutex
	busy, ran, closed bool
}

// What is wrong with a call in the wrong order.
var (
	errListInUse  = errors.New("bulk: the list belongs to another job; scan it again")
	errBusy       = errors.New("bulk: the job is running or being reported; wait until that has returned")
	errAlreadyRun = errors.New("bulk: the job was run before; prepare another one with Options.Resume")
	errClosed     = errors.New("bulk: the job is closed")
)

// ErrAborted is the error of a report that [Job.Abort] has cut short.
var ErrAborted = errors.New("aborted")

// Prepare creates the journal of a run, or opens the journal of the run to resume, and
// locks it. It sends nothing and records nothing: that begins with [Job.Run]. From then
// on the list belongs to the job; if Prepare fails, the list can be used again. If ctx
// ends while Prepare reads a journal, it returns ctx's error.
//
// A [*JournalError] says why the journal cannot be used: it exists already, or does
// not exist with Options.Resume; another run has it locked; it belongs to another
// account or environment; or it is damaged. The journal of a list that has changed is
// resumed: [Job.Changes] says what is different, and Run rewrites the journal.
func Prepare(ctx context.Context, list *List, o Options) (*Job, error) {
	if list == nil {
		return nil, errors.New("bulk: the list is nil; scan one")
	}
	if err := errors.Join(list.available(), o.validate()); err != nil {
		return nil, err
	}
	open := createJournal
	if o.Resume {
		open = resumeJournal
	}
	opened, err := open(ctx, list, o)
	if err != nil {
		list.states.reset()
		return nil, err
	}
	list.inUse = true
	job := &Job{list: list, journal: opened}
	job.hardStop, job.abort = context.WithCancel(context.Background())
	return job, nil
}

// Plan is what a run would do.
type Plan struct {
	Remaining int // ids that have to be sent, for the first time or again
	Changes   Changes
}

// DryRun returns what a run with these options would do. It sends and changes nothing.
// With Options.Resume it reads the journal, which may be in use by another run, and fails
// where [Prepare] would; without, no option matters.
func DryRun(ctx context.Context, list *List, o Options) (Plan, error) {
	var p Plan
	if err := list.available(); err != nil {
		return p, err
	}
	if o.Resume {
		if err := o.validate(); err != nil {
			return p, err
		}
		defer list.states.reset()
		var err error
		if p.Changes, err = readJournal(ctx, list, o); err != nil {
			return Plan{}, err
		}
	}
	p.Remaining = list.states.count(0, list.Records).remaining()
	return p, nil
}

func (l *List) available() error {
	if l.inUse {
		return errListInUse
	}
	return nil
}

// Remaining returns how many ids have to be sent, for the first time or again.
func (j *Job) Remaining() int {
	listed, _ := j.journal.count()
	return listed.remaining()
}

// Changes says how the list differs from the one that the journal was written for.
func (j *Job) Changes() Changes { return j.journal.changes }

// Summary counts the outcomes up to now, those of the runs before this one included.
func (j *Job) Summary() Summary {
	listed, unlisted := j.journal.count()
	s := listed.summary()
	others := unlisted.summary()
	s.Unlisted, s.UnlistedUnsettled = others.results(), others.Unsettled
	return s
}

// Unlisted counts the outcomes of the ids that are no longer in the list. They are in the
// report, and not sent again.
func (j *Job) Unlisted() Summary {
	_, unlisted := j.journal.count()
	s := unlisted.summary()
	s.NotSent = 0 // what was neither sent nor is in the list has no result
	return s
}

// Results calls yield once with the final result of every record that has one. A record
// that was under way when a run was killed has one: [MaybeDeleted]. The results of the
// last run come first; within a run they come in the order in which they were recorded.
// Results returns the first error of yield.
func (j *Job) Results(yield func(Result) error) error {
	if err := j.enter(); err != nil {
		return err
	}
	defer j.leave()
	return j.journal.results(yield)
}

// Abort is the hard stop. No further id is sent, the calls that are under way are
// broken off, and a report that is being written, or is written later, fails with
// [ErrAborted]. What the calls may have done is recorded as ambiguous, for a later run
// to settle. Abort does not wait: [Job.Run] returns [context.Canceled] as soon as the
// calls have returned. To let them finish, cancel Run's context instead.
func (j *Job) Abort() { j.abort() }

// Close flushes, closes and unlocks the journal, and removes it if no run was recorded
// in it. Its error means that outcomes may be missing from the journal; a [*WriteError]
// that Run has returned is not repeated. Further calls return nil.
func (j *Job) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.busy:
		return errBusy
	case j.closed:
		return nil
	}
	j.closed = true
	j.abort()
	return j.journal.close()
}

// enter starts an operation that excludes the others. It ends with leave.
func (j *Job) enter() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closed:
		return errClosed
	case j.busy:
		return errBusy
	}
	j.busy = true
	return nil
}

func (j *Job) leave() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.busy = false
}
