//! Listing tiers and stacks, which are in memory. What was counted about tiers is loaded for the page alone.

use std::cmp::Ordering;

use guerdon_engine::{facts::Calendar, trace::Trace};
use guerdon_model::{
    Timestamp,
    campaign::Campaign,
    filter::{Filter, Moment},
    list::List,
    promotion_stack::{PromotionStack, StackAnswer},
    promotion_tier::{PromotionTier, TierAnswer},
};
use jiff::{civil::Weekday, tz::TimeZone};

use super::{ReadyTier, stacks, tiers};
use crate::{
    campaigns,
    tx::{Result, Tx},
};

/// How many of its tiers a campaign shows, and how many the list of its tiers if no number is asked for.
pub const SHOWN_TIERS: usize = 1_000;

/// What lists are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListOrder {
    by: Field,
    descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    CreatedAt,
    /// By creation before the first change.
    UpdatedAt,
    Name,
}

impl ListOrder {
    /// The names of all orders of tiers.
    pub const OF_TIERS: [&'static str; 4] = ["created_at", "-created_at", "updated_at", "-updated_at"];
    /// The names of all orders of stacks.
    pub const OF_STACKS: [&'static str; 6] =
        ["created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"];

    /// Reads one of those names.
    pub fn parse(name: &str) -> Self {
        let by = match name.trim_start_matches('-') {
            "updated_at" => Field::UpdatedAt,
            "name" => Field::Name,
            _ => Field::CreatedAt,
        };
        Self { by, descending: name.starts_with('-') }
    }

    fn sort<T: Listed>(self, rows: &mut [&T]) {
        rows.sort_by(|one, other| {
            let (one, other) = (one.key(), other.key());
            let order = match self.by {
                Field::CreatedAt => one.created_at.cmp(&other.created_at),
                Field::UpdatedAt => one.changed_at.cmp(&other.changed_at),
                Field::Name => one.name.cmp(other.name),
            };
            let order: Ordering = order.then_with(|| one.id.cmp(other.id));
            if self.descending { order.reverse() } else { order }
        });
    }
}

/// What rows are sorted by.
struct SortKey<'a> {
    created_at: Timestamp,
    changed_at: Timestamp,
    name: &'a str,
    id: &'a str,
}

trait Listed {
    fn key(&self) -> SortKey<'_>;
}

impl Listed for PromotionTier {
    fn key(&self) -> SortKey<'_> {
        let changed_at = self.updated_at.unwrap_or(self.created_at);
        SortKey { created_at: self.created_at, changed_at, name: &self.name, id: self.id.as_str() }
    }
}
impl Listed for PromotionStack {
    fn key(&self) -> SortKey<'_> {
        let changed_at = self.updated_at.unwrap_or(self.created_at);
        SortKey { created_at: self.created_at, changed_at, name: &self.name, id: self.id.as_str() }
    }
}

/// Which tiers, in which order, and which page of them.
#[derive(Debug, Clone)]
pub struct TierListing {
    /// Only those that can be used at this moment.
    pub is_available: bool,
    pub order: ListOrder,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// A page of all tiers.
pub fn list_tiers(tx: &mut Tx, listing: &TierListing) -> Result<List<TierAnswer>> {
    let config = tx.config();
    page(tx, config.promotions().tiers().map(|ready| &**ready), listing)
}

/// A page of a campaign's tiers.
pub fn list_tiers_of(tx: &mut Tx, campaign: &str, listing: &TierListing) -> Result<List<TierAnswer>> {
    let campaign = campaigns::get(tx, campaign)?;
    let promotion = tx.config().promotions().of_campaign(&campaign.id);
    let tiers = promotion.iter().flat_map(|promotion| &promotion.tiers).map(|ready| &**ready);
    let mut list = page(tx, tiers, listing)?;
    let shown = (listing.page - 1).saturating_mul(listing.limit) + list.rows.len();
    list.has_more = Some(list.total.is_some_and(|total| total > shown as u64));
    Ok(list)
}

fn page<'a>(
    tx: &mut Tx,
    tiers: impl Iterator<Item = &'a ReadyTier>,
    listing: &TierListing,
) -> Result<List<TierAnswer>> {
    let mut wanted: Vec<&PromotionTier> = if listing.is_available {
        let calendar = Calendar { time_zone: zone(tx), week_starts_on: Weekday::Monday };
        tiers.filter(|ready| is_available(tx, ready, &calendar)).map(|ready| &ready.tier).collect()
    } else {
        tiers.map(|ready| &ready.tier).collect()
    };
    listing.order.sort(&mut wanted);
    let total = wanted.len() as u64;
    let skipped = (listing.page - 1).saturating_mul(listing.limit);
    let rows = wanted.into_iter().skip(skipped).take(listing.limit).collect::<Vec<_>>();
    tx.need(rows.iter().map(|tier| tiers::totals_key(tier)))?;
    Ok(List { total: Some(total), ..answers(tx, &rows)? })
}

