//! What is counted of a redemption, in the commit that makes it, and uncounted by the one that rolls it back.
//! [`crate::redeemables::counted`] is who asks.

use guerdon_model::{
    Timestamp,
    campaign_day::CampaignDay,
    ids::{CampaignId, CustomerId},
    participation::Participation,
    promotion_tier::TierTotals,
    redeemable::Card,
    redemption::{RedeemedIncentive, Redemption},
    usage::{Counts, PersonalUsage, Starts, Usage, Who},
    voucher::Voucher,
};
use guerdon_store::{Collection, Key};

use crate::{
    campaigns::{self, totals},
    tx::{Result, Tx},
};

/// Who is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct People<'a> {
    pub customer: Option<&'a CustomerId>,
    /// Whether the customer has come with the request: under an id that is new in every run, nothing can be
    /// looked up, and there is nothing.
    pub is_new: bool,
    pub api_key: Option<&'a str>,
}

impl<'a> People<'a> {
    /// All of them, each with whether there may be something about them already.
    fn all(self) -> impl Iterator<Item = (Who<'a>, bool)> {
        let customer = self.customer.map(|customer| (Who::Customer(customer.as_str()), !self.is_new));
        let api_key = self.api_key.map(|app_id| (Who::ApiKey(app_id), true));
        customer.into_iter().chain(api_key)
    }
}

/// To count or to uncount.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Add(Counts, Starts),
    /// What was redeemed at that time.
    TakeBack(Counts, Timestamp),
}

impl Change {
    fn apply_to(&self, usage: &mut Usage) {
        match self {
            Change::Add(counts, starts) => usage.add(counts, starts),
            Change::TakeBack(counts, redeemed_at) => usage.take_back(counts, *redeemed_at),
        }
    }

    const fn counts(&self) -> (&Counts, i64) {
        match self {
            Change::Add(counts, _) => (counts, 1),
            Change::TakeBack(counts, _) => (counts, -1),
        }
    }
}

/// What counting what belongs to a campaign reads.
pub(super) fn keys_of_campaign(tx: &Tx, campaign: &CampaignId, people: &People<'_>) -> Vec<Key> {
    let participation = people.customer.filter(|_| !people.is_new);
    let participation = participation.map(|customer| Participation::id_of(campaign, customer));
    let participation = participation.map(|id| Key::id(Collection::Participations, id));
    [totals::key(Some(campaign)), campaigns::summary::key(tx, campaign)].into_iter().chain(participation).collect()
}

/// What counting a voucher's redemption reads, besides the voucher.
pub(super) fn keys_of_voucher(voucher: &Voucher, people: &People<'_>) -> Vec<Key> {
    let elsewhere = people.all().filter(|(who, is_known)| *is_known && voucher.usage.of(*who).is_none());
    elsewhere.map(|(who, _)| personal_key(voucher.id.as_str(), who)).collect()
}

/// What counting a tier's redemption reads.
pub(super) fn keys_of_tier(tier: &str, people: &People<'_>) -> Vec<Key> {
    let personal = people.all().filter(|(_, is_known)| *is_known).map(|(who, _)| personal_key(tier, who));
    personal.chain([Key::id(Collection::PromotionTierTotals, tier)]).collect()
}

fn personal_key(incentive: &str, who: Who<'_>) -> Key {
    Key::id(Collection::PersonalUsages, PersonalUsage::id_of(incentive, who))
}

/// Counts a redemption of a voucher, which is the caller's to store.
pub(super) fn count_voucher(tx: &mut Tx, voucher: &mut Voucher, people: &People<'_>, change: &Change) -> Result<()> {
    let (counts, sign) = change.counts();
    let redeemed = &mut voucher.redemption.redeemed_quantity;
    *redeemed = redeemed.saturating_add(sign * counts.redemptions).max(0);
    change.apply_to(&mut voucher.usage.all);
    for (who, is_known) in people.all() {
        match voucher.usage.entry(who) {
            Some(usage) => change.apply_to(usage),
            None => count_person(tx, voucher.id.as_str(), who, is_known, change)?,
        }
    }
    Ok(())
}

