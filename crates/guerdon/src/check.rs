//! `guerdon check`: whether the store still keeps its promises.

use std::collections::BTreeMap;

use guerdon_model::{
    campaign_totals::{CampaignTotals, STANDALONE},
    ids::{CampaignId, ProjectId},
    voucher::Voucher,
};
use guerdon_store::{Collection, Portion, Record, StoreError};

use crate::{config::Database, copy::Dump, documents, ledger::Ledger, locks::Locks, redeemed::Redeemed};

pub(crate) async fn run(database: &Database) -> anyhow::Result<()> {
    let store = database.open_read_only().await?;
    let mut wrong = store.check().await?;
    let (mut documents, mut totals, mut ledger, mut locks) = (0, Totals::default(), Ledger::new(), Locks::default());
    let mut redeemed = Redeemed::default();
    let mut dump = Dump::of(store);
    while let Some(portion) = dump.next().await? {
        if let Portion::Documents(collection, records) = portion {
            for record in &records {
                let read = documents::columns(collection, record).and_then(|_| totals.add(collection, record));
                let read = read.and_then(|()| locks.add(collection, record));
                wrong.extend(read.err().map(|error| error.0));
            }
            ledger.note(collection, &records);
            redeemed.note(collection, &records);
            documents += records.len();
        }
    }
    wrong.extend(totals.defects());
    wrong.extend(ledger.defects());
    wrong.extend(locks.defects());
    wrong.extend(redeemed.defects());
    if wrong.is_empty() {
        println!("All is well: {documents} documents, their indexes and counts.");
        return Ok(());
    }
    for defect in &wrong {
        println!("{defect}");
    }
    anyhow::bail!("{} invariants are broken", wrong.len())
}

/// The totals of campaigns beside what they should be, while vouchers and totals pass by in any order.
#[derive(Default)]
struct Totals(BTreeMap<(ProjectId, String), Counts>);

#[derive(Default)]
struct Counts {
    /// Of the vouchers that have passed by: all that can be seen, and those that can be published.
    counted: (i64, i64),
    /// What the totals say.
    kept: (i64, i64),
}

impl Totals {
    fn add(&mut self, collection: Collection, record: &Record) -> Result<(), StoreError> {
        match collection {
            Collection::Vouchers => {
                let voucher: Voucher = record.document()?;
                let campaign = voucher.campaign_id.as_ref().map_or(STANDALONE, CampaignId::as_str);
                let counted = &mut self.of(record, campaign).counted;
                counted.0 += i64::from(!voucher.is_binned);
                counted.1 += i64::from(voucher.is_available());
            }
            Collection::CampaignTotals => {
                let totals: CampaignTotals = record.document()?;
                self.of(record, &totals.id).kept = (totals.vouchers, totals.available);
            }
            _ => {}
        }
        Ok(())
    }

    fn of(&mut self, record: &Record, campaign: &str) -> &mut Counts {
        self.0.entry((record.project.clone(), campaign.to_owned())).or_default()
    }

    fn defects(self) -> impl Iterator<Item = String> {
        let wrong = self.0.into_iter().filter(|(_, counts)| counts.counted != counts.kept);
        wrong.map(|((project, campaign), Counts { counted, kept })| {
            format!(
                "campaign_totals {campaign} of project {project}: {} vouchers and {} available are kept, \
                 {} and {} were counted",
                kept.0, kept.1, counted.0, counted.1
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use guerdon_store::Document;
    use serde_json::{Value, json};

    use super::*;

    fn record(id: &str, json: &Value) -> Record {
        Record {
            project: "proj_1".into(),
            id: id.into(),
            version: 1,
            format: Voucher::FORMAT,
            body: json.to_string().into(),
        }
    }

    fn voucher(id: &str, is_active: bool, is_binned: bool) -> Record {
        let json = json!({
            "id": id, "code": id, "campaign_id": "camp_1", "type": "GIFT_VOUCHER", "gift": {"amount": 1},
            "active": is_active, "is_referral_code": false, "created_at": "2026-01-01T00:00:00.000Z",
            "redemption": {"redeemed_quantity": 0}, "is_binned": is_binned,
        });
        record(id, &json)
    }

    #[test]
    fn totals_that_are_not_those_of_the_vouchers_are_found() {
        let mut totals = Totals::default();
        let of = |campaign: &str, vouchers: i64| {
            record(campaign, &json!({"id": campaign, "vouchers": vouchers, "available": 1}))
        };
        for (collection, record) in [
            (Collection::CampaignTotals, of("camp_1", 2)),
            (Collection::Vouchers, voucher("v_1", true, false)),
            (Collection::Vouchers, voucher("v_2", false, false)),
            (Collection::Vouchers, voucher("v_3", true, true)),
            (Collection::CampaignTotals, of("camp_2", 5)),
        ] {
            totals.add(collection, &record).expect("a document");
        }
        let defects: Vec<_> = totals.defects().collect();
        let lost =
            "campaign_totals camp_2 of project proj_1: 5 vouchers and 1 available are kept, 0 and 0 were counted";
        assert_eq!(defects, [lost]);
    }
}
