//! CSV imports: uploaded in pieces, parsed beside the commits, a few hundred rows each.
//!
//! A reader thread splits the file into rows while the executor commits the rows before. With every
//! commit goes the byte at which the next one starts, so an import that was cut off goes on exactly
//! there. What the columns mean is up to the [`Sheet`]: one for each kind of rows, beside the resource
//! that they become. `docs/imports.md` is the page for users.

use std::{fmt::Debug, sync::Arc};

use csv::ByteRecord;
use guerdon_model::{
    Error,
    error::{Dialect, Path, Rule},
    metadata::Metadata,
    metadata_schema::MetadataSchema,
};
use guerdon_store::Key;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{
    Claim, Progress, Tally, Work,
    rows::{Row, Slice, Splitter, Start},
};
use crate::{
    blobs::Blob,
    context::Context,
    service::Guerdon,
    tx::{Result, Stop, Tx},
};

/// The most columns of a file.
const MAX_COLUMNS: usize = 200;

/// A kind of rows: the columns that they may have, and what becomes of a row. Its values are those
/// columns; all others are keys of metadata.
pub trait Sheet: Copy + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What a row is called in results.
    const NOUN: &'static str;
    /// Header names in lower case with underscores, and what they mean.
    const COLUMNS: &'static [(&'static str, Self)];
    /// The column that tells which rows have failed.
    const SOURCE_ID: Self;
    /// What its values are called in results.
    const IDENTIFIER: &'static str = "source_id";
    /// Whether the names of metadata may have white space.
    const TAKES_SPACES: bool = false;

    /// What has to be loaded to store a row.
    fn keys(row: Cells<Self>) -> Vec<Key>;

    /// Stores a row.
    fn store(tx: &mut Tx, row: Cells<Self>) -> Result<()>;

    /// Does what is left when so many rows were stored; `parent` is [`Cells::parent`].
    fn finished(_tx: &mut Tx, _parent: &str, _done: u64) -> Result<()> {
        Ok(())
    }

    /// Where a job of this kind keeps its place.
    fn work(work: &mut Work) -> Option<&mut ImportWork<Self>>;
}

/// Where an import stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportWork<S> {
    /// The uploaded file.
    pub blob: String,
    pub bytes: u64,
    /// What the columns of the file mean, in their order.
    columns: Vec<Column<S>>,
    /// The byte at which the next row starts.
    offset: u64,
    /// How many rows were read so far.
    rows: u64,
    /// The id of what all rows belong to, if they belong to something.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    parent: Box<str>,
    /// Whether events were asked for; only some kinds of rows have any.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    tells: bool,
}

/// What a column means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column<S> {
    Metadata(String),
    #[serde(untagged)]
    Known(S),
}

impl<S: Sheet> ImportWork<S> {
    /// Reads the header of an uploaded file, of which `start` is the beginning.
    ///
    /// # Errors
    /// `invalid_payload` when there is no header that we could use, in words that help.
    pub fn of(blob: Blob, start: &[u8]) -> std::result::Result<Self, Error> {
        let refuse = |rest: &str| Error::invalid_payload(Path::of("file"), Rule::Other(rest.to_owned()));
        let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let mut header = ByteRecord::new();
        let found = reader.read_byte_record(&mut header).map_err(|_| refuse("has a header that cannot be read"))?;
        if !found || header.iter().all(<[u8]>::is_empty) {
            return Err(refuse("should have a header row"));
        }
        if header.len() > MAX_COLUMNS {
            return Err(refuse(&format!("has more than {MAX_COLUMNS} columns")));
        }
        let columns = header
            .iter()
            .map(|name| std::str::from_utf8(name).map(Column::<S>::named))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|_| refuse("should be encoded in UTF-8"))?;
        for (place, column) in columns.iter().enumerate() {
            if columns[..place].contains(column) {
                return Err(refuse(&format!("has the column '{}' twice", column.name())));
            }
            if let Column::Metadata(name) = column
                && (name.is_empty() || (name.contains(char::is_whitespace) && !S::TAKES_SPACES))
            {
                return Err(refuse(&format!("has a column name that is empty or contains white space: '{name}'")));
            }
        }
        if columns.iter().all(|column| matches!(column, Column::Metadata(_))) {
            let known: Vec<&str> = S::COLUMNS.iter().map(|(name, _)| *name).collect();
            let known = known.join(", ");
            return Err(refuse(&format!("should have a header row with at least one of the columns {known}")));
        }
        let offset = (start.len() - text.len()) as u64 + reader.position().byte();
        Ok(Self { blob: blob.name, bytes: blob.bytes, columns, offset, rows: 0, parent: Box::default(), tells: false })
    }
}

