// Package jobs is the queue of the erasure service. It is River, in the same database
// as the targets: a target and its job are written in one transaction. There is one
// job per target. A job's only argument is an opaque id, because River keeps
// arguments and error texts long after a job has ended.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"github.com/yuno-community/yuno-customers/erasure"
)

const (
	// recording is the time that an attempt has after its own timeout, to record its
	// outcome; see [erasure.Service.Attempt].
	recording = 5 * time.Second

	// Every sweepEvery the service looks for what no job does. Targets that have been due
	// for strandedAfter get a new job, in case theirs was lost.
	sweepEvery    = 30 * time.Second
	strandedAfter = 15 * time.Minute

	// maxAttempts limits our own errors only, such as an unreachable database: waiting
	// for a provider is a snooze, which River does not count. At one retry every five
	// minutes the limit is beyond any deadline.
	maxAttempts     = 30_000
	maxRetryBackoff = 5 * time.Minute
)

// Database contains the queue. *sqlstore.Store implements it.
type Database interface {
	// DB returns the pool to write with.
	DB() *sql.DB
	// ListenDSN returns the address of PostgreSQL, or "" for SQLite.
	ListenDSN() string
}

// Handler makes attempts at targets and looks for lost jobs. *erasure.Service
// implements it and documents its methods.
type Handler interface {
	Attempt(ctx context.Context, targetID string, complete erasure.TxFunc) (again time.Time, err error)
	Sweep(ctx context.Context, age time.Duration, enqueue func(context.Context, []erasure.Job) error) error
}

// Config adjusts a [Queue].
type Config struct {
	// Workers is the number of jobs of each provider that run at once in this process.
	// Providers that are missing in it share ten workers.
	Workers map[string]int

	// Logger receives River's messages of level Warn and above, and failed jobs.
	// Defaults to no log.
	Logger *slog.Logger

	// AttemptTimeout is the service's [erasure.Config].AttemptTimeout. A job's own
	// timeout is five seconds longer. After twice that time a running job is considered
	// lost, together with its process, and is started again. Defaults to 40 s, which
	// results in 45 s and 90 s.
	AttemptTimeout time.Duration
}

// Queue writes jobs into the database and, once started, runs them. It is safe for
// concurrent use.
type Queue struct {
	client   *river.Client[*sql.Tx]
	db       Database
	listener *pgxpool.Pool // PostgreSQL only
	queues   map[string]bool
	worker   *worker
}

// Open returns a queue that can enqueue jobs; [Queue.Start] starts running them. Call
// [Queue.Close] when done.
func Open(ctx context.Context, db Database, cfg Config) (*Queue, error) {
	q := &Queue{db: db, worker: &worker{}, queues: map[string]bool{}}
	driver, err := q.driver(ctx, db)
	if err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.AttemptTimeout == 0 {
		cfg.AttemptTimeout = 40 * time.Second
	}
	jobTimeout := cfg.AttemptTimeout + recording
	queues := map[string]river.QueueConfig{
		river.QueueDefault: {MaxWorkers: 10},
		maintenanceQueue:   {MaxWorkers: 1},
	}
	for provider, workers := range cfg.Workers {
		queues[queueName(provider)] = river.QueueConfig{MaxWorkers: workers}
		q.queues[queueName(provider)] = true
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, q.worker)
	river.AddWorker(workers, &sweeper{queue: q})
	q.client, err = river.NewClient(driver, &river.Config{
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: 2 * jobTimeout, // River's default is an hour
		MaxAttempts:          maxAttempts,
		RetryPolicy:          retryPolicy{},
		ErrorHandler:         errorHandler{cfg.Logger},
		Logger:               slog.New(atLeast{cfg.Logger.Handler(), slog.LevelWarn}),
		Queues:               queues,
		Workers:              workers,
		PeriodicJobs:         []*river.PeriodicJob{sweepPeriodically()},
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
	_, err := q.client.InsertManyFastTx(ctx, tx, q.params(jobs))
	return err
}

// enqueueMissing writes jobs for targets that may have an unfinished one already.
// Those are skipped.
func (q *Queue) enqueueMissing(ctx context.Context, jobs []erasure.Job) error {
	_, err := q.client.InsertMany(ctx, q.params(jobs))
	return err
}

func (q *Queue) params(jobs []erasure.Job) []river.InsertManyParams {
	params := make([]river.InsertManyParams, len(jobs))
	for i, job := range jobs {
		params[i] = river.InsertManyParams{
			Args:       targetArgs{TargetID: job.TargetID},
			InsertOpts: &river.InsertOpts{Queue: q.queueOf(job.Provider), UniqueOpts: unfinished},
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

func (q *Queue) queueOf(provider string) string {
	if name := queueName(provider); q.queues[name] {
		return name
	}
	return river.QueueDefault
}

var notInQueueName = regexp.MustCompile(`[^a-z0-9]+`)

// queueName returns a provider's queue, in the characters and the length that River
// accepts. Providers whose names differ only in punctuation, or only beyond that
// length, share a queue and its workers.
func queueName(provider string) string {
	const maxLength = 50
	name := strings.Trim(notInQueueName.ReplaceAllString(provider, "-"), "-")
	return strings.TrimSuffix("provider-"+name[:min(len(name), maxLength)], "-")
}

// Start runs jobs with handler until [Queue.Stop]. The end of ctx does not stop them.
// Call it once.
func (q *Queue) Start(ctx context.Context, handler Handler) error {
	q.worker.handler = handler
	if err := q.adopt(ctx); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	// River stops for good when its context ends. Only Stop may do that.
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

// adopt moves the jobs of providers that are not configured (any more) to the default
// queue, where their targets become action_required. In their own queue, which has no
// workers, they would wait forever. All processes that work on one database must
// therefore have the same providers.
func (q *Queue) adopt(ctx context.Context) error {
	query := "UPDATE river_job SET queue = $1 WHERE kind = $2 AND state IN ('available', 'retryable', 'scheduled') AND queue <> $1"
	args := []any{river.QueueDefault, targetArgs{}.Kind()}
	for name := range q.queues {
		args = append(args, name)
		query += fmt.Sprintf(" AND queue <> $%d", len(args))
	}
	_, err := q.db.DB().ExecContext(ctx, query, args...)
	return err
}

// Stop fetches no more jobs and waits for the running ones. If ctx ends first, it
// interrupts them and they return to the queue. The error means that jobs still run
// ten seconds after that.
func (q *Queue) Stop(ctx context.Context) error {
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
