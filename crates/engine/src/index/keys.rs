//! Keys that promotions are filed under: ids and values that a situation either has or has not.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use guerdon_model::validation_rule::ItemObject;

use crate::{
    item,
    rules::{Owner, Situation, keys_at},
};

/// One product, segment, metadata value and so on that some promotion needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    table: u32,
    place: u32,
}

/// What keys name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// What a line is or belongs to.
    Item(ItemObject),
    /// What the customer belongs to.
    Segment,
    /// A metadata value at a property, in the form of [`crate::rules::keys_of`].
    Metadata(Owner, Box<str>),
}

/// All keys that occur, by their kind.
#[derive(Debug, Default)]
pub(super) struct Keys {
    tables: Vec<Table>,
    of_kind: HashMap<Kind, u32>,
}

#[derive(Debug)]
struct Table {
    kind: Kind,
    names: Vec<Arc<str>>,
    places: HashMap<Arc<str>, u32>,
    /// Those that promotions are filed under, if the kind has to be asked for.
    filed: BTreeSet<u32>,
}

impl Kind {
    /// Whether a situation may know only about single ids whether it has them.
    fn is_asked_for(&self) -> bool {
        matches!(self, Kind::Segment | Kind::Item(ItemObject::ProductsCollection))
    }
}

impl Keys {
    /// The keys of these names, new or known.
    pub(super) fn intern<N: AsRef<str>>(&mut self, kind: Kind, names: impl IntoIterator<Item = N>) -> Vec<Key> {
        let table = *self.of_kind.entry(kind).or_insert_with_key(|kind| {
            let table = Table { kind: kind.clone(), names: vec![], places: HashMap::new(), filed: BTreeSet::new() };
            self.tables.push(table);
            place_of_last(&self.tables)
        });
        let known = &mut self.tables[table as usize];
        names.into_iter().map(|name| Key { table, place: known.intern(name.as_ref()) }).collect()
    }

    /// What it costs each look-up if promotions are filed under this key, counted in promotions that
    /// could be checked instead: it may have to ask about the id, and that for each line.
    pub(super) fn cost(&self, key: Key) -> usize {
        match self.tables[key.table as usize].kind {
            Kind::Item(ItemObject::ProductsCollection) => 20,
            Kind::Segment => 4,
            Kind::Item(_) | Kind::Metadata(..) => 0,
        }
    }

    /// Notes that promotions are filed under this key, so that it will have to be asked for.
    pub(super) fn file_under(&mut self, key: Key) {
        let table = &mut self.tables[key.table as usize];
        if table.kind.is_asked_for() {
            table.filed.insert(key.place);
        }
    }

    /// What a situation has.
    pub(super) fn present<'a>(&'a self, situation: &'a Situation<'a>) -> Present<'a> {
        let mut present = Present { keys: self, situation, known: Vec::with_capacity(64) };
        for (table, number) in self.tables.iter().zip(0..) {
            let known = &mut present.known;
            table.find(situation, &mut |found| known.push(Key { table: number, place: found }));
        }
        present.known.sort_unstable();
        present.known.dedup();
        present
    }
}

impl Table {
    fn intern(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        let place = place_of_last(&self.names);
        self.places.insert(name, place);
        place
    }

    /// Finds what a situation has: all of it, or at least what promotions are filed under.
    fn find(&self, situation: &Situation<'_>, found: &mut dyn FnMut(u32)) {
        let lines = situation.order.map_or(&[][..], |order| &order.cart.lines);
        match &self.kind {
            Kind::Item(ItemObject::ProductsCollection) => {
                for line in lines {
                    match situation.facts.collections.all(line) {
                        Some(all) => self.look_up(all, found),
                        None => self.ask(|name| situation.facts.collections.contains(name, line), found),
                    }
                }
            }
            Kind::Item(object) => lines.iter().for_each(|line| self.look_up(item::names(line, *object), found)),
            Kind::Segment => {
                let Some(customer) = situation.facts.customer else { return };
                match customer.segments.all() {
                    Some(all) => self.look_up(all, found),
                    None => self.ask(|name| customer.segments.contains(name), found),
                }
            }
            Kind::Metadata(owner, property) => {
                let keys = keys_at(*owner, property, situation);
                self.look_up(keys.iter().map(String::as_str), found);
            }
        }
    }

    fn look_up<'n>(&self, names: impl Iterator<Item = &'n str>, found: &mut dyn FnMut(u32)) {
        names.filter_map(|name| self.places.get(name)).for_each(|place| found(*place));
    }

    fn ask(&self, has: impl Fn(&str) -> bool, found: &mut dyn FnMut(u32)) {
        self.filed.iter().filter(|place| has(&self.names[**place as usize])).for_each(|place| found(*place));
    }
}

/// No memory holds 2³² of anything that is kept here.
fn place_of_last<T>(all: &[T]) -> u32 {
    (all.len() - 1) as u32
}

/// The keys that a situation has.
pub(super) struct Present<'a> {
    keys: &'a Keys,
    situation: &'a Situation<'a>,
    /// In order.
    known: Vec<Key>,
}

impl Present<'_> {
    /// All that promotions are filed under, and perhaps others; in order.
    pub(super) fn known(&self) -> &[Key] {
        &self.known
    }

    /// Whether one of these, which must be in order, is present.
    pub(super) fn has_one_of(&self, keys: &[Key]) -> bool {
        let (few, many) = if keys.len() < self.known.len() { (keys, &*self.known) } else { (&*self.known, keys) };
        few.iter().any(|key| many.binary_search(key).is_ok()) || keys.iter().any(|key| self.asks_for(*key))
    }

    /// Asks for what nothing is filed under, now that somebody needs it.
    fn asks_for(&self, key: Key) -> bool {
        let table = &self.keys.tables[key.table as usize];
        if !table.kind.is_asked_for() || table.filed.contains(&key.place) {
            return false;
        }
        let (name, facts) = (&table.names[key.place as usize], self.situation.facts);
        match table.kind {
            Kind::Segment => facts.customer.is_some_and(|customer| customer.segments.contains(name)),
            _ => {
                let mut lines = self.situation.order.iter().flat_map(|order| &order.cart.lines);
                lines.any(|line| facts.collections.contains(name, line))
            }
        }
    }
}
