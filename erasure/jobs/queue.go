// Package jobs is the queue of the erasure service. It is River, in the same database
// as the targets: a target and its job are written in one transaction. There is one
// job per target. A job's only argument is an opaque id, because River keeps
// arguments and error texts long after a job has ended.
package jobs

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

const (
	// recording is the time that an attempt has after its own timeout, to record its
	// outcome; see [erasure.Service.Attempt].
	recording = 5 * time.Second

	// strandedAfter is how long targets are due until they get a new job, in case theirs
	// was lost.
	strandedAfter = 15 * time.Minute

	// defaultWorkers is the number of workers of a queue whose number is not configured.
	defaultWorkers = 10

	// maxAttempts limits our own errors only, such as an unreachable database: waiting
	// for a provider is a snooze, which River does not count. At one retry every five
	// minutes the limit is beyond any deadline.
	maxAttempts     = 30_000
	maxRetryBackoff = 5 * time.Minute

	// entering is how long a job waits until this process may make an attempt. Then it
	// goes back to the queue, for another process or for later.
	entering = 5 * time.Second
)

// Database contains the queue. *sqlstore.Store implements it.
type Database interface {
	// DB returns the pool to write with.
	DB() *sql.DB
	// ListenDSN returns the address of PostgreSQL, or "" for SQLite.
	ListenDSN() string
}

// Handler makes attempts at targets, and looks after targets and connections.
// *erasure.Service implements it and documents its methods.
type Handler interface {
	Providers() []string
	Enter(ctx context.Context, provider string, giveUp <-chan struct{}) (inside context.Context, leave func(), err error)
	Attempt(ctx context.Context, targetID string, complete erasure.TxFunc) (again time.Time, err error)
	Sweep(ctx context.Context, age time.Duration, again erasure.EnqueueFunc) error
	Beat(ctx context.Context, again erasure.EnqueueFunc, spawn func(func())) ([]erasure.ConnectionState, error)
	Leave(ctx context.Context) error
}

// Config adjusts a [Queue].
type Config struct {
	// Workers is the number of jobs of each provider that run at once in this process,
	// from 1 to 10,000. Defaults to ten for each provider of the handler. If the provider is
	// [erasure.Limited] and this process has fewer slots, the others of these jobs wait.
	Workers map[string]int

	// Logger receives River's messages of level Warn and above, and failed jobs.
	// Defaults to no log.
	Logger *slog.Logger

	// AttemptTimeout is the service's [erasure.Config].AttemptTimeout. A job may take ten
	// seconds longer: five to wait until this process may make the attempt, and five to
	// record it. A job that has run for twice the attempt timeout, and ten seconds, is
	// considered lost, together with its process, and is started again. Defaults to 40 s,
	// which results in 50 s and 90 s.
	AttemptTimeout time.Duration

	// HeartbeatTimeout is the service's [erasure.Config].HeartbeatTimeout. The queue calls
	// [Handler].Beat twelve times in it, and Handler.Sweep twice. Defaults to
	// [erasure.DefaultHeartbeatTimeout].
	HeartbeatTimeout time.Duration

	// Trace, if set, takes the trace of a context along with the jobs that it enqueues.
	Trace Trace
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.AttemptTimeout == 0 {
		c.AttemptTimeout = 40 * time.Second
	}
	if c.HeartbeatTimeout == 0 {
		c.HeartbeatTimeout = erasure.DefaultHeartbeatTimeout
	}
	return c
}

// maxDuration bounds every duration of a [Config]. Beyond it, multiples overflow.
const maxDuration = 100 * 365 * 24 * time.Hour

func (c Config) validate() error {
	var errs []error
	if c.AttemptTimeout <= 0 || c.AttemptTimeout > maxDuration {
		errs = append(errs, fmt.Errorf("AttemptTimeout is %v: want a positive duration of at most 100 years", c.AttemptTimeout))
	}
	if c.HeartbeatTimeout < erasure.MinHeartbeatTimeout || c.HeartbeatTimeout > maxDuration {
		errs = append(errs, fmt.Errorf("HeartbeatTimeout is %v: want %v or more, and at most 100 years", c.HeartbeatTimeout, erasure.MinHeartbeatTimeout))
	}
	for _, provider := range slices.Sorted(maps.Keys(c.Workers)) {
		if err := erasure.CheckProviderName(provider); err != nil {
			errs = append(errs, fmt.Errorf("a provider's name in Workers %w", err))
		}
		if n := c.Workers[provider]; n < 1 || n > river.QueueNumWorkersMax {
			errs = append(errs, fmt.Errorf("number of Workers of %s is %d: want 1 to %d", provider, n, river.QueueNumWorkersMax))
		}
	}
	if c.Trace != nil && wire.IsNil(c.Trace) {
		errs = append(errs, errors.New("the Trace is a nil pointer"))
	}
	return errors.Join(errs...)
}

