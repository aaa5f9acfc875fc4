-- +goose Up

-- When the next request to a connection may start, for all processes together. It has a
-- table of its own because every request changes it.
CREATE TABLE turns (
    connection TEXT PRIMARY KEY,
    next_at    BIGINT NOT NULL -- when the first turn is that nobody has
);
