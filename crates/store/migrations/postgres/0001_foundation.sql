-- Identifiers and lookup columns are compared byte by byte, whatever the database's locale.

-- One row per project: the version of its configuration. Every commit locks it for sharing, a change of
-- configuration for itself alone.
CREATE TABLE partitions (
    project_id TEXT COLLATE "C" NOT NULL,
    config_version BIGINT NOT NULL,
    PRIMARY KEY (project_id)
);

-- How many documents a counted collection has, so that a listing's total costs nothing. The number is the
-- sum over slots: each node counts in a slot of its own, so that nodes don't wait for each other.
CREATE TABLE counts (
    project_id TEXT COLLATE "C" NOT NULL,
    collection TEXT COLLATE "C" NOT NULL,
    slot INTEGER NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (project_id, collection, slot)
);

-- The commits of late, and those that were asked for in vain and must not happen any more.
CREATE TABLE commits (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    committed BOOLEAN NOT NULL,
    at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, id)
);
CREATE INDEX commits_at ON commits (at);

CREATE TABLE customers (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    source_id TEXT COLLATE "C",
    name TEXT COLLATE "C",
    email_folded TEXT COLLATE "C",
    city TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    updated_at BIGINT,
    changed_at BIGINT NOT NULL,
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
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE jobs (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX jobs_due_at ON jobs (due_at, project_id, id) WHERE due_at IS NOT NULL;
CREATE INDEX jobs_created_at ON jobs (project_id, created_at, id);

CREATE TABLE projects (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE api_keys (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    app_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
-- The one unique value over all projects: a request names its key before anybody knows its project.
CREATE UNIQUE INDEX api_keys_app_id ON api_keys (app_id);

CREATE TABLE webhooks (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE metadata_schemas (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    related_object TEXT COLLATE "C" NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX metadata_schemas_related_object ON metadata_schemas (project_id, related_object);

CREATE TABLE event_schemas (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX event_schemas_name ON event_schemas (project_id, name);

CREATE TABLE users (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX users_email ON users (project_id, email);

CREATE TABLE events (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    type TEXT NOT NULL,
    category TEXT NOT NULL,
    entity_id TEXT COLLATE "C" NOT NULL,
    group_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    source TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (project_id, entity_id, id)
);

-- A leased send-out is one whose next attempt was moved to the end of the lease.
CREATE TABLE send_outs (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    webhook_id TEXT COLLATE "C" NOT NULL,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    entity_id TEXT COLLATE "C" NOT NULL,
    group_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    first_attempt_at BIGINT,
    next_attempt_at BIGINT,
    attempts TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX send_outs_due ON send_outs (project_id, webhook_id, next_attempt_at, id)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX send_outs_entity ON send_outs (project_id, entity_id);

-- Every webhook that ever had a send-out: the few places where due ones are looked for.
CREATE TABLE queues (
    project_id TEXT COLLATE "C" NOT NULL,
    webhook_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (project_id, webhook_id)
);

CREATE TABLE blobs (
    project_id TEXT COLLATE "C" NOT NULL,
    blob TEXT COLLATE "C" NOT NULL,
    seq INTEGER NOT NULL,
    bytes BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, blob, seq)
);
CREATE INDEX blobs_expires_at ON blobs (expires_at);
