//! What one redeemable, whose rules have passed, does to an order: the arithmetic of promotions.
//!
//! [`apply`] takes the order as the redeemables before have left it and gives the order as the next one
//! finds it. It never takes off more than is left to pay, never makes anything negative, and never
//! rounds but once at the end of each amount ([`crate::money::round_ratio`]).
//!
//! The steps, in this order:
//!
//! 1. What the last redeemable did is forgotten; what all of them did stays.
//! 2. The discount's value is computed, if it has a formula ([`crate::formula`]).
//! 3. It is multiplied by the number of complete bundles, if the rules ask for bundles.
//! 4. For discounts of items, lines and units are picked ([`crate::target`]).
//! 5. The discount of the order, or of each picked line, is computed.
//! 6. Limits cut it, then what is left to pay for the line, then what is left to pay for the order.
//!
//! What the kinds of discounts come to is explained where they are computed: [`amount`], [`percent`],
//! [`fixed`] prices, free [`units`], units that [`replace`] others, [`gift`] cards and [`points`]; and
//! how an amount is [`split`]. `docs/discounts.md` is the page for users.
//!
//! ```
//! use guerdon_engine::{cart::{Amounts, Cart}, discount::{self, Incentive, Step}, trace::Trace};
//! use guerdon_model::discount::Discount;
//!
//! let read = |json| serde_json::from_str::<Discount>(json).expect("a discount");
//! let ten_percent = read(r#"{"type": "PERCENT", "percent_off": 10, "amount_limit": 3000}"#);
//! let five_off = read(r#"{"type": "AMOUNT", "amount_off": 500}"#);
//!
//! // An order of 114.99: 11.499 is 11.50, and 5.00 more.
//! let (cart, mut amounts) = (Cart::default(), Amounts { amount: Some(11_499), ..Amounts::default() });
//! for discount in [&ten_percent, &five_off] {
//!     let step = Step::new(Incentive::Discount(discount));
//!     amounts = discount::apply(&step, &cart, &amounts, &mut Trace::off()).expect("applied").amounts;
//! }
//! assert_eq!(amounts.discount_amount, 1_150 + 500);
//! assert_eq!(amounts.applied_discount_amount, 500);
//! assert_eq!(amounts.running_total(), 9_849);
//! ```

pub mod amount;
mod check;
pub mod fixed;
pub mod gift;
mod limits;
mod operands;
pub mod percent;
pub mod points;
pub mod replace;
pub mod split;
#[cfg(test)]
mod tests;
pub mod units;
mod value;

use guerdon_model::{
    discount::{
        AmountEffect, Discount, DiscountCalculationMode, GiftResult, LoyaltyCardResult, ProductsApplicationMode,
        UnitEffect, ValueEffect,
    },
    validation_rule::ApplicableToEntry,
};
use serde_json::json;

use crate::{
    cart::{Amounts, Cart, Line},
    facts::{Collections, NoCollections},
    money::Overflow,
    target::{self, Budgets, NoUnitBudgets, PickedLine, Targeting, UnitBudgets, UnitLimits, list::Lists},
    trace::{Kind, Node, Outcome as TraceOutcome, Trace},
};

pub use check::{check_formulas, check_item_formulas};
pub use gift::Gift;
pub use operands::{FormulaFacts, FormulaLibrary, ReadAnew, RedeemableFacts, VoucherFacts};
pub use points::Points;
pub use units::{Catalogue, EmptyCatalogue, Unit};

/// One redeemable and what it is applied with.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    pub incentive: Incentive<'a>,
    /// What its rules say about items and bundles.
    pub targeting: &'a Targeting<'a>,
    /// What a percentage is taken of.
    pub calculation: DiscountCalculationMode,
    /// Whether items that were discounted by earlier redeemables are discounted again.
    pub products: ProductsApplicationMode,
    pub collections: &'a dyn Collections,
    pub catalogue: &'a dyn Catalogue,
    pub budgets: &'a dyn UnitBudgets,
    /// What formulas are computed from; without it, stored values count.
    pub formulas: Option<FormulaFacts<'a>>,
}

/// What is applied.
#[derive(Debug, Clone, Copy)]
pub enum Incentive<'a> {
    /// A coupon's, referral code's or promotion tier's.
    Discount(&'a Discount),
    Gift(Gift),
    /// A reward that pays with points.
    Points(Points),
    /// Any other reward, for so many points. The order's amounts stay as they are.
    Reward {
        points: i64,
    },
}

