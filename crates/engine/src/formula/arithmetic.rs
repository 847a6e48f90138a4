//! Arithmetic on decimals: checked, and exact to [`SIGNIFICANT_DIGITS`].

use rust_decimal::{Decimal, MathematicalOps, RoundingStrategy, prelude::ToPrimitive};

use super::{failure::Cause, operators::Arithmetic};

/// To how many digits sums and products are exact. Quotients have three more, so that what is left of
/// a third, times three, is rounded away: `FLOOR(10 / 3 * 3;0)` is 10.
pub const SIGNIFICANT_DIGITS: u32 = 25;

/// As many digits as are right of a power whose exponent is no whole number.
const DIGITS_OF_ROOTS: u32 = 20;

/// Decimals have at most so many digits on either side of the point.
const MOST_DIGITS: i64 = 28;

type Number = Result<Decimal, Cause<'static>>;

impl Arithmetic {
    pub(super) fn apply(self, a: Decimal, b: Decimal) -> Number {
        let is_division = matches!(self, Arithmetic::DividedBy | Arithmetic::Remainder);
        if is_division && b.is_zero() {
            return Err(Cause::DivisionByZero);
        }
        let result = match self {
            Arithmetic::Plus => a.checked_add(b).map(settled),
            Arithmetic::Minus => a.checked_sub(b).map(settled),
            Arithmetic::Times => a.checked_mul(b).map(settled),
            Arithmetic::DividedBy => a.checked_div(b),
            Arithmetic::Remainder => a.checked_rem(b),
        };
        result.ok_or(Cause::OutOfRange)
    }
}

fn settled(number: Decimal) -> Decimal {
    const LIMIT: u128 = 10_u128.pow(SIGNIFICANT_DIGITS);
    match number.mantissa().unsigned_abs() < LIMIT {
        true => number,
        false => number.round_sf(SIGNIFICANT_DIGITS).unwrap_or(number),
    }
}

/// Halves are rounded away from zero.
pub(super) fn round(number: Decimal, digits: Decimal) -> Number {
    let up = |number: Decimal, unit: Decimal| number.checked_rem(unit).is_some_and(|rest| rest >= unit - rest);
    let rounded = match places(digits)? {
        Places::AfterPoint(places) => {
            return Ok(number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero));
        }
        Places::BeforePoint(unit) if up(number.abs(), unit) => to_multiple(number.abs(), unit)?.checked_add(unit),
        Places::BeforePoint(unit) => to_multiple(number.abs(), unit).ok(),
    };
    let mut rounded = rounded.ok_or(Cause::OutOfRange)?;
    rounded.set_sign_negative(number.is_sign_negative());
    Ok(rounded)
}

pub(super) fn floor(number: Decimal, digits: Decimal) -> Number {
    match places(digits)? {
        Places::AfterPoint(places) => Ok(number.round_dp_with_strategy(places, RoundingStrategy::ToNegativeInfinity)),
        Places::BeforePoint(unit) => to_multiple(number.floor(), unit),
    }
}

pub(super) fn ceil(number: Decimal, digits: Decimal) -> Number {
    floor(-number, digits).map(|floor| -floor)
}

/// What a number is rounded to.
enum Places {
    AfterPoint(u32),
    /// Multiples of a power of ten.
    BeforePoint(Decimal),
}

fn places(digits: Decimal) -> Result<Places, Cause<'static>> {
    let digits = digits.trunc().to_i64().filter(|digits| (-MOST_DIGITS..=MOST_DIGITS).contains(digits));
    match digits.ok_or(Cause::OutOfRange)? {
        digits @ 0.. => Ok(Places::AfterPoint(digits as u32)),
        digits => Ok(Places::BeforePoint(Decimal::from_i128_with_scale(10_i128.pow(-digits as u32), 0))),
    }
}

/// The greatest multiple of `unit` that is not greater. Nothing is divided, so nothing is rounded.
fn to_multiple(number: Decimal, unit: Decimal) -> Number {
    let rest = number.checked_rem(unit).ok_or(Cause::OutOfRange)?;
    let rest = if rest.is_sign_negative() && !rest.is_zero() { rest + unit } else { rest };
    number.checked_sub(rest).ok_or(Cause::OutOfRange)
}

