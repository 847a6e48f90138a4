//! Whether a leaf holds. What it needs is known by then, see [`super::evaluate`].

use guerdon_model::{
    metadata::Metadata,
    validation_rule::{Category, Operand, logic::Logic},
};
use serde_json::Value;

use super::{
    Order,
    condition::{Clock, Condition},
    items::ItemsAsked,
    scope::Scope,
    subject::{Amount, Items, Needs, OfLine, Owner, Quantifier, Subject, Sum},
    value::Seen,
};
use crate::{
    cart::{Amounts, LineAmounts},
    facts::{Counter, Facts, Measure},
    money::average,
};

/// One leaf, read once.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) key: Box<str>,
    /// As the rule has it, known or not.
    pub(super) name: Box<str>,
    pub(super) category: Category,
    pub(super) operand: Operand,
    pub(super) subject: Subject,
    pub(super) property: Option<Box<str>>,
    pub(super) conditions: Box<[Condition]>,
    /// Of leaves about items, instead of the conditions.
    pub(super) items: ItemsAsked,
    /// What refines it.
    pub(super) rules: Option<Box<Branch>>,
    pub(super) message: Option<Box<str>>,
    /// With what its rules need.
    pub(super) needs: Needs,
    /// Whether it, or one of its rules, needs the discount.
    pub(super) needs_discount: bool,
    /// The scopes that evaluate it.
    pub(super) scopes: Scopes,
}

/// Leaves and how they are joined. Only leaves that the logic mentions are there.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    pub(super) logic: Logic,
    pub(super) leaves: Box<[Leaf]>,
}

/// A set of scopes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scopes(u8);

impl Scopes {
    pub(super) fn of(evaluates: impl Fn(Scope) -> bool) -> Self {
        Self(Scope::ALL.into_iter().filter(|scope| evaluates(*scope)).fold(0, |all, scope| all | 1 << scope as u8))
    }

    pub(super) const fn contain(self, scope: Scope) -> bool {
        self.0 & 1 << scope as u8 != 0
    }
}

/// What leaves look at.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub(super) order: Option<Order<'a>>,
    pub(super) facts: &'a Facts<'a>,
    /// The order's amounts after the discount.
    pub(super) after: Option<&'a Amounts>,
}

/// The lines that a leaf is about.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    /// Their places; all lines if there are none given.
    pub(super) chosen: Option<&'a [usize]>,
    /// Whether leaves that don't say otherwise ask every line, and not at least one.
    pub(super) every: bool,
}

impl Lines<'_> {
    pub(super) const ALL: Lines<'static> = Lines { chosen: None, every: false };

    /// Their places in the order.
    pub(super) fn places(self, order: Order<'_>) -> impl Iterator<Item = usize> {
        let count = self.chosen.map_or(order.cart.lines.len(), <[usize]>::len);
        (0..count).map(move |place| self.chosen.map_or(place, |chosen| chosen[place]))
    }
}

impl<'a> Sight<'a> {
    pub(super) fn clock(&self) -> Clock<'a> {
        Clock { now: self.facts.now, zone: &self.facts.calendar.time_zone }
    }

    /// The order's amount, whichever it is.
    pub(super) fn amount(&self, which: Amount) -> Option<i64> {
        let amounts = self.order?.amounts;
        match which {
            Amount::Initial => amounts.initial_amount.or(amounts.amount),
            Amount::Before => payable(amounts),
            Amount::After => payable(self.after?),
        }
    }

    /// The counter's value with this redemption.
    fn counted(&self, counter: Counter) -> i64 {
        let this = match counter.measure {
            Measure::Redemptions => 1,
            Measure::OrderAmount => self.order.and_then(|order| order.amounts.amount).unwrap_or(0),
            Measure::DiscountAmount => self.after.map_or(0, last_discount),
            Measure::GiftCredits => self.facts.gift_credits,
        };
        self.facts.counters.value(counter).saturating_add(this)
    }

    pub(super) fn metadata(&self, owner: Owner) -> Option<&'a Metadata> {
        match owner {
            Owner::Customer => self.facts.customer.map(|customer| customer.metadata),
            Owner::Order => self.order.map(|order| &order.cart.metadata),
            Owner::Redemption => Some(self.facts.metadata),
            Owner::Event => self.facts.event_metadata,
        }
    }

    fn line_amounts(&self, line: usize) -> Option<&'a LineAmounts> {
        self.order?.amounts.lines.get(line)
    }

    /// What one unit of a line costs.
    pub(super) fn unit_price(&self, line: usize) -> Option<i64> {
        let amounts = self.line_amounts(line)?;
        amounts.price.or_else(|| average(amounts.amount?, amounts.quantity).ok())
    }

    fn sum(&self, sum: Sum, lines: Lines<'_>) -> i64 {
        let Some(order) = self.order else { return 0 };
        let of_line = |line| {
            let amounts = self.line_amounts(line)?;
            match sum {
                Sum::Quantity => Some(amounts.quantity),
                Sum::Amount => amounts.amount,
            }
        };
        lines.places(order).filter_map(of_line).fold(0, i64::saturating_add)
    }
}

