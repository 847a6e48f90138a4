-- Few of many vouchers are referral codes, and they are asked for by themselves.
CREATE INDEX vouchers_referral ON vouchers (project_id, id) WHERE is_referral_code = 1 AND is_binned = 0;
