//! What is derived from a customer's orders, redemptions, cards and referrals.
//!
//! Whoever changes one of those calls [`refresh`] in the same command, so that the summary is never
//! behind. A refresh alone tells nobody: `customer.updated` is for updates of the profile.
//! `docs/customers.md` has the formulas.

use std::collections::BTreeMap;

use guerdon_engine::money::{self, Overflow};
use guerdon_model::{
    campaign::Campaign,
    customer::{Customer, Loyalty, LoyaltyCampaign, LoyaltyCardSummary, OrdersSummary, RedemptionsSummary},
    recent_orders::{CountedOrder, RecentOrders},
    redeemable::Card,
    voucher::{Voucher, VoucherValue},
};

use crate::{
    customers::store::{store, tell_nobody},
    tx::{Result, Tx},
};

/// Changes the derived fields of the customer with this id; a customer that is gone is left alone.
pub fn refresh(tx: &mut Tx, id: &str, derive: impl FnOnce(&mut Customer)) -> Result<()> {
    if let Some(before) = tx.get::<Customer>(id)? {
        let mut customer = before.as_ref().clone();
        derive(&mut customer);
        customer.updated_at = Some(tx.now());
        store(tx, Some(&before), customer, tell_nobody)?;
    }
    Ok(())
}

/// Adds an order that counts from now on.
///
/// # Errors
/// When the amounts do not fit into 64 bits.
pub fn add_order(
    summary: &mut OrdersSummary,
    recent: &mut RecentOrders,
    order: CountedOrder,
) -> std::result::Result<(), Overflow> {
    summary.total_amount = summary.total_amount.checked_add(order.amount).ok_or(Overflow)?;
    summary.total_count += 1;
    recent.insert(order);
    conclude(summary, recent)
}

/// Takes away an order that counts no longer.
///
/// # Errors
/// Never, as long as it was added before.
pub fn remove_order(
    summary: &mut OrdersSummary,
    recent: &mut RecentOrders,
    order: &CountedOrder,
) -> std::result::Result<(), Overflow> {
    summary.total_amount -= order.amount;
    summary.total_count -= 1;
    recent.remove(&order.id);
    conclude(summary, recent)
}

/// What follows from the totals and from what is remembered.
pub(crate) fn conclude(summary: &mut OrdersSummary, recent: &RecentOrders) -> std::result::Result<(), Overflow> {
    summary.average_amount = money::average(summary.total_amount, summary.total_count)?;
    summary.last_order_amount = recent.last().map_or(0, |order| order.amount);
    summary.last_order_date = recent.last().map(|order| order.created_at);
    Ok(())
}

/// What happened to a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redeemed {
    Succeeded,
    Failed,
    RollbackSucceeded,
    RollbackFailed,
}

/// Counts one redemption or rollback.
pub fn count(summary: &mut RedemptionsSummary, redeemed: Redeemed) {
    let (kind, total) = match redeemed {
        Redeemed::Succeeded => (&mut summary.total_succeeded, &mut summary.total_redeemed),
        Redeemed::Failed => (&mut summary.total_failed, &mut summary.total_redeemed),
        Redeemed::RollbackSucceeded => (&mut summary.total_rollback_succeeded, &mut summary.total_rolled_back),
        Redeemed::RollbackFailed => (&mut summary.total_rollback_failed, &mut summary.total_rolled_back),
    };
    *kind += 1;
    *total += 1;
}

