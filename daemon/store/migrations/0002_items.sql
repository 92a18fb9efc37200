R"sql( --
-- Schema 2: steps that run once an item.
ALTER TABLE step ADD COLUMN item_of INTEGER;                        -- of an item: its step
ALTER TABLE step ADD COLUMN item_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE step ADD COLUMN item TEXT;
--)sql"