impl<S> ImportWork<S> {
    /// The same for rows that belong to something.
    pub fn into_parent(self, id: &str) -> Self {
        Self { parent: id.into(), ..self }
    }

    /// The same, with events if they were asked for.
    pub fn telling(self, tells: bool) -> Self {
        Self { tells, ..self }
    }
}

impl<S: Sheet> Column<S> {
    fn named(header: &str) -> Self {
        let header = header.trim();
        let folded = header.to_lowercase().replace(' ', "_");
        let known = S::COLUMNS.iter().find(|(name, _)| *name == folded);
        known.map_or_else(|| Column::Metadata(header.to_owned()), |(_, column)| Column::Known(*column))
    }

    fn name(&self) -> &str {
        match self {
            Column::Metadata(name) => name,
            Column::Known(known) => S::COLUMNS.iter().find(|(_, column)| column == known).map_or("", |(name, _)| name),
        }
    }
}

/// The cells of a row, with what they mean.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a, S> {
    columns: &'a [Column<S>],
    cells: &'a [Box<str>],
    parent: &'a str,
    tells: bool,
}

impl<'a, S: Sheet> Cells<'a, S> {
    /// The id of what the row belongs to; empty if it belongs to nothing.
    pub(crate) fn parent(self) -> &'a str {
        self.parent
    }

    /// All cells of known columns, in the order of the file; the empty ones, too.
    pub(crate) fn known(self) -> impl Iterator<Item = (S, &'a str)> {
        self.columns.iter().zip(self.cells).filter_map(|(column, cell)| match column {
            Column::Known(column) => Some((*column, &**cell)),
            Column::Metadata(_) => None,
        })
    }

    /// Whether events were asked for.
    pub(crate) fn tells(self) -> bool {
        self.tells
    }

    /// The cell in that column, if there is one and it is not empty.
    pub(crate) fn get(self, wanted: S) -> Option<&'a str> {
        self.known().find(|(column, cell)| *column == wanted && !cell.is_empty()).map(|(_, cell)| cell)
    }

    /// The same for a column that every row needs.
    pub(crate) fn require(self, wanted: S) -> std::result::Result<&'a str, Error> {
        let name = Column::Known(wanted);
        let missing = || Error::invalid_payload(Path::root(), Rule::Sentence(format!("{} is required", name.name())));
        self.get(wanted).ok_or_else(missing)
    }

    /// The cells of all other columns that are not empty, typed by the resource's schema.
    pub(crate) fn metadata(self, schema: Option<&MetadataSchema>) -> Option<Metadata> {
        let mut metadata: Option<Metadata> = None;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            if let Column::Metadata(key) = column
                && !cell.is_empty()
            {
                let value = schema.map_or_else(|| Value::from(&**cell), |schema| schema.coerce_cell(key, cell));
                metadata.get_or_insert_default().insert(key.clone(), value);
            }
        }
        metadata
    }
}

/// Works an import off from where it stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(super) async fn run<S: Sheet>(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    work: ImportWork<S>,
) -> std::result::Result<Progress, Error> {
    // Two slices ahead: enough to keep the commits busy, little enough to need no memory.
    let (slices, mut arriving) = mpsc::channel::<std::result::Result<Slice, Error>>(2);
    let start = Start { blob: work.blob, offset: work.offset, rows: work.rows, width: work.columns.len() };
    let reader = Splitter::new(guerdon.store.clone(), context.project.clone(), start);
    let splitting = tokio::task::spawn_blocking(move || reader.split(&slices));
    let columns: Arc<[Column<S>]> = work.columns.into();
    let parent: Arc<str> = work.parent.into();
    while let Some(slice) = arriving.recv().await {
        let slice = Arc::new(slice?);
        let needs = keys(&columns, &slice, &parent);
        let (claim, columns, parent) = (claim.clone(), columns.clone(), parent.clone());
        let step = guerdon
            .executor
            .execute(context.clone(), needs, move |tx| store_slice(tx, &claim, &columns, &slice, &parent, work.bytes))
            .await?;
        if step == Progress::Lost {
            return Ok(step);
        }
    }
    splitting.await.map_err(|_| Error::Internal)?;
    let claim = claim.clone();
    guerdon.executor.execute(context.clone(), Vec::new(), move |tx| finish::<S>(tx, &claim)).await
}

