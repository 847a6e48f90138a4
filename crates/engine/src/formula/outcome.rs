//! From a formula's number to the value that counts, in its unit.

use rust_decimal::Decimal;

use super::{
    Formula,
    evaluate::Evaluation,
    failure::{Cause, Failure},
    operands::Operands,
};
use crate::money;

/// A value that may come from a formula.
///
/// ```
/// use guerdon_engine::formula::Resolved;
/// assert_eq!(Resolved::of(Ok(1_500), 1_000), Resolved { value: 1_500, is_dynamic: true });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved<T> {
    pub value: T,
    /// Whether a formula gave it.
    pub is_dynamic: bool,
}

impl<T> Resolved<T> {
    /// What a formula gave or, if it could not be computed, the stored value.
    pub fn of(computed: Result<T, Failure<'_>>, stored: T) -> Self {
        match computed {
            Ok(value) => Self { value, is_dynamic: true },
            Err(_) => Self::stored(stored),
        }
    }

    /// The stored value, where there is no formula.
    pub fn stored(value: T) -> Self {
        Self { value, is_dynamic: false }
    }
}

impl Formula {
    /// The formula's number, as it is.
    ///
    /// # Errors
    /// If it can't be computed. The stored value counts then.
    pub fn number(&self, operands: &dyn Operands) -> Result<Decimal, Failure<'_>> {
        Evaluation { operands }.number(&self.expression)
    }

    /// As an amount or a price: the formula counts in main units, the result is in minor units. It is
    /// rounded, halves up, and never negative.
    ///
    /// # Errors
    /// As [`Formula::number`], or if it is too large.
    pub fn amount(&self, operands: &dyn Operands) -> Result<i64, Failure<'_>> {
        let main = self.number(operands)?;
        let minor = main.checked_mul(Decimal::ONE_HUNDRED);
        self.rounded(minor)
    }

    /// As a percentage: 0 to 100, with its decimals.
    ///
    /// # Errors
    /// As [`Formula::number`].
    pub fn percent(&self, operands: &dyn Operands) -> Result<Decimal, Failure<'_>> {
        Ok(self.number(operands)?.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED))
    }

    /// As a number of units, or as points: rounded, halves up, and never negative.
    ///
    /// # Errors
    /// As [`Formula::number`], or if it is too large.
    pub fn whole(&self, operands: &dyn Operands) -> Result<i64, Failure<'_>> {
        let number = self.number(operands)?;
        self.rounded(Some(number))
    }

    fn rounded(&self, number: Option<Decimal>) -> Result<i64, Failure<'static>> {
        let rounded = number.and_then(|number| money::round(number).ok());
        rounded.map(|whole| whole.max(0)).ok_or(Cause::OutOfRange.at(self.expression.position))
    }
}
