//! A project's segments in memory: filters read once, and an index of what they look at.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use guerdon_model::{
    Error,
    filter::{Filter, Moment},
    ids::SegmentId,
    segment::{Segment, SegmentType, read_filter},
};
use serde_json::Value;

/// A segment with its filter.
#[derive(Debug, Clone)]
pub struct Definition {
    pub segment: Segment,
    /// None for a static segment.
    filter: Option<Filter>,
    /// Whether customers come and go with the days.
    pub depends_on_day: bool,
}

impl Definition {
    fn of(segment: Segment) -> Result<Self, Error> {
        let filter = segment.filter.as_ref().map(read_filter).transpose()?;
        let depends_on_day = filter.as_ref().is_some_and(Filter::depends_on_day);
        Ok(Self { segment, filter, depends_on_day })
    }

    /// The segment's id.
    pub fn id(&self) -> &SegmentId {
        &self.segment.id
    }

    /// Whether customers enter and leave by themselves.
    pub fn is_auto_update(&self) -> bool {
        self.segment.kind == SegmentType::AutoUpdate
    }

    /// Whether who is in it is written down, and completely so.
    pub fn is_kept(&self) -> bool {
        match self.segment.kind {
            SegmentType::AutoUpdate => !self.segment.is_filling,
            SegmentType::Passive => false,
            SegmentType::Static => true,
        }
    }

    /// The filter; none for a static segment.
    pub fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// Whether a customer's document matches the filter; never for a static segment.
    pub fn matches(&self, profile: &Value, moment: &Moment) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.matches(profile, moment))
    }
}

/// All segments of a project.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    /// Newest first.
    all: Vec<Definition>,
    places: HashMap<SegmentId, usize>,
    auto_update: Vec<usize>,
    /// Which auto-update segments look at a field, by the first two keys of its path; the second is
    /// empty where the path has but one.
    looking_at: BTreeMap<String, BTreeMap<String, Vec<usize>>>,
}

impl Definitions {
    /// These segments.
    ///
    /// # Errors
    /// When a stored filter can't be read.
    pub fn of(segments: Vec<Segment>) -> Result<Self, Error> {
        let mut all = segments.into_iter().map(Definition::of).collect::<Result<Vec<_>, _>>()?;
        all.sort_by(|one, other| {
            let key = |definition: &Definition| (definition.segment.created_at, definition.segment.id.clone());
            key(other).cmp(&key(one))
        });
        let places = all.iter().enumerate().map(|(place, definition)| (definition.id().clone(), place)).collect();
        let auto_update: Vec<usize> = (0..all.len()).filter(|place| all[*place].is_auto_update()).collect();
        let mut looking_at: BTreeMap<String, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
        for place in &auto_update {
            let predicates = all[*place].filter.iter().flat_map(|filter| &filter.predicates);
            let fields: BTreeSet<_> = predicates.map(|predicate| first_two(&predicate.field)).collect();
            for (first, second) in fields {
                looking_at.entry(first.into()).or_default().entry(second.into()).or_default().push(*place);
            }
        }
        Ok(Self { all, places, auto_update, looking_at })
    }

    /// All, newest first.
    pub fn all(&self) -> &[Definition] {
        &self.all
    }

    /// The segment with this id.
    pub fn get(&self, id: &str) -> Option<&Definition> {
        self.places.get(id).map(|place| &self.all[*place])
    }

    /// Those that customers enter and leave by themselves.
    pub fn auto_update(&self) -> impl ExactSizeIterator<Item = &Definition> {
        self.auto_update.iter().map(|place| &self.all[*place])
    }

    /// Those of them that look at something in which the two states of a customer's document differ: of
    /// all others the customer can neither have entered nor left one.
    pub fn affected(&self, before: &Value, after: &Value) -> Vec<&Definition> {
        let mut places = BTreeSet::new();
        for (key, one, other) in differences(before, after) {
            if key == INTERNAL {
                differences(one, other).for_each(|(key, one, other)| self.note(key, one, other, &mut places));
            } else {
                self.note(key, one, other, &mut places);
            }
        }
        places.into_iter().map(|place| &self.all[place]).collect()
    }

