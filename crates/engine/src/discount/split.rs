//! Shares one amount among lines.
//!
//! ```text
//! 3.00 shared by 33.00 and 34.00    1.477… and 1.522…    1.48 and 1.52
//! 1.00 shared by three equal lines  0.333… each          0.34, 0.33, 0.33
//! ```

use std::cmp::Reverse;

use crate::money::{Overflow, plus};

/// What a line takes part with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) weight: i64,
    /// Its greatest share.
    pub(super) cap: i64,
}

/// Shares `total` by weight, so that the shares add up to it exactly. Each share is rounded down first;
/// the cents that are left over go to the lines whose fractions were largest, of equal ones to the
/// earlier. A share that would exceed its cap is set to it, and the others share the rest.
///
/// If all caps together are less than `total`, they are what is shared.
pub(super) fn split(total: i64, parts: &[Part]) -> Result<Vec<i64>, Overflow> {
    let mut shares = vec![0; parts.len()];
    let mut open: Vec<usize> =
        (0..parts.len()).filter(|part| parts[*part].weight > 0 && parts[*part].cap > 0).collect();
    let mut left = total.max(0);
    loop {
        largest_remainder(left, parts, &open, &mut shares)?;
        let over = |part: &usize| shares[*part] > parts[*part].cap;
        if !open.iter().any(over) {
            return Ok(shares);
        }
        let (capped, rest): (Vec<usize>, Vec<usize>) = open.iter().partition(|part| over(part));
        for part in capped {
            shares[part] = parts[part].cap;
            left -= parts[part].cap;
        }
        open = rest;
    }
}

/// Splits among the open parts, whose caps are not looked at.
fn largest_remainder(total: i64, parts: &[Part], open: &[usize], shares: &mut [i64]) -> Result<(), Overflow> {
    let weights: i128 = open.iter().map(|part| i128::from(parts[*part].weight)).sum();
    if weights == 0 {
        return Ok(());
    }
    let mut left = total;
    let mut fractions = Vec::with_capacity(open.len());
    for part in open {
        let product = i128::from(total) * i128::from(parts[*part].weight);
        let share = i64::try_from(product / weights).map_err(|_| Overflow)?;
        shares[*part] = share;
        left -= share;
        fractions.push((product % weights, *part));
    }
    // Stable, so that the earlier of two equal fractions comes first.
    fractions.sort_by_key(|(fraction, _)| Reverse(*fraction));
    // Fewer cents are left than there are parts.
    for (_, part) in fractions.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        shares[part] = plus(shares[part], 1)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(parts: &[(i64, i64)]) -> Vec<Part> {
        parts.iter().map(|(weight, cap)| Part { weight: *weight, cap: *cap }).collect()
    }

    #[test]
    fn shares_add_up_to_the_whole() {
        for (total, of, expected) in [
            (300, parts(&[(3_300, 3_300), (3_400, 3_400)]), vec![148, 152]),
            (100, parts(&[(1_000, 1_000), (1_000, 1_000), (1_000, 1_000)]), vec![34, 33, 33]),
            (1_000, parts(&[(3, 300), (1, 5_000)]), vec![300, 700]),
            (10, parts(&[(1, 2), (1, 3), (1, 100)]), vec![2, 3, 5]),
            (10, parts(&[(0, 100), (1, 100)]), vec![0, 10]),
            (10, parts(&[(1, 3), (1, 4)]), vec![3, 4]),
            (10, parts(&[]), vec![]),
            (0, parts(&[(1, 3)]), vec![0]),
            (-5, parts(&[(1, 3)]), vec![0]),
            (i64::MAX, parts(&[(i64::MAX, i64::MAX), (i64::MAX, i64::MAX)]), vec![i64::MAX / 2 + 1, i64::MAX / 2]),
        ] {
            assert_eq!(split(total, &of), Ok(expected), "{total} {of:?}");
        }
    }

    proptest! {
        #[test]
        fn a_split_adds_up_to_the_whole_and_no_share_exceeds_its_cap(
            total in 0i64..100_000,
            of in proptest::collection::vec((0i64..1_000, 0i64..10_000), 0..12),
        ) {
            let parts = parts(&of);
            let shares = split(total, &parts).expect("small enough");
            let room: i64 = parts.iter().filter(|part| part.weight > 0).map(|part| part.cap).sum();
            prop_assert_eq!(shares.iter().sum::<i64>(), total.min(room));
            for (share, part) in shares.iter().zip(&parts) {
                prop_assert!((0..=part.cap).contains(share), "{} of {:?}", share, part);
            }
        }

        #[test]
        fn without_caps_a_share_is_within_a_cent_of_its_fraction(
            total in 0i64..100_000,
            weights in proptest::collection::vec(1i64..1_000, 1..12),
        ) {
            let parts: Vec<Part> = weights.iter().map(|weight| Part { weight: *weight, cap: i64::MAX }).collect();
            let sum: i64 = weights.iter().sum();
            for (share, weight) in split(total, &parts).expect("small enough").iter().zip(&weights) {
                prop_assert!((share * sum - total * weight).abs() < sum);
            }
        }
    }
}
