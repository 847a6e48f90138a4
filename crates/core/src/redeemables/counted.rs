//! What was redeemed before, for the rules that ask for it.
//!
//! It is counted in the commits that redeem and roll back: of a campaign in its totals, of a customer in a
//! campaign in the customer's participation, of a voucher in the voucher itself, of a promotion tier in its
//! totals. Who has redeemed a voucher is part of it as long as there are few; others, and all who have
//! redeemed a promotion tier, have a [`PersonalUsage`] each. So a look at a counter costs the same however
//! much was redeemed, and nothing is loaded that no rule asks for. Counters are guarded if something is redeemed,
//! and only peeked at if not.

use guerdon_engine::facts::{Counter, Counters, Measure, Scope, Window};
use guerdon_model::{
    campaign_totals::CampaignTotals,
    ids::CampaignId,
    participation::Participation,
    promotion_tier::TierTotals,
    usage::{PersonalUsage, Starts, Usage, Who},
    voucher::Voucher,
};
use guerdon_store::{Collection, Key};

use super::{Found, Incentive, Scene};
use crate::{
    campaigns::totals,
    tx::{Result, Tx},
};

/// The counters of one redeemable, for one customer and API key.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    starts: Starts,
    campaign: Usage,
    campaign_and_customer: Usage,
    incentive: Usage,
    incentive_and_customer: Usage,
    incentive_and_api_key: Usage,
}

impl Counters for Counted {
    fn value(&self, counter: Counter) -> i64 {
        let usage = match counter.scope {
            Scope::Campaign => &self.campaign,
            Scope::CampaignAndCustomer => &self.campaign_and_customer,
            Scope::Incentive => &self.incentive,
            Scope::IncentiveAndCustomer => &self.incentive_and_customer,
            Scope::IncentiveAndApiKey => &self.incentive_and_api_key,
            // Nobody redeems through a dashboard.
            Scope::IncentiveAndUser => return 0,
        };
        let counts = match counter.window {
            Window::Ever => usage.ever,
            Window::Day => usage.day.counts_since(self.starts.day),
            Window::Week => usage.week.counts_since(self.starts.week),
            Window::Month => usage.month.counts_since(self.starts.month),
        };
        match counter.measure {
            Measure::Redemptions => counts.redemptions,
            Measure::OrderAmount => counts.order_amount,
            Measure::DiscountAmount => counts.discount_amount,
            Measure::GiftCredits => counts.gift_credits,
        }
    }
}

/// When the current day, week and month have begun.
pub fn starts(tx: &Tx) -> Starts {
    let (now, calendar) = (tx.now(), super::evaluate::calendar(tx));
    let start = |window: Window| window.start(now, &calendar).unwrap_or_default();
    Starts { day: start(Window::Day), week: start(Window::Week), month: start(Window::Month) }
}

/// Who is counted.
struct People<'a> {
    customer: Option<&'a str>,
    api_key: Option<&'a str>,
}

impl<'a> People<'a> {
    fn of(tx: &'a Tx, scene: &'a Scene) -> Self {
        let customer = scene.buyer.as_ref().and_then(|buyer| buyer.id());
        Self { customer, api_key: super::evaluate::api_key(tx) }
    }

    /// Those of them whom a scope is about.
    fn who(&self, scope: Scope) -> Option<Who<'a>> {
        match scope {
            Scope::IncentiveAndCustomer | Scope::CampaignAndCustomer => self.customer.map(Who::Customer),
            Scope::IncentiveAndApiKey => self.api_key.map(Who::ApiKey),
            Scope::Campaign | Scope::Incentive | Scope::IncentiveAndUser => None,
        }
    }
}

/// Whether a rule of the redeemable asks for such a counter. To whom a voucher without a campaign has none of
/// a campaign's, it is counted itself.
fn asks_for(found: &Found, scope: Scope) -> bool {
    let counters = found.rules().flat_map(|rules| rules.counters());
    let asked = |counter: Scope| match (counter, &found.campaign) {
        (Scope::Campaign, None) => Scope::Incentive,
        (Scope::CampaignAndCustomer, None) => Scope::IncentiveAndCustomer,
        (scope, _) => scope,
    };
    counters.into_iter().any(|counter| asked(counter.scope) == scope)
}

const PERSONAL: [Scope; 2] = [Scope::IncentiveAndCustomer, Scope::IncentiveAndApiKey];

