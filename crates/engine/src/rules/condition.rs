//! What a condition asks of a value: an operator with its operands, read once.

use std::{borrow::Cow, cmp::Ordering};

use guerdon_model::{
    Timestamp,
    validation_rule::{Operand as RuleOperand, RuleOperator},
};
use jiff::{civil::Date, tz::TimeZone};
use serde_json::Value;

use super::value::{Moment, Number, Operand, Scalar, Seen};
use crate::{
    trace::{Asked, Change, NearMiss, Outcome, Unit},
    window::{Hours, Recurring, Weekdays, local},
};

/// What relative dates are relative to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock<'a> {
    pub(super) now: Timestamp,
    pub(super) zone: &'a TimeZone,
}

impl Clock<'_> {
    fn today(self) -> Option<Date> {
        Moment::Instant(self.now).day(self.zone)
    }
}

/// One operator of a leaf.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// As the rule has it.
    operator: Box<str>,
    operands: Box<[Value]>,
    test: Test,
}

/// Whether an order will do.
type Comparison = fn(Ordering) -> bool;

#[derive(Debug, Clone)]
enum Test {
    /// One of the operands is equal; or, negated, none.
    Equals {
        operands: Box<[Operand]>,
        is_negated: bool,
    },
    Compares {
        operand: Operand,
        holds: Comparison,
    },
    ComparesDates {
        operand: Operand,
        holds: Comparison,
    },
    /// One of the texts is part of it. Items of lists are equal or not.
    Text {
        parts: Box<[Box<str>]>,
        holds: fn(&str, &str) -> bool,
        items: fn(&str, &str) -> bool,
    },
    Count {
        count: i64,
        holds: Comparison,
    },
    SameItems(Box<[Operand]>),
    NoCommonItem(Box<[Operand]>),
    /// Days between the date and today, in the direction that is asked for.
    Days {
        days: i64,
        direction: Direction,
        holds: fn(i64, i64) -> bool,
    },
    Timeframes(Box<[(Moment, Recurring)]>),
    Periods(Box<[(Moment, Moment)]>),
    Hours(Box<[Hours]>),
    DaysOfWeek(Option<Weekdays>),
    HasValue,
    IsUnknown,
    /// What can't be read, and what only rules about items know.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ago,
    Ahead,
}

impl Condition {
    /// Reads an operator and its operands. What can't be read holds for no value.
    pub(super) fn compile(operator: &str, operands: &[Value]) -> Self {
        let test =
            RuleOperator::parse(operator).and_then(|known| Test::compile(known, operands)).unwrap_or(Test::Never);
        Self { operator: operator.into(), operands: operands.into(), test }
    }

    /// Whether it holds for a value.
    pub(super) fn holds(&self, seen: Seen<'_>, clock: Clock<'_>) -> bool {
        self.test.holds(seen, clock)
    }

    /// Whether it holds for a set that can only be asked about its members.
    pub(super) fn is_member(&self, contains: &dyn Fn(&str) -> bool) -> bool {
        let has_any = |ids: &[Operand]| ids.iter().any(|id| id.text().is_some_and(|id| contains(&id)));
        match &self.test {
            Test::Equals { operands, is_negated } => has_any(operands) != *is_negated,
            Test::NoCommonItem(operands) => !has_any(operands),
            _ => false,
        }
    }

    /// The operands as the rule has them.
    pub(super) fn operands(&self) -> &[Value] {
        &self.operands
    }

    /// Operands of which one must be equal, unless the condition asks for something else.
    pub(super) fn accepted(&self) -> Option<&[Operand]> {
        match &self.test {
            Test::Equals { operands, is_negated: false } => Some(operands),
            _ => None,
        }
    }

