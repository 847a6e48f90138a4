//! A CSV file that lies in the store in pieces, split into rows beside the commits.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use csv::ByteRecord;
use guerdon_model::{
    Error,
    error::{Path, Rule},
    ids::ProjectId,
};
use guerdon_store::Store;
use tokio::sync::mpsc;

/// How many rows are stored in one commit.
const SLICE: usize = 400;
/// The longest row in bytes; what is longer is a quote that was never closed.
const MAX_ROW: u64 = 1 << 20;

/// A row of the file: its number (1 for the first behind the header) and its cells.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) cells: Result<Vec<Box<str>>, String>,
}

/// Rows that are stored together, and the byte behind them.
pub(super) struct Slice {
    pub(super) end: u64,
    pub(super) rows: Vec<Row>,
}

/// Where splitting begins, and how many cells a row has.
pub(super) struct Start {
    pub(super) blob: String,
    /// The byte at which the next row starts.
    pub(super) offset: u64,
    /// How many rows were read before.
    pub(super) rows: u64,
    pub(super) width: usize,
}

/// Splits the file into slices of rows; runs on a thread of its own.
pub(super) struct Splitter {
    reader: csv::Reader<BlobReader>,
    row_start: Arc<AtomicU64>,
    start: u64,
    rows: u64,
    width: usize,
}

impl Splitter {
    pub(super) fn new(store: Arc<dyn Store>, project: ProjectId, start: Start) -> Self {
        let Start { blob, offset, rows, width } = start;
        let row_start = Arc::new(AtomicU64::new(offset));
        let blob = BlobReader {
            store,
            project,
            blob,
            position: offset,
            chunk: Vec::new(),
            chunk_seq: None,
            row_start: row_start.clone(),
            runtime: tokio::runtime::Handle::current(),
        };
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(blob);
        Self { reader, row_start, start: offset, rows, width }
    }

    pub(super) fn split(mut self, slices: &mpsc::Sender<Result<Slice, Error>>) {
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

fn cells(record: &ByteRecord, width: usize) -> Result<Vec<Box<str>>, String> {
    if record.len() != width {
        return Err(format!("the row has {} cells, the header has {width}", record.len()));
    }
    record
        .iter()
        .map(|cell| std::str::from_utf8(cell).map(Box::from))
        .collect::<Result<_, _>>()
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
