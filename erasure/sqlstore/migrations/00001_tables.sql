-- This file is for both SQLite and PostgreSQL. Times are microseconds since 1970,
-- UTC. BYTEA columns contain ciphertext, wrapped keys and hashes; SQLite stores a blob
-- unchanged in a column of any declared type.

-- +goose Up

-- One row, the mark: a data key that seals nothing. A key ring that opens it is the
-- one that this database is sealed under.
CREATE TABLE key_checks (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    key BYTEA NOT NULL
);

CREATE TABLE accounts (
    code        TEXT PRIMARY KEY,
    public_key  TEXT NOT NULL UNIQUE,
    secret_hash BYTEA NOT NULL,
    created_at  BIGINT NOT NULL,
    revoked_at  BIGINT
);

-- A live customer, or the tombstone of an erased one, with erased_at set and NULL in
-- every column after it. The tombstone prevents a late import from bringing the
-- customer back.
CREATE TABLE customers (
    account_code TEXT NOT NULL REFERENCES accounts (code),
    id           TEXT NOT NULL,
    erased_at    BIGINT,
    key          BYTEA, -- the data key of the two below, wrapped
    personal     BYTEA, -- the customer object, sealed
    links        BYTEA, -- what an erasure needs, sealed: type links in customers.go
    merchant_mac BYTEA, -- HMAC of the merchant_customer_id
    PRIMARY KEY (account_code, id)
);

CREATE INDEX customers_merchant ON customers (account_code, merchant_mac) WHERE merchant_mac IS NOT NULL;

CREATE TABLE erasures (
    id           TEXT PRIMARY KEY, -- sorts by accepted_at
    account_code TEXT NOT NULL,
    customer_id  TEXT NOT NULL,
    state        TEXT NOT NULL,
    accepted_at  BIGINT NOT NULL,
    deadline     BIGINT NOT NULL,
    final_at     BIGINT,
    UNIQUE (account_code, customer_id), -- a customer is erased once
    FOREIGN KEY (account_code, customer_id) REFERENCES customers (account_code, id)
);

-- The queries that use this index repeat its predicate word for word.
CREATE INDEX erasures_open ON erasures (deadline) WHERE state IN ('in_progress', 'attention_required');

CREATE TABLE targets (
    id         TEXT PRIMARY KEY,
    erasure_id TEXT NOT NULL REFERENCES erasures (id),
    provider   TEXT NOT NULL,
    state      TEXT NOT NULL,
    reason     TEXT NOT NULL DEFAULT '',
    status     INTEGER NOT NULL DEFAULT 0,
    attempts   INTEGER NOT NULL DEFAULT 0,
    changes    INTEGER NOT NULL DEFAULT 0, -- number of rows of evidence
    due_at     BIGINT,           -- pending: the next attempt; in_progress: its start; else NULL
    updated_at BIGINT NOT NULL,
    key        BYTEA,            -- the data key of refs, wrapped
    refs       BYTEA,            -- the provider's references, sealed
    UNIQUE (erasure_id, provider)
);

CREATE INDEX targets_due ON targets (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE evidence (
    target_id TEXT NOT NULL REFERENCES targets (id),
    n         INTEGER NOT NULL, -- 1 for the target's first change
    at        BIGINT NOT NULL,
    state     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    status    INTEGER NOT NULL,
    attempt   INTEGER NOT NULL,
    note      TEXT NOT NULL,
    PRIMARY KEY (target_id, n)
);
