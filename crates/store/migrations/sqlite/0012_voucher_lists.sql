-- Few of many vouchers are referral codes, and they are asked for by themselves; so are those that are off.
CREATE INDEX vouchers_referral ON vouchers (project_id, id) WHERE is_referral_code = 1 AND is_binned = 0;
CREATE INDEX vouchers_disabled ON vouchers (project_id, id) WHERE is_active = 0 AND is_binned = 0;

-- Many vouchers share their metadata, and many their date: what is listed by either is put together from
-- the lists of single values, each in the order of its ids. Null are the metadata of vouchers that an older
-- program has written.
ALTER TABLE vouchers ADD COLUMN metadata_set INTEGER;
CREATE INDEX vouchers_metadata_set ON vouchers (project_id, metadata_set, id);
CREATE INDEX vouchers_unlimited ON vouchers (project_id, id) WHERE expiration_date IS NULL AND is_binned = 0;

-- Few of many vouchers are redeemed. Those that an older program has written may have been.
ALTER TABLE vouchers ADD COLUMN is_redeemed INTEGER NOT NULL DEFAULT 1;
CREATE INDEX vouchers_redeemed ON vouchers (project_id, id) WHERE is_redeemed = 1 AND is_binned = 0;
