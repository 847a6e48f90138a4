//! Amounts are whole minor units (`i64`). Everything in between is decimal and rounded once, here.
//!
//! Currencies without or with three decimals are no exception: the API counts in hundredths of
//! whatever the currency's unit is.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

/// An amount that does not fit into 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;

impl std::fmt::Display for Overflow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the amount is too large")
    }
}

impl std::error::Error for Overflow {}

/// Rounds to a whole number of minor units or points, halves away from zero.
///
/// ```
/// use guerdon_engine::money::round;
/// use rust_decimal::Decimal;
/// assert_eq!(round(Decimal::new(85005, 1)), Ok(8501));
/// assert_eq!(round(Decimal::new(-25, 1)), Ok(-3));
/// ```
pub fn round(value: Decimal) -> Result<i64, Overflow> {
    value.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64().ok_or(Overflow)
}

/// `total / count`, rounded; 0 when there is nothing to divide by.
///
/// ```
/// use guerdon_engine::money::average;
/// assert_eq!(average(17_001, 2), Ok(8_501));
/// assert_eq!(average(24_900, 3), Ok(8_300));
/// assert_eq!(average(500, 0), Ok(0));
/// ```
pub fn average(total: i64, count: i64) -> Result<i64, Overflow> {
    if count == 0 {
        return Ok(0);
    }
    round(Decimal::from(total).checked_div(Decimal::from(count)).ok_or(Overflow)?)
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

    proptest! {
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
