CREATE TABLE orders (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    source_id TEXT,
    customer_id TEXT,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX orders_source_id ON orders (project_id, source_id) WHERE source_id IS NOT NULL;
CREATE INDEX orders_created_at ON orders (project_id, created_at, id);
CREATE INDEX orders_changed_at ON orders (project_id, changed_at, id);
-- The newest orders of one customer, also those of one status alone.
CREATE INDEX orders_customer_id ON orders (project_id, customer_id, status, created_at, id)
    WHERE customer_id IS NOT NULL;
