-- +goose Up

-- How often the target was taken back from a person because its connection worked again,
-- since an operator retried it or a pause ended.
ALTER TABLE targets ADD COLUMN taken_back INTEGER NOT NULL DEFAULT 0;
