//! What one promotion needs, in a form that is quick to check.

use std::collections::BTreeSet;

use guerdon_model::{Timestamp, validation_rule::ItemObject};

use super::{
    Promotion,
    keys::{Key, Keys, Kind, Present},
    spans::Span,
};
use crate::rules::{AmountOf, Item, Necessity, Scope, Situation};

/// What must be so for a promotion to be applicable.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// Of each of these, one key must be present. The keys are in order.
    pub(super) one_of: Box<[Box<[Key]>]>,
    /// Where the measures must lie, in the order of [`MEASURES`].
    pub(super) within: [Span; MEASURES.len()],
}

/// A number that every situation has, or nearly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Milliseconds.
    Now,
    /// Minor units.
    Amount(AmountOf),
}

/// In the order in which they are preferred: time turns over all promotions of a season at once.
pub(super) const MEASURES: [Measure; 3] =
    [Measure::Now, Measure::Amount(AmountOf::Current), Measure::Amount(AmountOf::Initial)];

/// The measures of a situation, as far as it has them.
pub(super) type Measured = [Option<i64>; MEASURES.len()];

pub(super) fn measure(situation: &Situation<'_>) -> Measured {
    MEASURES.map(|measure| match measure {
        Measure::Now => Some(situation.facts.now.as_millis()),
        Measure::Amount(of) => of.find(situation),
    })
}

impl Conditions {
    /// What the promotion's rule sets and its period need; `None` if it never applies.
    pub(super) fn of(promotion: &Promotion, scope: Scope, keys: &mut Keys) -> Option<Self> {
        let (start, expiration) = promotion.limits.period();
        let mut within = [Span::EVERYTHING; MEASURES.len()];
        let mut narrow = |measure, span| {
            let narrowed = within.iter_mut().zip(MEASURES).filter(|(_, known)| *known == measure);
            narrowed.for_each(|(within, _)| *within = within.and(span));
        };
        narrow(Measure::Now, Span::new(start.map(Timestamp::as_millis), expiration.map(Timestamp::as_millis)));
        let mut one_of = Vec::new();
        let mut need = |mut keys: Vec<Key>| {
            keys.sort_unstable();
            keys.dedup();
            one_of.push(keys.into_boxed_slice());
        };
        for necessity in promotion.rules.iter().flat_map(|rules| rules.necessary(scope)) {
            match necessity {
                Necessity::Never => return None,
                Necessity::Segment(ids) => need(keys.intern(Kind::Segment, ids)),
                Necessity::Item(items) => need(keys_of(&items, keys)),
                Necessity::Metadata { owner, property, values } => {
                    need(keys.intern(Kind::Metadata(owner, property), values));
                }
                Necessity::Amount { of, at_least, at_most } => {
                    narrow(Measure::Amount(of), Span::new(at_least, at_most));
                }
            }
        }
        let never = within.iter().any(|span| span.is_empty()) || one_of.iter().any(|keys| keys.is_empty());
        (!never).then(|| Self { one_of: one_of.into(), within })
    }

    /// Whether they are all fulfilled.
    pub(super) fn hold(&self, measured: &Measured, present: &Present<'_>) -> bool {
        let lies = |(span, measured): (&Span, &Option<i64>)| match measured {
            Some(measured) => span.contains(*measured),
            None => *span == Span::EVERYTHING,
        };
        self.within.iter().zip(measured).all(lies) && self.one_of.iter().all(|keys| present.has_one_of(keys))
    }
}

/// Products and SKUs can be meant by either of two names, collections only by their id.
fn keys_of(items: &BTreeSet<Item>, keys: &mut Keys) -> Vec<Key> {
    let kinds = [ItemObject::Product, ItemObject::Sku, ItemObject::ProductsCollection];
    let names = kinds.into_iter().flat_map(|object| {
        let items = items.iter().filter(|item| item.object == object);
        let names = items.flat_map(|item| {
            let source_id = item.source_id.as_deref().filter(|_| object != ItemObject::ProductsCollection);
            [Some(&*item.id), source_id].into_iter().flatten()
        });
        keys.intern(Kind::Item(object), names)
    });
    names.collect()
}
