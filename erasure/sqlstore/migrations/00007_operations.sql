-- +goose Up

-- People who may log in to the operations page. A credential is random, so its SHA-256 is
-- enough; so it is for logins and codes.
CREATE TABLE operators (
    name            TEXT PRIMARY KEY,
    role            TEXT NOT NULL,
    credential_hash BYTEA NOT NULL,
    created_at      BIGINT NOT NULL,
    revoked_at      BIGINT
);

-- Browsers that are logged in.
CREATE TABLE logins (
    token_hash BYTEA PRIMARY KEY,
    operator   TEXT NOT NULL REFERENCES operators (name),
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

-- Codes of links that log in once.
CREATE TABLE login_codes (
    code_hash  BYTEA PRIMARY KEY,
    operator   TEXT NOT NULL REFERENCES operators (name),
    expires_at BIGINT NOT NULL
);

-- What people have done, on the page or with the command.
CREATE TABLE actions (
    id       TEXT PRIMARY KEY, -- sorts by at
    at       BIGINT NOT NULL,
    operator TEXT NOT NULL,    -- on the command line, a login name
    via      TEXT NOT NULL,    -- page or command
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,    -- an erasure, a connection, an account, an operator, or what selected the targets
    note     TEXT NOT NULL,
    targets  INTEGER NOT NULL
);
CREATE INDEX actions_operator ON actions (operator, id);

CREATE TABLE action_targets (
    target_id TEXT NOT NULL REFERENCES targets (id),
    action_id TEXT NOT NULL REFERENCES actions (id),
    PRIMARY KEY (target_id, action_id)
);

-- Lists go by id, also those of what is open; the other columns are for counting.
DROP INDEX erasures_open;
CREATE INDEX erasures_open ON erasures (id, deadline, accepted_at, state) WHERE state IN ('in_progress', 'attention_required');

-- For the counts by hour and day. Only what went wrong is in the second one.
CREATE INDEX erasures_final ON erasures (final_at, accepted_at, state) WHERE final_at IS NOT NULL;
CREATE INDEX evidence_attention ON evidence (at) WHERE state IN ('action_required', 'failed') AND reason <> 'references_shown';
