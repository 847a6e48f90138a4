//! What holds for every formula.

use proptest::prelude::*;

use super::*;

/// Texts of sound formulas, with every operand and function, of any kind of value.
fn formulas() -> impl Strategy<Value = String> {
    let literals = prop_oneof![
        (0u64..100_000, 0u32..4).prop_map(|(digits, scale)| Decimal::new(digits as i64, scale).to_string()),
        prop::sample::select(vec!["0", "1", "79228162514264337593543950335", "0.0000000000000000000000000001"])
            .prop_map(String::from),
        "[ -~&&[^\"]]{0,8}|VIP|30|2020-02-29|true".prop_map(|text| format!("\"{text}\"")),
        Just("DATE(\"2020-02-29\")".to_owned()),
        Just("DATE_TIME(\"2020-02-29T23:30:00Z\")".to_owned()),
    ];
    let keys = prop::sample::select(vec![
        "number", "half", "text", "numeric", "flag", "date", "list", "object", "null", "empty", "huge", "none",
    ]);
    let operands = (prop::sample::select(OPERANDS.iter().collect::<Vec<_>>()), keys).prop_map(|(row, key)| {
        match row.operand.takes_key() {
            true => format!("{}(\"{key}\")", row.name),
            false => row.name.to_owned(),
        }
    });
    prop_oneof![literals, operands].prop_recursive(5, 60, 4, |inner| {
        let operators = prop::sample::select(OPERATORS.iter().collect::<Vec<_>>());
        let calls: Vec<&Function> = FUNCTIONS
            .iter()
            .filter(|function| !["SWITCH", "SWITCH_CASE", "DATE", "DATE_TIME"].contains(&function.name))
            .collect();
        prop_oneof![
            (inner.clone(), operators.clone(), inner.clone())
                .prop_map(|(left, operator, right)| format!("({left}) {} ({right})", operator.spelling)),
            // Without parentheses only what can't be compared twice.
            (inner.clone(), operators, inner.clone()).prop_map(|(left, operator, right)| {
                let text = format!("{left} {} {right}", operator.spelling);
                if Formula::parse(&text).is_ok() { text } else { left }
            }),
            inner.clone().prop_map(|operand| format!("-({operand})")),
            (prop::sample::select(calls), prop::collection::vec(inner.clone(), 3)).prop_map(|(function, arguments)| {
                let count = function.arity.1.unwrap_or(arguments.len());
                format!("{}({})", function.name, arguments[..count].join(";"))
            }),
            prop::collection::vec(inner, 4).prop_map(|parts| {
                let [value, case, result, otherwise] = &parts[..] else { unreachable!("there are four") };
                format!("SWITCH({value};SWITCH_CASE({case};{result}) SWITCH_CASE({result};{case});{otherwise})")
            }),
        ]
    })
}

/// Pieces of the language in any order.
fn scraps() -> impl Strategy<Value = String> {
    let names = OPERANDS.iter().map(|row| row.name).chain(FUNCTIONS.iter().map(|row| row.name));
    let spellings =
        OPERATORS.iter().map(|row| row.spelling).chain(["(", ")", ";", "\"", "\"a\"", "1", "2.5", "é", " "]);
    let pieces: Vec<&str> = names.chain(spellings).collect();
    prop::collection::vec(prop::sample::select(pieces), 0..24).prop_map(|pieces| pieces.join(" "))
}