/// Exact for whole exponents; otherwise `e` to the power of `exponent * ln(base)`.
pub(super) fn power(base: Decimal, exponent: Decimal) -> Number {
    if base.is_zero() && exponent.is_sign_negative() && !exponent.is_zero() {
        return Err(Cause::DivisionByZero);
    }
    let power = match exponent.is_integer() {
        true => exponent.to_i64().and_then(|exponent| base.checked_powi(exponent)),
        false if base.is_zero() => Some(Decimal::ZERO),
        false if base.is_sign_negative() => return Err(Cause::NoRealNumber),
        false => base
            .checked_ln()
            .and_then(|logarithm| logarithm.checked_mul(exponent)?.checked_exp())
            .and_then(|power| power.round_sf(DIGITS_OF_ROOTS)),
    };
    power.map(settled).ok_or(Cause::OutOfRange)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    #[test]
    fn numbers_are_rounded_to_digits_on_either_side_of_the_point() {
        for (text, digits, rounded, floor_, ceiling) in [
            ("75.55", 1, "75.6", "75.5", "75.6"),
            ("75.55", 0, "76", "75", "76"),
            ("75.55", -1, "80", "70", "80"),
            ("74.44", 1, "74.4", "74.4", "74.5"),
            ("74.44", 0, "74", "74", "75"),
            ("74.44", -1, "70", "70", "80"),
            ("75.55", 28, "75.55", "75.55", "75.55"),
            ("75.55", -2, "100", "0", "100"),
            ("75.55", -3, "0", "0", "1000"),
            ("-75.55", 1, "-75.6", "-75.6", "-75.5"),
            ("-75.55", -1, "-80", "-80", "-70"),
            ("-75", -1, "-80", "-80", "-70"),
            ("75", -1, "80", "70", "80"),
            ("70", -1, "70", "70", "70"),
            ("-70", -1, "-70", "-70", "-70"),
            ("0", -1, "0", "0", "0"),
            ("74.9999999999999999999999999", -1, "70", "70", "80"),
            ("2.5", 0, "3", "2", "3"),
            ("-2.5", 0, "-3", "-3", "-2"),
        ] {
            let (value, digits) = (number(text), Decimal::from(digits));
            assert_eq!(round(value, digits), Ok(number(rounded)), "ROUND({text};{digits})");
            assert_eq!(floor(value, digits), Ok(number(floor_)), "FLOOR({text};{digits})");
            assert_eq!(ceil(value, digits), Ok(number(ceiling)), "CEIL({text};{digits})");
        }
        for digits in ["29", "-29", "1e20"] {
            let digits = super::super::value::read_number(digits).expect("a number");
            assert_eq!(round(Decimal::ONE, digits), Err(Cause::OutOfRange), "{digits}");
        }
        assert_eq!(ceil(Decimal::MAX, Decimal::from(-28)), Err(Cause::OutOfRange));
    }

    #[test]
    fn powers_are_exact_where_they_can_be() {
        for (base, exponent, power_) in [
            ("2", "10", Ok("1024")),
            ("1.05", "2", Ok("1.1025")),
            ("-3", "3", Ok("-27")),
            ("4", "-1", Ok("0.25")),
            ("0", "0", Ok("1")),
            ("0", "0.5", Ok("0")),
            ("0", "-1", Err(Cause::DivisionByZero)),
            ("16", "0.5", Ok("4")),
            ("2", "0.5", Ok("1.4142135623730950488")),
            ("8", "-0.5", Ok("0.35355339059327376220")),
            ("1000000", "1.5", Ok("1000000000")),
            ("-4", "0.5", Err(Cause::NoRealNumber)),
            ("10", "28", Ok("10000000000000000000000000000")),
            ("10", "29", Err(Cause::OutOfRange)),
            ("1", "99999999999999", Ok("1")),
            ("0.5", "99999999999999", Ok("0")),
            ("2", "99999999999999999999", Err(Cause::OutOfRange)),
        ] {
            assert_eq!(power(number(base), number(exponent)), power_.map(number), "POW({base};{exponent})");
        }
    }

    #[test]
    fn a_third_times_three_is_whole() {
        let third = |number: i64| Arithmetic::DividedBy.apply(number.into(), 3.into()).expect("a third");
        for whole in [1, 10, 11_499, 1_000_000_007] {
            let all = Arithmetic::Times.apply(third(whole), 3.into());
            assert_eq!(all, Ok(whole.into()));
            let two = Arithmetic::Plus.apply(third(whole), third(whole)).expect("two thirds");
            assert_eq!(Arithmetic::Plus.apply(two, third(whole)), Ok(whole.into()));
        }
    }

    proptest! {
        #[test]
        fn no_numbers_make_it_panic(
            a in (any::<i128>(), 0u32..=28), b in (any::<i128>(), 0u32..=28), digits in -40i64..40,
        ) {
            let number = |(mantissa, scale): (i128, u32)| Decimal::from_i128_with_scale(mantissa >> 32, scale);
            let (a, b) = (number(a), number(b));
            for (a, b) in [(a, b), (a, Decimal::from(digits)), (Decimal::from(digits), a), (a, b.fract())] {
                for operator in [
                    Arithmetic::Plus, Arithmetic::Minus, Arithmetic::Times, Arithmetic::DividedBy, Arithmetic::Remainder,
                ] {
                    let _ = operator.apply(a, b);
                }
                for function in [power, round, floor, ceil] {
                    let _ = function(a, b);
                }
            }
        }

        #[test]
        fn roots_are_close(base in 1u32..1_000_000, percent in 1i64..300) {
            let exponent = Decimal::new(percent, 2);
            let power = power(base.into(), exponent).expect("in range").to_f64().expect("a number");
            let expected = f64::from(base).powf(percent as f64 / 100.0);
            prop_assert!((power / expected - 1.0).abs() < 1e-12, "{} {}", power, expected);
        }
    }
}
