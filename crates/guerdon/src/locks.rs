//! What sessions have locked, beside what vouchers say of it.

use std::collections::BTreeMap;

use guerdon_model::{ids::ProjectId, redeemable::SessionLock, voucher::Voucher};
use guerdon_store::{Collection, Record, StoreError};

/// The sums while vouchers and locks pass by in any order.
#[derive(Default)]
pub(crate) struct Locks(BTreeMap<(ProjectId, String), Sums>);

#[derive(Default)]
struct Sums {
    /// Of the locks that have passed by: how many, and what they amount to.
    counted: (i64, i64),
    /// What the voucher says; none if it says that nothing is locked, or was deleted, which ends no session.
    kept: Option<(i64, i64)>,
}

impl Locks {
    pub(crate) fn add(&mut self, collection: Collection, record: &Record) -> Result<(), StoreError> {
        match collection {
            Collection::Vouchers => {
                let voucher: Voucher = record.document()?;
                if !voucher.locked.is_empty() {
                    self.of(record, &record.id).kept = Some((voucher.locked.sessions, voucher.locked.amount));
                }
            }
            Collection::SessionLocks => {
                let lock: SessionLock = record.document()?;
                let counted = &mut self.of(record, lock.voucher_id.as_str()).counted;
                *counted = (counted.0 + 1, counted.1 + lock.amount);
            }
            _ => {}
        }
        Ok(())
    }

    fn of(&mut self, record: &Record, voucher: &str) -> &mut Sums {
        self.0.entry((record.project.clone(), voucher.to_owned())).or_default()
    }

    pub(crate) fn defects(self) -> impl Iterator<Item = String> {
        self.0.into_iter().filter_map(|((project, voucher), Sums { counted, kept })| {
            let kept = kept.filter(|kept| *kept != counted)?;
            Some(format!(
                "vouchers {voucher} of project {project}: {} sessions with {} in all are kept, {} with {} were counted",
                kept.0, kept.1, counted.0, counted.1
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use guerdon_store::Document;
    use serde_json::{Value, json};

    use super::*;

    fn record(id: &str, json: &Value) -> Record {
        let (project, body) = ("proj_1".into(), json.to_string().into());
        Record { project, id: id.into(), version: 1, format: Voucher::FORMAT, body }
    }

    fn voucher(id: &str, locked: &Value) -> Record {
        let json = json!({
            "id": id, "code": id, "type": "GIFT_VOUCHER", "gift": {"amount": 9}, "active": true, "locked": locked,
            "is_referral_code": false, "created_at": "2026-01-01T00:00:00.000Z", "redemption": {"redeemed_quantity": 0},
        });
        record(id, &json)
    }

    fn lock(voucher: &str, key: &str, amount: i64) -> Record {
        let id = format!("{voucher}:{key}");
        let json = json!({"id": id, "voucher_id": voucher, "key": key, "amount": amount,
            "expires_at": "2026-01-01T00:00:00.000Z"});
        record(&id, &json)
    }

    #[test]
    fn vouchers_that_keep_what_no_session_has_locked_are_found() {
        let mut locks = Locks::default();
        for (collection, record) in [
            (Collection::Vouchers, voucher("v_1", &json!({"sessions": 2, "amount": 5}))),
            (Collection::SessionLocks, lock("v_1", "a", 2)),
            (Collection::SessionLocks, lock("v_1", "b", 3)),
            (Collection::SessionLocks, lock("v_2", "a", 2)),
            (Collection::Vouchers, voucher("v_2", &json!({"sessions": 1, "amount": 3}))),
            (Collection::SessionLocks, lock("v_deleted", "a", 2)),
        ] {
            locks.add(collection, &record).expect("a document");
        }
        let defects: Vec<_> = locks.defects().collect();
        let wrong = "vouchers v_2 of project proj_1: 1 sessions with 3 in all are kept, 1 with 2 were counted";
        assert_eq!(defects, [wrong]);
    }
}