// Queue writes jobs into the database and, once started, runs them. It is safe for
// concurrent use.
type Queue struct {
	client   *river.Client[*sql.Tx]
	db       Database
	listener *pgxpool.Pool     // PostgreSQL only
	own      map[string]string // providers that this process works on, by the names of their queues
	worker   *worker
	trace    Trace // nil for none
	log      *slog.Logger

	heartbeatTimeout time.Duration

	mu         sync.Mutex
	live       map[string]bool // names of the queues that some process works on, its own included
	steadiness erasure.Steadiness

	stopBeating context.CancelFunc
	beating     sync.WaitGroup
}

// Open returns a queue that can enqueue jobs; [Queue.Start] starts running them. Call
// [Queue.Close] when done.
func Open(ctx context.Context, db Database, cfg Config) (*Queue, error) {
	cfg = cfg.withDefaults()
	if wire.IsNil(db) {
		return nil, errors.New("queue: the database is nil")
	}
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	q := &Queue{
		db: db, trace: cfg.Trace, own: map[string]string{}, live: map[string]bool{}, log: cfg.Logger,
		heartbeatTimeout: cfg.HeartbeatTimeout, steadiness: erasure.NewSteadiness(cfg.HeartbeatTimeout),
	}
	q.worker = newWorker(q.own, cfg.Trace)
	driver, err := q.driver(ctx, db)
	if err != nil {
		return nil, err
	}
	attempt := cfg.AttemptTimeout + recording
	queues := map[string]river.QueueConfig{
		river.QueueDefault: {MaxWorkers: defaultWorkers},
		maintenanceQueue:   {MaxWorkers: 1},
	}
	for provider, workers := range cfg.Workers {
		queues[queueName(provider)] = river.QueueConfig{MaxWorkers: workers}
		q.own[queueName(provider)], q.live[queueName(provider)] = provider, true
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, q.worker)
	river.AddWorker(workers, &sweeper{queue: q})
	q.client, err = river.NewClient(driver, &river.Config{
		JobTimeout:           entering + attempt,
		RescueStuckJobsAfter: 2 * attempt, // River's default is an hour
		MaxAttempts:          maxAttempts,
		RetryPolicy:          retryPolicy{},
		ErrorHandler:         errorHandler{cfg.Logger},
		Logger:               slog.New(atLeast{cfg.Logger.Handler(), slog.LevelWarn}),
		Queues:               queues,
		Workers:              workers,
		PeriodicJobs:         []*river.PeriodicJob{q.sweepPeriodically()},
	})
	if err != nil {
		q.Close()
		return nil, fmt.Errorf("queue: %w", err)
	}
	return q, nil
}

func (q *Queue) driver(ctx context.Context, db Database) (riverdriver.Driver[*sql.Tx], error) {
	dsn := db.ListenDSN()
	if dsn == "" {
		return riversqlite.New(db.DB()), nil
	}
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("queue: the database's address does not parse") // the error may quote a password
	}
	// Without a listener, jobs would be found by polling, half a second late on average.
	cfg.MinConns, cfg.MaxConns = 0, 1
	if q.listener, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, errors.New("queue: cannot connect to listen for notifications")
	}
	return riverdatabasesql.NewWithPgxListener(db.DB(), q.listener), nil
}

// Enqueue writes jobs inside tx. It is an [erasure.EnqueueFunc].
func (q *Queue) Enqueue(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	_, err := q.client.InsertManyFastTx(ctx, tx, q.params(ctx, jobs))
	return err
}

// Again writes jobs inside tx for targets that may have an unfinished one already, which
// may wait for a later time or in another queue. Such a job is brought forward instead.
// It is an [erasure.EnqueueFunc].
func (q *Queue) Again(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	results, err := q.client.InsertManyTx(ctx, tx, q.params(ctx, jobs))
	if err != nil {
		return err
	}
	for i, result := range results {
		if !result.UniqueSkippedAsDuplicate {
			continue
		}
		switch result.Job.State {
		case rivertype.JobStateScheduled, rivertype.JobStateRetryable:
			if _, err := q.client.JobRetryTx(ctx, tx, result.Job.ID); err != nil {
				return err
			}
		}
		if queue := q.queueOf(jobs[i].Provider); result.Job.Queue != queue {
			if _, err := tx.ExecContext(ctx, `UPDATE river_job SET queue = $2 WHERE id = $1 AND `+waiting, result.Job.ID, queue); err != nil {
				return err
			}
		}
	}
	return nil
}

