//! Whether what counters say was redeemed is what redemptions add up to.

use std::collections::{BTreeMap, HashMap};

use guerdon_model::{
    campaign_totals::CampaignTotals,
    ids::ProjectId,
    promotion_tier::TierTotals,
    redemption::{Redemption, RedemptionKind, RedemptionStatus},
    usage::Counts,
    voucher::Voucher,
};
use guerdon_store::{Collection, Record};

/// What was redeemed of something, and not rolled back: redemptions, amounts of orders and discounts in minor units,
/// credits.
type Sums = [i128; 4];

fn sums(counts: &Counts) -> Sums {
    [counts.redemptions, counts.order_amount, counts.discount_amount, counts.gift_credits].map(i128::from)
}

/// What has counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    Voucher,
    Tier,
    Campaign,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Kind::Voucher => "voucher",
            Kind::Tier => "promotion tier",
            Kind::Campaign => "campaign",
        }
    }
}

#[derive(Debug, Default)]
struct Counters {
    /// None until it is seen, or if it was deleted.
    kept: Option<Sums>,
    summed: Sums,
}

/// Counters and redemptions that were seen so far.
#[derive(Default)]
pub(crate) struct Redeemed(HashMap<(ProjectId, Kind, String), Counters>);

impl Redeemed {
    /// Looks at documents of any kind; those that can't be read are somebody else's to tell.
    pub(crate) fn note(&mut self, collection: Collection, records: &[Record]) {
        for record in records {
            match collection {
                Collection::Vouchers => self.note_voucher(record),
                Collection::PromotionTierTotals => self.note_tier(record),
                Collection::CampaignTotals => self.note_campaign(record),
                Collection::Redemptions => self.note_redemption(record),
                _ => {}
            }
        }
    }

    fn at(&mut self, record: &Record, kind: Kind, id: &str) -> &mut Counters {
        self.0.entry((record.project.clone(), kind, id.to_owned())).or_default()
    }

    /// How often an imported voucher had been redeemed elsewhere, its uses tell; its usage is our own.
    fn note_voucher(&mut self, record: &Record) {
        let Ok(voucher) = record.document::<Voucher>() else { return };
        self.at(record, Kind::Voucher, voucher.id.as_str()).kept = Some(sums(&voucher.usage.all.ever));
    }

    fn note_tier(&mut self, record: &Record) {
        let Ok(totals) = record.document::<TierTotals>() else { return };
        let kept = [totals.redemptions, totals.orders_amount, totals.discount_amount, 0].map(i128::from);
        self.at(record, Kind::Tier, &totals.id).kept = Some(kept);
    }

    fn note_campaign(&mut self, record: &Record) {
        let Ok(totals) = record.document::<CampaignTotals>() else { return };
        self.at(record, Kind::Campaign, &totals.id).kept = Some(sums(&totals.usage.ever));
    }

    fn note_redemption(&mut self, record: &Record) {
        let Ok(redemption) = record.document::<Redemption>() else { return };
        let Some(incentive) = &redemption.incentive else { return };
        if redemption.kind() != RedemptionKind::Redemption || redemption.status == RedemptionStatus::RolledBack {
            return;
        }
        let kind = if incentive.tier().is_some() { Kind::Tier } else { Kind::Voucher };
        let campaign = incentive.campaign_id.as_ref().map(|campaign| (Kind::Campaign, campaign.as_str()));
        for (kind, id) in campaign.into_iter().chain([(kind, incentive.id())]) {
            let summed = &mut self.at(record, kind, id).summed;
            for (sum, count) in summed.iter_mut().zip(sums(&redemption.counted)) {
                *sum += count;
            }
        }
    }

