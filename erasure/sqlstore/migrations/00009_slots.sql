-- +goose Up

-- How many requests a process may have in progress at a connection. Together they have no
-- more than the concurrency of the connection. One that was not seen for a while has none.
CREATE TABLE slots (
    connection TEXT NOT NULL,
    process    TEXT NOT NULL,   -- an id of one run of it
    held       INTEGER NOT NULL,
    seen_at    BIGINT NOT NULL, -- by the clock of the database
    PRIMARY KEY (connection, process)
);
