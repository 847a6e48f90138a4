//! Sorting more than fits into memory: sorted runs in the store, merged [`FAN`] at a time.
//!
//! A run is a blob of entries in their order: a key, by which they sort, and a line of the file. How far a
//! merge has come is small, so that it can be committed with what came of it.

use std::cmp::Ordering;

use guerdon_model::{
    Error,
    ids::{ExportId, ProjectId},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{exports::resource::at, failure::unavailable, service::Guerdon};

/// How many runs are merged at a time.
pub(super) const FAN: usize = 32;
/// About how large the pieces of a run are, in bytes: of [`FAN`] runs, one each is in memory.
const PIECE: usize = 256 << 10;
/// How many pieces one step of a merge makes.
const STEP: usize = 4;

/// Sorted entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The first one is 0.
    pub(super) number: u32,
    pub(super) chunks: u32,
    /// How many merges it has behind it: only runs of one level, which are about as long, are merged.
    pub(super) level: u32,
}

/// A merge that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Merge {
    pub(super) cursors: Vec<Cursor>,
    /// The run that it makes; none if it makes the file.
    pub(super) into: Option<Run>,
}

/// How much of a run is merged already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub(super) run: Run,
    chunk: u32,
    offset: usize,
}

/// The blob of a run.
pub(super) fn blob(export: &ExportId, run: u32) -> String {
    format!("export:{export}:{run}")
}

/// What a row sorts by: the first of the paths that has a value, then the id. Nothing comes before
/// everything, numbers before texts.
pub(super) fn key(view: &Value, paths: &[&str], id: &str) -> Vec<u8> {
    let mut key = match paths.iter().find_map(|path| at(view, path)) {
        None => vec![0],
        Some(Value::Number(number)) => {
            // Two's complement with the sign turned: bytes in the order of the numbers.
            let number = number.as_i64().unwrap_or_default() ^ i64::MIN;
            [&[1][..], &number.to_be_bytes()].concat()
        }
        Some(Value::String(text)) => [&[2], text.as_bytes()].concat(),
        Some(other) => [&[2], other.to_string().as_bytes()].concat(),
    };
    key.push(0);
    key.extend_from_slice(id.as_bytes());
    key
}

/// One or several entries, as they lie in a run.
pub(super) fn entries<'a>(sorted: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, line) in sorted {
        for part in [key, line] {
            bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
            bytes.extend_from_slice(part);
        }
    }
    bytes
}

/// An entry, and the byte behind it.
struct Entry<'a> {
    key: &'a [u8],
    line: &'a [u8],
    end: usize,
}

fn entry(bytes: &[u8], offset: usize) -> Option<Entry<'_>> {
    let part = |offset: usize| {
        let (length, rest) = bytes.get(offset..)?.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        Some((rest.get(..length)?, offset + 4 + length))
    };
    let (key, end) = part(offset)?;
    let (line, end) = part(end)?;
    Some(Entry { key, line, end })
}

/// Which entry comes first.
pub(super) fn compare(one: &[u8], other: &[u8], descending: bool) -> Ordering {
    if descending { other.cmp(one) } else { one.cmp(other) }
}

/// The runs that are to be merged next, as places of `runs`, and whether that makes the file. Runs are in
/// the order of their levels, the highest first, as each new one was put behind the others.
pub(super) fn next(runs: &[Run], is_complete: bool) -> Option<(std::ops::Range<usize>, bool)> {
    let tail = runs.len().saturating_sub(FAN)..runs.len();
    match is_complete {
        true if runs.is_empty() => None,
        true => Some((tail, runs.len() <= FAN)),
        false => {
            let last = &runs[tail.clone()];
            let is_full = last.len() == FAN && last.iter().all(|run| run.level == last[0].level);
            is_full.then_some((tail, false))
        }
    }
}

impl Merge {
    pub(super) fn of(runs: &[Run], into: Option<Run>) -> Self {
        let cursors = runs.iter().map(|run| Cursor { run: run.clone(), chunk: 0, offset: 0 });
        Self { cursors: cursors.collect(), into }
    }

    fn is_over(&self) -> bool {
        self.cursors.iter().all(|cursor| cursor.chunk == cursor.run.chunks)
    }
}