/// What has to be loaded to store these rows.
fn keys<S: Sheet>(columns: &[Column<S>], slice: &Slice, parent: &str) -> Vec<Key> {
    let readable = slice.rows.iter().filter_map(|row| row.cells.as_ref().ok());
    readable.flat_map(|cells| S::keys(Cells { columns, cells, parent, tells: false })).collect()
}

fn store_slice<S: Sheet>(
    tx: &mut Tx,
    claim: &Claim,
    columns: &[Column<S>],
    slice: &Slice,
    parent: &str,
    bytes: u64,
) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    let Some(work) = S::work(&mut job.work) else { return Ok(Progress::Lost) };
    let tells = work.tells;
    work.offset = slice.end;
    work.rows += slice.rows.len() as u64;
    tx.need(keys(columns, slice, parent))?;
    for row in &slice.rows {
        match store_row(tx, columns, row, parent, tells) {
            Ok(()) => job.tally.done += 1,
            Err((_, Stop::NotLoaded)) => return Err(Stop::NotLoaded),
            Err((source_id, Stop::Refused(error))) => {
                job.tally.fail(json!({S::IDENTIFIER: source_id, "row": row.number, "reason": reason(&error)}));
            }
        }
    }
    job.step((slice.end * 100 / bytes.max(1)) as u8, tx.now());
    tx.put(job);
    Ok(Progress::Made)
}

/// What the result says about a row that was refused.
pub(crate) fn reason(error: &Error) -> String {
    let row = error.describe(Dialect::Should);
    row.details.unwrap_or_else(|| row.message.into_owned())
}

/// Stores one row; a refusal comes with the row's `source_id`.
fn store_row<'a, S: Sheet>(
    tx: &mut Tx,
    columns: &[Column<S>],
    row: &'a Row,
    parent: &str,
    tells: bool,
) -> std::result::Result<(), (&'a str, Stop)> {
    let unreadable = |reason: &String| Error::invalid_payload(Path::root(), Rule::Sentence(reason.clone()));
    let cells = row.cells.as_ref().map_err(|reason| ("", unreadable(reason).into()))?;
    let source_id = columns.iter().position(|column| *column == Column::Known(S::SOURCE_ID));
    let source_id = source_id.and_then(|place| cells.get(place)).map_or("", |cell| cell);
    S::store(tx, Cells { columns, cells, parent, tells }).map_err(|stop| (source_id, stop))
}

fn finish<S: Sheet>(tx: &mut Tx, claim: &Claim) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    let Some(work) = S::work(&mut job.work) else { return Ok(Progress::Lost) };
    tx.drop_blob(&work.blob);
    let parent = work.parent.clone();
    S::finished(tx, &parent, job.tally.done)?;
    let result = result(S::NOUN, &job.tally);
    job.finish(result, tx.now());
    tx.put(job);
    Ok(Progress::Made)
}

/// The result of an import of records that are called by this noun.
pub(crate) fn result(noun: &str, tally: &Tally) -> Value {
    let Tally { done, failed, failures, .. } = tally;
    json!({
        "message": format!("{done} {noun}(s) imported successfully, {failed} failed."),
        "failed": failures,
        "done_count": done,
        "failed_count": failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customers::import::CustomerColumn;

    #[test]
    fn an_import_that_an_earlier_version_has_begun_can_be_gone_on_with() {
        let stored = json!({
            "blob": "upload:1",
            "bytes": 90,
            "columns": ["source_id", "line1", "postal_code", {"metadata": "club"}],
            "offset": 40,
            "rows": 1,
        });
        let work: ImportWork<CustomerColumn> = serde_json::from_value(stored.clone()).expect("a stored import");
        assert_eq!(work.columns[1], Column::Known(CustomerColumn::Line1));
        assert_eq!(work.columns[3], Column::Metadata("club".into()));
        assert_eq!(serde_json::to_value(work).expect("json"), stored);
    }
}
