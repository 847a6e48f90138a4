-- Codes for everybody are few, and found among millions of others without looking at those. A voucher that an
-- older program has written may be one.
ALTER TABLE vouchers ADD COLUMN is_generic INTEGER NOT NULL DEFAULT 1;
CREATE INDEX vouchers_generic ON vouchers (project_id, id)
    WHERE is_generic = 1 AND is_binned = 0 AND campaign_id IS NULL;