/// Counts a redemption of a promotion tier.
pub(super) fn count_tier(tx: &mut Tx, tier: &str, people: &People<'_>, change: &Change) -> Result<()> {
    let known = tx.get::<TierTotals>(tier)?;
    let mut totals =
        known.map_or_else(|| TierTotals { id: tier.to_owned(), ..TierTotals::default() }, |known| (*known).clone());
    let (counts, sign) = change.counts();
    let plus = |sum: &mut i64, count: i64| *sum = sum.saturating_add(sign * count).max(0);
    plus(&mut totals.redemptions, counts.redemptions);
    plus(&mut totals.orders_amount, counts.order_amount);
    plus(&mut totals.discount_amount, counts.discount_amount);
    change.apply_to(&mut totals.usage);
    tx.put(totals);
    for (who, is_known) in people.all() {
        count_person(tx, tier, who, is_known, change)?;
    }
    Ok(())
}

fn count_person(tx: &mut Tx, incentive: &str, who: Who<'_>, is_known: bool, change: &Change) -> Result<()> {
    let id = PersonalUsage::id_of(incentive, who);
    let known = if is_known { tx.get::<PersonalUsage>(&id)? } else { None };
    let mut personal = known.map_or_else(|| PersonalUsage { id, ..PersonalUsage::default() }, |known| (*known).clone());
    change.apply_to(&mut personal.usage);
    tx.put(personal);
    Ok(())
}

/// Counts a redemption of something that belongs to a campaign: for rules, and for the campaign's summary.
pub(super) fn count_campaign(
    tx: &mut Tx,
    campaign: &CampaignId,
    people: &People<'_>,
    redemption: &Redemption,
    change: &Change,
) -> Result<()> {
    if tx.config().campaign_with_id(campaign).is_none() {
        // It is being deleted, and with it whatever was counted.
        return Ok(());
    }
    let mut of_campaign = totals::of(tx, Some(campaign))?;
    change.apply_to(&mut of_campaign.usage);
    tx.put(of_campaign);
    if let Some(customer) = people.customer {
        let id = Participation::id_of(campaign, customer);
        let known = if people.is_new { None } else { tx.get::<Participation>(&id)? };
        let mut part = known.map_or_else(|| Participation { id, ..Participation::default() }, |known| (*known).clone());
        change.apply_to(&mut part.usage);
        tx.put(part);
    }
    let card = redemption.incentive.as_ref().and_then(RedeemedIncentive::card);
    let points = redemption.amount.filter(|_| card == Some(Card::LoyaltyCard)).unwrap_or(0);
    campaigns::summary::count(tx, campaign, |day| count_day(day, change, points))
}

fn count_day(day: &mut CampaignDay, change: &Change, points: i64) {
    let plus = |count: &mut i64, more: i64| *count = count.saturating_add(more);
    match change {
        Change::Add(counts, _) => {
            plus(&mut day.redemptions_succeeded, counts.redemptions);
            plus(&mut day.orders_amount, counts.order_amount);
            plus(&mut day.discounted_amount, counts.discount_amount);
            plus(&mut day.amount_redeemed, counts.gift_credits);
            plus(&mut day.points_redeemed, points);
        }
        Change::TakeBack(counts, _) => {
            plus(&mut day.rollbacks_succeeded, counts.redemptions);
            plus(&mut day.orders_rolledback_amount, counts.order_amount);
            plus(&mut day.rolledback_discounted_amount, counts.discount_amount);
            plus(&mut day.amount_rolledback, counts.gift_credits);
            plus(&mut day.points_rolledback, points);
        }
    }
}

/// Counts what was refused in the summary of its campaign.
pub(super) fn count_failure(
    tx: &mut Tx,
    campaign: Option<&CampaignId>,
    count: impl FnOnce(&mut CampaignDay),
) -> Result<()> {
    match campaign.filter(|campaign| tx.config().campaign_with_id(campaign).is_some()) {
        Some(campaign) => campaigns::summary::count(tx, campaign, count),
        None => Ok(()),
    }
}
