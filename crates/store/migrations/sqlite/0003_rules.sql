CREATE TABLE validation_rules (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE validation_rules_assignments (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    rule_id TEXT NOT NULL,
    related_object_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX validation_rules_assignments_created_at ON validation_rules_assignments (project_id, created_at, id);
CREATE INDEX validation_rules_assignments_rule_id
    ON validation_rules_assignments (project_id, rule_id, created_at, id);
CREATE INDEX validation_rules_assignments_related_object_id
    ON validation_rules_assignments (project_id, related_object_id, created_at, id);

-- How often each rule is assigned.
CREATE TABLE assignments_counts (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE categories (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

-- At most one row per project: without it, the defaults.
CREATE TABLE stacking_rules (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
