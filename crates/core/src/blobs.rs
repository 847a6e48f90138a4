//! Large texts in pieces: uploaded files, bulk bodies, reports, exports.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};
use guerdon_model::{Error, ids::ProjectId};
use guerdon_store::{BlobChunk, StoreError};

use crate::{context::Context, failure::unavailable, service::Guerdon};

/// The size of a piece, in bytes.
pub const CHUNK: usize = 1 << 20;
/// How long an upload is kept should its job never come to delete it, in milliseconds.
const UPLOAD_LIFETIME: i64 = 30 * 24 * 3_600_000;

/// Writes a blob piece by piece, so that no file has to fit into memory.
pub struct BlobWriter<'a> {
    guerdon: &'a Guerdon,
    context: &'a Context,
    name: String,
    buffer: Vec<u8>,
    chunks: u32,
    bytes: u64,
}

/// A blob that was written to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    pub name: String,
    pub chunks: u32,
    pub bytes: u64,
}

impl<'a> BlobWriter<'a> {
    /// A new, empty blob.
    pub fn new(guerdon: &'a Guerdon, context: &'a Context) -> Self {
        let name = format!("upload:{}", guerdon.ids.uuid());
        Self { guerdon, context, name, buffer: Vec::new(), chunks: 0, bytes: 0 }
    }

    /// Adds bytes; full pieces are stored at once.
    ///
    /// # Errors
    /// `StoreUnavailable` or `Overloaded`.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        self.bytes += bytes.len() as u64;
        while self.buffer.len() + bytes.len() >= CHUNK {
            let (now, later) = bytes.split_at(CHUNK - self.buffer.len());
            self.buffer.extend_from_slice(now);
            bytes = later;
            self.store().await?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// How many bytes were added so far.
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing was added so far.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Stores what is left.
    ///
    /// # Errors
    /// `StoreUnavailable` or `Overloaded`.
    pub async fn finish(mut self) -> Result<Blob, Error> {
        if !self.buffer.is_empty() {
            self.store().await?;
        }
        Ok(Blob { name: self.name, chunks: self.chunks, bytes: self.bytes })
    }

    /// Deletes what was stored so far.
    pub async fn discard(self) {
        discard(self.guerdon, self.context, self.name).await;
    }

    async fn store(&mut self) -> Result<(), Error> {
        let chunk = BlobChunk {
            blob: self.name.clone(),
            seq: self.chunks,
            bytes: std::mem::take(&mut self.buffer),
            expires_at: self.guerdon.clock.now().plus_millis(UPLOAD_LIFETIME),
        };
        self.guerdon
            .executor
            .execute(self.context.clone(), Vec::new(), move |tx| {
                tx.append_blob(chunk.clone());
                Ok(())
            })
            .await?;
        self.chunks += 1;
        Ok(())
    }
}

/// Deletes a blob that nothing refers to; should that fail, it only takes up space.
pub async fn discard(guerdon: &Guerdon, context: &Context, name: String) {
    let dropped = guerdon
        .executor
        .execute(context.clone(), Vec::new(), move |tx| {
            tx.drop_blob(&name);
            Ok(())
        })
        .await;
    if let Err(error) = dropped {
        tracing::warn!(%error, "an unused upload could not be deleted");
    }
}

/// A whole blob in memory; only for those whose size is limited.
///
/// # Errors
/// `StoreUnavailable`; `Internal` if a piece is missing.
pub async fn read(guerdon: &Guerdon, context: &Context, name: &str, chunks: u32) -> Result<Vec<u8>, Error> {
    let mut whole = Vec::new();
    for seq in 0..chunks {
        let chunk = guerdon.store.blob_chunk(&context.project, name, seq).await.map_err(unavailable)?;
        whole.extend(chunk.ok_or(Error::Internal)?);
    }
    Ok(whole)
}

/// A whole blob, piece by piece as somebody takes them.
pub fn stream(
    guerdon: Arc<Guerdon>,
    project: ProjectId,
    name: String,
    chunks: u32,
) -> impl Stream<Item = Result<Vec<u8>, StoreError>> {
    stream::iter(0..chunks).then(move |seq| {
        let (guerdon, project, name) = (guerdon.clone(), project.clone(), name.clone());
        async move {
            let chunk = guerdon.store.blob_chunk(&project, &name, seq).await?;
            chunk.ok_or_else(|| StoreError(format!("piece {seq} of {name} is gone")))
        }
    })
}
