//! CSV imports of customers: uploaded in pieces, parsed beside the commits, a few hundred rows each.
//!
//! A reader thread splits the file into rows while the executor commits the rows before. With every
//! commit goes the byte at which the next one starts, so an import that was cut off goes on exactly
//! there. `docs/imports.md` has the column rules.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use csv::ByteRecord;
use guerdon_model::{
    Date, Error, Patch,
    customer::{AddressPatch, Customer, CustomerInput},
    error::{Path, Rule},
    ids::ProjectId,
    metadata::Metadata,
    metadata_schema::{MetadataSchema, Scope},
};
use guerdon_store::{Collection, Key, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    blobs::Blob,
    context::Context,
    customers::{RESOURCE, source_id_key},
    jobs::{Claim, Progress, Work},
    service::Guerdon,
    tx::{Result, Stop, Tx},
};

/// How many rows are stored in one commit.
const SLICE: usize = 400;
/// The longest row in bytes; what is longer is a quote that was never closed.
const MAX_ROW: u64 = 1 << 20;
/// The most columns of a file.
const MAX_COLUMNS: usize = 200;

/// Where an import stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportWork {
    /// The uploaded file.
    pub blob: String,
    pub bytes: u64,
    pub columns: Columns,
    /// The byte at which the next row starts.
    pub offset: u64,
    /// How many rows were read so far.
    pub rows: u64,
}

/// What the columns of a file mean, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns(Vec<Column>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Column {
    Id,
    SourceId,
    Name,
    Email,
    Phone,
    Birthdate,
    Birthday,
    Description,
    City,
    State,
    Line1,
    Line2,
    Country,
    PostalCode,
    Metadata(String),
}

/// Header names in lower case with underscores, and what they mean.
const KNOWN_COLUMNS: [(&str, Column); 18] = [
    ("id", Column::Id),
    ("source_id", Column::SourceId),
    ("name", Column::Name),
    ("email", Column::Email),
    ("phone", Column::Phone),
    ("birthdate", Column::Birthdate),
    ("birthday", Column::Birthday),
    ("description", Column::Description),
    ("address_city", Column::City),
    ("city", Column::City),
    ("address_state", Column::State),
    ("state", Column::State),
    ("address_line_1", Column::Line1),
    ("address_line_2", Column::Line2),
    ("address_country", Column::Country),
    ("country", Column::Country),
    ("address_postal_code", Column::PostalCode),
    ("postal_code", Column::PostalCode),
];

impl ImportWork {
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
            .map(|name| std::str::from_utf8(name).map(Column::named))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|_| refuse("should be encoded in UTF-8"))?;
        for (place, column) in columns.iter().enumerate() {
            if columns[..place].contains(column) {
                return Err(refuse(&format!("has the column '{}' twice", column.name())));
            }
            if let Column::Metadata(name) = column
                && (name.is_empty() || name.contains(char::is_whitespace))
            {
                return Err(refuse(&format!("has a column name that is empty or contains white space: '{name}'")));
            }
        }
        if columns.iter().all(|column| matches!(column, Column::Metadata(_))) {
            return Err(refuse(
                "should have a header row with at least one of the columns Id, Source_id, Name, Email, Phone, \
                 Birthdate, Description or Address_…",
            ));
        }
        let offset = (start.len() - text.len()) as u64 + reader.position().byte();
        Ok(Self { blob: blob.name, bytes: blob.bytes, columns: Columns(columns), offset, rows: 0 })
    }
}

impl Column {
    fn named(header: &str) -> Self {
        let header = header.trim();
        let folded = header.to_lowercase().replace(' ', "_");
        KNOWN_COLUMNS
            .into_iter()
            .find(|(name, _)| *name == folded)
            .map_or_else(|| Column::Metadata(header.to_owned()), |(_, column)| column)
    }

    fn name(&self) -> &str {
        match self {
            Column::Metadata(name) => name,
            known => KNOWN_COLUMNS.iter().find(|(_, column)| column == known).map_or("", |(name, _)| name),
        }
    }
}

