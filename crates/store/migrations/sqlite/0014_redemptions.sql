-- One row for every redemption and rollback, failed ones included. The id is theirs without its prefix, so that
-- all kinds are listed together by time. Each index costs something with every redemption: there is one for each
-- way in which people look for them, and none for what the others narrow enough.
CREATE TABLE redemptions (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    kind TEXT NOT NULL,
    voucher_code TEXT,
    tier_id TEXT,
    customer_id TEXT,
    campaign_id TEXT,
    parent_id TEXT,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX redemptions_kind ON redemptions (project_id, kind, id);
CREATE INDEX redemptions_voucher_code ON redemptions (project_id, voucher_code, id);
CREATE INDEX redemptions_tier ON redemptions (project_id, tier_id, id) WHERE tier_id IS NOT NULL;
CREATE INDEX redemptions_customer ON redemptions (project_id, customer_id, id);
CREATE INDEX redemptions_campaign ON redemptions (project_id, campaign_id, id) WHERE campaign_id IS NOT NULL;
CREATE INDEX redemptions_parent ON redemptions (project_id, parent_id, id) WHERE parent_id IS NOT NULL;
