//! A whole store on its way into another one: [`Store::dump`](crate::Store::dump) tells it in portions
//! of bounded size, [`Store::restore`](crate::Store::restore) takes them in.
//!
//! What goes along is what nothing else says: each row, and each document with its version and format.
//! Kept counts are counted anew. So are lookup columns, since stores keep them in different forms:
//! whoever knows what documents mean adds them on the way ([`Portion::index`]).

use std::collections::BTreeMap;

use guerdon_model::{Timestamp, ids::ProjectId, send_out::SendOut};
use sha2::{Digest, Sha256};

use crate::{BlobChunk, ChangeSet, Collection, ColumnValue, EventRecord, Record, small::to_text};

/// How many rows are one portion, at the most.
const ROWS: usize = 4_000;
/// How many bytes are enough for one portion. One row may be larger by itself.
const BYTES: usize = 2 << 20;

/// A part of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The version of each project's configuration.
    Partitions,
    Blobs,
    SendOuts,
    Events,
    Documents(Collection),
}

impl Part {
    /// Every part, in the order in which a dump tells them. What shows that a store is not empty comes
    /// first, and what it takes to use it, such as keys, comes last: a copy that was broken off passes
    /// neither for an empty store nor for a whole one.
    pub fn all() -> impl Iterator<Item = Part> {
        let documents = |configuration: bool| {
            let collections = Collection::ALL.into_iter();
            collections.filter(move |collection| collection.spec().configuration == configuration).map(Part::Documents)
        };
        [Part::Partitions, Part::Blobs, Part::SendOuts, Part::Events]
            .into_iter()
            .chain(documents(false))
            .chain(documents(true))
    }

    /// The name of its table.
    pub fn name(self) -> &'static str {
        match self {
            Part::Partitions => "partitions",
            Part::Blobs => "blobs",
            Part::SendOuts => "send_outs",
            Part::Events => "events",
            Part::Documents(collection) => collection.spec().table,
        }
    }
}

/// Some rows of one part. Documents are [`Record`]s as a dump tells them, and [`Indexed`] ones as a
/// store takes them in.
#[derive(Debug, Clone, PartialEq)]
pub enum Portion<D = Record> {
    /// With the version of the configuration.
    Partitions(Vec<(ProjectId, u64)>),
    Blobs(Vec<(ProjectId, BlobChunk)>),
    SendOuts(Vec<(ProjectId, SendOut)>),
    Events(Vec<(ProjectId, EventRecord)>),
    Documents(Collection, Vec<D>),
}

/// A document with the values of its lookup columns, in the order of its collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    pub record: Record,
    pub columns: Vec<ColumnValue>,
}

impl<D> Portion<D> {
    /// Which part the rows are of.
    pub fn part(&self) -> Part {
        match self {
            Portion::Partitions(_) => Part::Partitions,
            Portion::Blobs(_) => Part::Blobs,
            Portion::SendOuts(_) => Part::SendOuts,
            Portion::Events(_) => Part::Events,
            Portion::Documents(collection, _) => Part::Documents(*collection),
        }
    }
}

impl Portion {
    /// The portion with the lookup columns that `columns` finds for each document.
    ///
    /// # Errors
    /// The first of `columns`.
    pub fn index<E>(
        self,
        columns: impl Fn(Collection, &Record) -> Result<Vec<ColumnValue>, E>,
    ) -> Result<Portion<Indexed>, E> {
        Ok(match self {
            Portion::Partitions(rows) => Portion::Partitions(rows),
            Portion::Blobs(rows) => Portion::Blobs(rows),
            Portion::SendOuts(rows) => Portion::SendOuts(rows),
            Portion::Events(rows) => Portion::Events(rows),
            Portion::Documents(collection, rows) => {
                let index = |record| Ok(Indexed { columns: columns(collection, &record)?, record });
                Portion::Documents(collection, rows.into_iter().map(index).collect::<Result<_, _>>()?)
            }
        })
    }
}

/// How many rows there are, and a checksum of them all that does not depend on their order. Two that
/// are equal are of the same rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub rows: u64,
    /// The sum of the rows' SHA-256 digests, each taken as four numbers.
    sum: [u64; 4],
}

