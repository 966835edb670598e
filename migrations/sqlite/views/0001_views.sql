-- Views: disposable, made from the event log. Rows of a view are sorted by key, whose order is that of its bytes.

CREATE TABLE views (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,  -- '<view>-<layout>'
    checkpoint INTEGER NOT NULL          -- position of the last event taken over
) STRICT;

CREATE TABLE rows (
    view  INTEGER NOT NULL,              -- views.id; undeclared, since the check would cost a look-up per row
    key   BLOB    NOT NULL,              -- UTF-8; a blob, so that prefixes are ranges of bytes
    value BLOB    NOT NULL,              -- postcard
    PRIMARY KEY (view, key)
) STRICT, WITHOUT ROWID;
