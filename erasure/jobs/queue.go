// Package jobs is the queue of the erasure service: River, in the same database
// as everything else, so that a job exists exactly when its target does. One job
// is one target. Its arguments are an opaque id and nothing else: River keeps
// them, and the text of errors, long after a job has ended.
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
	// recording is how long an attempt may take beyond its own timeout, to record
	// what it came to; see [erasure.Service.Attempt].
	recording = 5 * time.Second

	// sweepEvery and strandedAfter are the safety net under lost jobs.
	sweepEvery    = 5 * time.Minute
	strandedAfter = 15 * time.Minute

	// maxAttempts counts errors of ours only (the database is away): waiting for a
	// provider is a snooze, which takes no attempt. With a retry every five
	// minutes this outlasts any deadline.
	maxAttempts     = 30_000
	maxRetryBackoff = 5 * time.Minute
)

// Database is where the queue lives; *sqlstore.Store is one.
type Database interface {
	// DB returns the pool to write with.
	DB() *sql.DB
	// ListenDSN returns the address of PostgreSQL, or "" for SQLite.
	ListenDSN() string
}

// Handler works on targets; *erasure.Service is one.
type Handler interface {
	Attempt(ctx context.Context, targetID string, complete erasure.TxFunc) (again time.Time, err error)
	Sweep(ctx context.Context, age time.Duration, enqueue func(context.Context, []erasure.Job) error) (int, error)
}

// Config adjusts a [Queue].
type Config struct {
	// Workers says how many jobs of each provider run at once in this process.
	// Providers that are not in it share ten workers.
	Workers map[string]int

	// Logger gets what River has to say, from level Warn on. Defaults to silence.
	Logger *slog.Logger

	// AttemptTimeout is that of the service, [erasure.Config].AttemptTimeout. What
	// the queue allows a job follows from it: five seconds more, and after twice
	// that a job counts as lost with the process that worked on it, and is worked
	// on again. Defaults to 40 s, which makes 45 s and 90 s.
	AttemptTimeout time.Duration

	// FetchCooldown is the shortest time between two fetches of jobs: at most
	// Workers jobs start in it. Defaults to 100 ms.
	FetchCooldown time.Duration
}

// Queue puts jobs into the database and, once started, works on them. It is safe
// for concurrent use.
type Queue struct {
	client   *river.Client[*sql.Tx]
	db       Database
	listener *pgxpool.Pool // PostgreSQL only
	queues   map[string]bool
	worker   *worker
}

// Open returns a queue that can enqueue; [Queue.Start] makes it work. Close it.
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
		FetchCooldown:        cfg.FetchCooldown,
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
		return nil, errors.New("queue: the database's address does not parse") // its text may hold a password
	}
	// Without a listener, jobs are found by polling: half a second late on average.
	cfg.MinConns, cfg.MaxConns = 0, 1
	if q.listener, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, errors.New("queue: cannot connect to listen for notifications")
	}
	return riverdatabasesql.NewWithPgxListener(db.DB(), q.listener), nil
}

// Enqueue puts one job a target into the queue, inside tx. It is an
// [erasure.EnqueueFunc].
func (q *Queue) Enqueue(ctx context.Context, tx *sql.Tx, jobs []erasure.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	_, err := q.client.InsertManyFastTx(ctx, tx, q.params(jobs))
	return err
}

// enqueueAgain puts jobs into the queue whose targets may have one already; those
// are skipped.
func (q *Queue) enqueueAgain(ctx context.Context, jobs []erasure.Job) error {
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

// unfinished makes a job unique while it is not finished: a second fence behind
// the store's own constraint.
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

// queueName is a provider's name as River takes it. Names that differ in
// punctuation, or beyond the length River takes, share a queue, which does no harm.
func queueName(provider string) string {
	const most = 50
	name := strings.Trim(notInQueueName.ReplaceAllString(provider, "-"), "-")
	return strings.TrimSuffix("provider-"+name[:min(len(name), most)], "-")
}

// Start works on jobs with handler until [Queue.Stop].
func (q *Queue) Start(ctx context.Context, handler Handler) error {
	q.worker.handler = handler
	if err := q.adopt(ctx); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	// River stops for good when this context ends: Stop decides that, not a signal.
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

// adopt moves jobs of providers that are not configured (any more) to the default
// queue, where they end as action_required: in a queue that nobody works on they
// would wait for ever. Every process that works on one database must therefore
// have the same providers.
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

// Stop fetches no more jobs and waits for those that are being worked on. When
// ctx ends before that, they are interrupted and go back to the queue.
func (q *Queue) Stop(ctx context.Context) error {
	if err := q.client.Stop(ctx); err == nil {
		return nil
	}
	// Interrupted attempts are recorded within five seconds; see Service.Attempt.
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := q.client.StopAndCancel(hard); err != nil {
		return fmt.Errorf("queue: jobs did not stop: %w", err)
	}
	return nil
}

// Close releases the listener's connection. Stop first.
func (q *Queue) Close() {
	if q.listener != nil {
		q.listener.Close()
	}
}
