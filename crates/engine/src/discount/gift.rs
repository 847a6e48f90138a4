//! Paying with the credits of a gift card. One credit is one minor unit.
//!
//! ```
//! use guerdon_engine::{cart::{Amounts, Cart}, discount::{self, Applied, Gift, Incentive, Step}, trace::Trace};
//! use guerdon_model::discount::GiftEffect;
//!
//! let card = Gift { effect: GiftEffect::ApplyToOrder, balance: 9_000, locked: 0, credits: Some(4_000) };
//! let order = Amounts { amount: Some(1_500), ..Amounts::default() };
//! let step = Step::new(Incentive::Gift(card));
//! let paid = discount::apply(&step, &Cart::default(), &order, &mut Trace::off()).expect("paid");
//!
//! // Of 40.00 that were offered, 15.00 are needed.
//! assert_eq!(paid.amounts.running_total(), 0);
//! assert!(matches!(paid.result, Applied::Gift(gift) if gift.result.credits == 1_500));
//! ```

use guerdon_model::discount::{GiftEffect, GiftResult};

use super::{
    AppliedGift, Refusal, Run,
    limits::{AmountLimits, Share, take_off_items},
};

/// A gift card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gift {
    pub effect: GiftEffect,
    pub balance: i64,
    /// How much of the balance others have reserved.
    pub locked: i64,
    /// How much the request offers; if it does not say, whatever is needed and there.
    pub credits: Option<i64>,
}

/// Pays for the order, or for the picked lines one after the other. Credits that are not needed stay on
/// the card.
pub(super) fn apply(run: &mut Run<'_, '_>, gift: Gift) -> Result<AppliedGift, Refusal> {
    let available = gift.balance.saturating_sub(gift.locked).max(0);
    let credits = gift.credits.unwrap_or(available).max(0);
    if credits > available {
        return Err(Refusal::GiftAmountExceeded);
    }
    let used = match gift.effect {
        GiftEffect::ApplyToOrder => {
            if run.amounts.amount.is_none() {
                return Err(Refusal::MissingAmount);
            }
            // No rule asks for bundles in vain: without a complete one nothing is paid.
            run.take_off_order(if run.bundles() == 0 { 0 } else { credits })?;
            run.amounts.applied_discount_amount
        }
        GiftEffect::ApplyToItems => {
            if run.cart.lines.is_empty() {
                return Err(Refusal::MissingOrderItems);
            }
            run.pick(1, false);
            if run.picked.is_empty() && run.bundles() > 0 {
                return Err(Refusal::MissingOrderItemsAmount);
            }
            let limits = AmountLimits { per_line: None, over_all: Some(credits) };
            take_off_items(run, limits, |run, picked| {
                Ok(Share::eligible(&run.amounts.lines[picked.line], picked).floor())
            })?
        }
    };
    Ok(AppliedGift { effect: gift.effect, result: GiftResult { balance: gift.balance, credits: used } })
}
