-- +goose Up

-- The master keys that processes have had, by public id. A key without a row never sealed
-- anything here.
CREATE TABLE master_keys (
    id           TEXT PRIMARY KEY,
    sealed_at    BIGINT, -- when it became the newest, under which everything is sealed; NULL: never
    replaced_at  BIGINT, -- since when nothing is sealed under it, because a newer one took its place
    destroyed_at BIGINT  -- when it was removed from the key file
);

-- The processes that run, and those that ended without a word. One that was not seen for a
-- while counts no longer.
CREATE TABLE processes (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,   -- machine and process number
    role       TEXT NOT NULL,
    key_file   TEXT NOT NULL,   -- where its master keys come from; empty: the environment
    keys       TEXT NOT NULL,   -- ids of its master keys, separated by spaces
    started_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