// waiting is a condition on jobs: they are to run, and do not run yet.
const waiting = `state IN ('available', 'retryable', 'scheduled')`

func (q *Queue) params(ctx context.Context, jobs []erasure.Job) []river.InsertManyParams {
	metadata := metadataOf(ctx, q.trace)
	params := make([]river.InsertManyParams, len(jobs))
	for i, job := range jobs {
		params[i] = river.InsertManyParams{
			Args:       targetArgs{TargetID: job.TargetID},
			InsertOpts: &river.InsertOpts{Queue: q.queueOf(job.Provider), UniqueOpts: unfinished, Metadata: metadata},
		}
	}
	return params
}

// unfinished allows one unfinished job per target. The store's own constraint comes
// first; this is a second safeguard.
var unfinished = river.UniqueOpts{
	ByArgs: true,
	ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	},
}

// queueOf returns the queue for a provider's jobs. Those of a provider that no process
// has go to the default queue, where their targets become action_required.
func (q *Queue) queueOf(provider string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	if name := queueName(provider); q.live[name] {
		return name
	}
	return river.QueueDefault
}

var (
	// riverName describes the queue names that River accepts, at most maxQueueName long.
	riverName = regexp.MustCompile(`^[a-z0-9]+([_-]?[a-z0-9]+)*$`)
	notPlain  = regexp.MustCompile(`[^a-z0-9]+`)
)

const maxQueueName = 64

// queueName returns a provider's queue. Each provider has its own, so that pausing one
// pauses no other: a name that River does not accept gets a hash.
func queueName(provider string) string {
	if name := "provider-" + provider; len(name) <= maxQueueName && riverName.MatchString(name) {
		return name
	}
	sum := sha256.Sum256([]byte(provider))
	plain := strings.Trim(notPlain.ReplaceAllString(provider, "-"), "-")
	const maxPlain = 30
	return strings.Trim("hashed-"+plain[:min(len(plain), maxPlain)], "-") + "-" + hex.EncodeToString(sum[:10])
}

// Start runs jobs with handler until [Queue.Stop]. The end of ctx does not stop them.
// Call it once.
func (q *Queue) Start(ctx context.Context, handler Handler) error {
	q.worker.handler = handler
	for _, provider := range handler.Providers() {
		if name := queueName(provider); q.own[name] == "" {
			if err := q.client.Queues().Add(name, river.QueueConfig{MaxWorkers: defaultWorkers}); err != nil {
				return fmt.Errorf("queue: %w", err)
			}
			q.own[name] = provider
		}
	}
	// The first beat comes before any job and any sweep: from then on all processes know
	// which connections this one works on.
	beatCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	q.stopBeating = stop
	err := q.beat(beatCtx)
	if err == nil {
		err = q.adopt(ctx)
	}
	if err == nil {
		// River stops for good when its context ends. Only Stop may do that.
		err = q.client.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		stop()
		q.beating.Wait()
		return fmt.Errorf("queue: %w", err)
	}
	q.beating.Go(func() { q.keepBeating(beatCtx) })
	return nil
}

// Stop fetches no more jobs and waits for the running ones. If ctx ends first, it
// interrupts them and they return to the queue. The error means that jobs still run
// ten seconds after that.
func (q *Queue) Stop(ctx context.Context) error {
	q.worker.stop()
	err := q.stopJobs(ctx)
	q.stopBeating() // last: until then this process works on its connections
	q.beating.Wait()
	if err != nil {
		return err
	}
	if err := q.worker.handler.Leave(context.WithoutCancel(ctx)); err != nil {
		q.log.WarnContext(ctx, "the other processes take over the share of this one only once its heartbeat is missing", "err", err)
	}
	return nil
}

func (q *Queue) stopJobs(ctx context.Context) error {
	if err := q.client.Stop(ctx); err == nil {
		return nil
	}
	// Interrupted attempts are recorded within five seconds; see erasure.Service.Attempt.
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := q.client.StopAndCancel(hard); err != nil {
		return fmt.Errorf("queue: jobs did not stop: %w", err)
	}
	return nil
}

// Close closes the listener's connection. Call [Queue.Stop] first, if the queue was
// started.
func (q *Queue) Close() {
	if q.listener != nil {
		q.listener.Close()
	}
}