    /// Notes who looks at a field that has changed.
    fn note(&self, key: &str, before: &Value, after: &Value, places: &mut BTreeSet<usize>) {
        let Some(within) = self.looking_at.get(key) else { return };
        if !(before.is_object() && after.is_object()) {
            return places.extend(within.values().flatten());
        }
        places.extend(within.get("").into_iter().flatten());
        for (inner, ..) in differences(before, after) {
            places.extend(within.get(first_two(inner).0).into_iter().flatten());
        }
    }
}

/// Where a customer's document keeps what no answer shows.
const INTERNAL: &str = "internal";

/// The first two keys of a path. Those of [`INTERNAL`] are told apart without it. A key with a dot in it
/// counts as two.
fn first_two(path: &str) -> (&str, &str) {
    let path = path.strip_prefix(INTERNAL).and_then(|rest| rest.strip_prefix('.')).unwrap_or(path);
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    (first, rest.split('.').next().unwrap_or_default())
}

/// The keys at which two objects differ, with both values; null is as good as nothing.
fn differences<'v>(one: &'v Value, other: &'v Value) -> impl Iterator<Item = (&'v str, &'v Value, &'v Value)> {
    let keys = |value: &'v Value| value.as_object().into_iter().flat_map(|object| object.keys());
    let only_there = keys(other).filter(|key| one.get(key.as_str()).is_none());
    keys(one).chain(only_there).filter_map(|key| {
        let (one, other) = (one.get(key).unwrap_or(&Value::Null), other.get(key).unwrap_or(&Value::Null));
        (one != other).then_some((key.as_str(), one, other))
    })
}

#[cfg(test)]
mod tests {
    use guerdon_model::Timestamp;
    use serde_json::json;

    use super::*;

    fn definitions(filters: &[Value]) -> Definitions {
        let segment = |(number, filter): (usize, &Value)| {
            let now = Timestamp::from_millis(number as i64);
            let id = format!("seg_{number}").as_str().into();
            Segment::new(id, SegmentType::AutoUpdate, None, Some(filter.clone()), now)
        };
        Definitions::of(filters.iter().enumerate().map(segment).collect()).expect("filters")
    }

    #[test]
    fn only_segments_that_look_at_what_changed_are_affected() {
        let definitions = definitions(&[
            json!({"name": {"$is": "A"}}),
            json!({"metadata.club": {"$is": "A"}}),
            json!({"metadata.club.since": {"$is": 1}}),
            json!({"metadata": {"$has_value": ""}}),
            json!({"city": {"$is": "Lyon"}}),
            json!({"events.sign.up.count": {"$is": 1}}),
            json!({"name": {"$is": "B"}, "loyalty_points.campaigns.Club.points": {"$is": 1}}),
        ]);
        let before = json!({"name": "A", "address": null, "metadata": {"club": {"since": 1}, "x": 1, "a.b": 1},
            "loyalty": {"campaigns": {}}, "internal": {}});
        for (path, value, expected) in [
            ("/name", json!("B"), "06"),
            ("/email", json!("a@b.example"), ""),
            ("/metadata/x", json!(2), "3"),
            ("/metadata/club", json!({"since": 2}), "123"),
            ("/metadata/club", json!("A"), "123"),
            ("/metadata", json!(null), "123"),
            ("/address", json!({"city": "Lyon"}), "4"),
            ("/internal/events", json!({"sign.up": {"count": 1}}), "5"),
            ("/internal/events", json!({"sign": {"count": 1}}), "5"),
            ("/loyalty/campaigns", json!({"Club": {"points": 1}}), "6"),
            ("/updated_at", json!("2026-01-01T00:00:00.000Z"), ""),
        ] {
            let mut after = before.clone();
            let (parent, key) = path.rsplit_once('/').expect("a path");
            after.pointer_mut(parent).expect("a parent")[key] = value;
            let affected = |one: &Value, other: &Value| {
                let mut ids: Vec<&str> =
                    definitions.affected(one, other).iter().map(|found| &found.id().as_str()[4..]).collect();
                ids.sort_unstable();
                ids.concat()
            };
            assert_eq!(affected(&before, &after), expected, "{path}");
            assert_eq!(affected(&after, &before), expected, "{path}, back");
        }
    }
}
