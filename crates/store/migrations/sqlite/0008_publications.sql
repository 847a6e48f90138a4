-- As many as there are published vouchers. What is looked for by time of creation goes by the id.
CREATE TABLE publications (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    source_id TEXT,
    customer_id TEXT NOT NULL,
    campaign_id TEXT,
    voucher_code TEXT NOT NULL,
    tracking_id TEXT,
    channel TEXT NOT NULL,
    voucher_type TEXT NOT NULL,
    is_referral_code INTEGER NOT NULL,
    result TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX publications_source_id ON publications (project_id, source_id) WHERE source_id IS NOT NULL;
CREATE INDEX publications_customer ON publications (project_id, customer_id, id);
CREATE INDEX publications_campaign ON publications (project_id, campaign_id, id) WHERE campaign_id IS NOT NULL;
CREATE INDEX publications_voucher_code ON publications (project_id, voucher_code, id);
CREATE INDEX publications_tracking_id ON publications (project_id, tracking_id, id);
CREATE INDEX publications_channel ON publications (project_id, channel, id);

CREATE TABLE redeemable_holders (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    assignment TEXT NOT NULL,
    voucher_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX redeemable_holders_assignment ON redeemable_holders (project_id, assignment);
CREATE INDEX redeemable_holders_voucher ON redeemable_holders (project_id, voucher_id, id);
CREATE INDEX redeemable_holders_customer ON redeemable_holders (project_id, customer_id, id);

CREATE TABLE participations (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