    /// The least and the greatest whole number for which it can hold, whatever its operator.
    pub(super) fn bounds(&self) -> (Option<i64>, Option<i64>) {
        match &self.test {
            Test::Equals { operands, is_negated: false } => {
                let numbers = || operands.iter().map(|operand| operand.number.map(Number::floor));
                let all = numbers().all(|number| number.is_some());
                let known = |number: Option<Option<i64>>| number.flatten().filter(|_| all);
                (known(numbers().min()), known(numbers().max()))
            }
            Test::Compares { operand, holds } => {
                let Some(number) = operand.number else { return (None, None) };
                let is_whole = number.whole().is_some();
                let (floor, accepts) = (number.floor(), |order| holds(order));
                // The least whole number above, and the greatest below, what is not accepted itself.
                let least = if is_whole && accepts(Ordering::Equal) { floor } else { floor.saturating_add(1) };
                let greatest = if is_whole && !accepts(Ordering::Equal) { floor.saturating_sub(1) } else { floor };
                (
                    // What is less than every whole number is no bound.
                    (!accepts(Ordering::Less) && (is_whole || floor > i64::MIN)).then_some(least),
                    (!accepts(Ordering::Greater)).then_some(greatest),
                )
            }
            _ => (None, None),
        }
    }

    /// What a trace says about it.
    pub(super) fn explain(&self, seen: Seen<'_>, outcome: Outcome, measured: RuleOperand, clock: Clock<'_>) -> Asked {
        let near_miss = match outcome {
            Outcome::Violated => self.test.near_miss(seen, measured, clock),
            _ => None,
        };
        let operator = Cow::Owned(self.operator.to_string());
        Asked { operator, needed: self.operands.to_vec().into(), outcome, near_miss }
    }
}

impl Test {
    fn compile(operator: RuleOperator, operands: &[Value]) -> Option<Self> {
        let first = || operands.first().map(Operand::of);
        let whole = || first()?.number?.whole().filter(|whole| *whole >= 0);
        let all = |values: &[Value]| values.iter().map(Operand::of).collect();
        let texts = || operands.iter().filter_map(Value::as_str);
        let equals = |operands: &[Value], is_negated| Some(Test::Equals { operands: all(operands), is_negated });
        let one = operands.get(..1).unwrap_or_default();
        let compares = |holds| Some(Test::Compares { operand: first()?, holds });
        let dates = |holds| Some(Test::ComparesDates { operand: first()?, holds });
        let count = |holds| Some(Test::Count { count: whole()?, holds });
        let days = |direction, holds| Some(Test::Days { days: whole()?, direction, holds });
        let part = |holds, items| {
            let parts = operands.iter().filter_map(|value| Some(Operand::of(value).text()?.into()));
            Some(Test::Text { parts: parts.collect(), holds, items })
        };
        match operator {
            RuleOperator::Is => equals(one, false),
            RuleOperator::IsNot => equals(one, true),
            RuleOperator::In => equals(operands, false),
            RuleOperator::NotIn => equals(operands, true),
            RuleOperator::LessThan => compares(Ordering::is_lt),
            RuleOperator::LessThanOrEqual => compares(Ordering::is_le),
            RuleOperator::MoreThan => compares(Ordering::is_gt),
            RuleOperator::MoreThanOrEqual => compares(Ordering::is_ge),
            RuleOperator::After => dates(Ordering::is_gt),
            RuleOperator::Before => dates(Ordering::is_lt),
            RuleOperator::StartsWith => part(|text, part| text.starts_with(part), |text, part| text.starts_with(part)),
            RuleOperator::EndsWith => part(|text, part| text.ends_with(part), |text, part| text.ends_with(part)),
            RuleOperator::Contains => part(|text, part| text.contains(part), |text, part| text == part),
            RuleOperator::Count => count(Ordering::is_eq),
            RuleOperator::CountMore => count(Ordering::is_gt),
            RuleOperator::CountLess => count(Ordering::is_lt),
            RuleOperator::NotDiffer => Some(Test::SameItems(all(operands))),
            RuleOperator::NotIntersect => Some(Test::NoCommonItem(all(operands))),
            RuleOperator::MoreThanAgo => days(Direction::Ago, more),
            RuleOperator::LessThanAgo => days(Direction::Ago, less),
            RuleOperator::IsDaysAgo => days(Direction::Ago, same),
            RuleOperator::MoreThanFuture => days(Direction::Ahead, more),
            RuleOperator::LessThanFuture => days(Direction::Ahead, less),
            RuleOperator::IsDaysInFuture => days(Direction::Ahead, same),
            RuleOperator::Timeframe => Some(Test::Timeframes(texts().filter_map(timeframe).collect())),
            RuleOperator::TimeframeAbsolute => Some(Test::Periods(texts().filter_map(period).collect())),
            RuleOperator::TimeframeDailyHours => Some(Test::Hours(texts().filter_map(hours).collect())),
            RuleOperator::DayOfWeek => {
                let days = operands.iter().filter_map(|value| Operand::of(value).number?.whole());
                let days: Vec<i64> = days.filter(|day| (0..7).contains(day)).collect();
                Some(Test::DaysOfWeek((!days.is_empty()).then(|| Weekdays::of(days))))
            }
            RuleOperator::HasValue => Some(Test::HasValue),
            RuleOperator::IsUnknown => Some(Test::IsUnknown),
            RuleOperator::From => None,
        }
    }