/// What the order costs after everything that was applied so far.
fn payable(amounts: &Amounts) -> Option<i64> {
    amounts.amount.map(|_| amounts.running_total())
}

/// What the last step has taken off.
fn last_discount(amounts: &Amounts) -> i64 {
    let of_lines = amounts.lines.iter().map(|line| line.applied_discount_amount);
    of_lines.fold(amounts.applied_discount_amount, i64::saturating_add)
}

/// A value of metadata by its key, or by a path of keys with dots.
pub(super) fn lookup<'a>(metadata: &'a Metadata, path: &str) -> Option<&'a Value> {
    if let Some(value) = metadata.get(path) {
        return Some(value);
    }
    path.rmatch_indices('.').find_map(|(dot, _)| inner(metadata.get(&path[..dot])?, &path[dot + 1..]))
}

fn inner<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(value) = value.get(path) {
        return Some(value);
    }
    path.rmatch_indices('.').find_map(|(dot, _)| inner(value.get(&path[..dot])?, &path[dot + 1..]))
}

impl Branch {
    /// Whether it holds for these lines, as far as the leaves' needs are known.
    pub(super) fn holds(&self, sight: &Sight<'_>, lines: Lines<'_>) -> bool {
        self.first_failing(&|leaf| self.leaves[leaf].holds(sight, lines)).is_ok()
    }

    /// The first leaf, from left to right, that makes the expression false.
    pub(super) fn first_failing(&self, holds: &impl Fn(usize) -> bool) -> Result<(), usize> {
        first_failing(&self.logic, holds)
    }
}

fn first_failing(logic: &Logic, holds: &impl Fn(usize) -> bool) -> Result<(), usize> {
    match logic {
        Logic::Leaf(leaf) => holds(*leaf).then_some(()).ok_or(*leaf),
        Logic::And(operands) => operands.iter().try_for_each(|operand| first_failing(operand, holds)),
        Logic::Or(operands) => {
            let mut failing = None;
            for operand in operands {
                match first_failing(operand, holds) {
                    Ok(()) => return Ok(()),
                    Err(leaf) => failing = failing.or(Some(leaf)),
                }
            }
            failing.map_or(Ok(()), Err)
        }
    }
}

impl Leaf {
    /// Whether it holds for these lines.
    pub(super) fn holds(&self, sight: &Sight<'_>, lines: Lines<'_>) -> bool {
        let rules_hold = |lines| self.rules.as_ref().is_none_or(|rules| rules.holds(sight, lines));
        match self.matched(sight, lines) {
            Matched::Nothing => false,
            Matched::Around => rules_hold(lines),
            Matched::Lines(chosen, every) => rules_hold(Lines { chosen: Some(&chosen), every }),
        }
    }

    /// The lines that its rules are about, if it holds without them.
    pub(super) fn matched(&self, sight: &Sight<'_>, lines: Lines<'_>) -> Matched {
        let around = |holds: bool| if holds { Matched::Around } else { Matched::Nothing };
        match self.subject {
            Subject::Items(items) => self.matched_items(items, sight, lines),
            Subject::ProductMetadata => self.matched_products(sight, lines),
            Subject::EachLine(_, quantifier) => around(self.each_holds(quantifier, sight, lines)),
            Subject::Segments => around(self.conditions.iter().all(|condition| {
                let customer = sight.facts.customer;
                condition.is_member(&|segment| customer.is_some_and(|customer| customer.segments.contains(segment)))
            })),
            Subject::MatchesAll => {
                let all = self.matches_all(sight, lines);
                around(all || !self.all_hold(Seen::Flag(true), sight))
            }
            Subject::Mark => around(true),
            Subject::Unknown => Matched::Nothing,
            _ => around(self.all_hold(self.seen(sight, lines), sight)),
        }
    }

    /// Whether all conditions hold for one value.
    pub(super) fn all_hold(&self, seen: Seen<'_>, sight: &Sight<'_>) -> bool {
        let clock = sight.clock();
        self.conditions.iter().all(|condition| condition.holds(seen, clock))
    }

    /// The value of a leaf that has one.
    pub(super) fn seen<'a>(&self, sight: &Sight<'a>, lines: Lines<'_>) -> Seen<'a> {
        let facts = sight.facts;
        let text = |text: Option<&'a str>| text.map_or(Seen::Nothing, Seen::Text);
        let whole = |whole: Option<i64>| whole.map_or(Seen::Nothing, Seen::Whole);
        match self.subject {
            Subject::LoyaltyTiers => {
                facts.customer.map_or(Seen::Nothing, |customer| Seen::Texts(customer.loyalty_tiers))
            }
            Subject::IsHolder => facts.customer.map_or(Seen::Nothing, |customer| Seen::Flag(customer.is_holder)),
            Subject::Metadata(owner) => self.of_metadata(sight.metadata(owner)),
            Subject::Amount(which) => whole(sight.amount(which)),
            Subject::Sum(sum) => Seen::Whole(sight.sum(sum, lines)),
            Subject::Counted(counter) => Seen::Whole(sight.counted(counter)),
            Subject::UserLogin => text(facts.user),
            Subject::ApiKey => text(facts.api_key),
            Subject::Points => Seen::Whole(facts.points),
            Subject::MatchesAll => Seen::Flag(self.matches_all(sight, lines)),
            Subject::Mark => Seen::Flag(true),
            Subject::Segments
            | Subject::EachLine(..)
            | Subject::Items(_)
            | Subject::ProductMetadata
            | Subject::Unknown => Seen::Nothing,
        }
    }

