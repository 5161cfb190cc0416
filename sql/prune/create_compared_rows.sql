-- Creates the table of the rows that were found in a lake with the same values. Only this connection sees it.
--
-- hash   over all values of the row
CREATE TEMP TABLE IF NOT EXISTS compared_rows (
    history TEXT NOT NULL,
    id      INTEGER NOT NULL,
    hash    INTEGER NOT NULL,
    PRIMARY KEY (history, id)
) STRICT, WITHOUT ROWID
