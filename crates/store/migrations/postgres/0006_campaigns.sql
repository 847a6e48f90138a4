CREATE TABLE campaigns (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    campaign_type TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX campaigns_name ON campaigns (project_id, name);
CREATE INDEX campaigns_created_at ON campaigns (project_id, created_at, id);
CREATE INDEX campaigns_changed_at ON campaigns (project_id, changed_at, id);

CREATE TABLE campaign_totals (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);

-- There are millions of them: what is looked for by time of creation goes by the id, which begins with it,
-- and what most vouchers don't have is not in an index.
CREATE TABLE vouchers (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    campaign_id TEXT COLLATE "C",
    pool TEXT COLLATE "C",
    holder_id TEXT COLLATE "C",
    expiration_date BIGINT,
    is_active BIGINT NOT NULL,
    is_referral_code BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX vouchers_code ON vouchers (project_id, code);
CREATE INDEX vouchers_campaign ON vouchers (project_id, campaign_id, id) WHERE campaign_id IS NOT NULL;
CREATE INDEX vouchers_pool ON vouchers (project_id, pool, id) WHERE pool IS NOT NULL;
CREATE INDEX vouchers_holder ON vouchers (project_id, holder_id, id) WHERE holder_id IS NOT NULL;
CREATE INDEX vouchers_expiration_date ON vouchers (project_id, expiration_date, id) WHERE expiration_date IS NOT NULL;
CREATE INDEX vouchers_changed_at ON vouchers (project_id, changed_at, id);
