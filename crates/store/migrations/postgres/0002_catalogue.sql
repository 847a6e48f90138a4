CREATE TABLE products (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    source_id TEXT COLLATE "C",
    name TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX products_source_id ON products (project_id, source_id) WHERE source_id IS NOT NULL;
CREATE INDEX products_created_at ON products (project_id, created_at, id);
CREATE INDEX products_changed_at ON products (project_id, changed_at, id);
-- With the default order of listings, so that the planner does not walk all products in that order.
CREATE INDEX products_name ON products (project_id, name, created_at, id)
    WHERE name IS NOT NULL;

CREATE TABLE skus (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    source_id TEXT COLLATE "C",
    product_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX skus_source_id ON skus (project_id, source_id) WHERE source_id IS NOT NULL;
CREATE INDEX skus_created_at ON skus (project_id, product_id, created_at, id);
CREATE INDEX skus_changed_at ON skus (project_id, product_id, changed_at, id);

-- What was deleted lies in the entry itself, and its identifiers stay taken.
CREATE TABLE bin_entries (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    taken_id TEXT COLLATE "C" NOT NULL,
    taken_source_id TEXT COLLATE "C",
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX bin_entries_taken_id ON bin_entries (project_id, taken_id);
CREATE UNIQUE INDEX bin_entries_taken_source_id ON bin_entries (project_id, taken_source_id)
    WHERE taken_source_id IS NOT NULL;
