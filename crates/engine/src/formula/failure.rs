//! Why a formula could not be computed.

use std::fmt;

use super::{expression::Variable, value::Kind};

/// A formula could not be computed, and the stored value counts instead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failure<'f> {
    /// The byte of the formula at which the expression begins that is to blame.
    pub position: usize,
    pub cause: Cause<'f>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cause<'f> {
    /// An operand is missing or null.
    Missing(&'f Variable),
    WrongKind {
        expected: Kind,
        found: Kind,
    },
    DivisionByZero,
    /// A number is too large or too small, or a date beyond the calendar.
    OutOfRange,
    /// A power that is no real number.
    NoRealNumber,
}

impl<'f> Cause<'f> {
    pub(super) fn at(self, position: usize) -> Failure<'f> {
        Failure { position, cause: self }
    }
}

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Missing(variable) => write!(f, "{variable} is missing"),
            Cause::WrongKind { expected, found } => write!(f, "this should be {expected} and is {found}"),
            Cause::DivisionByZero => f.write_str("division by zero"),
            Cause::OutOfRange => f.write_str("out of range"),
            Cause::NoRealNumber => f.write_str("the power is no real number"),
        }
    }
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at {})", self.cause, self.position)
    }
}

impl std::error::Error for Failure<'_> {}
