//! Promotions, filed by what they need.

use std::collections::HashMap;

use super::{
    conditions::{Conditions, MEASURES, Measured},
    keys::{Key, Keys, Present},
    spans::Spans,
};

/// So few are checked one by one.
const FEW: usize = 16;
/// Promotions that share so many keys are not told apart by a further one.
const MAX_DEPTH: usize = 8;
/// So many bounds are tried to find out how much a span lets through.
const PROBES: usize = 32;

/// Some promotions, by their places.
#[derive(Debug)]
pub(super) enum Node {
    Few(Box<[u32]>),
    Many(Box<Many>),
}

/// Each promotion is in one of these.
#[derive(Debug)]
pub(super) struct Many {
    /// Under the keys of one of its conditions.
    by_key: HashMap<Key, Node>,
    /// By where a measure must lie, in the order of [`MEASURES`].
    by_span: [Spans; MEASURES.len()],
    /// Found always.
    rest: Box<[u32]>,
}

impl Node {
    /// Files promotions, given by their places among the conditions of all.
    pub(super) fn file(places: Vec<u32>, all: &[Conditions], keys: &mut Keys) -> Self {
        Self::file_below(&mut Vec::new(), places, all, keys)
    }

    /// Files promotions that share the keys of a path.
    fn file_below(path: &mut Vec<Key>, places: Vec<u32>, all: &[Conditions], keys: &mut Keys) -> Self {
        if places.len() <= FEW {
            return Node::Few(places.into());
        }
        let (filed, others) = choose_keys(places, all, keys, path);
        let by_key = filed.chunk_by(|(one, _), (other, _)| one == other).map(|under_key| {
            let key = under_key[0].0;
            let places = under_key.iter().map(|(_, place)| *place).collect();
            keys.file_under(key);
            path.push(key);
            let node = Self::file_below(path, places, all, keys);
            path.pop();
            (key, node)
        });
        let by_key = by_key.collect();
        let (by_span, rest) = file_by_span(&others, all);
        Node::Many(Box::new(Many { by_key, by_span, rest }))
    }

    /// Adds every promotion whose key is present and whose span contains what was measured, some of
    /// them twice.
    pub(super) fn find(&self, measured: &Measured, present: &Present<'_>, found: &mut Vec<u32>) {
        let many = match self {
            Node::Few(places) => return found.extend(places),
            Node::Many(many) => many,
        };
        let known = present.known();
        if known.len() < many.by_key.len() {
            let nodes = known.iter().filter_map(|key| many.by_key.get(key));
            nodes.for_each(|node| node.find(measured, present, found));
        } else {
            let nodes = many.by_key.iter().filter(|(key, _)| known.binary_search(key).is_ok());
            nodes.for_each(|(_, node)| node.find(measured, present, found));
        }
        for (spans, measured) in many.by_span.iter().zip(measured) {
            measured.iter().for_each(|measured| spans.find(*measured, found));
        }
        found.extend(&many.rest);
    }
}

/// Pairs promotions with all keys of the condition that the fewest others share, in the order of the
/// keys. The second are those without such a condition.
fn choose_keys(places: Vec<u32>, all: &[Conditions], keys: &Keys, path: &[Key]) -> (Vec<(Key, u32)>, Vec<u32>) {
    let one_of = |place: u32| all[place as usize].one_of.iter().map(|one_of| &**one_of);
    let usable = |place: u32| one_of(place).filter(|one_of| is_usable(one_of, path));
    let mut sharing: HashMap<Key, usize> = HashMap::new();
    for key in places.iter().flat_map(|place| usable(*place)).flatten() {
        *sharing.entry(*key).or_default() += 1;
    }
    let cost = |one_of: &&[Key]| one_of.iter().map(|key| sharing[key] + keys.cost(*key)).sum::<usize>();
    let (mut filed, mut others) = (Vec::new(), Vec::new());
    for place in places {
        match usable(place).min_by_key(cost) {
            Some(one_of) => filed.extend(one_of.iter().map(|key| (*key, place))),
            None => others.push(place),
        }
    }
    filed.sort_unstable();
    (filed, others)
}

/// Whether a condition may file a promotion further. Below the first keys those with alternatives
/// don't: each of their keys would multiply the entries.
fn is_usable(one_of: &[Key], path: &[Key]) -> bool {
    path.is_empty() || (one_of.len() == 1 && path.len() < MAX_DEPTH && !path.contains(&one_of[0]))
}

/// Files promotions by the measure that finds each of them least often, as far as one can tell from
/// the bounds of the others: amounts tend to be near thresholds, and moments within seasons.
fn file_by_span(places: &[u32], all: &[Conditions]) -> ([Spans; MEASURES.len()], Box<[u32]>) {
    let within = |place: u32, measure: usize| all[place as usize].within[measure];
    let probes: [Vec<i64>; MEASURES.len()] = std::array::from_fn(|measure| {
        let bounds: Vec<i64> = places.iter().filter_map(|place| within(*place, measure).bound()).collect();
        let step = bounds.len().div_ceil(PROBES).max(1);
        bounds.into_iter().step_by(step).collect()
    });
    // Of each thousand probes.
    let passing = |place: u32, measure: usize| {
        let span = within(place, measure);
        let hits = probes[measure].iter().filter(|probe| span.contains(**probe)).count();
        hits * 1_000 / probes[measure].len().max(1)
    };
    let measure_of = |place: u32| {
        let bounded = (0..MEASURES.len()).filter(|measure| within(place, *measure).bound().is_some());
        bounded.min_by_key(|measure| passing(place, *measure))
    };
    let chosen: Vec<(u32, Option<usize>)> = places.iter().map(|place| (*place, measure_of(*place))).collect();
    let of = |measure: Option<usize>| chosen.iter().filter(move |(_, chosen)| *chosen == measure);
    let by_span = std::array::from_fn(|measure| {
        Spans::new(of(Some(measure)).map(|(place, _)| (within(*place, measure), *place)))
    });
    (by_span, of(None).map(|(place, _)| *place).collect())
}
