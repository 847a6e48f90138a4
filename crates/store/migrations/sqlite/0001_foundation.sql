-- One row per project: the version of its configuration.
CREATE TABLE partitions (
    project_id TEXT NOT NULL PRIMARY KEY,
    config_version INTEGER NOT NULL
) WITHOUT ROWID;

-- How many documents a counted collection has, so that a listing's total costs nothing.
CREATE TABLE counts (
    project_id TEXT NOT NULL,
    collection TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (project_id, collection)
) WITHOUT ROWID;

CREATE TABLE customers (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    source_id TEXT,
    name TEXT,
    email_folded TEXT,
    city TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER,
    changed_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX customers_source_id ON customers (project_id, source_id) WHERE source_id IS NOT NULL;
CREATE INDEX customers_created_at ON customers (project_id, created_at, id);
CREATE INDEX customers_changed_at ON customers (project_id, changed_at, id);
-- These carry the default order of listings: without it, the planner would rather walk all customers in
-- that order than sort the few that were asked for.
CREATE INDEX customers_email ON customers (project_id, email_folded, created_at, id)
    WHERE email_folded IS NOT NULL;
CREATE INDEX customers_name ON customers (project_id, name, created_at, id)
    WHERE name IS NOT NULL;
CREATE INDEX customers_city ON customers (project_id, city, created_at, id)
    WHERE city IS NOT NULL;

CREATE TABLE deleted_customers (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE jobs (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    due_at INTEGER,
    created_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX jobs_due_at ON jobs (due_at, project_id, id) WHERE due_at IS NOT NULL;
CREATE INDEX jobs_created_at ON jobs (project_id, created_at, id);

CREATE TABLE projects (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE api_keys (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    app_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX api_keys_app_id ON api_keys (app_id);

CREATE TABLE webhooks (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE metadata_schemas (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    related_object TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX metadata_schemas_related_object ON metadata_schemas (project_id, related_object);

CREATE TABLE event_schemas (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX event_schemas_name ON event_schemas (project_id, name);

CREATE TABLE users (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    email TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX users_email ON users (project_id, email);

-- The event log, in the order in which events were committed.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    category TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE UNIQUE INDEX events_entity ON events (project_id, entity_id, id);

-- A leased send-out is one whose next attempt was moved to the end of the lease.
CREATE TABLE send_outs (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    first_attempt_at INTEGER,
    next_attempt_at INTEGER,
    attempts TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX send_outs_due ON send_outs (project_id, webhook_id, next_attempt_at, id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX send_outs_entity ON send_outs (project_id, entity_id);

CREATE TABLE blobs (
    project_id TEXT NOT NULL,
    blob TEXT NOT NULL,
    seq INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, blob, seq)
);
CREATE INDEX blobs_expires_at ON blobs (expires_at);
