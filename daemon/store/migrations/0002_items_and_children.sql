R"sql( --
-- Schema 2: steps that run once an item, and runs that are started by steps.
ALTER TABLE run ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;       -- run whose step started this one; 0: none
ALTER TABLE run ADD COLUMN parent_step INTEGER NOT NULL DEFAULT 0;
CREATE INDEX run_by_parent ON run (parent) WHERE parent > 0;
ALTER TABLE run_data ADD COLUMN pinned TEXT;                        -- versions of its sub-workflows
ALTER TABLE step ADD COLUMN item_of INTEGER;                        -- of an item: its step
ALTER TABLE step ADD COLUMN item_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE step ADD COLUMN item TEXT;
ALTER TABLE step ADD COLUMN child INTEGER NOT NULL DEFAULT 0;       -- the run it started
--)sql"