/// Carries out a merge, with a piece of each run in memory.
pub(super) struct Merger {
    merge: Merge,
    pieces: Vec<Vec<u8>>,
    descending: bool,
}

/// What came of a step.
pub(super) struct Merged {
    pub(super) pieces: Vec<Vec<u8>>,
    /// Of lines in the file.
    pub(super) rows: u64,
    pub(super) is_over: bool,
}

impl Merger {
    /// Goes on where a merge stands.
    ///
    /// # Errors
    /// `StoreUnavailable`.
    pub(super) async fn new(
        guerdon: &Guerdon,
        project: &ProjectId,
        export: &ExportId,
        merge: Merge,
        descending: bool,
    ) -> Result<Self, Error> {
        let mut merger = Self { pieces: Vec::new(), merge, descending };
        for place in 0..merger.merge.cursors.len() {
            merger.pieces.push(Vec::new());
            merger.load(guerdon, project, export, place).await?;
        }
        Ok(merger)
    }

    /// Where the merge stands now.
    pub(super) fn merge(&self) -> &Merge {
        &self.merge
    }

    /// Counts the pieces of the run that it makes, once they have a place; gives the number of the first.
    pub(super) fn place(&mut self, pieces: usize) -> Option<(Run, u32)> {
        let run = self.merge.into.as_mut()?;
        let first = run.chunks;
        run.chunks += pieces as u32;
        Some((run.clone(), first))
    }

    /// A few more pieces of what the merge makes.
    ///
    /// # Errors
    /// `StoreUnavailable`.
    pub(super) async fn step(
        &mut self,
        guerdon: &Guerdon,
        project: &ProjectId,
        export: &ExportId,
    ) -> Result<Merged, Error> {
        let (mut pieces, mut piece, mut rows) = (Vec::new(), Vec::new(), 0);
        while pieces.len() < STEP
            && let Some((place, entry)) = self.first()
        {
            match self.merge.into {
                Some(_) => piece.extend(entries([(entry.key, entry.line)])),
                None => piece.extend_from_slice(entry.line),
            }
            rows += 1;
            let end = entry.end;
            self.merge.cursors[place].offset = end;
            if end >= self.pieces[place].len() {
                let cursor = &mut self.merge.cursors[place];
                (cursor.chunk, cursor.offset) = (cursor.chunk + 1, 0);
                self.load(guerdon, project, export, place).await?;
            }
            if piece.len() >= PIECE {
                pieces.push(std::mem::take(&mut piece));
            }
        }
        if !piece.is_empty() {
            pieces.push(piece);
        }
        Ok(Merged { pieces, rows, is_over: self.merge.is_over() })
    }

    /// The entry that comes first of all, and whose it is.
    fn first(&self) -> Option<(usize, Entry<'_>)> {
        let heads = self.merge.cursors.iter().zip(&self.pieces).enumerate();
        let heads = heads.filter_map(|(place, (cursor, piece))| Some((place, entry(piece, cursor.offset)?)));
        heads.min_by(|(_, one), (_, other)| compare(one.key, other.key, self.descending))
    }

