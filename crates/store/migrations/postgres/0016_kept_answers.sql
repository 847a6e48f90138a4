-- Looked up by the key that a request came with, and deleted when they have been kept for long enough.
CREATE TABLE kept_answers (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    expires_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX kept_answers_expires_at ON kept_answers (expires_at);
