//! The checks of one redeemable, in their documented order. The first that fails is the reason.

use std::sync::Arc;

use guerdon_model::{
    Error, discount::GiftEffect, redeemable::VoucherRefusal, validation_rule::Need, validity::Unusable,
};
use serde_json::{Value, json};

use super::{
    Application, Refused, Request,
    earlier::{CountedOn, Earlier, UsedOn},
    rules::{Terms, before_discount},
};
use crate::{
    cart::{Amounts, Cart, Line},
    discount::{self, Applied, FormulaFacts, Gift, Incentive, Outcome as Discounted, Step},
    facts::{Customer, Facts},
    redeemable::{Kind, Object, Redeemable, Requested},
    rules::{Order, Scope, Situation},
    target::list::Lists,
    trace::{self, Node, Outcome, Trace},
};

/// Puts a redeemable through all checks.
pub(super) fn check<'a>(
    request: &Request<'a>,
    requested: &Requested<'a>,
    earlier: Earlier<'_, 'a>,
    trace: &mut Trace,
) -> Result<Application, Refused<'a>> {
    let order = earlier.order(request);
    let redeemable = exists(requested, trace)?;
    is_active(redeemable, trace)?;
    is_within_limits(redeemable, request.facts, trace)?;
    has_uses_left(redeemable, trace)?;
    meets_its_kind(redeemable, request, order, trace)?;

    let counters = CountedOn { redeemable, earlier: &earlier };
    let collections = request.facts.collections;
    let budgets = UsedOn { redeemable, earlier: &earlier, order, collections };
    let customer = request.facts.customer.map(|customer| Customer { is_holder: redeemable.is_holder, ..*customer });
    let shared: &Facts<'_> = request.facts;
    let facts = Facts { customer: customer.as_ref(), counters: &counters, ..*shared };
    let terms = Terms::of(redeemable, &Situation { order, facts: &facts, scope: request.scope });
    let category = redeemable.category.map(|category| &category.id);
    let step = Step {
        incentive: redeemable.kind.incentive(),
        targeting: &terms.targeting,
        calculation: request.stacking.calculation_mode(category),
        products: request.stacking.redeemables_products_application_mode,
        collections,
        catalogue: request.catalogue,
        budgets: &budgets,
        formulas: Some(FormulaFacts {
            library: request.formulas,
            facts: &facts,
            birthdate: request.birthdate,
            redeemable: redeemable.facts(),
        }),
    };
    let (gift_credits, points) = would_spend(redeemable, &step, order);
    let facts_of_rules = Facts { gift_credits, points, ..facts };

    let situation = Situation { order, facts: &facts_of_rules, scope: request.scope };
    let pending = before_discount(redeemable, &situation, trace)?;
    let discounted = apply(&step, order, trace).map_err(|refusal| refused(refusal, redeemable))?;
    pending.after_discount(redeemable, &situation, &discounted.amounts, trace)?;
    trace.add(|| Node::new(trace::Kind::Check).subject("effect").seen(discounted.has_effect));
    let lists = match order {
        Some(Order { cart, amounts }) => discounted.lists(&step, cart, amounts),
        None => Lists::default(),
    };
    let Discounted { amounts, appended, picked, result, has_effect } = discounted;
    let cart = match order {
        Some(order) if !appended.is_empty() => Some(extended(order.cart, appended)),
        _ => earlier.cart().cloned(),
    };
    Ok(Application { amounts, cart, picked, lists, result, bundle: terms.bundle, has_effect })
}

fn exists<'r, 'a>(requested: &'r Requested<'a>, trace: &mut Trace) -> Result<&'r Redeemable<'a>, Error> {
    let missing = || Error::not_found(requested.object.name(), requested.id);
    has(trace, "exists", requested.redeemable.is_some(), missing)?;
    requested.redeemable.as_ref().ok_or_else(missing)
}

