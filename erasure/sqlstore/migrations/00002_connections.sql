-- +goose Up

-- Connections as the running processes know them, and whether they are paused.
CREATE TABLE connections (
    name      TEXT PRIMARY KEY,
    seen_at   BIGINT,                      -- when a working process last had it; NULL: never
    paused_at BIGINT,                      -- NULL: not paused
    by_hand   INTEGER NOT NULL DEFAULT 0,  -- 1: an operator paused it
    reason    TEXT NOT NULL DEFAULT '',    -- why it is paused
    pauses    INTEGER NOT NULL DEFAULT 0   -- automatic ones in a row, without a success between
);

ALTER TABLE targets ADD COLUMN lost INTEGER NOT NULL DEFAULT 0; -- 1: the end of an attempt was never recorded
ALTER TABLE targets ADD COLUMN verified INTEGER NOT NULL DEFAULT 0; -- 1: a read after the deletion found nothing
ALTER TABLE targets ADD COLUMN concern TEXT NOT NULL DEFAULT ''; -- see type Concern
ALTER TABLE targets ADD COLUMN concern_since BIGINT;
ALTER TABLE targets ADD COLUMN concern_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE targets ADD COLUMN granted_until BIGINT; -- the target's own deadline, after a retry
ALTER TABLE targets ADD COLUMN purge_at BIGINT; -- when the references of a target that ended well are destroyed
ALTER TABLE targets ADD COLUMN first_key BYTEA; -- key and refs as they were at first, once they have changed
ALTER TABLE targets ADD COLUMN first_refs BYTEA;

-- None of these indexes contains a target that has just been accepted.
CREATE INDEX targets_concern ON targets (concern_since) WHERE concern_since IS NOT NULL;
CREATE INDEX targets_granted ON targets (granted_until) WHERE granted_until IS NOT NULL;
CREATE INDEX targets_orphaned ON targets (provider) WHERE reason = 'provider_not_configured';
CREATE INDEX targets_purge ON targets (purge_at) WHERE purge_at IS NOT NULL;

ALTER TABLE evidence ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;
