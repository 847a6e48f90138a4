//! From the tree to a number.
//!
//! Every node is evaluated at most once, so the cost is bounded by the length of the formula and of
//! the texts in metadata that it looks at.

use std::borrow::Cow;

use guerdon_model::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::{
    expression::{Chain, Expression, Node, Switch, Variable},
    failure::{Cause, Failure},
    functions::{Body, Function},
    moment::Moment,
    operands::{Operand, Operands},
    operators::Comparison,
    value::Value,
};
use crate::window::local;

type Evaluated<'f, T> = Result<T, Failure<'f>>;

/// Looks formulas' operands up.
#[derive(Clone, Copy)]
pub(super) struct Evaluation<'a> {
    pub(super) operands: &'a dyn Operands,
}

impl<'a> Evaluation<'a> {
    fn value<'f: 'a>(self, expression: &'f Expression) -> Evaluated<'f, Value<'a>> {
        match &expression.node {
            Node::Constant(constant) => Ok(constant.value()),
            Node::Variable(variable) => self.variable(variable).map_err(|cause| cause.at(expression.position)),
            Node::Negated(operand) => Ok(Value::Number(-self.number(operand)?)),
            Node::Chain(chain) => self.chain(chain).map(Value::Number),
            Node::Comparison(comparison, sides) => {
                let [left, right] = &**sides;
                self.comparison(*comparison, left, right).map(Value::Flag)
            }
            Node::All(parts) => self.first_that_is(false, parts).map(|found| Value::Flag(!found)),
            Node::Any(parts) => self.first_that_is(true, parts).map(Value::Flag),
            Node::Call(function, arguments) => self.call(function, arguments, expression.position),
            Node::Switch(switch) => self.switch(switch),
        }
    }