/// Counts a voucher that the customer has begun to hold.
pub fn count_held(customer: &mut Customer, voucher: &Voucher, campaign: Option<&Campaign>) {
    let balance = voucher.balance().unwrap_or(0);
    let entry = campaign.map(|campaign| campaign.name.clone());
    match &voucher.value {
        VoucherValue::Discount { .. } if !voucher.is_referral_code => return,
        VoucherValue::Discount { .. } => {}
        VoucherValue::Gift { .. } => {
            let to_go = &mut customer.summary.redemptions.gift.amount_to_go;
            *to_go = to_go.saturating_add(balance);
            return;
        }
        VoucherValue::Loyalty { loyalty_card } => {
            let to_go = &mut customer.summary.redemptions.loyalty_card.points_to_go;
            *to_go = to_go.saturating_add(balance);
            if entry.is_some() {
                let received = loyalty_card.points - loyalty_card.expired_points;
                customer.loyalty.points = customer.loyalty.points.saturating_add(received);
            }
        }
    }
    if let Some(name) = entry {
        let campaign = customer.loyalty.campaigns.entry(name).or_default();
        campaign.points = campaign.points.saturating_add(balance);
    }
}

/// Counts what the customer has spent of a card; negative if it was given back.
pub fn count_spent(summary: &mut RedemptionsSummary, card: Card, amount: i64) {
    let spent = match card {
        Card::GiftVoucher => &mut summary.gift.redeemed_amount,
        Card::LoyaltyCard => &mut summary.loyalty_card.redeemed_points,
    };
    *spent = spent.saturating_add(amount).max(0);
}

/// Counts what was put on a card that the customer holds, or taken off if negative.
pub fn count_balance(customer: &mut Customer, card: Card, campaign: Option<&Campaign>, change: i64) {
    let more = |count: &mut i64| *count = count.saturating_add(change).max(0);
    match (card, campaign) {
        (Card::GiftVoucher, _) => more(&mut customer.summary.redemptions.gift.amount_to_go),
        (Card::LoyaltyCard, campaign) => {
            more(&mut customer.summary.redemptions.loyalty_card.points_to_go);
            if let Some(campaign) = campaign {
                more(&mut customer.loyalty.campaigns.entry(campaign.name.clone()).or_default().points);
            }
        }
    }
}

/// Counts points that the customer has received on a card of a campaign.
pub fn count_received(customer: &mut Customer, points: i64) {
    customer.loyalty.points = customer.loyalty.points.saturating_add(points.max(0));
}

/// Counts what was redeemed of a card that the customer holds; negative if it was given back.
pub fn count_taken(customer: &mut Customer, card: Card, campaign: Option<&Campaign>, amount: i64) {
    count_balance(customer, card, campaign, amount.saturating_neg());
    if let (Card::LoyaltyCard, Some(campaign)) = (card, campaign) {
        let redeemed = customer.internal.redeemed_points.entry(campaign.name.clone()).or_default();
        *redeemed = redeemed.saturating_add(amount).max(0);
    }
}

/// Whether [`count_held`] has anything to count.
pub fn counts_held(voucher: &Voucher) -> bool {
    voucher.is_referral_code || !matches!(voucher.value, VoucherValue::Discount { .. })
}

/// A loyalty card that the customer holds, in points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCard {
    /// None for a card outside of campaigns.
    pub campaign: Option<String>,
    pub points: i64,
    pub expired_points: i64,
    pub subtracted_points: i64,
    pub redeemed_points: i64,
}

impl HeldCard {
    /// Points that are left.
    pub fn balance(&self) -> i64 {
        self.points - self.expired_points - self.subtracted_points - self.redeemed_points
    }
}

/// The cards' part of `summary`, and `loyalty` without referrals.
pub fn of_cards(cards: &[HeldCard]) -> (LoyaltyCardSummary, Loyalty) {
    let summary = LoyaltyCardSummary {
        redeemed_points: cards.iter().map(|card| card.redeemed_points).sum(),
        points_to_go: cards.iter().map(HeldCard::balance).sum(),
    };
    let mut campaigns: BTreeMap<String, LoyaltyCampaign> = BTreeMap::new();
    let mut points = 0;
    for card in cards {
        if let Some(campaign) = &card.campaign {
            points += card.points - card.expired_points;
            campaigns.entry(campaign.clone()).or_default().points += card.balance();
        }
    }
    (summary, Loyalty { points, referred_customers: 0, campaigns })
}

