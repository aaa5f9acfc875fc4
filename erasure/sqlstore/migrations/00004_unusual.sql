-- +goose Up

-- When the last pause of the connection ended. What had begun before that and was refused
-- after it is tried again.
ALTER TABLE connections ADD COLUMN resumed_at BIGINT;

-- Most rows are those of what has ended well. These indexes leave them out, so that lists,
-- sweeps and metrics read only what is open or has ended otherwise.
CREATE INDEX targets_unusual ON targets (provider, state, reason) WHERE state NOT IN ('pending', 'in_progress', 'succeeded');
CREATE INDEX erasures_exceptions ON erasures (id) WHERE state = 'completed_with_exceptions';
