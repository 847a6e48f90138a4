CREATE TABLE voucher_transactions (
    project_id TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    format INTEGER NOT NULL,
    voucher_id TEXT COLLATE "C" NOT NULL,
    campaign_id TEXT COLLATE "C",
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX voucher_transactions_voucher ON voucher_transactions (project_id, voucher_id, id);
CREATE INDEX voucher_transactions_campaign ON voucher_transactions (project_id, campaign_id, id)
    WHERE campaign_id IS NOT NULL;

-- Lists must not walk through what lies in the bin, which may be more than what does not.
ALTER TABLE vouchers ADD COLUMN is_binned BIGINT NOT NULL DEFAULT 0;
CREATE INDEX vouchers_listed ON vouchers (project_id, id) WHERE is_binned = 0;
