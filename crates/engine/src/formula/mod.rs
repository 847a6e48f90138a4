//! The language of formulas: values of discounts, and points, that are computed when they are needed.
//!
//! [`Formula::parse`] reads a text once; [`Formula::check`] says whether it can ever be computed where it
//! is to be used. Then [`Formula::amount`], [`Formula::percent`], [`Formula::whole`] and
//! [`Formula::number`] evaluate it, as often as one likes, with [`Operands`] that the caller provides, and
//! [`Resolved::of`] puts the stored value in the place of what could not be computed. A formula is a
//! function of its operands: it knows no clock but theirs.
//!
//! **Money.** An amount is given to a formula in minor units and taken from it in minor units. In
//! between, formulas count in main units: an order of `46500` is 465 to them, and a result of 46.5 is
//! `4650`. Percentages, units, points and metadata are what they are.
//!
//! ```
//! use guerdon_engine::formula::{Amount, DateOf, Formula, Moment, Operands, Owner, Quantity, Resolved};
//! use guerdon_model::Timestamp;
//! use jiff::tz::TimeZone;
//! use serde_json::Value;
//!
//! /// An order of which nothing but the amount is known.
//! struct Order {
//!     amount: i64,
//!     time_zone: TimeZone,
//! }
//!
//! impl Operands for Order {
//!     fn amount(&self, amount: Amount) -> Option<i64> {
//!         (amount == Amount::Order).then_some(self.amount)
//!     }
//!     fn quantity(&self, _: Quantity) -> Option<i64> {
//!         None
//!     }
//!     fn date(&self, _: DateOf) -> Option<Moment> {
//!         None
//!     }
//!     fn metadata(&self, _: Owner, _key: &str) -> Option<&Value> {
//!         None
//!     }
//!     fn now(&self) -> Timestamp {
//!         Timestamp::default()
//!     }
//!     fn time_zone(&self) -> &TimeZone {
//!         &self.time_zone
//!     }
//! }
//!
//! let order = Order { amount: 46_500, time_zone: TimeZone::UTC };
//! let tenth = Formula::parse("ORDER_AMOUNT / 10").expect("a formula");
//! assert_eq!(tenth.amount(&order), Ok(4_650));
//! let tiers = Formula::parse("IF(ORDER_AMOUNT > 400;20;10)").expect("a formula");
//! assert_eq!(tiers.percent(&order), Ok(20.into()));
//!
//! // Nobody knows the customer, so the stored 400 counts.
//! let age = Formula::parse(r#"CUSTOMER_METADATA("age") * 2"#).expect("a formula");
//! assert_eq!(Resolved::of(age.amount(&order), 400), Resolved { value: 400, is_dynamic: false });
//! let failure = age.amount(&order).expect_err("nobody");
//! assert_eq!(failure.to_string(), r#"CUSTOMER_METADATA("age") is missing (at 0)"#);
//! ```
//!
//! # Grammar
//!
//! ```text
//! formula    = any
//! any        = all { "OR" all }
//! all        = comparison { "AND" comparison }
//! comparison = sum [ comparator sum ]
//! sum        = product { ( "+" | "-" ) product }
//! product    = value { ( "*" | "x" | "×" | "/" | "÷" | "%" ) value }
//! value      = "-" value | number | text | operand [ "(" text ")" ] | call | "(" any ")"
//! call       = "SWITCH" "(" any ";" case { [ ";" ] case } ";" any ")"
//!            | ( "DATE" | "DATE_TIME" ) "(" text ")"
//!            | function "(" any { ";" any } ")"
//! case       = "SWITCH_CASE" "(" any ";" any ")"
//! number     = digit { digit } [ "." digit { digit } ]
//! text       = '"' { any character but '"' } '"'
//! ```
//!
//! The tables [`OPERANDS`], [`FUNCTIONS`] and [`OPERATORS`] are the whole vocabulary. What follows is the
//! page that users read.
#![cfg_attr(doc, doc = include_str!("../../../../docs/formulas.md"))]

mod arithmetic;
mod check;
mod error;
mod evaluate;
mod expression;
mod failure;
mod functions;
mod lexer;
mod moment;
mod operands;
mod operators;
mod outcome;
mod parser;
mod print;
mod suggestion;
#[cfg(test)]
mod tests;
mod value;

pub use arithmetic::SIGNIFICANT_DIGITS;
pub use error::{FormulaError, Problem};
pub use expression::Variable;
pub use failure::{Cause, Failure};
pub use functions::{FUNCTIONS, Function};
pub use moment::Moment;
pub use operands::{Amount, DateOf, Item, ItemAmount, OPERANDS, Operand, OperandRow, Operands, Owner, Place, Quantity};
pub use operators::{OPERATORS, OperatorRow};
pub use outcome::Resolved;
pub use value::Kind;

/// The greatest length of a formula in bytes.
pub const MAX_LENGTH: usize = 10_000;

/// How often parentheses, functions and minus signs may be nested. More would need more of the stack
/// than a thread has to spare.
pub const MAX_DEPTH: usize = 64;

/// A formula, read once so that it can be evaluated often.
///
/// It is displayed as one would write it, which may not be how it was written.
///
/// ```
/// use guerdon_engine::formula::Formula;
/// let formula = Formula::parse("(2x3)+1").expect_err("a letter within a number");
/// let formula = Formula::parse("(2 x 3)+1").expect("a formula");
/// assert_eq!(formula.to_string(), "2 * 3 + 1");
/// ```
#[derive(Debug, Clone)]
pub struct Formula {
    expression: expression::Expression,
    is_per_item: bool,
}

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// What is wrong with the text, where, and what to do about it. If the text was stored all the same,
    /// the stored value beside it counts.
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        let expression = parser::parse(text)?;
        let mut is_per_item = false;
        expression.variables(&mut |variable| is_per_item |= variable.operand().is_per_item());
        Ok(Self { expression, is_per_item })
    }

    /// The operands that it mentions, from the left to the right: what must be there, or be found out,
    /// when it is evaluated.
    ///
    /// ```
    /// use guerdon_engine::formula::{Formula, Operand, Owner};
    /// let formula = Formula::parse(r#"ORDER_AMOUNT * CUSTOMER_METADATA("rate")"#).expect("a formula");
    /// let last = formula.variables().last().expect("two operands");
    /// assert_eq!((last.operand(), last.key()), (Operand::Metadata(Owner::Customer), Some("rate")));
    /// ```
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        let mut variables = Vec::new();
        self.expression.variables(&mut |variable| variables.push(variable));
        variables.into_iter()
    }

    /// Whether it mentions the line that is being discounted, and so must be evaluated for every line.
    pub fn is_per_item(&self) -> bool {
        self.is_per_item
    }
}
