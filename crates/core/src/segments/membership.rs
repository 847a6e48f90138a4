//! Which segments a customer is in, for whoever asks: answers and validation rules.

use std::cell::OnceCell;

use guerdon_engine::facts::Segments;
use guerdon_model::{customer::Customer, filter::Moment, ids::SegmentId};
use serde_json::Value;

use super::{Definition, Definitions};

/// The segments of one customer, found out when asked.
pub struct Membership<'a> {
    definitions: &'a Definitions,
    moment: Moment,
    /// What is written down about the customer; none about somebody who is not stored.
    kept: Option<&'a [SegmentId]>,
    customer: &'a Customer,
    profile: OnceCell<Value>,
}

impl<'a> Membership<'a> {
    /// Those of a stored customer.
    pub fn of(definitions: &'a Definitions, moment: Moment, customer: &'a Customer) -> Self {
        let kept = Some(customer.internal.segments.as_slice());
        Self { definitions, moment, kept, customer, profile: OnceCell::new() }
    }

    /// Those that somebody would be in who is like this and is not stored: all filters are asked. What
    /// such a customer can't have, an id and a time of creation, counts as missing.
    pub fn of_unknown(definitions: &'a Definitions, moment: Moment, customer: &'a Customer) -> Self {
        Self { definitions, moment, kept: None, customer, profile: OnceCell::new() }
    }

    fn is_in(&self, definition: &Definition) -> bool {
        match self.kept {
            Some(kept) if definition.is_kept() => kept.binary_search(definition.id()).is_ok(),
            _ => definition.matches(self.profile.get_or_init(|| self.read_profile()), &self.moment),
        }
    }

    fn read_profile(&self) -> Value {
        let mut profile = profile(self.customer);
        if self.kept.is_none()
            && let Some(profile) = profile.as_object_mut()
        {
            profile.remove("id");
            profile.remove("created_at");
        }
        profile
    }

    /// All of them, newest first.
    pub fn definitions(&self) -> impl Iterator<Item = &'a Definition> {
        let definitions = self.definitions;
        definitions.all().iter().filter(|definition| self.is_in(definition))
    }
}

impl Segments for Membership<'_> {
    fn contains(&self, segment: &str) -> bool {
        self.definitions.get(segment).is_some_and(|definition| self.is_in(definition))
    }
}

/// A customer's document, which filters are evaluated on.
pub(crate) fn profile(customer: &Customer) -> Value {
    serde_json::to_value(customer).expect("our own structs have string keys and no failing serializers")
}