/// A row of the file: its number (1 for the first behind the header) and its cells.
#[derive(Debug)]
struct Row {
    number: u64,
    cells: std::result::Result<Vec<Box<str>>, String>,
}

/// Rows that are stored together, and the byte behind them.
struct Slice {
    end: u64,
    rows: Vec<Row>,
}

/// Works an import off from where it stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(crate) async fn run(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    work: ImportWork,
) -> std::result::Result<Progress, Error> {
    // Two slices ahead: enough to keep the commits busy, little enough to need no memory.
    let (slices, mut arriving) = mpsc::channel::<std::result::Result<Slice, Error>>(2);
    let columns = Arc::new(work.columns.clone());
    let (bytes, reader) = (work.bytes, Splitter::new(guerdon.store.clone(), context.project.clone(), &work));
    let splitting = tokio::task::spawn_blocking(move || reader.split(&slices));
    while let Some(slice) = arriving.recv().await {
        let slice = Arc::new(slice?);
        let needs = slice.rows.iter().flat_map(|row| keys(&columns, row)).collect();
        let (claim, columns) = (claim.clone(), columns.clone());
        let step = guerdon
            .executor
            .execute(context.clone(), needs, move |tx| store_slice(tx, &claim, &columns, &slice, bytes))
            .await?;
        if step == Progress::Lost {
            return Ok(step);
        }
    }
    splitting.await.map_err(|_| Error::Internal)?;
    let claim = claim.clone();
    guerdon.executor.execute(context.clone(), Vec::new(), move |tx| finish(tx, &claim)).await
}

/// What has to be loaded to find the customer of a row.
fn keys(columns: &Columns, row: &Row) -> Option<Key> {
    let cells = row.cells.as_ref().ok()?;
    let cell = |wanted| columns.0.iter().position(|column| *column == wanted).and_then(|place| cells.get(place));
    match (cell(Column::Id), cell(Column::SourceId)) {
        (Some(id), _) if !id.is_empty() => Some(Key::id(Collection::Customers, &**id)),
        (_, Some(source_id)) if !source_id.is_empty() => Some(source_id_key(source_id)),
        _ => None,
    }
}

/// Splits the file into slices of rows; runs on a thread of its own.
struct Splitter {
    reader: csv::Reader<BlobReader>,
    row_start: Arc<AtomicU64>,
    start: u64,
    rows: u64,
    width: usize,
}

impl Splitter {
    fn new(store: Arc<dyn Store>, project: ProjectId, work: &ImportWork) -> Self {
        let row_start = Arc::new(AtomicU64::new(work.offset));
        let blob = BlobReader {
            store,
            project,
            blob: work.blob.clone(),
            position: work.offset,
            chunk: Vec::new(),
            chunk_seq: None,
            row_start: row_start.clone(),
            runtime: tokio::runtime::Handle::current(),
        };
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(blob);
        Self { reader, row_start, start: work.offset, rows: work.rows, width: work.columns.0.len() }
    }

    fn split(mut self, slices: &mpsc::Sender<std::result::Result<Slice, Error>>) {
        let mut record = ByteRecord::new();
        let mut rows = Vec::with_capacity(SLICE);
        loop {
            let more = match self.reader.read_byte_record(&mut record) {
                Ok(more) => more,
                Err(error) => {
                    let error = broken(&error);
                    let _ = slices.blocking_send(Err(error));
                    return;
                }
            };
            if more {
                self.rows += 1;
                rows.push(Row { number: self.rows, cells: cells(&record, self.width) });
            }
            let end = self.start + self.reader.position().byte();
            self.row_start.store(end, Ordering::Relaxed);
            if rows.len() == SLICE || (!more && !rows.is_empty()) {
                let slice = Slice { end, rows: std::mem::take(&mut rows) };
                if slices.blocking_send(Ok(slice)).is_err() {
                    return;
                }
            }
            if !more {
                return;
            }
        }
    }
}

/// What a failure to read the file means for the job.
fn broken(error: &csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            Error::invalid_payload(Path::of("file"), Rule::Other(error.to_string()))
        }
        _ => Error::StoreUnavailable,
    }
}