impl<'a> Step<'a> {
    /// A redeemable without rules, in the default modes, that knows of nothing else.
    pub fn new(incentive: Incentive<'a>) -> Self {
        static UNRESTRICTED: Targeting<'static> = Targeting { applicable_to: Vec::new(), bundles: 1 };
        Self {
            incentive,
            targeting: &UNRESTRICTED,
            calculation: DiscountCalculationMode::default(),
            products: ProductsApplicationMode::default(),
            collections: &NoCollections,
            catalogue: &EmptyCatalogue,
            budgets: &NoUnitBudgets,
            formulas: None,
        }
    }
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub amounts: Amounts,
    /// Lines that were added: they follow the cart's, and `amounts` has them already.
    pub appended: Vec<Line>,
    /// Lines and units that the discount was applied to, in that order.
    pub picked: Vec<PickedLine>,
    pub result: Applied,
    /// Whether anything has changed, or been spent.
    pub has_effect: bool,
}

impl Outcome {
    /// The `applicable_to` and `inapplicable_to` of the answer. `before` is the order that was given to
    /// [`apply`].
    pub fn lists(&self, step: &Step<'_>, cart: &Cart, before: &Amounts) -> Lists {
        match self.result.is_for_order() {
            true => Lists::default(),
            false => target::list::lists(step.targeting, cart, before, &self.picked, step.collections),
        }
    }
}

/// What was applied, as the `result` of an answer has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// With its effect and, if a formula gave it, the value that counted. Bundles don't multiply it here.
    Discount(Discount),
    Gift(AppliedGift),
    LoyaltyCard(LoyaltyCardResult),
}

/// What was taken off a gift card, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppliedGift {
    pub effect: ValueEffect,
    pub result: GiftResult,
}

impl Applied {
    /// Whether it concerns the order as a whole, whatever rules say about items.
    fn is_for_order(&self) -> bool {
        match self {
            Applied::Discount(Discount::Amount(discount)) => discount.effect == Some(AmountEffect::ApplyToOrder),
            Applied::Discount(Discount::Percent(discount)) => discount.effect == Some(ValueEffect::ApplyToOrder),
            Applied::Discount(Discount::Fixed(discount)) => discount.effect == Some(ValueEffect::ApplyToOrder),
            Applied::Discount(Discount::Unit(_) | Discount::Units(_)) => false,
            Applied::Gift(gift) => gift.effect == ValueEffect::ApplyToOrder,
            Applied::LoyaltyCard(_) => true,
        }
    }

    /// What was spent of a gift card or loyalty card.
    fn spent(&self) -> i64 {
        match self {
            Applied::Discount(_) => 0,
            Applied::Gift(gift) => gift.result.credits,
            Applied::LoyaltyCard(card) => card.points,
        }
    }
}

/// Why a redeemable can't be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The order has no amount to pay.
    MissingAmount,
    /// The order has no lines to pay for.
    MissingOrderItems,
    /// None of the lines that may be paid for has an amount.
    MissingOrderItemsAmount,
    /// More credits were asked for than the gift card has.
    GiftAmountExceeded,
    /// More points were asked for than the loyalty card has.
    LoyaltyCardPointsExceeded,
    /// An amount is too large.
    Overflow,
}

impl Refusal {
    /// The key of the error catalogue.
    pub const fn key(self) -> &'static str {
        match self {
            Refusal::MissingAmount => "missing_amount",
            Refusal::MissingOrderItems => "missing_order_items",
            Refusal::MissingOrderItemsAmount => "missing_order_items_amount",
            Refusal::GiftAmountExceeded => "gift_amount_exceeded",
            Refusal::LoyaltyCardPointsExceeded => "loyalty_card_points_exceeded",
            Refusal::Overflow => "invalid_amount",
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key())
    }
}

impl std::error::Error for Refusal {}

impl From<Overflow> for Refusal {
    fn from(_: Overflow) -> Self {
        Refusal::Overflow
    }
}

/// A step in progress.
struct Run<'a, 's> {
    step: &'s Step<'a>,
    cart: &'s Cart,
    /// As they were when the step began; formulas look at these.
    before: &'s Amounts,
    amounts: Amounts,
    appended: Vec<Line>,
    included: Vec<&'a ApplicableToEntry>,
    picked: Vec<PickedLine>,
    trace: &'s mut Trace,
}

