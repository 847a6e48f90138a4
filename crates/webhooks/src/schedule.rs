//! When a failed send-out is tried again.

use guerdon_model::Timestamp;

/// How often a send-out is tried again after its first attempt.
pub const RETRIES: u32 = 12;

const MINUTE_MS: i64 = 60_000;
/// The last retry comes a day after the first attempt.
const LONGEST_MINUTES: i64 = 1_440;

/// When the next attempt is due, after `attempts_made` attempts (at least one) that have all
/// failed; `None` after the last retry.
///
/// Retry n is due `min(2^(n-1), 1440)` minutes after the first attempt. If the last attempt came
/// late by more than half the gap to the next one, say because Guerdon was not running, the next one
/// keeps its gap instead: otherwise all retries that were missed would follow each other at once,
/// and the webhook would be disabled before its endpoint had a chance.
pub fn next_attempt(first_attempt_at: Timestamp, attempts_made: u32, last_attempt_at: Timestamp) -> Option<Timestamp> {
    if attempts_made > RETRIES {
        return None;
    }
    let due = first_attempt_at.plus_millis(offset_millis(attempts_made));
    let gap = offset_millis(attempts_made) - offset_millis(attempts_made.saturating_sub(1));
    let is_punctual = due.millis_since(last_attempt_at) >= gap / 2;
    Some(if is_punctual { due } else { last_attempt_at.plus_millis(gap) })
}

/// From the first attempt to the given retry; 0 for the first attempt itself.
fn offset_millis(retry: u32) -> i64 {
    match retry {
        0 => 0,
        1..=11 => (1 << (retry - 1)) * MINUTE_MS,
        _ => LONGEST_MINUTES * MINUTE_MS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn minutes(count: i64) -> Timestamp {
        T0.plus_millis(count * MINUTE_MS)
    }

    #[test]
    fn retries_double_their_distance_from_the_first_attempt_up_to_a_day() {
        let table = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440];
        let mut last = T0;
        for (attempts_made, due) in (1..).zip(table) {
            let next = next_attempt(T0, attempts_made, last);
            assert_eq!(next, Some(minutes(due)), "after {attempts_made} attempts");
            last = minutes(due);
        }
        assert_eq!(next_attempt(T0, 13, last), None);
    }

    #[test]
    fn a_little_delay_moves_no_later_retry() {
        let late = minutes(4).plus_millis(90_000);
        assert_eq!(next_attempt(T0, 4, late), Some(minutes(8)));
    }

    #[test]
    fn retries_that_were_missed_do_not_follow_each_other_at_once() {
        let day_late = minutes(1_440);
        assert_eq!(next_attempt(T0, 4, day_late), Some(minutes(1_444)));
        assert_eq!(next_attempt(T0, 5, minutes(1_444)), Some(minutes(1_452)));
    }
}
