//! New ids: random ones, and time-ordered ones that never repeat within a process.

use guerdon_model::{
    Timestamp,
    ids::{PrefixedId, Suffix},
};
use parking_lot::Mutex;
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};

/// The digits of random ids, which sort like numbers.
pub(crate) const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A random suffix of this length or more begins with the time: rows that were made together then lie
/// together in an index, and the 16 characters behind it are still beyond guessing.
const WITH_TIME: usize = 24;

/// Makes ids. Seeded from the system for real, from a number in tests.
pub struct IdGenerator {
    state: Mutex<State>,
}

struct State {
    random: StdRng,
    /// Milliseconds (44 bits) and a counter (28 bits) of the last time-ordered id.
    last: u128,
}

impl IdGenerator {
    /// Unpredictable ids.
    pub fn from_system() -> Self {
        Self::new(StdRng::from_os_rng())
    }

    /// The same ids for the same seed and times.
    pub fn seeded(seed: u64) -> Self {
        Self::new(StdRng::seed_from_u64(seed))
    }

    fn new(random: StdRng) -> Self {
        Self { state: Mutex::new(State { random, last: 0 }) }
    }

    /// A new id of this type.
    pub fn next<I: PrefixedId>(&self, now: Timestamp) -> I {
        let mut state = self.state.lock();
        let mut id = String::with_capacity(I::PREFIX.len() + 32);
        id.push_str(I::PREFIX);
        match I::SUFFIX {
            Suffix::TimeOrdered => id.push_str(&format!("{:018x}", state.time_ordered(now))),
            Suffix::Random(length) => {
                if length >= WITH_TIME {
                    id.extend(base_62(now).map(char::from));
                }
                let end = I::PREFIX.len() + length;
                while id.len() < end {
                    id.push(char::from(ALPHANUMERIC[state.random.random_range(0..62)]));
                }
            }
        }
        I::from(id)
    }

    /// So many random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.state.lock().random.fill_bytes(&mut bytes);
        bytes
    }

    /// A random (version 4) UUID.
    pub fn uuid(&self) -> String {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid().to_string()
    }
}

/// What an id of this type begins with that is made at this time, if it begins with the time.
pub(crate) fn beginning<I: PrefixedId>(time: Timestamp) -> String {
    let digits: String = base_62(time).iter().copied().map(char::from).collect();
    format!("{}{digits}", I::PREFIX)
}

/// What the suffix of a time-ordered id begins with that is made at this time.
pub(crate) fn time_ordered_beginning(time: Timestamp) -> String {
    format!("{:011x}", (time.as_millis().max(0) as u128) & ((1 << 44) - 1))
}

/// Milliseconds since 1970 as eight digits that sort like numbers, enough until the year 8888.
fn base_62(now: Timestamp) -> [u8; 8] {
    let mut rest = now.as_millis().max(0) as usize;
    let mut digits = [b'0'; 8];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHANUMERIC[rest % 62];
        rest /= 62;
    }
    digits
}

impl State {
    /// 72 bits: 44 of milliseconds (enough until the year 2527), 28 of a counter that starts at a
    /// random place in each millisecond, so that two nodes rarely meet. Should they, the store's
    /// primary key refuses the second and its commit runs again with new ids.
    fn time_ordered(&mut self, now: Timestamp) -> u128 {
        let millis = (now.as_millis().max(0) as u128) & ((1 << 44) - 1);
        let fresh = (millis << 28) | u128::from(self.random.random_range(0..1u32 << 27));
        self.last = if fresh > self.last && fresh >> 28 > self.last >> 28 { fresh } else { self.last + 1 };
        self.last
    }
}

#[cfg(test)]
mod tests {
    use guerdon_model::ids::{AsyncActionId, CustomerId};

    use super::*;

    #[test]
    fn ids_have_their_documented_shape() {
        let ids = IdGenerator::seeded(1);
        let customer: CustomerId = ids.next(Timestamp::from_millis(0));
        assert_eq!(customer.as_str().len(), "cust_".len() + 24);
        let action: AsyncActionId = ids.next(Timestamp::from_millis(1_700_000_000_000));
        let suffix = action.as_str().strip_prefix("aa_").expect("the prefix");
        assert_eq!(suffix.len(), 18);
        assert!(suffix.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert!(suffix.starts_with(&time_ordered_beginning(Timestamp::from_millis(1_700_000_000_000))));
    }

    #[test]
    fn long_random_ids_that_are_made_later_sort_later() {
        let ids = IdGenerator::seeded(1);
        let made = |millis| ids.next::<CustomerId>(Timestamp::from_millis(millis)).to_string();
        let times = [0, 1, 61, 62, 1_700_000_000_000, 1_700_000_000_001, 253_402_300_799_999];
        let sorted: Vec<String> = times.into_iter().map(made).collect();
        assert!(sorted.is_sorted(), "{sorted:?}");
    }

    #[test]
    fn time_ordered_ids_grow_even_when_the_clock_goes_back() {
        let ids = IdGenerator::seeded(7);
        let mut last = String::new();
        for millis in [5, 5, 6, 6, 4, 6, 7, 7, 7] {
            let id: AsyncActionId = ids.next(Timestamp::from_millis(millis));
            assert!(id.as_str() > last.as_str());
            last = id.to_string();
        }
    }
}
