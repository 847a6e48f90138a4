//! Listing campaigns. They are in memory; what is not is how many vouchers those of a page have.

use std::cmp::Ordering;

use guerdon_model::{
    campaign::{Campaign, CampaignAnswer, CampaignType, GenerationStatus, Supply},
    filter::{Filter, Moment, Operator, Predicate},
    list::List,
};
use serde_json::{Value, json};

use super::{category_of, totals};
use crate::{
    snapshot::Snapshot,
    tx::{Result, Tx},
};

/// Which campaigns, in which order, and which page of them.
#[derive(Debug, Clone)]
pub struct CampaignListing {
    pub campaign_type: Option<CampaignType>,
    pub status: Option<GenerationStatus>,
    pub is_referral_code: Option<bool>,
    /// Only those of some areas or stores; there are none yet.
    pub of_areas: bool,
    pub filter: Option<Filter>,
    pub order: CampaignOrder,
    pub expand: Option<Expand>,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// What is shown of each campaign besides its own fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expand {
    Category,
    AccessSettingsAssignments,
}

impl Expand {
    /// The names of both.
    pub const NAMES: [&'static str; 2] = ["category", "access_settings_assignments"];

    /// Reads one of those names.
    pub fn parse(name: &str) -> Option<Self> {
        [Expand::Category, Expand::AccessSettingsAssignments]
            .into_iter()
            .zip(Self::NAMES)
            .find_map(|(expand, known)| (known == name).then_some(expand))
    }
}

/// By creation or by last change; newest first unless asked for otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CampaignOrder {
    by_change: bool,
    descending: bool,
}