/// What [`of`] reads.
pub(super) fn keys(tx: &Tx, found: &Found, scene: &Scene) -> Vec<Key> {
    let people = People::of(tx, scene);
    let mut keys = Vec::new();
    if let Some(campaign) = &found.campaign {
        if asks_for(found, Scope::Campaign) {
            keys.push(totals::key(Some(&campaign.id)));
        }
        if let Some(customer) = people.customer.filter(|_| asks_for(found, Scope::CampaignAndCustomer)) {
            keys.push(Key::id(Collection::Participations, participation(&campaign.id, customer)));
        }
    }
    if let Incentive::Tier(ready) = &found.incentive
        && asks_for(found, Scope::Incentive)
    {
        keys.push(Key::id(Collection::PromotionTierTotals, ready.tier.id.as_str()));
    }
    for who in PERSONAL.into_iter().filter(|scope| asks_for(found, *scope)).filter_map(|scope| people.who(scope)) {
        if remembered(found, who).is_none() {
            keys.push(Key::id(Collection::PersonalUsages, PersonalUsage::id_of(found.id(), who)));
        }
    }
    keys
}

fn participation(campaign: &CampaignId, customer: &str) -> String {
    Participation::id_of(campaign, &customer.into())
}

/// What the redeemable itself remembers of somebody.
fn remembered(found: &Found, who: Who<'_>) -> Option<Usage> {
    match &found.incentive {
        Incentive::Voucher(voucher) => voucher.usage.of(who),
        Incentive::Tier(_) => None,
    }
}

/// The counters of a redeemable; none if no rule asks for one.
pub(super) fn of(tx: &mut Tx, found: &Found, scene: &Scene, starts: &Starts) -> Result<Option<Box<Counted>>> {
    if found.rules().all(|rules| rules.counters().is_empty()) {
        return Ok(None);
    }
    let incentive = match &found.incentive {
        Incentive::Voucher(voucher) => of_voucher(voucher),
        Incentive::Tier(ready) if asks_for(found, Scope::Incentive) => {
            scene.look::<TierTotals>(tx, ready.tier.id.as_str())?.map(|totals| totals.usage.clone()).unwrap_or_default()
        }
        Incentive::Tier(_) => Usage::default(),
    };
    let [incentive_and_customer, incentive_and_api_key] =
        [personal(tx, found, scene, PERSONAL[0])?, personal(tx, found, scene, PERSONAL[1])?];
    let (campaign, campaign_and_customer) = match &found.campaign {
        None => (incentive.clone(), incentive_and_customer.clone()),
        Some(campaign) => {
            let of_campaign = match asks_for(found, Scope::Campaign) {
                true => scene.look::<CampaignTotals>(tx, campaign.id.as_str())?,
                false => None,
            };
            let customer = scene.buyer.as_ref().and_then(|buyer| buyer.id());
            let customer = customer.filter(|_| asks_for(found, Scope::CampaignAndCustomer));
            let of_customer = match customer {
                Some(customer) => scene.look::<Participation>(tx, &participation(&campaign.id, customer))?,
                None => None,
            };
            (
                of_campaign.map(|totals| totals.usage.clone()).unwrap_or_default(),
                of_customer.map(|participation| participation.usage.clone()).unwrap_or_default(),
            )
        }
    };
    let starts = *starts;
    Ok(Some(Box::new(Counted {
        starts,
        campaign,
        campaign_and_customer,
        incentive,
        incentive_and_customer,
        incentive_and_api_key,
    })))
}

/// The voucher's own counters; how often it was ever redeemed it has always known.
fn of_voucher(voucher: &Voucher) -> Usage {
    let mut usage = voucher.usage.all.clone();
    usage.ever.redemptions = voucher.redemption.redeemed_quantity;
    usage
}

fn personal(tx: &mut Tx, found: &Found, scene: &Scene, scope: Scope) -> Result<Usage> {
    let Some(who) = People::of(tx, scene).who(scope).filter(|_| asks_for(found, scope)) else {
        return Ok(Usage::default());
    };
    if let Some(known) = remembered(found, who) {
        return Ok(known);
    }
    let id = PersonalUsage::id_of(found.id(), who);
    Ok(scene.look::<PersonalUsage>(tx, &id)?.map(|usage| usage.usage.clone()).unwrap_or_default())
}