impl Tally {
    /// Adds the rows of a portion.
    pub fn add(&mut self, portion: &Portion) {
        match portion {
            Portion::Partitions(rows) => self.add_all(rows),
            Portion::Blobs(rows) => self.add_all(rows),
            Portion::SendOuts(rows) => self.add_all(rows),
            Portion::Events(rows) => self.add_all(rows),
            Portion::Documents(_, rows) => self.add_all(rows),
        }
    }

    fn add_all<T: Row>(&mut self, rows: &[T]) {
        for row in rows {
            let mut hasher = Sha256::new();
            row.fields(&mut |field| {
                hasher.update((field.len() as u64).to_le_bytes());
                hasher.update(field);
            });
            let digest = hasher.finalize();
            for (sum, number) in self.sum.iter_mut().zip(digest.chunks_exact(8)) {
                *sum = sum.wrapping_add(number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
            }
            self.rows += 1;
        }
    }

    /// The checksum in short, for people.
    pub fn checksum(&self) -> String {
        format!("{:016x}", self.sum[0])
    }
}

/// A row of some part.
pub(crate) trait Row {
    /// Tells everything that it is made of, a field at a time.
    fn fields(&self, tell: &mut dyn FnMut(&[u8]));
}

impl Row for (ProjectId, u64) {
    fn fields(&self, tell: &mut dyn FnMut(&[u8])) {
        tell(self.0.as_str().as_bytes());
        tell(&self.1.to_le_bytes());
    }
}

impl Row for Record {
    fn fields(&self, tell: &mut dyn FnMut(&[u8])) {
        tell(self.project.as_str().as_bytes());
        tell(self.id.as_bytes());
        tell(&self.version.to_le_bytes());
        tell(&self.format.to_le_bytes());
        tell(self.body.as_bytes());
    }
}

impl Row for (ProjectId, EventRecord) {
    fn fields(&self, tell: &mut dyn FnMut(&[u8])) {
        let (project, EventRecord { id, kind, category, entity_id, group_id, created_at, source, data }) = self;
        let texts =
            [project.as_str(), id, kind.name(), &to_text(category), entity_id, group_id, &to_text(source), data];
        texts.iter().for_each(|text| tell(text.as_bytes()));
        tell(&created_at.as_millis().to_le_bytes());
    }
}

impl Row for (ProjectId, SendOut) {
    fn fields(&self, tell: &mut dyn FnMut(&[u8])) {
        let (project, send_out) = self;
        let SendOut { id, webhook_id, event_id, event_type, entity_id, group_id, .. } = send_out;
        let SendOut { status, created_at, first_attempt_at, next_attempt_at, attempts, body, .. } = send_out;
        let ids = [project.as_str(), id.as_str(), webhook_id.as_str(), event_id, event_type, entity_id, group_id];
        ids.iter().chain(&[to_text(status).as_str(), &to_text(attempts), body]).for_each(|text| tell(text.as_bytes()));
        for time in [Some(*created_at), *first_attempt_at, *next_attempt_at] {
            tell(time.map(|time: Timestamp| time.as_millis().to_le_bytes()).as_ref().map_or(&[], |bytes| bytes));
        }
    }
}

impl Row for (ProjectId, BlobChunk) {
    fn fields(&self, tell: &mut dyn FnMut(&[u8])) {
        let (project, BlobChunk { blob, seq, bytes, expires_at }) = self;
        tell(project.as_str().as_bytes());
        tell(blob.as_bytes());
        tell(&seq.to_le_bytes());
        tell(bytes);
        tell(&expires_at.as_millis().to_le_bytes());
    }
}

/// Rows that are on their way into a portion.
pub(crate) struct Gathering<T> {
    rows: Vec<T>,
    bytes: usize,
}

impl<T: Row> Gathering<T> {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new(), bytes: 0 }
    }

    /// Adds a row; returns all of them if they are enough for a portion.
    pub(crate) fn add(&mut self, row: T) -> Option<Vec<T>> {
        row.fields(&mut |field| self.bytes += field.len());
        self.rows.push(row);
        if self.rows.len() < ROWS && self.bytes < BYTES {
            return None;
        }
        self.bytes = 0;
        Some(std::mem::take(&mut self.rows))
    }

    /// What is left at the end, if anything is.
    pub(crate) fn rest(self) -> Option<Vec<T>> {
        (!self.rows.is_empty()).then_some(self.rows)
    }
}

