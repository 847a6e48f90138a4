//! Whether the ledger of every card leads to its balance.
//!
//! Two nodes may have made entries in another order than their ids say, so no order is asked for: each entry goes
//! from one balance to another, and all of them together lead from what the card began with to what is on it.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
};

use guerdon_model::{
    ids::{ProjectId, VoucherId},
    voucher::Voucher,
    voucher_transaction::VoucherTransaction,
};
use guerdon_store::{Collection, Record};

/// What is known of one card.
#[derive(Debug, Clone, Copy, Default)]
struct Card {
    /// None until its voucher is seen.
    balance: Option<i64>,
    /// The sum of its entries.
    sum: i128,
    /// The steps of its entries: balances that one ends in and no other begins with don't cancel out.
    steps: u64,
    /// Whether an entry says something that can't be.
    is_broken: bool,
}

/// The cards and entries that were seen so far.
pub(crate) struct Ledger {
    hasher: RandomState,
    cards: HashMap<(ProjectId, VoucherId), Card>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::new(), cards: HashMap::new() }
    }

    /// Looks at documents of any kind; those that can't be read are somebody else's to tell.
    pub(crate) fn note(&mut self, collection: Collection, records: &[Record]) {
        for record in records {
            match collection {
                Collection::Vouchers => self.note_voucher(record),
                Collection::VoucherTransactions => self.note_entry(record),
                _ => {}
            }
        }
    }

    fn note_voucher(&mut self, record: &Record) {
        if let Ok(voucher) = record.document::<Voucher>()
            && let Some(balance) = voucher.balance()
        {
            self.cards.entry((record.project.clone(), voucher.id)).or_default().balance = Some(balance);
        }
    }

    fn note_entry(&mut self, record: &Record) {
        let Ok(entry) = record.document::<VoucherTransaction>() else { return };
        let change = entry.details.balance.amount.or(entry.details.balance.points).unwrap_or(0);
        let after = i128::from(entry.details.balance.balance);
        let before = after - i128::from(change);
        let step = self.hasher.hash_one(after).wrapping_sub(self.hasher.hash_one(before));
        let card = self.cards.entry((record.project.clone(), entry.voucher_id)).or_default();
        card.sum += i128::from(change);
        card.steps = card.steps.wrapping_add(step);
        card.is_broken |= before < 0 || after < 0;
    }

    /// What does not add up. Entries of a voucher that was deleted for good have nothing to add up to.
    pub(crate) fn defects(&self) -> Vec<String> {
        let mut defects = BTreeMap::new();
        for ((project, id), card) in &self.cards {
            let Some(balance) = card.balance else { continue };
            let end = i128::from(balance);
            let start = end - card.sum;
            let way = self.hasher.hash_one(end).wrapping_sub(self.hasher.hash_one(start));
            if balance < 0 || start < 0 || card.is_broken || card.steps != way {
                let text = format!("voucher {id} of project {project}: its transactions do not lead to {balance}");
                defects.insert((project, id), text);
            }
        }
        defects.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(document: &Value) -> Record {
        Record {
            project: "proj_1".into(),
            id: document["id"].as_str().expect("an id").into(),
            version: 1,
            format: 1,
            body: document.to_string().into(),
        }
    }

    fn card(amount: i64, subtracted: i64) -> Record {
        record(&json!({
            "id": "v_1", "code": "G", "type": "GIFT_VOUCHER", "gift": {"amount": amount, "subtracted_amount": subtracted},
            "active": true, "is_referral_code": false, "created_at": "2026-01-01T00:00:00.000Z",
            "redemption": {"redeemed_quantity": 0},
        }))
    }

    fn entry(number: u8, amount: i64, balance: i64) -> Record {
        record(&json!({
            "id": format!("vtx_{number}"), "source_id": null, "voucher_id": "v_1", "campaign_id": null, "source": null,
            "reason": null, "type": "CREDITS_ADDITION", "related_transaction_id": null,
            "created_at": "2026-01-01T00:00:00.000Z",
            "details": {"balance": {
                "amount": amount, "total": balance, "balance": balance, "type": "gift_voucher", "object": "balance",
                "related_object": {"type": "voucher", "id": "v_1"},
            }},
        }))
    }

    #[test]
    fn a_ledger_is_right_in_whatever_order_if_its_steps_lead_to_the_balance() {
        for (card, entries, is_right) in [
            (card(100, 0), vec![], true),
            (card(130, 10), vec![entry(1, 30, 130), entry(2, -10, 120)], true),
            (card(130, 10), vec![entry(1, -10, 120), entry(2, 30, 130)], true),
            (card(130, 10), vec![entry(1, 30, 130)], false),
            (card(130, 10), vec![entry(1, 30, 130), entry(2, -10, 110)], false),
            (card(140, 10), vec![entry(1, 30, 130), entry(2, -10, 120)], false),
            (card(100, 0), vec![entry(1, 30, 10), entry(2, -30, 100)], false),
        ] {
            let mut ledger = Ledger::new();
            ledger.note(Collection::VoucherTransactions, &entries);
            ledger.note(Collection::Vouchers, &[card]);
            assert_eq!(ledger.defects().is_empty(), is_right, "{entries:?}");
        }
    }
}
