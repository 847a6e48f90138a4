//! What redeemables that were applied earlier in the same request have changed for the next one: the
//! order, and what their campaigns have given away.

use guerdon_model::validation_rule::{ApplicableToEntry, Budget};

use super::{Application, Refused, Request};
use crate::{
    cart::Cart,
    discount::Applied,
    facts::{Collections, Counter, Counters, Measure, Scope},
    item,
    redeemable::{Redeemable, Requested},
    rules::Order,
    stacking::Decided,
    target::UnitBudgets,
};

/// What was decided so far.
pub(super) struct Earlier<'w, 'a> {
    requested: &'w [Requested<'a>],
    decided: Decided<'w, Application, Refused<'a>>,
}

impl<'w, 'a> Earlier<'w, 'a> {
    pub(super) const fn new(requested: &'w [Requested<'a>], decided: Decided<'w, Application, Refused<'a>>) -> Self {
        Self { requested, decided }
    }

    pub(super) const fn nothing() -> Self {
        Self::new(&[], Decided::nothing())
    }

    /// The order as it is by now.
    pub(super) fn order(&self, request: &Request<'w>) -> Option<Order<'w>> {
        let original = request.order?;
        let last = self.decided.last();
        Some(last.map_or(original, |last| Order { cart: last.cart(original.cart), amounts: &last.amounts }))
    }

    /// The lines that were added, with the others; `None` if none were.
    pub(super) fn cart(&self) -> Option<&'w std::sync::Arc<Cart>> {
        self.decided.last()?.cart.as_ref()
    }

    /// What was applied of the same campaign.
    fn of_campaign(&self, redeemable: &Redeemable<'_>) -> impl Iterator<Item = &'w Application> {
        self.decided.applied().filter_map(|(place, applied)| {
            let other = self.requested.get(place)?.redeemable.as_ref()?;
            redeemable.shares_campaign(other).then_some(applied)
        })
    }
}

/// The counters of a redeemable, as if what was applied earlier had been redeemed already: otherwise
/// two codes of a campaign could pass, together, a limit that lets only one of them pass.
pub(super) struct CountedOn<'e, 'w, 'a> {
    pub(super) redeemable: &'e Redeemable<'a>,
    pub(super) earlier: &'e Earlier<'w, 'a>,
}

impl Counters for CountedOn<'_, '_, '_> {
    fn value(&self, counter: Counter) -> i64 {
        let stored = self.redeemable.counters.value(counter);
        match counter.scope {
            // All of a request is done by one customer at one time.
            Scope::Campaign | Scope::CampaignAndCustomer => {
                let earlier = self.earlier.of_campaign(self.redeemable);
                earlier.map(|applied| measured(applied, counter.measure)).fold(stored, i64::saturating_add)
            }
            // A request has each incentive only once.
            Scope::Incentive | Scope::IncentiveAndCustomer | Scope::IncentiveAndUser | Scope::IncentiveAndApiKey => {
                stored
            }
        }
    }
}

fn measured(applied: &Application, measure: Measure) -> i64 {
    match measure {
        Measure::Redemptions => 1,
        Measure::OrderAmount => applied.amounts.amount.unwrap_or(0),
        Measure::DiscountAmount => applied.amounts.total_applied(),
        Measure::GiftCredits => match &applied.result {
            Applied::Gift(gift) => gift.result.credits,
            Applied::Discount(_) | Applied::LoyaltyCard(_) => 0,
        },
    }
}

/// The budgets of a redeemable, likewise.
pub(super) struct UsedOn<'e, 'w, 'a> {
    pub(super) redeemable: &'e Redeemable<'a>,
    pub(super) earlier: &'e Earlier<'w, 'a>,
    pub(super) order: Option<Order<'e>>,
    pub(super) collections: &'e dyn Collections,
}

impl UnitBudgets for UsedOn<'_, '_, '_> {
    fn discounted(&self, entry: &ApplicableToEntry, budget: &Budget<'_>, product: Option<&str>) -> i64 {
        let stored = self.redeemable.budgets.discounted(entry, budget, product);
        let Some(order) = self.order.filter(|_| !budget.per_tier) else { return stored };
        let counts = |line: usize| {
            let is_product = order.cart.lines.get(line).and_then(item::product_name) == product;
            (product.is_none() || is_product)
                && item::matches(item::of_entry(entry), order.cart, line, self.collections)
        };
        let picked = self.earlier.of_campaign(self.redeemable).flat_map(|applied| &applied.picked);
        picked.filter(|picked| counts(picked.line)).map(|picked| picked.units).fold(stored, i64::saturating_add)
    }
}
