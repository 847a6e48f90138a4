//! The orders that a customer's summary has counted last, so that one which is canceled gives way to
//! the one before it without a look at all the others. `docs/orders.md` explains what counts.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, ids::OrderId};

/// How many are remembered.
pub const REMEMBERED: usize = 20;

/// An order that is paid or fulfilled: only those count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedOrder {
    pub id: OrderId,
    /// Before discounts, in minor units; 0 for an order without amount.
    pub amount: i64,
    pub created_at: Timestamp,
}

/// A customer's newest counted orders.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecentOrders {
    /// Newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    orders: Vec<CountedOrder>,
    /// Orders that count and were created by this time may be missing; none is if there is no such time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten_until: Option<Timestamp>,
}

impl RecentOrders {
    /// Whether nothing was ever counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The order that was created last, as far as it is known.
    pub fn last(&self) -> Option<&CountedOrder> {
        self.orders.first()
    }

    /// Whether there may be counted orders, and none of them is known.
    pub fn is_exhausted(&self) -> bool {
        self.orders.is_empty() && self.forgotten_until.is_some()
    }

    /// Remembers an order that counts from now on.
    pub fn insert(&mut self, order: CountedOrder) {
        if self.forgotten_until.is_some_and(|time| order.created_at <= time) {
            return;
        }
        let age = |order: &CountedOrder| (order.created_at, order.id.clone());
        let place = self.orders.partition_point(|known| age(known) > age(&order));
        self.orders.insert(place, order);
        if self.orders.len() > REMEMBERED {
            self.forgotten_until = self.orders.pop().map(|oldest| oldest.created_at);
        }
    }

    /// Forgets an order that counts no longer.
    pub fn remove(&mut self, id: &OrderId) {
        self.orders.retain(|order| order.id != *id);
    }

    /// Learns the newest of all that count, up to [`REMEMBERED`], anew.
    pub fn relearn(&mut self, mut newest: Vec<CountedOrder>) {
        newest.sort_by(|one, other| (other.created_at, &other.id).cmp(&(one.created_at, &one.id)));
        newest.truncate(REMEMBERED);
        let all = newest.len() < REMEMBERED;
        self.forgotten_until = newest.last().map(|oldest| oldest.created_at).filter(|_| !all);
        self.orders = newest;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(number: i64, created_at: i64) -> CountedOrder {
        let id = format!("ord_{number:03}").as_str().into();
        CountedOrder { id, amount: number, created_at: Timestamp::from_millis(created_at) }
    }

    #[test]
    fn the_last_order_is_the_one_created_last_whatever_was_counted_first() {
        let mut recent = RecentOrders::default();
        for (number, created_at) in [(2, 20), (1, 10), (4, 30), (3, 30)] {
            recent.insert(order(number, created_at));
        }
        for last in [4, 3, 2, 1] {
            assert_eq!(recent.last().map(|order| order.amount), Some(last));
            recent.remove(&order(last, 0).id);
        }
        assert_eq!(recent, RecentOrders::default());
    }

    #[test]
    fn what_was_forgotten_can_be_learned_again() {
        let mut recent = RecentOrders::default();
        let many = 0..REMEMBERED as i64 + 5;
        many.clone().for_each(|number| recent.insert(order(number, number)));
        assert_eq!(recent.orders.len(), REMEMBERED);
        recent.insert(order(900, 2));
        many.rev().take(REMEMBERED).for_each(|number| recent.remove(&order(number, 0).id));
        assert!(recent.is_exhausted(), "what is older than anything known is not taken for the last");
        recent.relearn(vec![order(0, 0), order(4, 4), order(900, 2)]);
        assert_eq!(recent.last().map(|order| order.amount), Some(4));
        assert!(!recent.is_exhausted());
    }

    proptest! {
        #[test]
        fn as_long_as_any_is_known_the_newest_is(steps in proptest::collection::vec((0i64..60, any::<bool>()), 0..200)) {
            let mut recent = RecentOrders::default();
            let mut all = std::collections::BTreeMap::new();
            for (number, counts) in steps {
                // Some of them were created in the same millisecond.
                let step = order(number, number / 2);
                recent.remove(&step.id);
                all.remove(&number);
                if counts {
                    recent.insert(step.clone());
                    all.insert(number, step);
                }
                if !recent.is_exhausted() {
                    prop_assert_eq!(recent.last(), all.values().next_back());
                }
            }
        }
    }
}