fn cells(record: &ByteRecord, width: usize) -> std::result::Result<Vec<Box<str>>, String> {
    if record.len() != width {
        return Err(format!("the row has {} cells, the header has {width}", record.len()));
    }
    record
        .iter()
        .map(|cell| std::str::from_utf8(cell).map(Box::from))
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| "the row is not encoded in UTF-8".to_owned())
}

/// Reads a blob from some byte on, piece by piece.
struct BlobReader {
    store: Arc<dyn Store>,
    project: ProjectId,
    blob: String,
    position: u64,
    chunk: Vec<u8>,
    chunk_seq: Option<u32>,
    /// Where the row that is being read has started.
    row_start: Arc<AtomicU64>,
    runtime: tokio::runtime::Handle,
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position - self.row_start.load(Ordering::Relaxed).min(self.position) > MAX_ROW {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("has a row of more than {MAX_ROW} bytes; is a quote not closed?"),
            ));
        }
        let seq = (self.position / crate::blobs::CHUNK as u64) as u32;
        if self.chunk_seq != Some(seq) {
            let loaded = self.runtime.block_on(self.store.blob_chunk(&self.project, &self.blob, seq));
            self.chunk = loaded.map_err(io::Error::other)?.unwrap_or_default();
            self.chunk_seq = Some(seq);
        }
        let within = (self.position % crate::blobs::CHUNK as u64) as usize;
        let available = self.chunk.get(within..).unwrap_or_default();
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

fn store_slice(tx: &mut Tx, claim: &Claim, columns: &Columns, slice: &Slice, bytes: u64) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    let Work::CustomersImport(work) = &mut job.work else { return Ok(Progress::Lost) };
    work.offset = slice.end;
    work.rows += slice.rows.len() as u64;
    tx.need(slice.rows.iter().flat_map(|row| keys(columns, row)))?;
    for row in &slice.rows {
        match store_row(tx, columns, row) {
            Ok(()) => job.tally.done += 1,
            Err((_, Stop::NotLoaded)) => return Err(Stop::NotLoaded),
            Err((source_id, Stop::Refused(error))) => {
                job.tally.fail(json!({"source_id": source_id, "row": row.number, "reason": reason(&error)}));
            }
        }
    }
    job.step((slice.end * 100 / bytes.max(1)) as u8, tx.now());
    tx.put(job);
    Ok(Progress::Made)
}

/// What the result says about a row that was refused.
fn reason(error: &Error) -> String {
    let row = error.describe(guerdon_model::error::Dialect::Should);
    row.details.unwrap_or_else(|| row.message.into_owned())
}

/// Stores the customer of one row; a refusal comes with the row's `source_id`.
fn store_row(tx: &mut Tx, columns: &Columns, row: &Row) -> std::result::Result<(), (String, Stop)> {
    let refused = |source_id: &str, error: Error| (source_id.to_owned(), Stop::Refused(error));
    let cells = row
        .cells
        .as_ref()
        .map_err(|reason| refused("", Error::invalid_payload(Path::root(), Rule::Sentence(reason.clone()))))?;
    let schema = tx.config().metadata_schemas().get(RESOURCE);
    let input = input(columns, cells, schema);
    let source_id = input.as_ref().ok().and_then(|input| input.source_id.as_value()).cloned().unwrap_or_default();
    let input = input.map_err(|error| refused(cell_of(columns, cells, &Column::SourceId), error))?;
    store(tx, &input).map_err(|stop| (source_id, stop))
}

fn cell_of<'a>(columns: &Columns, cells: &'a [Box<str>], wanted: &Column) -> &'a str {
    columns.0.iter().position(|column| column == wanted).and_then(|place| cells.get(place)).map_or("", |cell| cell)
}