impl CampaignOrder {
    /// The names of all orders.
    pub const NAMES: [&'static str; 4] = ["created_at", "-created_at", "updated_at", "-updated_at"];

    /// Reads one of those names.
    pub fn parse(name: Option<&str>) -> Self {
        let name = name.unwrap_or("-created_at");
        Self { by_change: name.ends_with("updated_at"), descending: name.starts_with('-') }
    }

    fn compare(self, one: &Campaign, other: &Campaign) -> Ordering {
        let key = |campaign: &Campaign| match self.by_change {
            true => campaign.updated_at.unwrap_or(campaign.created_at),
            false => campaign.created_at,
        };
        let order = key(one).cmp(&key(other)).then_with(|| one.id.cmp(&other.id));
        if self.descending { order.reverse() } else { order }
    }
}

/// A page of campaigns.
pub fn list(tx: &mut Tx, listing: &CampaignListing) -> Result<List<CampaignAnswer>> {
    let config = tx.config();
    let zone = config.project.as_ref().map_or(jiff::tz::TimeZone::UTC, |project| project.zone());
    let moment = Moment { now: tx.now(), zone };
    let filter = listing.filter.clone().map(asked_by_name);
    let is_wanted = |campaign: &Campaign| {
        listing.campaign_type.is_none_or(|wanted| campaign.campaign_type == wanted)
            && listing.status.is_none_or(|wanted| campaign.status() == wanted)
            && listing.is_referral_code.is_none_or(|wanted| is_referral(campaign) == wanted)
            && !listing.of_areas
            && filter.as_ref().is_none_or(|filter| filter.matches(&fields(config, campaign, &moment), &moment))
    };
    let mut campaigns: Vec<&Campaign> = config.campaigns().map(|campaign| &**campaign).collect();
    campaigns.retain(|campaign| is_wanted(campaign));
    campaigns.sort_unstable_by(|one, other| listing.order.compare(one, other));
    let total = campaigns.len() as u64;
    let page = campaigns.into_iter().skip((listing.page - 1).saturating_mul(listing.limit)).take(listing.limit);
    let page: Vec<&Campaign> = page.collect();
    tx.need(page.iter().map(|campaign| totals::key(Some(&campaign.id))))?;
    let rows = page.into_iter().map(|campaign| row(tx, campaign, listing.expand)).collect::<Result<_>>()?;
    Ok(List { data_ref: "campaigns", rows, total: Some(total), has_more: None, more_starting_after: None })
}

fn row(tx: &mut Tx, campaign: &Campaign, expand: Option<Expand>) -> Result<CampaignAnswer> {
    let vouchers = totals::of(tx, Some(&campaign.id))?.vouchers;
    let category = category_of(tx.config(), campaign.category_id.as_ref());
    let mut answer = campaign.answer(vouchers, category);
    match expand {
        Some(Expand::Category) => answer.categories = category.cloned().into_iter().collect(),
        Some(Expand::AccessSettingsAssignments) => answer.access_settings_assignments = Some(Default::default()),
        None => {}
    }
    Ok(answer)
}

fn is_referral(campaign: &Campaign) -> bool {
    campaign.voucher.as_ref().is_some_and(|template| template.is_referral_code)
}

/// The fields that have states, which are asked for by operators of their own.
const STATES: [&str; 2] = ["status", "active"];

/// The filter with its questions about states as questions whether their names are among those of a campaign.
fn asked_by_name(mut filter: Filter) -> Filter {
    use Operator::*;
    for Predicate { field, operator, values } in &mut filter.predicates {
        let is_state = matches!(operator, Active | Failed | InProgress | Expired | BeforeStart | Enabled | Disabled);
        if is_state && STATES.contains(&field.as_str()) {
            *values = vec![operator.name().into()];
            *operator = Is;
        }
    }
    filter
}

/// A campaign as filters see it.
fn fields(config: &Snapshot, campaign: &Campaign, moment: &Moment) -> Value {
    let category = category_of(config, campaign.category_id.as_ref());
    let supply: &[&str] = match campaign.supply {
        Supply::Standalone => &["STANDALONE"],
        Supply::AutoUpdate => &["AUTO_UPDATE", "BULK"],
        Supply::Static => &["STATIC", "BULK"],
    };
    let limits = &campaign.limits;
    // Who is valid on every day is so on each that is asked for.
    let days = limits.validity_day_of_week.clone().unwrap_or_else(|| (0..=6).collect());
    json!({
        "campaigns": campaign.name,
        "campaigns_id": campaign.id,
        "campaign_type": campaign.campaign_type,
        "campaign_status": campaign.status(),
        "status": states_of_generation(campaign, moment),
        "active": states_of_activity(campaign, moment),
        "voucher_type": campaign.campaign_type.voucher_type(),
        "type": supply,
        "is_referral_code": is_referral(campaign),
        "categories": category.map(|category| &category.name),
        "category_ids": campaign.category_id,
        "created_date": campaign.created_at,
        "created_at": campaign.created_at,
        "updated_at": campaign.updated_at,
        "start_date": limits.start_date,
        "expiration_date": limits.expiration_date,
        "validity_timeframe": limits.validity_timeframe,
        "validity_day_of_week": days,
        "metadata": campaign.metadata,
    })
}

/// How its vouchers are, and once they are there, where the present is in its life.
fn states_of_generation(campaign: &Campaign, moment: &Moment) -> Vec<&'static str> {
    let (is_expired, is_early) = life(campaign, moment);
    let states: &[(Operator, bool)] = match campaign.status() {
        GenerationStatus::Failed => &[(Operator::Failed, true)],
        GenerationStatus::InProgress | GenerationStatus::Modifying => &[(Operator::InProgress, true)],
        GenerationStatus::Draft => &[],
        GenerationStatus::Done => {
            &[(Operator::Active, true), (Operator::Expired, is_expired), (Operator::BeforeStart, is_early)]
        }
    };
    states.iter().filter(|(_, holds)| *holds).map(|(state, _)| state.name()).collect()
}

/// Whether it is switched on, and whether it is in use.
fn states_of_activity(campaign: &Campaign, moment: &Moment) -> Vec<&'static str> {
    let (is_expired, is_early) = life(campaign, moment);
    let states = [
        (Operator::Enabled, campaign.active),
        (Operator::Disabled, !campaign.active),
        (Operator::Expired, is_expired),
        (Operator::Active, campaign.active && !is_expired && !is_early),
    ];
    states.iter().filter(|(_, holds)| *holds).map(|(state, _)| state.name()).collect()
}

/// Whether it has expired, and whether it has not started yet.
fn life(campaign: &Campaign, moment: &Moment) -> (bool, bool) {
    let limits = &campaign.limits;
    let is_expired = limits.expiration_date.is_some_and(|end| end <= moment.now);
    (is_expired, limits.start_date.is_some_and(|start| start > moment.now))
}
