-- +goose Up

-- The erasure log of serve --erasure-log. One row, once a log was begun.
CREATE TABLE erasure_log (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    database TEXT NOT NULL,   -- in the header of every file of the log
    last     BIGINT NOT NULL, -- the number that was given last, below
    path     TEXT NOT NULL    -- of the file that was written last
);

-- The number of the erasure's last change in the log; NULL: not numbered yet. Numbers are
-- given after the commit of the change, so they grow in the order in which changes can be
-- read.
ALTER TABLE erasures ADD COLUMN logged BIGINT;
CREATE INDEX erasures_logged ON erasures (logged);
