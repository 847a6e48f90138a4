//! What a misspelt name may have been meant to be.

use super::{functions::FUNCTIONS, operands::OPERANDS, operators::OPERATORS};

/// The operand or function whose name is closest, if one is close enough.
pub(super) fn value(name: &str) -> Option<&'static str> {
    nearest(name, OPERANDS.iter().map(|row| row.name).chain(FUNCTIONS.iter().map(|row| row.name)))
}

/// The operator, likewise.
pub(super) fn operator(name: &str) -> Option<&'static str> {
    nearest(name, OPERATORS.iter().filter(|row| row.is_word()).map(|row| row.spelling))
}

fn nearest(name: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    // Nothing that long is close to anything, and it would take a while to find that out.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    // In a short name, two letters are most of it.
    let limit = if name.len() < 5 { 1 } else { 2 };
    let close = names
        .map(|known| (distance(name, known), known))
        .filter(|(distance, known)| *distance <= limit && *distance < name.len().min(known.len()));
    close.min().map(|(_, known)| known)
}

/// How many letters must be changed, added, removed or swapped with their neighbour. Case is nothing.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_uppercase().into_bytes(), b.to_ascii_uppercase().into_bytes());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, letter) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let changed = rows[i][j] + usize::from(letter != other);
            let mut least = changed.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == b[j - 1] && a[i - 1] == *other {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_recognised() {
        for (name, known) in [
            ("CIEL", Some("CEIL")),
            ("if", Some("IF")),
            ("ORDER_AMMOUNT", Some("ORDER_AMOUNT")),
            ("ORDER_UNIT_QUANTITY", Some("ORDER_UNITS_QUANTITY")),
            ("CUSTOMERS_METADATA", Some("CUSTOMER_METADATA")),
            ("DEFAULTTO", Some("DEFAULT_TO")),
            ("MAXI", Some("MAX")),
            ("price", None),
            ("AVERAGE", None),
            ("and", None),
            ("", None),
        ] {
            assert_eq!(value(name), known, "{name}");
        }
        for (name, known) in [
            ("and", Some("AND")),
            ("or", Some("OR")),
            ("isnot", Some("isNot")),
            ("Contains", Some("contains")),
            ("X", Some("x")),
            ("y", None),
            ("ORDER_AMOUNT", None),
        ] {
            assert_eq!(operator(name), known, "{name}");
        }
        assert_eq!(value(&"A".repeat(1_000)), None);
    }
}