fn store(tx: &mut Tx, input: &CustomerInput) -> Result<()> {
    input.check()?;
    let now = tx.now();
    let sent = input.metadata.as_value().cloned().unwrap_or_default();
    let customer = match (&input.id, &input.source_id) {
        // By id, a row is an update: what has no column stays.
        (Patch::Value(id), _) => {
            let found = tx.get::<Customer>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id.as_str()))?;
            tx.config().check_metadata(RESOURCE, &sent, Scope::SentKeysOnly)?;
            let mut customer = found.as_ref().clone();
            input.apply_to(&mut customer);
            customer.updated_at = Some(now);
            customer
        }
        // By `source_id`, a row is the whole profile: what has no cell is unset.
        (_, source_id) => {
            let found = match source_id {
                Patch::Value(source_id) => tx.find::<Customer>("source_id", source_id)?,
                _ => None,
            };
            tx.config().check_metadata(RESOURCE, &sent, Scope::Whole)?;
            let id = found.as_ref().map_or_else(|| tx.new_id(), |found| found.id.clone());
            let mut customer = Customer::new(id, source_id.as_value().cloned(), now);
            if let Some(found) = found {
                customer.summary = found.summary.clone();
                customer.loyalty = found.loyalty.clone();
                customer.referrals = found.referrals.clone();
                customer.system_metadata = found.system_metadata.clone();
                customer.internal = found.internal.clone();
                customer.created_at = found.created_at;
                customer.updated_at = Some(now);
            }
            input.apply_to(&mut customer);
            customer
        }
    };
    tx.put(customer);
    Ok(())
}

/// The row as a body: an empty cell unsets, a column that is not there says nothing.
fn input(
    columns: &Columns,
    cells: &[Box<str>],
    schema: Option<&MetadataSchema>,
) -> std::result::Result<CustomerInput, Error> {
    let mut input = CustomerInput::default();
    let mut address = AddressPatch::default();
    let mut metadata: Option<Metadata> = None;
    for (column, cell) in columns.0.iter().zip(cells) {
        let text = || if cell.is_empty() { Patch::Null } else { Patch::Value(cell.to_string()) };
        match column {
            Column::Id if cell.is_empty() => {}
            Column::Id => input.id = text(),
            Column::SourceId if cell.is_empty() => {}
            Column::SourceId => input.source_id = text(),
            Column::Name => input.name = text(),
            Column::Email => input.email = text(),
            Column::Phone => input.phone = text(),
            Column::Description => input.description = text(),
            Column::Birthdate => input.birthdate = date("birthdate", cell)?,
            Column::Birthday => input.birthday = date("birthday", cell)?,
            // An empty cell leaves the key out, as if the address had been sent without it.
            _ if cell.is_empty() => {}
            Column::City => address.city = text(),
            Column::State => address.state = text(),
            Column::Line1 => address.line_1 = text(),
            Column::Line2 => address.line_2 = text(),
            Column::Country => address.country = text(),
            Column::PostalCode => address.postal_code = text(),
            Column::Metadata(key) => {
                let value = schema.map_or_else(|| Value::from(&**cell), |schema| schema.coerce_cell(key, cell));
                metadata.get_or_insert_default().insert(key.clone(), value);
            }
        }
    }
    if address != AddressPatch::default() {
        input.address = Patch::Value(address);
    }
    input.metadata = metadata.into();
    Ok(input)
}

fn date(key: &str, cell: &str) -> std::result::Result<Patch<Date>, Error> {
    if cell.is_empty() {
        return Ok(Patch::Null);
    }
    let refused = || Error::invalid_payload(Path::of(key), Rule::Other(guerdon_model::time::NOT_ISO_8601.into()));
    Date::parse(cell).map(Patch::Value).ok_or_else(refused)
}

fn finish(tx: &mut Tx, claim: &Claim) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    let Work::CustomersImport(work) = &job.work else { return Ok(Progress::Lost) };
    tx.drop_blob(&work.blob);
    let (done, failed) = (job.tally.done, job.tally.failed);
    let result = json!({
        "message": format!("{done} customer(s) imported successfully, {failed} failed."),
        "failed": job.tally.failures,
        "done_count": done,
        "failed_count": failed,
    });
    job.finish(result, tx.now());
    tx.put(job);
    Ok(Progress::Made)
}
