-- As many as there are published vouchers. What is looked for by time of creation goes by the id.
CREATE TABLE publications (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    source_id TEXT COLLATE "C",
    customer_id TEXT COLLATE "C" NOT NULL,
    campaign_id TEXT COLLATE "C",
    voucher_code TEXT COLLATE "C" NOT NULL,
    tracking_id TEXT COLLATE "C",
    channel TEXT COLLATE "C" NOT NULL,
    voucher_type TEXT COLLATE "C" NOT NULL,
    is_referral_code BIGINT NOT NULL,
    result TEXT COLLATE "C" NOT NULL,
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
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    assignment TEXT COLLATE "C" NOT NULL,
    voucher_id TEXT COLLATE "C" NOT NULL,
    customer_id TEXT COLLATE "C" NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE UNIQUE INDEX redeemable_holders_assignment ON redeemable_holders (project_id, assignment);
CREATE INDEX redeemable_holders_voucher ON redeemable_holders (project_id, voucher_id, id);
CREATE INDEX redeemable_holders_customer ON redeemable_holders (project_id, customer_id, id);

CREATE TABLE participations (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
