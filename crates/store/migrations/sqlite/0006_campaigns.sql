CREATE TABLE campaigns (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    name TEXT NOT NULL,
    campaign_type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX campaigns_name ON campaigns (project_id, name);
CREATE INDEX campaigns_created_at ON campaigns (project_id, created_at, id);
CREATE INDEX campaigns_changed_at ON campaigns (project_id, changed_at, id);

CREATE TABLE campaign_totals (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

-- There are millions of them: what is looked for by time of creation goes by the id, which begins with it,
-- and what most vouchers don't have is not in an index.
CREATE TABLE vouchers (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    code TEXT NOT NULL,
    campaign_id TEXT,
    pool TEXT,
    holder_id TEXT,
    expiration_date INTEGER,
    is_active INTEGER NOT NULL,
    is_referral_code INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX vouchers_code ON vouchers (project_id, code);
CREATE INDEX vouchers_campaign ON vouchers (project_id, campaign_id, id) WHERE campaign_id IS NOT NULL;
CREATE INDEX vouchers_pool ON vouchers (project_id, pool, id) WHERE pool IS NOT NULL;
CREATE INDEX vouchers_holder ON vouchers (project_id, holder_id, id) WHERE holder_id IS NOT NULL;
CREATE INDEX vouchers_expiration_date ON vouchers (project_id, expiration_date, id) WHERE expiration_date IS NOT NULL;
CREATE INDEX vouchers_changed_at ON vouchers (project_id, changed_at, id);
