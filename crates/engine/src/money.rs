//! Amounts are whole minor units (`i64`). Everything in between is decimal and rounded once, here.
//!
//! Currencies without or with three decimals are no exception: the API counts in hundredths of
//! whatever the currency's unit is.

use rust_decimal::{Decimal, prelude::ToPrimitive};

/// An amount that does not fit into 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;

impl std::fmt::Display for Overflow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the amount is too large")
    }
}

impl std::error::Error for Overflow {}

/// Rounds `numerator / denominator` to a whole number of minor units, units or points, halves away
/// from zero. All rounding is done here, on exact fractions.
///
/// ```
/// use guerdon_engine::money::round_ratio;
/// // A third of 10.00, and 10 % of 0.05.
/// assert_eq!(round_ratio(1_000, 3), Ok(333));
/// assert_eq!(round_ratio(5 * 10, 100), Ok(1));
/// assert_eq!(round_ratio(-5 * 10, 100), Ok(-1));
/// ```
///
/// # Errors
/// If the result does not fit, or there is nothing to divide by.
pub fn round_ratio(numerator: i128, denominator: i128) -> Result<i64, Overflow> {
    let quotient = numerator.checked_div(denominator).ok_or(Overflow)?;
    let remainder = (numerator % denominator).unsigned_abs();
    let is_half_or_more = remainder >= denominator.unsigned_abs() - remainder;
    let away = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
    let rounded = if is_half_or_more { quotient.checked_add(away).ok_or(Overflow)? } else { quotient };
    rounded.try_into().map_err(|_| Overflow)
}

/// Rounds a decimal number likewise.
///
/// ```
/// use guerdon_engine::money::round;
/// use rust_decimal::Decimal;
/// assert_eq!(round(Decimal::new(85005, 1)), Ok(8501));
/// assert_eq!(round(Decimal::new(-25, 1)), Ok(-3));
/// ```
///
/// # Errors
/// If the result does not fit.
pub fn round(value: Decimal) -> Result<i64, Overflow> {
    round_ratio(value.mantissa(), power_of_ten(value.scale()))
}

/// Decimals have at most 28 digits after the point, so this fits.
pub(crate) fn power_of_ten(exponent: u32) -> i128 {
    10_i128.pow(exponent)
}

/// `total / count`, rounded; 0 when there is nothing to divide by.
///
/// ```
/// use guerdon_engine::money::average;
/// assert_eq!(average(17_001, 2), Ok(8_501));
/// assert_eq!(average(24_900, 3), Ok(8_300));
/// assert_eq!(average(500, 0), Ok(0));
/// ```
///
/// # Errors
/// If the result does not fit.
pub fn average(total: i64, count: i64) -> Result<i64, Overflow> {
    if count == 0 {
        return Ok(0);
    }
    round_ratio(total.into(), count.into())
}

/// `a + b`.
///
/// # Errors
/// If the result does not fit.
pub fn plus(a: i64, b: i64) -> Result<i64, Overflow> {
    a.checked_add(b).ok_or(Overflow)
}

/// `a * b`.
///
/// # Errors
/// If the result does not fit.
pub fn times(a: i64, b: i64) -> Result<i64, Overflow> {
    a.checked_mul(b).ok_or(Overflow)
}

/// Reads an amount in major units, as CSV files have it: `14.5` is 1450.
///
/// Returns `None` for what is no decimal number, has more than two decimals, or is too large.
pub fn from_major(text: &str) -> Option<i64> {
    let minor = text.trim().parse::<Decimal>().ok()?.checked_mul(Decimal::ONE_HUNDRED)?;
    if minor.fract().is_zero() { minor.to_i64() } else { None }
}

/// Writes an amount in major units with two decimals: 1450 is `14.50`.
pub fn to_major(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let minor = minor.unsigned_abs();
    format!("{sign}{}.{:02}", minor / 100, minor % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_in_major_units_are_read_exactly() {
        for (text, minor) in [("21", Some(2_100)), ("14.5", Some(1_450)), ("-0.01", Some(-1)), (" 1.10 ", Some(110))] {
            assert_eq!(from_major(text), minor, "{text}");
        }
        for text in ["", "1.005", "1,5", "ten", "99999999999999999999"] {
            assert_eq!(from_major(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_is_rounded_but_what_has_a_fraction() {
        for (numerator, denominator, rounded) in [
            (0, 7, Ok(0)),
            (499, 1_000, Ok(0)),
            (500, 1_000, Ok(1)),
            (1_500, 1_000, Ok(2)),
            (-1_499, 1_000, Ok(-1)),
            (-1_500, 1_000, Ok(-2)),
            (1, -2, Ok(-1)),
            (1, 0, Err(Overflow)),
            (i128::MAX, 1, Err(Overflow)),
            (i128::MIN, -1, Err(Overflow)),
            (i128::MAX, i128::MAX, Ok(1)),
            (i128::from(i64::MAX), 1, Ok(i64::MAX)),
        ] {
            assert_eq!(round_ratio(numerator, denominator), rounded, "{numerator} / {denominator}");
        }
        assert_eq!(round(Decimal::MAX), Err(Overflow));
        assert_eq!(round(Decimal::new(1, 28)), Ok(0));
    }

    proptest! {
        #[test]
        fn decimals_are_rounded_as_their_library_rounds_them(mantissa in any::<i64>(), scale in 0u32..28) {
            let value = Decimal::new(mantissa, scale);
            let expected = value.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
            prop_assert_eq!(round(value).ok(), expected.to_i64());
        }

        #[test]
        fn what_is_written_in_major_units_reads_back(minor in any::<i64>()) {
            prop_assert_eq!(from_major(&to_major(minor)), Some(minor));
        }

        #[test]
        fn an_average_is_within_half_a_unit(total in any::<i64>(), count in 1i64..1_000_000) {
            let average = average(total, count).expect("fits") as i128;
            prop_assert!((average * count as i128 - total as i128).abs() * 2 <= count as i128);
        }
    }
}
