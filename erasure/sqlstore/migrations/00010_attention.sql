-- +goose Up

-- For looking whether an erasure has a target that needs a person, in a list of many. What ends
-- well is not in it.
CREATE INDEX targets_attention ON targets (erasure_id, provider, reason) WHERE state IN ('action_required', 'failed');