    /// The value as a number, if it is or says one.
    pub(super) fn number<'f: 'a>(self, expression: &'f Expression) -> Evaluated<'f, Decimal> {
        self.value(expression)?.number().map_err(|cause| cause.at(expression.position))
    }

    fn flag<'f: 'a>(self, expression: &'f Expression) -> Evaluated<'f, bool> {
        self.value(expression)?.flag().map_err(|cause| cause.at(expression.position))
    }

    fn date<'f: 'a>(self, expression: &'f Expression) -> Evaluated<'f, Moment> {
        self.value(expression)?.date().map_err(|cause| cause.at(expression.position))
    }

    fn text<'f: 'a>(self, expression: &'f Expression) -> Evaluated<'f, Cow<'a, str>> {
        self.value(expression)?.text().map_err(|cause| cause.at(expression.position))
    }

    fn scalar<'f: 'a>(self, expression: &'f Expression) -> Evaluated<'f, Value<'a>> {
        self.value(expression)?.scalar().map_err(|cause| cause.at(expression.position))
    }

    fn variable<'f: 'a>(self, variable: &'f Variable) -> Result<Value<'a>, Cause<'f>> {
        /// Money is given in hundredths and counted in units.
        const DECIMALS: u32 = 2;
        let value = match variable.operand() {
            Operand::Amount(amount) => {
                self.operands.amount(amount).map(|minor| Value::Number(Decimal::new(minor, DECIMALS)))
            }
            Operand::Quantity(quantity) => self.operands.quantity(quantity).map(|count| Value::Number(count.into())),
            Operand::Date(date) => self.operands.date(date).map(Value::Date),
            Operand::Metadata(owner) => match self.operands.metadata(owner, &variable.key) {
                Some(json) => Value::of(json)?,
                None => None,
            },
            Operand::Today => Some(Value::Date(Moment::Day(self.today()?))),
            Operand::Now => Some(Value::Date(Moment::Instant(self.operands.now()))),
        };
        value.ok_or(Cause::Missing(variable))
    }

    fn today(self) -> Result<Date, Cause<'static>> {
        Ok(local(self.operands.now(), self.operands.time_zone()).ok_or(Cause::OutOfRange)?.date())
    }

    fn chain<'f: 'a>(self, chain: &'f Chain) -> Evaluated<'f, Decimal> {
        let mut result = self.number(&chain.first)?;
        for (arithmetic, operand) in &chain.rest {
            let number = self.number(operand)?;
            result = arithmetic.apply(result, number).map_err(|cause| cause.at(operand.position))?;
        }
        Ok(result)
    }

    /// Whether one of the conditions is so; those behind it don't matter and are not evaluated.
    fn first_that_is<'f: 'a>(self, wanted: bool, conditions: &'f [Expression]) -> Evaluated<'f, bool> {
        for condition in conditions {
            if self.flag(condition)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn comparison<'f: 'a>(
        self,
        comparison: Comparison,
        left: &'f Expression,
        right: &'f Expression,
    ) -> Evaluated<'f, bool> {
        Ok(match comparison {
            Comparison::AtLeast => self.number(left)? >= self.number(right)?,
            Comparison::AtMost => self.number(left)? <= self.number(right)?,
            Comparison::MoreThan => self.number(left)? > self.number(right)?,
            Comparison::LessThan => self.number(left)? < self.number(right)?,
            Comparison::Equal => self.scalar(left)?.equals(self.scalar(right)?),
            Comparison::Is => self.scalar(left)?.is(self.scalar(right)?),
            Comparison::IsNot => !self.scalar(left)?.is(self.scalar(right)?),
            Comparison::Contains => self.contains(left, right)?,
            Comparison::StartsWith => self.text(left)?.starts_with(&*self.text(right)?),
            Comparison::EndsWith => self.text(left)?.ends_with(&*self.text(right)?),
            Comparison::InArray => self.in_array(left, right)?,
            Comparison::NotInArray => !self.in_array(left, right)?,
            Comparison::DateIs => self.day(left)? == self.day(right)?,
            Comparison::DateIsNot => self.day(left)? != self.day(right)?,
            Comparison::IsAfter => self.start(left)? > self.start(right)?,
            Comparison::IsBefore => self.start(left)? < self.start(right)?,
        })
    }

    /// Of a list an item, of everything else a part of its text.
    fn contains<'f: 'a>(self, whole: &'f Expression, part: &'f Expression) -> Evaluated<'f, bool> {
        let found = self.value(whole)?;
        match found {
            Value::List(items) => Ok(has_item(items, self.scalar(part)?)),
            _ => {
                let text = found.text().map_err(|cause| cause.at(whole.position))?;
                Ok(text.contains(&*self.text(part)?))
            }
        }
    }

    /// The array is a text with commas, or a list.
    fn in_array<'f: 'a>(self, item: &'f Expression, array: &'f Expression) -> Evaluated<'f, bool> {
        let item = self.scalar(item)?;
        match self.value(array)? {
            Value::List(items) => Ok(has_item(items, item)),
            Value::Text(items) => Ok(items.split(',').any(|other| item.is(Value::Text(other.trim())))),
            single => Ok(item.is(single.scalar().map_err(|cause| cause.at(array.position))?)),
        }
    }

    /// When a date begins: a day at midnight in the project.
    fn start<'f: 'a>(self, expression: &'f Expression) -> Evaluated<'f, Timestamp> {
        let start = self.date(expression)?.start(self.operands.time_zone());
        start.ok_or_else(|| Cause::OutOfRange.at(expression.position))
    }

    fn day<'f: 'a>(self, expression: &'f Expression) -> Evaluated<'f, Date> {
        let day = self.date(expression)?.day(self.operands.time_zone());
        day.ok_or_else(|| Cause::OutOfRange.at(expression.position))
    }

    fn call<'f: 'a>(
        self,
        function: &Function,
        arguments: &'f [Expression],
        position: usize,
    ) -> Evaluated<'f, Value<'a>> {
        match (function.body, arguments) {
            (Body::If, [condition, value, otherwise]) => {
                self.value(if self.flag(condition)? { value } else { otherwise })
            }
            (Body::DefaultTo, [values @ .., last]) => {
                for value in values {
                    match self.value(value) {
                        Err(Failure { cause: Cause::Missing(_), .. }) => {}
                        found => return found,
                    }
                }
                self.value(last)
            }
            (Body::Fold(choose), [first, rest @ ..]) => {
                let mut chosen = self.number(first)?;
                for number in rest {
                    chosen = choose(chosen, self.number(number)?);
                }
                Ok(Value::Number(chosen))
            }
            (Body::Pair(compute), [first, second]) => {
                let result = compute(self.number(first)?, self.number(second)?);
                result.map(Value::Number).map_err(|cause| cause.at(position))
            }
            (Body::OfDay(compute), [date]) => {
                let today = self.today().map_err(|cause| cause.at(position))?;
                let count = compute(self.day(date)?, today).ok_or_else(|| Cause::OutOfRange.at(position))?;
                Ok(Value::Number(count.into()))
            }
            // The parser makes constants and switches of the other functions and counts arguments.
            _ => Err(Cause::OutOfRange.at(position)),
        }
    }

    fn switch<'f: 'a>(self, switch: &'f Switch) -> Evaluated<'f, Value<'a>> {
        let value = self.scalar(&switch.value)?;
        for [case, result] in &switch.cases {
            if value.is(self.scalar(case)?) {
                return self.value(result);
            }
        }
        self.value(&switch.otherwise)
    }
}

/// Whether one of the items is so. Null and items that are no scalars are nothing.
fn has_item(items: &[Json], item: Value<'_>) -> bool {
    items.iter().filter_map(|other| Value::of(other).ok().flatten()).any(|other| other.is(item))
}