fn answers(tx: &mut Tx, tiers: &[&PromotionTier]) -> Result<List<TierAnswer>> {
    let rows = tiers.iter().map(|tier| tiers::answer(tx, tier).map(TierAnswer::read)).collect::<Result<_>>()?;
    Ok(List::whole("tiers", rows))
}

/// Whether a tier and its campaign are switched on, and this moment is within its limits.
fn is_available(tx: &Tx, ready: &ReadyTier, calendar: &Calendar) -> bool {
    let campaign = tx.config().campaign_with_id(&ready.tier.campaign_id);
    ready.tier.active
        && campaign.is_some_and(|campaign| campaign.active)
        && ready.limits.check(tx.now(), calendar, &mut Trace::off()).is_ok()
}

fn zone(tx: &Tx) -> TimeZone {
    tx.config().project.as_ref().map_or(TimeZone::UTC, |project| project.zone())
}

/// The tiers that a campaign shows, in the order in which they are applied.
pub(crate) fn of_campaign(tx: &mut Tx, campaign: &Campaign) -> Result<List<TierAnswer>> {
    let Some(promotion) = tx.config().promotions().of_campaign(&campaign.id) else {
        // A new campaign is not in the configuration yet, nor are its tiers.
        let new: Vec<_> = tx.written::<PromotionTier>().filter(|tier| tier.campaign_id == campaign.id).collect();
        let mut tiers: Vec<&PromotionTier> = new.iter().map(|tier| &**tier).collect();
        tiers.sort_by(|one, other| one.rank().cmp(&other.rank()));
        return Ok(List { has_more: Some(false), ..answers(tx, &tiers)? });
    };
    let tiers: Vec<&PromotionTier> = promotion.tiers.iter().take(SHOWN_TIERS).map(|ready| &ready.tier).collect();
    tx.need(tiers.iter().map(|tier| tiers::totals_key(tier)))?;
    let total = promotion.tiers.len();
    Ok(List { total: Some(total as u64), has_more: Some(total > tiers.len()), ..answers(tx, &tiers)? })
}

/// Which stacks, in which order, and which page of them.
#[derive(Debug, Clone)]
pub struct StackListing {
    /// Exclusive.
    pub created: [Option<Timestamp>; 2],
    /// Exclusive. A stack that was never changed is within no bound.
    pub updated: [Option<Timestamp>; 2],
    pub filter: Option<Filter>,
    pub order: ListOrder,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// A page of all stacks, or of a campaign's.
pub fn list_stacks(tx: &mut Tx, campaign: Option<&str>, listing: &StackListing) -> Result<List<StackAnswer>> {
    let campaign = campaign.map(|campaign| campaigns::get(tx, campaign)).transpose()?;
    let moment = Moment { now: tx.now(), zone: zone(tx) };
    let is_wanted = |stack: &PromotionStack| {
        campaign.as_ref().is_none_or(|campaign| stack.campaign_id == campaign.id)
            && is_between(Some(stack.created_at), listing.created)
            && is_between(stack.updated_at, listing.updated)
            && listing.filter.as_ref().is_none_or(|filter| {
                let json = serde_json::to_value(stacks::answer(tx, stack));
                json.is_ok_and(|json| filter.matches(&json, &moment))
            })
    };
    let all = tx.config().promotions().stacks().map(|stack| &**stack);
    let mut wanted: Vec<&PromotionStack> = all.filter(|stack| is_wanted(stack)).collect();
    listing.order.sort(&mut wanted);
    let total = Some(wanted.len() as u64);
    let skipped = (listing.page - 1).saturating_mul(listing.limit);
    let rows = wanted.into_iter().skip(skipped).take(listing.limit).map(|stack| stacks::answer(tx, stack)).collect();
    Ok(List { total, ..List::whole("data", rows) })
}

fn is_between(time: Option<Timestamp>, [after, before]: [Option<Timestamp>; 2]) -> bool {
    after.is_none_or(|after| time.is_some_and(|time| time > after))
        && before.is_none_or(|before| time.is_some_and(|time| time < before))
}
