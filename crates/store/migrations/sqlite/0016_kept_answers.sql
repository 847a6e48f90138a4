-- Looked up by the key that a request came with, and deleted when they have been kept for long enough.
CREATE TABLE kept_answers (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX kept_answers_expires_at ON kept_answers (expires_at);