    /// What does not add up. What was deleted has no counters to compare with.
    pub(crate) fn defects(self) -> Vec<String> {
        let wrong = self.0.into_iter().filter_map(|((project, kind, id), Counters { kept, summed })| {
            let kept = kept.filter(|kept| *kept != summed)?;
            let kind = kind.name();
            let text = format!(
                "{kind} {id} of project {project}: its counters of redemptions, orders, discounts and credits are \
                 {kept:?}, its redemptions add up to {summed:?}"
            );
            Some(((project, kind, id), text))
        });
        wrong.collect::<BTreeMap<_, _>>().into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(id: &str, document: &Value) -> Record {
        Record { project: "proj_1".into(), id: id.into(), version: 1, format: 1, body: document.to_string().into() }
    }

    fn card(quantity: i64, amount: i64) -> Record {
        record(
            "v_1",
            &json!({
                "id": "v_1", "code": "G", "type": "GIFT_VOUCHER", "gift": {"amount": 1000}, "active": true,
                "is_referral_code": false, "created_at": "2026-01-01T00:00:00.000Z",
                "redemption": {"redeemed_quantity": quantity, "redeemed_amount": amount},
                "usage": {"all": {"ever": {"n": quantity, "o": 500 * quantity, "d": amount, "g": amount}}},
            }),
        )
    }

    fn redemption(number: u8, status: &str, amount: i64) -> Record {
        let id = number.to_string();
        record(
            &id,
            &json!({
                "id": format!("r_{id}"), "object": "redemption", "date": "2026-01-01T00:00:00.000Z", "amount": amount,
                "result": "SUCCESS", "status": status, "channel": {"channel_id": "app", "channel_type": "API"},
                "incentive": {"type": "voucher", "id": "v_1", "code": "G", "card": "GIFT_VOUCHER"},
                "counted": {"n": 1, "o": 500, "d": amount, "g": amount},
            }),
        )
    }

    #[test]
    fn a_card_counts_what_was_redeemed_and_not_rolled_back() {
        for (card, redemptions, is_right) in [
            (card(0, 0), vec![], true),
            (card(2, 300), vec![redemption(1, "SUCCEEDED", 100), redemption(2, "SUCCEEDED", 200)], true),
            (card(1, 200), vec![redemption(1, "ROLLED_BACK", 100), redemption(2, "SUCCEEDED", 200)], true),
            (card(2, 300), vec![redemption(2, "SUCCEEDED", 200)], false),
            (card(1, 100), vec![redemption(2, "SUCCEEDED", 200)], false),
            (card(0, 0), vec![redemption(2, "SUCCEEDED", 200)], false),
        ] {
            let mut redeemed = Redeemed::default();
            redeemed.note(Collection::Redemptions, &redemptions);
            redeemed.note(Collection::Vouchers, &[card]);
            assert_eq!(redeemed.defects().is_empty(), is_right, "{redemptions:?}");
        }
    }

    #[test]
    fn tiers_and_campaigns_count_too() {
        let tier = json!({"id": "promo_1", "redemptions": 1, "orders_amount": 1000, "discount_amount": 100});
        let campaign = json!({"id": "camp_1", "vouchers": 0, "usage": {"ever": {"n": 2, "o": 1000, "d": 100}}});
        let redemption = json!({
            "id": "r_1", "object": "redemption", "date": "2026-01-01T00:00:00.000Z", "result": "SUCCESS",
            "status": "SUCCEEDED", "channel": {"channel_id": "app", "channel_type": "API"},
            "incentive": {"type": "promotion_tier", "id": "promo_1", "campaign_id": "camp_1"},
            "counted": {"n": 1, "o": 1000, "d": 100},
        });
        let mut redeemed = Redeemed::default();
        redeemed.note(Collection::PromotionTierTotals, &[record("promo_1", &tier)]);
        redeemed.note(Collection::CampaignTotals, &[record("camp_1", &campaign)]);
        redeemed.note(Collection::Redemptions, &[record("1", &redemption)]);
        let defects = redeemed.defects();
        assert_eq!(defects.len(), 1);
        assert!(
            defects[0].starts_with("campaign camp_1 of project proj_1: ") && defects[0].contains("[2, 1000, 100, 0]")
        );
    }
}
