R"sql( --
-- Schema 3: runs that are started by steps of other runs.
ALTER TABLE run ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;       -- run whose step started this one; 0: none
ALTER TABLE run ADD COLUMN parent_step INTEGER NOT NULL DEFAULT 0;
CREATE INDEX run_by_parent ON run (parent) WHERE parent > 0;
ALTER TABLE run_data ADD COLUMN pinned TEXT;                        -- versions of the workflows it uses
ALTER TABLE step ADD COLUMN child INTEGER NOT NULL DEFAULT 0;       -- run it started; 0: none
ALTER TABLE step ADD COLUMN former_child INTEGER NOT NULL DEFAULT 0; -- run from which that run goes on; 0: none
ALTER TABLE version ADD COLUMN uses TEXT NOT NULL DEFAULT '';       -- names of the workflows its steps use
--)sql"
