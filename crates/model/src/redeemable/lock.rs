//! What sessions reserve of vouchers.
//!
//! A session's lock on a voucher is a document ([`SessionLock`]); what all locks on it come to is part of
//! the voucher ([`Locked`]), so that whoever has the voucher knows it without looking further.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, ids::VoucherId};

/// What one session has reserved of a voucher: one redemption, and credits or points of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLock {
    /// See [`SessionLock::id_of`].
    pub id: String,
    pub voucher_id: VoucherId,
    /// The session's key.
    pub key: String,
    /// Credits in minor units, or points; 0 for coupons.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub amount: i64,
    /// From then on it is as good as gone.
    pub expires_at: Timestamp,
}

/// What all sessions together have reserved of a voucher, those included that have ended and were not
/// removed yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Locked {
    /// How many sessions there are, each of which keeps one redemption.
    pub sessions: i64,
    /// Credits in minor units, or points.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub amount: i64,
    /// None of them ends before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_expiry: Option<Timestamp>,
    /// The same of those that have come since ended ones were removed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_expiry_of_new: Option<Timestamp>,
    /// How often ended ones were removed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sweeps: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl SessionLock {
    /// The id of a session's lock on a voucher, which follows from both.
    pub fn id_of(voucher: &VoucherId, key: &str) -> String {
        format!("{voucher}:{key}")
    }

    /// Whether its session has ended.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

impl Locked {
    /// Whether nothing is reserved.
    pub fn is_empty(&self) -> bool {
        self.sessions == 0
    }

    /// Whether some of the sessions may have ended.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next_expiry.is_some_and(|next| next <= now)
    }

    /// Counts one more.
    pub fn add(&mut self, lock: &SessionLock) {
        let sooner = |known: Option<Timestamp>| Some(known.map_or(lock.expires_at, |known| known.min(lock.expires_at)));
        self.sessions += 1;
        self.amount = self.amount.saturating_add(lock.amount);
        self.next_expiry = sooner(self.next_expiry);
        self.next_expiry_of_new = sooner(self.next_expiry_of_new);
    }

    /// Counts one less. When the others end is not known any better by it.
    pub fn remove(&mut self, lock: &SessionLock) {
        self.sessions -= 1;
        self.amount = self.amount.saturating_sub(lock.amount);
        if self.is_empty() {
            *self = Self::default();
        }
    }

    /// Notes that ended ones were removed. `next` is when the first of the others ends, of those that were
    /// there when it was looked for, after so many `sweeps`. Others may have come meanwhile; if they were
    /// swept, too, whoever did so knows better.
    pub fn settle(&mut self, next: Option<Timestamp>, sweeps: i64) {
        if self.is_empty() || self.sweeps != sweeps {
            return;
        }
        self.next_expiry = [next, self.next_expiry_of_new.take()].into_iter().flatten().min();
        self.sweeps += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(expires_at: i64, amount: i64) -> SessionLock {
        let expires_at = Timestamp::from_millis(expires_at);
        SessionLock { id: "v_1:k".into(), voucher_id: "v_1".into(), key: "k".into(), amount, expires_at }
    }

    #[test]
    fn locks_add_up_and_the_soonest_end_is_known() {
        let at = Timestamp::from_millis;
        let mut locked = Locked::default();
        assert!(!locked.is_due(at(i64::MAX)));
        for (expires_at, amount) in [(500, 10), (300, 20), (400, 30)] {
            locked.add(&lock(expires_at, amount));
        }
        assert_eq!((locked.sessions, locked.amount, locked.next_expiry), (3, 60, Some(at(300))));
        assert!(!locked.is_due(at(299)) && locked.is_due(at(300)));

        // The one that ends at 300 is removed; when 400 was found to be next, nobody knew of another at 350.
        locked.settle(Some(at(400)), 0);
        locked.remove(&lock(300, 20));
        locked.add(&lock(350, 1));
        let expected = (3, 41, Some(at(350)));
        for _ in 0..2 {
            locked.settle(Some(at(400)), 1);
            let found = (locked.sessions, locked.amount, locked.next_expiry);
            assert_eq!(found, expected, "whoever was late has not changed it");
        }
        locked.settle(Some(at(400)), 2);
        assert_eq!(locked.next_expiry, Some(at(400)), "by then the one at 350 was gone");
        for (expires_at, amount) in [(500, 10), (350, 1), (400, 30)] {
            locked.remove(&lock(expires_at, amount));
        }
        assert_eq!(locked, Locked::default());
    }
}
