CREATE TABLE links (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    owner TEXT,
    expires INTEGER,              -- seconds since 1970; NULL lives for ever
    deleted INTEGER NOT NULL DEFAULT 0
);