fn is_active(redeemable: &Redeemable<'_>, trace: &mut Trace) -> Result<(), Error> {
    let is_campaign_active = redeemable.campaign.is_none_or(|campaign| campaign.is_active);
    for (subject, is_active) in [("active", redeemable.is_active), ("campaign.active", is_campaign_active)] {
        require(trace, subject, || json!(is_active), is_active, || unusable(redeemable, Unusable::Disabled))?;
    }
    Ok(())
}

fn is_within_limits(redeemable: &Redeemable<'_>, facts: &Facts<'_>, trace: &mut Trace) -> Result<(), Error> {
    redeemable.limits.check(facts.now, facts.calendar, trace).map_err(|why| unusable(redeemable, why))
}

fn unusable(redeemable: &Redeemable<'_>, why: Unusable) -> Error {
    let name = redeemable.name.to_owned();
    match redeemable.object() {
        Object::Voucher => Error::VoucherUnusable { code: name, why },
        Object::PromotionTier | Object::PromotionStack => Error::PromotionTierUnusable { id: name, why },
    }
}

fn has_uses_left(redeemable: &Redeemable<'_>, trace: &mut Trace) -> Result<(), Error> {
    let Some(left) = redeemable.uses.left() else { return Ok(()) };
    require(trace, "quantity", || json!(left), left > 0, || voucher(redeemable, VoucherRefusal::QuantityExceeded))
}

/// What coupons and promotion tiers don't need, and others do.
fn meets_its_kind(
    redeemable: &Redeemable<'_>,
    request: &Request<'_>,
    order: Option<Order<'_>>,
    trace: &mut Trace,
) -> Result<(), Error> {
    let customer = request.facts.customer;
    match &redeemable.kind {
        Kind::Coupon(_) | Kind::PromotionTier(_) => Ok(()),
        Kind::ReferralCode { is_referrer, .. } => {
            has(trace, "customer", customer.is_some(), || Error::MissingForRules(Need::Customer))?;
            let refused = || voucher(redeemable, VoucherRefusal::Referrer);
            require(trace, "referrer", || json!(is_referrer), !is_referrer, refused)
        }
        Kind::GiftCard(gift) => {
            has_something_to_pay(redeemable, request, order, trace)?;
            let available = gift.balance.saturating_sub(gift.locked).max(0);
            let refused = || voucher(redeemable, VoucherRefusal::GiftAmountExceeded);
            require(trace, "balance", || json!(available), gift.credits.is_none_or(|asked| asked <= available), refused)
        }
        Kind::LoyaltyCard(card) => {
            let has_reward = card.reward.is_some() || request.scope != Scope::Full;
            has(trace, "reward", has_reward, || Error::MissingReward)?;
            // A card that nobody was given yet could be the customer's own.
            let is_offered = request.scope != Scope::Full && redeemable.publication.is_none();
            let may_use = customer.is_none() || redeemable.is_holder || is_offered;
            let refused = || voucher(redeemable, VoucherRefusal::NotHolder);
            require(trace, "holder", || json!(redeemable.is_holder), may_use, refused)?;
            has_something_to_pay(redeemable, request, order, trace)?;
            let available = card.available();
            let refused = || voucher(redeemable, VoucherRefusal::PointsExceeded);
            require(trace, "balance", || json!(available), card.asked().is_none_or(|asked| asked <= available), refused)
        }
    }
}

/// Whoever only wants to know what could be used need not have an order yet.
fn has_something_to_pay(
    redeemable: &Redeemable<'_>,
    request: &Request<'_>,
    order: Option<Order<'_>>,
    trace: &mut Trace,
) -> Result<(), Error> {
    let kind = &redeemable.kind;
    let Some(card) = kind.card().filter(|_| kind.pays() && request.scope == Scope::Full) else { return Ok(()) };
    let has_amount = order.is_some_and(|order| order.amounts.amount.is_some());
    let has_lines = order.is_some_and(|order| !order.cart.lines.is_empty());
    let needs = match kind.pays_for_items() {
        true => [("order", Need::Order, order.is_some()), ("order.items", Need::OrderItems, has_lines)],
        false => [("order", Need::Order, order.is_some()), ("order.amount", Need::Amount, has_amount)],
    };
    for (subject, need, is_there) in needs {
        has(trace, subject, is_there, || Error::MissingForCard { need, card })?;
    }
    Ok(())
}

