CREATE TABLE links (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    owner TEXT,
    expires INTEGER
);