/// Reads, evaluates, checks and prints whatever it is.
fn run(text: &str) {
    match Formula::parse(text) {
        Ok(formula) => {
            let given = everything();
            let number = formula.number(&given).ok();
            let _ = (formula.amount(&given), formula.whole(&given), formula.percent(&given));
            for place in [Place::OrderDiscount, Place::ItemDiscount, Place::Points] {
                let _ = formula.check(place).map_err(|error| error.to_string());
            }
            let printed = formula.to_string();
            let again = Formula::parse(&printed).unwrap_or_else(|error| panic!("{text}: {printed}: {error}"));
            assert_eq!(again.to_string(), printed, "{text}");
            assert_eq!(again.number(&given).ok(), number, "{text}");
        }
        Err(error) => {
            assert!(text.is_char_boundary(error.position), "{text}: {error}");
            assert!(!error.to_string().is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_text_is_a_formula_or_an_error(text in "\\PC{0,60}", scraps in scraps()) {
        run(&text);
        run(&scraps);
    }

    #[test]
    fn a_formula_can_be_evaluated_and_printed(text in formulas()) {
        formula(&text);
        run(&text);
    }

    #[test]
    fn what_passes_the_check_is_of_the_right_kind(text in formulas()) {
        let formula = formula(&text);
        let has_metadata = formula.variables().any(|variable| variable.key().is_some());
        if !has_metadata && formula.check(Place::ItemDiscount).is_ok() {
            let cause = formula.number(&everything()).err().map(|failure| failure.cause);
            prop_assert!(!matches!(cause, Some(Cause::WrongKind { .. })), "{}", text);
        }
    }

    #[test]
    fn operators_bind_as_the_naive_reader_thinks(text in sums()) {
        let found = formula(&text).number(&given()).ok();
        match naive(&text) {
            Some((numerator, denominator)) => {
                let expected = Decimal::from_i128_with_scale(numerator, 0) / Decimal::from_i128_with_scale(denominator, 0);
                let found = found.expect("a number");
                prop_assert!((found - expected).abs() < Decimal::new(1, 15), "{} is {} and not {}", text, found, expected);
            }
            None => prop_assert_eq!(found, None, "{}", text),
        }
    }
}

/// Small numbers joined by operators, with some parentheses.
fn sums() -> impl Strategy<Value = String> {
    let number = (1i64..10).prop_map(|number| number.to_string());
    number.prop_recursive(3, 12, 4, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/", "-", "/"]);
        prop::collection::vec((operator, inner, any::<bool>()), 1..5).prop_map(|parts| {
            let mut text = String::new();
            for (operator, part, is_enclosed) in parts {
                if !text.is_empty() {
                    text.push_str(operator);
                }
                text.push_str(&if is_enclosed { format!("({part})") } else { part });
            }
            text
        })
    })
}

/// Splits at the last of the weakest operators, and counts in fractions. `None` for a division by zero.
fn naive(text: &str) -> Option<(i128, i128)> {
    let mut depth = 0;
    let mut split = None;
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'+' | b'-' if depth == 0 => split = Some((false, place)),
            b'*' | b'/' if depth == 0 && !matches!(split, Some((false, _))) => split = Some((true, place)),
            _ => {}
        }
    }
    let Some((_, place)) = split else {
        return match text.strip_prefix('(') {
            Some(inner) => naive(&inner[..inner.len() - 1]),
            None => Some((text.parse().expect("a number"), 1)),
        };
    };
    let ((a, b), (c, d)) = (naive(&text[..place])?, naive(&text[place + 1..])?);
    let (numerator, denominator) = match text.as_bytes()[place] {
        b'+' => (a * d + c * b, b * d),
        b'-' => (a * d - c * b, b * d),
        b'*' => (a * c, b * d),
        _ => (a * d, b * c),
    };
    if denominator == 0 {
        return None;
    }
    let divisor = greatest_common_divisor(numerator.abs(), denominator.abs()).max(1);
    Some((numerator / divisor, denominator / divisor))
}

fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[test]
fn no_bytes_make_the_language_panic() {
    let mut random = Random(0x0f04_411a);
    let pieces: Vec<&[u8]> = [
        "IF(",
        "SWITCH(",
        "SWITCH_CASE(",
        "DEFAULT_TO(",
        "MAX(",
        "ROUND(",
        "POW(",
        "DATE(\"",
        "DAYS_SINCE(",
        "ORDER_AMOUNT",
        "ORDER_METADATA(\"number\")",
        "TODAY",
        " AND ",
        " OR ",
        " is ",
        " IN_ARRAY ",
        "\"VIP\"",
        "2020-02-29",
        ">",
        "=",
        "-",
        "*",
        "÷",
        "%",
        "(",
        ")",
        ")",
        ";",
        ";",
        "0",
        "1",
        "99999999999999999999",
        "0.5",
        " ",
        "\"",
        "x",
        "é",
    ]
    .map(str::as_bytes)
    .to_vec();
    for _ in 0..5_000 {
        let mut bytes = Vec::new();
        for _ in 0..random.below(20) {
            match random.below(4) {
                0 => bytes.push(random.below(256) as u8),
                _ => bytes.extend_from_slice(pieces[random.below(pieces.len())]),
            }
        }
        run(&String::from_utf8_lossy(&bytes));
    }
}

/// A generator of the kind called xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