fn voucher(redeemable: &Redeemable<'_>, why: VoucherRefusal) -> Error {
    Error::VoucherRefused { code: redeemable.name.to_owned(), why }
}

/// What rules are told about credits and points. It is known before the discount is, because the order
/// has not changed in between.
fn would_spend(redeemable: &Redeemable<'_>, step: &Step<'_>, order: Option<Order<'_>>) -> (i64, i64) {
    if !redeemable.kind.pays() || redeemable.rules().next().is_none() {
        return (0, 0);
    }
    match apply(step, order, &mut Trace::off()).map(|discounted| discounted.result) {
        Ok(Applied::Gift(gift)) => (gift.result.credits, 0),
        Ok(Applied::LoyaltyCard(card)) => (0, card.points),
        Ok(Applied::Discount(_)) | Err(_) => (0, 0),
    }
}

/// Applies it to the order or, without one, only says what would be applied.
fn apply(step: &Step<'_>, order: Option<Order<'_>>, trace: &mut Trace) -> Result<Discounted, discount::Refusal> {
    match order {
        Some(order) => discount::apply(step, order.cart, order.amounts, trace),
        None => without_order(step, trace),
    }
}

fn without_order(step: &Step<'_>, trace: &mut Trace) -> Result<Discounted, discount::Refusal> {
    let nothing_to_pay = Amounts { amount: Some(0), ..Amounts::default() };
    let incentive = match step.incentive {
        // There are no items that it could not pay for.
        Incentive::Gift(gift) => Incentive::Gift(Gift { effect: GiftEffect::ApplyToOrder, ..gift }),
        other => other,
    };
    let step = Step { incentive, ..*step };
    let discounted = discount::apply(&step, &Cart::default(), &nothing_to_pay, trace)?;
    // Whatever it adds, there is nothing to add it to.
    let has_effect = matches!(&discounted.result, Applied::LoyaltyCard(card) if card.points != 0);
    Ok(Discounted { amounts: Amounts::default(), appended: Vec::new(), has_effect, ..discounted })
}

fn refused(refusal: discount::Refusal, redeemable: &Redeemable<'_>) -> Error {
    let missing = |need| match redeemable.kind.card() {
        Some(card) => Error::MissingForCard { need, card },
        None => Error::MissingForRules(need),
    };
    match refusal {
        discount::Refusal::MissingAmount => missing(Need::Amount),
        discount::Refusal::MissingOrderItems => missing(Need::OrderItems),
        discount::Refusal::MissingOrderItemsAmount => Error::MissingApplicableItems,
        discount::Refusal::GiftAmountExceeded => voucher(redeemable, VoucherRefusal::GiftAmountExceeded),
        discount::Refusal::LoyaltyCardPointsExceeded => voucher(redeemable, VoucherRefusal::PointsExceeded),
        discount::Refusal::Overflow => Error::InvalidAmount,
    }
}

fn extended(cart: &Cart, appended: Vec<Line>) -> Arc<Cart> {
    let mut cart = cart.clone();
    cart.lines.extend(appended);
    Arc::new(cart)
}

/// Refuses what does not hold.
fn require(
    trace: &mut Trace,
    subject: &'static str,
    seen: impl FnOnce() -> Value,
    holds: bool,
    otherwise: impl FnOnce() -> Error,
) -> Result<(), Error> {
    let outcome = if holds { Outcome::Satisfied } else { Outcome::Violated };
    trace.add(|| Node::new(trace::Kind::Check).subject(subject).seen(seen()).outcome(outcome));
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Refuses a request that lacks something.
fn has(
    trace: &mut Trace,
    subject: &'static str,
    is_there: bool,
    otherwise: impl FnOnce() -> Error,
) -> Result<(), Error> {
    let outcome = if is_there { Outcome::Satisfied } else { Outcome::Missing };
    trace.add(|| Node::new(trace::Kind::Check).subject(subject).outcome(outcome));
    if is_there { Ok(()) } else { Err(otherwise()) }
}