/// Applies one redeemable to an order whose amounts are `before`; `cart` and `before` have the same lines.
///
/// # Errors
/// [`Refusal`]; the order stays as it is.
pub fn apply(step: &Step<'_>, cart: &Cart, before: &Amounts, trace: &mut Trace) -> Result<Outcome, Refusal> {
    trace.open(|| Node::new(Kind::Discount).detail("running_total", before.running_total()));
    let mut amounts = before.clone();
    amounts.begin_step();
    let mut run = Run { step, cart, before, amounts, appended: vec![], included: vec![], picked: vec![], trace };
    let result = run.apply();
    let Run { amounts, appended, picked, trace, .. } = run;
    let outcome = result.map(|result| {
        let has_effect = result.spent() != 0 || has_changed(&amounts);
        Outcome { amounts, appended, picked, result, has_effect }
    });
    trace.close(|node| match &outcome {
        Ok(outcome) => node.details.extend([("left".to_owned(), json!(outcome.amounts.running_total()))]),
        Err(refusal) => {
            node.outcome = TraceOutcome::Violated;
            node.text = Some(refusal.key().to_owned());
        }
    });
    outcome
}

/// Whether the last step has left any trace.
fn has_changed(amounts: &Amounts) -> bool {
    amounts.applied_discount_amount != 0
        || amounts.lines.iter().any(|line| {
            line.applied_discount_amount != 0 || line.applied_discount_quantity != 0 || line.applied_quantity != 0
        })
}

impl<'a> Run<'a, '_> {
    fn apply(&mut self) -> Result<Applied, Refusal> {
        match self.step.incentive {
            Incentive::Discount(discount) => Ok(Applied::Discount(self.discount(discount)?)),
            Incentive::Gift(gift) => gift::apply(self, gift).map(Applied::Gift),
            Incentive::Points(points) => points::apply(self, points).map(Applied::LoyaltyCard),
            Incentive::Reward { points } => Ok(Applied::LoyaltyCard(LoyaltyCardResult { points })),
        }
    }

    /// Applies a discount; gives it as the result shows it.
    fn discount(&mut self, discount: &Discount) -> Result<Discount, Overflow> {
        let mut discount = discount.clone();
        discount.fill_effect(self.step.targeting.restricts_items());
        Ok(match discount {
            Discount::Amount(discount) => Discount::Amount(amount::apply(self, discount)?),
            Discount::Percent(discount) => Discount::Percent(percent::apply(self, discount)?),
            Discount::Fixed(discount) => Discount::Fixed(fixed::apply(self, discount)?),
            Discount::Unit(unit) if unit.effect == Some(UnitEffect::ReplaceItems) => {
                Discount::Unit(replace::apply(self, unit)?)
            }
            Discount::Unit(unit) => Discount::Unit(units::apply(self, unit)?),
            Discount::Units(many) => Discount::Units(units::apply_many(self, many)?),
        })
    }

    /// How many complete bundles there are.
    fn bundles(&self) -> i64 {
        self.step.targeting.bundles.max(0)
    }

    /// Picks the lines that the discount is applied to. Limits on units count for so many bundles;
    /// limits over all orders only for some discounts.
    fn pick(&mut self, scale: i64, has_budgets: bool) {
        if self.bundles() == 0 {
            return;
        }
        self.included = self.step.targeting.included();
        let formula = |text: &str| {
            let facts = self.step.formulas.as_ref()?;
            facts.library.formula(text)?.whole(&self.operands(facts, None)).ok()
        };
        let budgets = has_budgets.then_some(Budgets { units: self.step.budgets, formula: &formula });
        self.picked = target::pick(
            &self.included,
            self.step.targeting,
            self.cart,
            &self.amounts,
            self.step.collections,
            self.step.products == ProductsApplicationMode::Once,
            UnitLimits { scale, budgets },
        );
    }

    /// Takes so much off the order as a whole, as far as it is left to pay.
    fn take_off_order(&mut self, discount: i64) -> Result<(), Overflow> {
        let taken = discount.clamp(0, self.amounts.running_total());
        self.trace.add(|| Node::new(Kind::Step).subject("order").detail("discount", discount).detail("taken", taken));
        self.amounts.discount_order(taken)
    }
}