    fn holds(&self, seen: Seen<'_>, clock: Clock<'_>) -> bool {
        let Clock { zone, .. } = clock;
        let is_one_of = |value: Scalar<'_>, operands: &[Operand]| operands.iter().any(|one| one.equals(value, zone));
        let at = |holds: &dyn Fn(Moment) -> bool| seen.any(|value| value.date().is_some_and(holds));
        match self {
            Test::Equals { operands, is_negated } => seen.any(|value| is_one_of(value, operands)) != *is_negated,
            Test::NoCommonItem(operands) => !seen.any(|value| is_one_of(value, operands)),
            Test::SameItems(operands) => {
                !seen.is_nothing()
                    && !seen.any(|value| !is_one_of(value, operands))
                    && operands.iter().all(|operand| seen.any(|value| operand.equals(value, zone)))
            }
            Test::Compares { operand, holds } => seen.any(|value| operand.compare(value, zone).is_some_and(holds)),
            Test::ComparesDates { operand, holds } => {
                seen.any(|value| operand.compare_dates(value, zone).is_some_and(holds))
            }
            Test::Text { parts, holds, items } => {
                let holds = if is_list(seen) { items } else { holds };
                seen.any(|value| value.text().is_some_and(|text| parts.iter().any(|part| holds(&text, part))))
            }
            Test::Count { count, holds } => holds(whole(seen.count()).cmp(count)),
            Test::Days { days, direction, holds } => {
                at(&|moment| distance(moment, *direction, clock).is_some_and(|distance| holds(distance, *days)))
            }
            Test::Timeframes(frames) => at(&|moment| {
                frames.iter().any(|(start, window)| {
                    let instants = start.start(zone).zip(moment.start(zone));
                    instants.is_some_and(|(start, instant)| window.contains(start, instant, zone))
                })
            }),
            Test::Periods(periods) => at(&|moment| {
                let Some(instant) = moment.start(zone) else { return false };
                periods.iter().any(|(from, to)| {
                    from.start(zone).is_some_and(|from| from <= instant) && to.end(zone).is_some_and(|to| instant <= to)
                })
            }),
            Test::Hours(hours) => at(&|moment| {
                let local = moment.start(zone).and_then(|instant| local(instant, zone));
                local.is_some_and(|local| hours.iter().any(|hours| hours.contains(local)))
            }),
            Test::DaysOfWeek(days) => {
                let Some(days) = days else { return false };
                at(&|moment| moment.day(zone).is_some_and(|day| days.contains(day.weekday())))
            }
            Test::HasValue => !seen.is_nothing(),
            Test::IsUnknown => seen.is_nothing(),
            Test::Never => false,
        }
    }

