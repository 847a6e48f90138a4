//! Paying with loyalty points: so many points are worth so much money.
//!
//! ```
//! use guerdon_engine::{cart::{Amounts, Cart}, discount::{self, Applied, Incentive, Points, Step}, trace::Trace};
//! use rust_decimal::Decimal;
//!
//! // 100 points are worth 20.00.
//! let twenty = Decimal::from(20);
//! let card = Points { points_ratio: 100, exchange_ratio: twenty, balance: 10_000, locked: 0, points: None };
//! let order = Amounts { amount: Some(45_000), ..Amounts::default() };
//! let step = Step::new(Incentive::Points(card));
//! let paid = discount::apply(&step, &Cart::default(), &order, &mut Trace::off()).expect("paid");
//!
//! // 2300 points are worth 460.00; 2200 would not do.
//! assert_eq!(paid.amounts.running_total(), 0);
//! assert!(matches!(paid.result, Applied::LoyaltyCard(card) if card.points == 2_300));
//! ```

use guerdon_model::discount::LoyaltyCardResult;
use rust_decimal::Decimal;

use super::{Refusal, Run};
use crate::money::{Overflow, power_of_ten, times};

/// Points of a loyalty card, and what they are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Points {
    /// So many points …
    pub points_ratio: i64,
    /// … are worth so much, in main units of the currency.
    pub exchange_ratio: Decimal,
    pub balance: i64,
    /// How many points of the balance others have reserved.
    pub locked: i64,
    /// How many the request offers; if it does not say, as many as are needed and there, in multiples of
    /// `points_ratio`.
    pub points: Option<i64>,
}

/// Pays for the order. Points that are not needed stay on the card, but for what the last `points_ratio`
/// of them is worth beyond the order.
pub(super) fn apply(run: &mut Run<'_, '_>, points: Points) -> Result<LoyaltyCardResult, Refusal> {
    let available = points.balance.saturating_sub(points.locked).max(0);
    if points.points.is_some_and(|points| points > available) {
        return Err(Refusal::LoyaltyCardPointsExceeded);
    }
    if run.amounts.amount.is_none() {
        return Err(Refusal::MissingAmount);
    }
    let ratio = points.points_ratio;
    if ratio <= 0 || points.exchange_ratio <= Decimal::ZERO || run.bundles() == 0 {
        return Ok(LoyaltyCardResult { points: 0 });
    }
    let total = run.amounts.running_total();
    let needed = times(points.steps_for(total)?, ratio)?;
    let used = match points.points {
        Some(offered) => offered.clamp(0, needed),
        None => needed.min(available - available % ratio),
    };
    run.take_off_order(points.worth(used)?.min(total))?;
    // Points that are worth less than one minor unit buy nothing.
    let is_worth_it = run.amounts.applied_discount_amount > 0;
    Ok(LoyaltyCardResult { points: if is_worth_it { used } else { 0 } })
}

impl Points {
    /// What `points_ratio` points are worth in minor units, as a fraction.
    fn exchange(&self) -> Result<(i128, i128), Overflow> {
        let worth = self.exchange_ratio.mantissa().checked_mul(100).ok_or(Overflow)?;
        Ok((worth, power_of_ten(self.exchange_ratio.scale())))
    }

    /// How many times `points_ratio` it takes to pay for an amount.
    fn steps_for(&self, amount: i64) -> Result<i64, Overflow> {
        let (worth, denominator) = self.exchange()?;
        let amount = i128::from(amount).checked_mul(denominator).ok_or(Overflow)?;
        i64::try_from(amount / worth + i128::from(amount % worth > 0)).map_err(|_| Overflow)
    }

    /// What so many points are worth, in whole minor units.
    fn worth(&self, points: i64) -> Result<i64, Overflow> {
        let (worth, denominator) = self.exchange()?;
        let value = i128::from(points).checked_mul(worth).ok_or(Overflow)?;
        let denominator = i128::from(self.points_ratio).checked_mul(denominator).ok_or(Overflow)?;
        i64::try_from(value / denominator).map_err(|_| Overflow)
    }
}