/// All rows in portions.
pub(crate) fn portions<T: Row>(rows: impl Iterator<Item = T>) -> Vec<Vec<T>> {
    let mut gathering = Gathering::new();
    let mut portions: Vec<Vec<T>> = rows.filter_map(|row| gathering.add(row)).collect();
    portions.extend(gathering.rest());
    portions
}

/// Blobs, send-outs and events by project, each as what a commit of that project appends.
pub(crate) fn appended<D>(portion: Portion<D>) -> Vec<(ProjectId, ChangeSet)> {
    match portion {
        Portion::Partitions(_) | Portion::Documents(..) => Vec::new(),
        Portion::Blobs(rows) => sets(rows, |blob_chunks| ChangeSet { blob_chunks, ..ChangeSet::default() }),
        Portion::SendOuts(rows) => sets(rows, |send_outs| ChangeSet { send_outs, ..ChangeSet::default() }),
        Portion::Events(rows) => sets(rows, |events| ChangeSet { events, ..ChangeSet::default() }),
    }
}

fn sets<T>(rows: Vec<(ProjectId, T)>, set: impl Fn(Vec<T>) -> ChangeSet) -> Vec<(ProjectId, ChangeSet)> {
    by_project(rows).into_iter().map(|(project, rows)| (project, set(rows))).collect()
}

/// Rows by their project, those of one project in the order that they have.
pub(crate) fn by_project<T>(rows: impl IntoIterator<Item = (ProjectId, T)>) -> BTreeMap<ProjectId, Vec<T>> {
    let mut projects: BTreeMap<ProjectId, Vec<T>> = BTreeMap::new();
    for (project, row) in rows {
        projects.entry(project).or_default().push(row);
    }
    projects
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rows: &[(&str, u64)]) -> Tally {
        let mut tally = Tally::default();
        // In portions of their own.
        for (project, version) in rows {
            tally.add(&Portion::Partitions(vec![(ProjectId::from(*project), *version)]));
        }
        tally
    }

    #[test]
    fn a_tally_does_not_depend_on_the_order_and_does_on_all_else() {
        let all = tally(&[("a", 1), ("b", 2), ("c", 3)]);
        assert_eq!(all, tally(&[("c", 3), ("a", 1), ("b", 2)]));
        for other in [
            vec![("a", 1), ("b", 2)],
            vec![("a", 1), ("b", 2), ("c", 4)],
            vec![("a", 1), ("b", 3), ("c", 2)],
            vec![("a", 1), ("b", 2), ("b", 2)],
            vec![],
        ] {
            assert_ne!(all, tally(&other), "{other:?}");
        }
        assert_ne!(tally(&[("a", 1), ("a", 1)]), tally(&[("b", 1), ("b", 1)]), "no pair cancels itself out");
    }

    #[test]
    fn a_field_ends_where_it_ends() {
        let record = |id: &str, body: &str| {
            let record = Record { project: "p".into(), id: id.into(), version: 1, format: 1, body: body.into() };
            let mut tally = Tally::default();
            tally.add(&Portion::Documents(Collection::Customers, vec![record]));
            tally
        };
        assert_ne!(record("ab", "c"), record("a", "bc"));
    }

    #[test]
    fn portions_end_at_whatever_is_reached_first() {
        let lengths = |sizes: &[usize]| -> Vec<usize> {
            let rows = sizes.iter().map(|size| {
                let body = "x".repeat(*size).into();
                Record { project: "p".into(), id: "i".into(), version: 1, format: 1, body }
            });
            portions(rows).iter().map(Vec::len).collect()
        };
        assert_eq!(lengths(&[]), [0; 0]);
        assert_eq!(lengths(&[1; ROWS]), [ROWS]);
        assert_eq!(lengths(&[1; ROWS + 1]), [ROWS, 1]);
        assert_eq!(lengths(&[BYTES / 2, BYTES / 2, 1]), [2, 1]);
        assert_eq!(lengths(&[3 * BYTES, 1, 1]), [1, 2]);
    }
}