    /// What would make a violated condition hold.
    fn near_miss(&self, seen: Seen<'_>, measured: RuleOperand, clock: Clock<'_>) -> Option<NearMiss> {
        let by = |difference: i64, unit| {
            let change = if difference < 0 { Change::Decrease } else { Change::Increase };
            Some(NearMiss { change, by: Some(difference.saturating_abs()), unit: Some(unit), from: None })
        };
        match self {
            Test::Compares { operand, holds } | Test::ComparesDates { operand, holds } => {
                let value = single(seen)?;
                if let Some((value, target)) = value.number().zip(operand.number) {
                    return by(to_reach(value, target, *holds)?, unit_of(measured));
                }
                let (value, target) = (value.date()?.start(clock.zone)?, operand.date?.start(clock.zone)?);
                let (value, target) = (Number::Whole(value.as_millis()), Number::Whole(target.as_millis()));
                by(to_reach(value, target, *holds)?, Unit::Milliseconds)
            }
            Test::Equals { operands, is_negated: false } => {
                let value = single(seen)?.number()?;
                let differences =
                    operands.iter().filter_map(|operand| to_reach(value, operand.number?, |order| order.is_eq()));
                by(differences.min_by_key(|difference| difference.saturating_abs())?, unit_of(measured))
            }
            Test::Count { count, holds } => {
                by(to_reach(Number::Whole(whole(seen.count())), Number::Whole(*count), *holds)?, Unit::Count)
            }
            Test::Days { days, direction, holds } => {
                let distance = distance(single(seen)?.date()?, *direction, clock)?;
                // Time makes dates older: those ago farther away, those ahead nearer.
                let wait = (1..=10_000).find(|wait| match direction {
                    Direction::Ago => holds(distance.saturating_add(*wait), *days),
                    Direction::Ahead => holds(distance.saturating_sub(*wait), *days),
                })?;
                Some(NearMiss { change: Change::Wait, by: Some(wait), unit: Some(Unit::Days), from: None })
            }
            _ => None,
        }
    }
}

fn unit_of(measured: RuleOperand) -> Unit {
    if measured == RuleOperand::Money { Unit::MinorUnits } else { Unit::Count }
}

/// The least whole number that has to be added to `value` to make its order to `target` acceptable.
fn to_reach(value: Number, target: Number, holds: Comparison) -> Option<i64> {
    let difference = target.minus(value)?;
    let (down, up) = (difference.floor(), difference.ceil());
    let accepted = [Ordering::Less, Ordering::Equal, Ordering::Greater].map(holds);
    match accepted {
        [false, true, true] => Some(up),
        [false, false, true] => down.checked_add(1),
        [true, true, false] => Some(down),
        [true, false, false] => up.checked_sub(1),
        [false, true, false] => (down == up).then_some(down),
        _ => None,
    }
}

fn single(seen: Seen<'_>) -> Option<Scalar<'_>> {
    let mut found = None;
    (seen.count() == 1).then(|| seen.any(|value| found.replace(value).is_some()));
    found
}

fn is_list(seen: Seen<'_>) -> bool {
    matches!(seen, Seen::Texts(_) | Seen::Json(Value::Array(_)))
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Days from the date to today, or from today to the date.
fn distance(moment: Moment, direction: Direction, clock: Clock<'_>) -> Option<i64> {
    let (day, today) = (moment.day(clock.zone)?, clock.today()?);
    Some(match direction {
        Direction::Ago => days_between(day, today),
        Direction::Ahead => days_between(today, day),
    })
}

fn days_between(earlier: Date, later: Date) -> i64 {
    later.duration_since(earlier).as_hours() / 24
}

fn more(distance: i64, days: i64) -> bool {
    distance > days
}

/// Not in the other direction.
fn less(distance: i64, days: i64) -> bool {
    (0..days).contains(&distance)
}

fn same(distance: i64, days: i64) -> bool {
    distance == days
}

/// `start;interval;duration`
fn timeframe(text: &str) -> Option<(Moment, Recurring)> {
    let mut parts = text.split(';');
    let start = Moment::read(parts.next()?)?;
    Some((start, Recurring::read(parts.next()?, parts.next()?)?))
}

/// `from;to`
fn period(text: &str) -> Option<(Moment, Moment)> {
    let (from, to) = text.split_once(';')?;
    Some((Moment::read(from)?, Moment::read(to)?))
}

/// `HH:mm;HH:mm;days`, of which the days may be missing.
fn hours(text: &str) -> Option<Hours> {
    let mut parts = text.split(';');
    let (start, end) = (parts.next()?, parts.next().unwrap_or_default());
    let days = parts.next().unwrap_or_default().split(',').filter_map(|day| day.trim().parse().ok());
    Hours::read(start, end, Weekdays::of(days))
}