    fn of_metadata<'a>(&self, metadata: Option<&'a Metadata>) -> Seen<'a> {
        let value = metadata.zip(self.property.as_deref()).and_then(|(metadata, path)| lookup(metadata, path));
        value.map_or(Seen::Nothing, Seen::Json)
    }

    /// The value of one line.
    pub(super) fn of_line<'a>(&self, of: OfLine, line: usize, sight: &Sight<'a>) -> Seen<'a> {
        match of {
            OfLine::Price => sight.unit_price(line).map_or(Seen::Nothing, Seen::Whole),
            OfLine::Quantity => sight.line_amounts(line).map_or(Seen::Nothing, |amounts| Seen::Whole(amounts.quantity)),
            OfLine::Metadata => {
                let line = sight.order.and_then(|order| order.cart.lines.get(line));
                self.of_metadata(line.map(|line| &line.metadata))
            }
        }
    }

    /// The metadata of a line's product.
    pub(super) fn of_product<'a>(&self, line: usize, sight: &Sight<'a>) -> Seen<'a> {
        let line = sight.order.and_then(|order| order.cart.lines.get(line));
        self.of_metadata(line.and_then(|line| line.product.as_deref()).map(|product| &product.metadata))
    }

    fn each_holds(&self, quantifier: Quantifier, sight: &Sight<'_>, lines: Lines<'_>) -> bool {
        let (Some(order), Subject::EachLine(of, _)) = (sight.order, self.subject) else { return false };
        let mut places = lines.places(order);
        let holds = |line| self.all_hold(self.of_line(of, line, sight), sight);
        if is_every(quantifier, lines) { places.all(holds) } else { places.any(holds) }
    }

    fn matches_all(&self, sight: &Sight<'_>, lines: Lines<'_>) -> bool {
        let all = sight.order.map_or(0, |order| order.cart.lines.len());
        lines.chosen.is_none_or(|chosen| chosen.len() == all)
    }

    fn matched_products(&self, sight: &Sight<'_>, lines: Lines<'_>) -> Matched {
        let Some(order) = sight.order else { return Matched::Nothing };
        let fitting = lines.places(order).filter(|line| self.all_hold(self.of_product(*line, sight), sight));
        self.matched_of(fitting, false)
    }

    /// Some of the lines, unless there are none; their places only if somebody asks for them.
    pub(super) fn matched_of(&self, mut fitting: impl Iterator<Item = usize>, every: bool) -> Matched {
        if self.rules.is_none() {
            return if fitting.next().is_some() { Matched::Around } else { Matched::Nothing };
        }
        let chosen: Vec<usize> = fitting.collect();
        if chosen.is_empty() { Matched::Nothing } else { Matched::Lines(chosen, every) }
    }

    /// The message of whatever makes it false: one of its rules, or itself.
    pub(super) fn blamed(&self, sight: &Sight<'_>, lines: Lines<'_>) -> Option<&str> {
        let of_rules = |lines: Lines<'_>| {
            let rules = self.rules.as_ref()?;
            let failing = rules.first_failing(&|leaf| rules.leaves[leaf].holds(sight, lines)).err()?;
            rules.leaves[failing].blamed(sight, lines)
        };
        let message = match self.matched(sight, lines) {
            Matched::Nothing => None,
            Matched::Around => of_rules(lines),
            Matched::Lines(chosen, every) => of_rules(Lines { chosen: Some(&chosen), every }),
        };
        message.or(self.message.as_deref())
    }

    fn matched_items(&self, items: Items, sight: &Sight<'_>, lines: Lines<'_>) -> Matched {
        let Some(order) = sight.order else { return Matched::Nothing };
        self.items.matched(self, items, order, sight, lines)
    }
}

/// Whether the quantifier means every line.
pub(super) fn is_every(quantifier: Quantifier, lines: Lines<'_>) -> bool {
    match quantifier {
        Quantifier::Any => false,
        Quantifier::Every => true,
        Quantifier::Inherited => lines.every,
    }
}

/// Whether a leaf holds without its rules, and which lines these are about.
pub(super) enum Matched {
    Nothing,
    /// The same lines as the leaf.
    Around,
    /// These, and whether every one of them must fulfil what is asked of lines.
    Lines(Vec<usize>, bool),
}
