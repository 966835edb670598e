-- The event log. One row per stream, one per event; nothing in either is ever changed.

CREATE TABLE streams (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE          -- 'device-…': prefixes are ranges of this index
) STRICT;

CREATE TABLE events (
    position       INTEGER PRIMARY KEY,  -- in order of commit: given out under the write lock
    stream         INTEGER NOT NULL REFERENCES streams (id),
    revision       INTEGER NOT NULL,     -- from 0, without holes
    event_id       BLOB    NOT NULL CHECK (length(event_id) = 16),
    type           TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL,     -- microseconds since 1970-01-01T00:00:00Z
    actor          TEXT    NOT NULL,     -- 'device', 'admin:<name>', 'job:<name>', 'import:<name>'
    correlation_id BLOB    NOT NULL CHECK (length(correlation_id) = 16),
    key_id         TEXT,
    payload        BLOB    NOT NULL,     -- postcard
    prev_hash      BLOB    NOT NULL CHECK (length(prev_hash) = 32),
    hash           BLOB    NOT NULL CHECK (length(hash) = 32),
    UNIQUE (stream, revision)
) STRICT;

-- Against accidents with a database shell; against malice there is the hash chain.
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

CREATE TRIGGER streams_are_not_changed BEFORE UPDATE ON streams
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

CREATE TRIGGER streams_are_not_deleted BEFORE DELETE ON streams
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
