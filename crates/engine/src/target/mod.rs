//! Which lines and units an item-level discount touches: what rules say about it, and what came of it.
//!
//! Rules name items that are discounted and items that are not. Each line belongs to the most specific
//! entry that names it; each entry picks lines or single units of its own in an order of its own; limits
//! then cut the number of units. [`list`] is what answers say about all this.
//!
//! ```text
//! two mugs at 10.00, three posters at 15.00; every second unit, the dearest first
//!
//! poster poster poster mug mug
//!    1      ·      3    ·   2     two posters and the second mug
//! ```

mod assign;
mod discounted;
mod limits;
pub mod list;
mod sequence;

use std::sync::LazyLock;

use guerdon_model::validation_rule::{ALL_PRODUCTS, ApplicableTo, ApplicableToEntry, ItemObject};

use crate::{
    cart::{Amounts, Cart},
    facts::Collections,
};

pub use discounted::discounted;
pub(crate) use limits::limited;
pub use limits::{Budgets, NoUnitBudgets, UnitBudgets, UnitLimits};

/// What the passed rules of one redeemable say together.
#[derive(Debug, Clone)]
pub struct Targeting<'a> {
    /// Of every rule of the redeemable, its own first, then its campaign's.
    pub applicable_to: Vec<&'a ApplicableTo>,
    /// How many complete bundles the cart holds; 1 without bundle rules.
    pub bundles: i64,
}

impl Default for Targeting<'_> {
    fn default() -> Self {
        Self { applicable_to: Vec::new(), bundles: 1 }
    }
}

/// The entry that stands for everything.
static EVERYTHING: LazyLock<ApplicableToEntry> =
    LazyLock::new(|| ApplicableToEntry::new(ItemObject::ProductsCollection, ALL_PRODUCTS));

impl<'a> Targeting<'a> {
    /// The entries whose lines are discounted, rule by rule. Including everything is one more entry.
    pub fn included(&self) -> Vec<&'a ApplicableToEntry> {
        self.applicable_to
            .iter()
            .flat_map(|of_rule| of_rule.included.iter().chain(of_rule.included_all.then(|| &*EVERYTHING)))
            .collect()
    }

    /// The entries whose lines are not discounted, whatever else names them.
    pub fn excluded(&self) -> impl Iterator<Item = &'a ApplicableToEntry> {
        self.applicable_to.iter().flat_map(|of_rule| of_rule.excluded.iter())
    }

    /// Whether the rules say anything about items. If so, a discount without an effect is one of items.
    pub fn restricts_items(&self) -> bool {
        self.applicable_to
            .iter()
            .any(|of_rule| of_rule.included_all || !of_rule.included.is_empty() || !of_rule.excluded.is_empty())
    }
}

/// Units of one line that a discount touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PickedLine {
    pub line: usize,
    /// The entry that the line was picked by: its place among the included entries.
    pub entry: usize,
    /// How many units are eligible.
    pub units: i64,
    /// The first of them, counted from 1.
    pub first: i64,
    /// The distance from each to the next.
    pub every: i64,
}

impl PickedLine {
    /// Which units are eligible, counted from 1.
    pub fn numbers(&self) -> impl Iterator<Item = i64> {
        (0..self.units).map(|place| self.first.saturating_add(place.saturating_mul(self.every)))
    }
}

/// The lines that a discount touches, in the order in which it is applied to them: entry by entry, and
/// within each in its own sequence. `once`: lines that were discounted before are left out.
///
/// ```
/// use guerdon_engine::{cart::{Amounts, Cart, Line, LineAmounts}, facts::NoCollections};
/// use guerdon_engine::target::{self, Targeting, UnitLimits};
/// use guerdon_model::validation_rule::{ApplicableTo, ItemEffect};
///
/// let line = |price| LineAmounts { quantity: 1, price: Some(price), amount: Some(price), ..LineAmounts::default() };
/// let amounts = Amounts { lines: vec![line(300), line(100), line(200)], ..Amounts::default() };
/// let cart = Cart { lines: vec![Line::default(); 3], ..Cart::default() };
///
/// let everything = ApplicableTo { included_all: true, ..ApplicableTo::default() };
/// let targeting = Targeting { applicable_to: vec![&everything], ..Targeting::default() };
/// let picked = target::pick(&targeting.included(), &targeting, &cart, &amounts, &NoCollections, false, UnitLimits::default());
/// let lines: Vec<usize> = picked.iter().map(|picked| picked.line).collect();
/// assert_eq!(lines, [0, 1, 2]);
/// ```
pub fn pick(
    included: &[&ApplicableToEntry],
    targeting: &Targeting<'_>,
    cart: &Cart,
    amounts: &Amounts,
    collections: &dyn Collections,
    once: bool,
    limits: UnitLimits<'_>,
) -> Vec<PickedLine> {
    let assigned = assign::assign(included, targeting, cart, collections);
    let is_candidate = |line: &usize| {
        amounts
            .lines
            .get(*line)
            .is_some_and(|line| line.amount.is_some() && line.quantity > 0 && !(once && line.discount_amount > 0))
    };
    let mut picked = Vec::with_capacity(assigned.len());
    for (place, entry) in included.iter().enumerate() {
        let candidates = (0..assigned.len()).filter(|line| assigned[*line] == Some(place)).filter(is_candidate);
        let begin = picked.len();
        sequence::pick(entry, place, candidates, &amounts.lines, &mut picked);
        if limits.apply(entry, &mut picked[begin..], cart) {
            picked.retain(|picked| picked.units > 0);
        }
    }
    picked
}
