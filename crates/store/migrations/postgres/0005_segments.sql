CREATE TABLE segments (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

-- Who is in which static or auto-update segment. The customers' documents say the same; by this table the
-- customers of a segment are found, in the default order of listings.
CREATE TABLE segment_members (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    segment_id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX segment_members_created_at ON segment_members (project_id, segment_id, created_at, id, customer_id);

CREATE TABLE product_collections (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