#[cfg(test)]
mod tests {
    use guerdon_model::Timestamp;

    use super::*;

    fn order(id: &str, amount: i64, minute: i64) -> CountedOrder {
        CountedOrder { id: id.into(), amount, created_at: Timestamp::from_millis(minute * 60_000) }
    }

    #[test]
    fn paid_and_fulfilled_orders_add_up() {
        let (mut summary, mut recent) = (OrdersSummary::default(), RecentOrders::default());
        let (a, b, c) = (order("a", 10_000, 1), order("b", 5_000, 2), order("c", 7_001, 3));
        // A is paid, B created, C fulfilled; then C is canceled; then B is paid; then all are canceled.
        for (change, counted, expected) in [
            (add_order as fn(&mut _, &mut _, _) -> _, &a, (10_000, 1, 10_000, 10_000, Some(1))),
            (add_order, &c, (17_001, 2, 8_501, 7_001, Some(3))),
            (|summary, recent, order| remove_order(summary, recent, &order), &c, (10_000, 1, 10_000, 10_000, Some(1))),
            (add_order, &b, (15_000, 2, 7_500, 5_000, Some(2))),
            (|summary, recent, order| remove_order(summary, recent, &order), &a, (5_000, 1, 5_000, 5_000, Some(2))),
            (|summary, recent, order| remove_order(summary, recent, &order), &b, (0, 0, 0, 0, None)),
        ] {
            change(&mut summary, &mut recent, counted.clone()).expect("small enough");
            let date = summary.last_order_date.map(|date| date.as_millis() / 60_000);
            let found =
                (summary.total_amount, summary.total_count, summary.average_amount, summary.last_order_amount, date);
            assert_eq!(found, expected);
        }
        let dear = order("d", i64::MAX, 4);
        assert_eq!(add_order(&mut summary, &mut recent, dear.clone()), Ok(()));
        assert_eq!(add_order(&mut summary, &mut recent, dear), Err(Overflow));
    }

    #[test]
    fn averages_are_as_documented() {
        for (total, count, average) in [(24_900, 3, 8_300), (210_000, 3, 70_000), (203_900, 2, 101_950)] {
            assert_eq!(money::average(total, count), Ok(average));
        }
    }

    #[test]
    fn redemptions_and_rollbacks_are_counted_apart() {
        use Redeemed::*;
        let counted = |outcomes: &[Redeemed]| {
            let mut summary = RedemptionsSummary::default();
            outcomes.iter().for_each(|outcome| count(&mut summary, *outcome));
            (
                summary.total_redeemed,
                summary.total_failed,
                summary.total_succeeded,
                summary.total_rolled_back,
                summary.total_rollback_failed,
                summary.total_rollback_succeeded,
            )
        };
        let three_two_one_two =
            [Succeeded, Succeeded, Succeeded, Failed, Failed, RollbackSucceeded, RollbackFailed, RollbackFailed];
        assert_eq!(counted(&three_two_one_two), (5, 2, 3, 3, 2, 1));
        assert_eq!(counted(&[Succeeded, Succeeded, Succeeded, Succeeded, RollbackSucceeded]), (4, 0, 4, 1, 0, 1));
    }

    #[test]
    fn cards_without_a_campaign_count_only_as_points_to_go() {
        let winter = HeldCard {
            campaign: Some("Winter".into()),
            points: 100,
            expired_points: 20,
            subtracted_points: 0,
            redeemed_points: 30,
        };
        let loose =
            HeldCard { campaign: None, points: 15, expired_points: 0, subtracted_points: 0, redeemed_points: 0 };
        let (summary, loyalty) = of_cards(&[winter, loose]);
        assert_eq!((loyalty.points, loyalty.campaigns["Winter"].points), (80, 50));
        assert_eq!((summary.redeemed_points, summary.points_to_go), (30, 65));
    }
}