    async fn load(
        &mut self,
        guerdon: &Guerdon,
        project: &ProjectId,
        export: &ExportId,
        place: usize,
    ) -> Result<(), Error> {
        let cursor = &self.merge.cursors[place];
        self.pieces[place] = if cursor.chunk == cursor.run.chunks {
            Vec::new()
        } else {
            let blob = blob(export, cursor.run.number);
            let piece = guerdon.store.blob_chunk(project, &blob, cursor.chunk).await.map_err(unavailable)?;
            piece.ok_or(Error::Internal)?
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use guerdon_store::{BlobChunk, ChangeSet, Store, memory::Memory};
    use serde_json::json;

    use super::*;
    use crate::{clock::SystemClock, ids::IdGenerator, secrets::SecretKey, service::Options};

    #[tokio::test]
    async fn a_merge_that_is_taken_up_again_after_every_step_has_each_entry_once() {
        const RUNS: usize = 3;
        const ENTRIES: usize = 100;
        let (project, export) = (ProjectId::from("proj_1"), ExportId::from("exp_1"));
        let store = Memory::new();
        let mut changes = ChangeSet::new(project.clone(), "commit".into(), 0);
        // Long enough for many steps; every piece of a run has ten entries.
        let line = |number: usize| format!("{number:04}{}\n", "x".repeat(20_000)).into_bytes();
        for run in 0..RUNS {
            for seq in 0..ENTRIES / 10 {
                let numbers = (0..10).map(|place| (seq * 10 + place) * RUNS + run);
                let written: Vec<_> = numbers.map(|number| (number.to_be_bytes(), line(number))).collect();
                let bytes = entries(written.iter().map(|(key, line)| (&key[..], line.as_slice())));
                let blob = blob(&export, run as u32);
                let expires_at = guerdon_model::Timestamp::default();
                changes.blob_chunks.push(BlobChunk { blob, seq: seq as u32, bytes, expires_at });
            }
        }
        store.commit(changes).await.expect("a commit");
        let secret = SecretKey::parse("the secret of this test").expect("a key");
        let guerdon =
            Guerdon::new(store, std::sync::Arc::new(SystemClock), IdGenerator::seeded(1), secret, Options::default());

        let run = |number| Run { number, chunks: (ENTRIES / 10) as u32, level: 0 };
        let mut merge = Merge::of(&[run(0), run(1), run(2)], None);
        let (mut made, mut steps, mut rows) = (Vec::new(), 0, 0);
        loop {
            let mut merger = Merger::new(&guerdon, &project, &export, merge, false).await.expect("a merger");
            let merged = merger.step(&guerdon, &project, &export).await.expect("a step");
            made.extend(merged.pieces.concat());
            (steps, rows) = (steps + 1, rows + merged.rows);
            // As it is stored between two steps.
            merge = serde_json::from_str(&json!(merger.merge()).to_string()).expect("a merge");
            if merged.is_over {
                break;
            }
        }
        assert!(steps > 4, "{steps}");
        assert_eq!(rows, (RUNS * ENTRIES) as u64);
        assert!(made == (0..RUNS * ENTRIES).flat_map(line).collect::<Vec<u8>>());
    }

    #[test]
    fn keys_sort_as_their_values_do() {
        let values =
            [json!(null), json!(-5), json!(0), json!(7), json!(300), json!(""), json!("A"), json!("a"), json!("ab")];
        let keys = values.map(|value| key(&json!({"at": value}), &["missing", "at"], "id"));
        assert!(keys.is_sorted(), "{keys:?}");
        assert!(key(&json!({"at": "x"}), &["at"], "1") < key(&json!({"at": "x"}), &["at"], "2"));
    }

    #[test]
    fn entries_are_read_as_they_were_written() {
        let written = entries([(&b"k1"[..], &b"one\n"[..]), (b"", b"")]);
        let first = entry(&written, 0).expect("an entry");
        assert_eq!((first.key, first.line), (&b"k1"[..], &b"one\n"[..]));
        let second = entry(&written, first.end).expect("an entry");
        assert_eq!((second.key, second.line, second.end), (&b""[..], &b""[..], written.len()));
        assert!(entry(&written, second.end).is_none());
    }

    #[test]
    fn runs_of_one_level_are_merged_and_in_the_end_all_of_them() {
        let run = |level| Run { number: 0, chunks: 1, level };
        let runs = |levels: &[(u32, usize)]| {
            levels.iter().flat_map(|(level, count)| vec![run(*level); *count]).collect::<Vec<_>>()
        };
        for (levels, is_complete, expected) in [
            (&[][..], true, None),
            (&[(0, 1)], false, None),
            (&[(0, 1)], true, Some((0..1, true))),
            (&[(0, FAN)], false, Some((0..FAN, false))),
            (&[(0, FAN)], true, Some((0..FAN, true))),
            (&[(1, 3), (0, FAN - 1)], false, None),
            (&[(1, 3), (0, FAN)], false, Some((3..FAN + 3, false))),
            (&[(1, 3), (0, FAN - 1)], true, Some((2..FAN + 2, false))),
        ] {
            assert_eq!(next(&runs(levels), is_complete), expected, "{levels:?}");
        }
    }
}
