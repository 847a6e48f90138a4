-- What sessions have reserved of vouchers. Ended ones are looked for by voucher, the soonest first; those of
-- vouchers that nobody asks about by their end alone.
CREATE TABLE session_locks (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    voucher_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX session_locks_voucher ON session_locks (project_id, voucher_id, expires_at, id);
CREATE INDEX session_locks_expires_at ON session_locks (project_id, expires_at, id);

-- What one customer has redeemed of one voucher or promotion tier, where the voucher itself has no room for it.
CREATE TABLE personal_usages (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
