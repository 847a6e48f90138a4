//! Uploaded files: the part named `file` of a multipart body, stored piece by piece as it arrives.

use axum::http::header;
use guerdon_core::blobs::{Blob, BlobWriter};
use guerdon_model::{
    Error,
    error::{Path, Rule},
};

use multer::{Field, Multipart};

use crate::{call::Call, respond::Refusal};

/// How much of a file's beginning is kept at hand, for its header.
const START: usize = 64 << 10;

/// A file that has arrived whole.
pub(crate) struct Upload {
    pub(crate) blob: Blob,
    /// Its first bytes.
    pub(crate) start: Vec<u8>,
    /// Whether a part of the form asks for an event for each row.
    pub(crate) wants_events: bool,
}

/// What that part may be called.
const EVENTS: [&str; 2] = ["webhooks_enable", "webhooks_enabled"];

/// Receives the file of a request.
///
/// # Errors
/// `invalid_payload` when there is no file or the upload breaks off, 413 when it is too large.
/// Nothing is kept then.
pub(crate) async fn receive(call: &mut Call) -> Result<Upload, Refusal> {
    let body = std::mem::take(call.stream.get_mut());
    let missing = || Error::invalid_payload(Path::root(), Rule::Required("file".into()));
    let content_type = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(content_type.unwrap_or_default()).map_err(|_| missing())?;
    let mut multipart = Multipart::new(body.into_data_stream(), boundary);
    let broken = |_| {
        let sentence = "The upload broke off or is no valid multipart/form-data".to_owned();
        Error::invalid_payload(Path::of("file"), Rule::Sentence(sentence))
    };
    let mut wants_events = false;
    while let Some(mut field) = multipart.next_field().await.map_err(broken)? {
        if field.name() != Some("file") {
            wants_events |= asks_for_events(&mut field).await;
            continue;
        }
        let mut blob = BlobWriter::new(&call.app.guerdon, &call.context);
        let mut start = Vec::new();
        let limit = call.app.settings.import_limit;
        let received: Result<(), Refusal> = async {
            while let Some(bytes) = field.chunk().await.map_err(broken)? {
                if blob.len() + bytes.len() as u64 > limit {
                    return Err(Refusal::too_large(limit));
                }
                let wanted = START.saturating_sub(start.len()).min(bytes.len());
                start.extend_from_slice(&bytes[..wanted]);
                blob.write(&bytes).await?;
            }
            Ok(())
        }
        .await;
        return match received {
            Ok(()) => {
                drop(field);
                // The file is whole, whatever comes behind it.
                while let Ok(Some(mut field)) = multipart.next_field().await {
                    wants_events |= asks_for_events(&mut field).await;
                }
                Ok(Upload { blob: blob.finish().await?, start, wants_events })
            }
            Err(refusal) => {
                blob.discard().await;
                Err(refusal)
            }
        };
    }
    Err(missing().into())
}

/// Whether a part of a form asks for events.
async fn asks_for_events(field: &mut Field<'_>) -> bool {
    if !field.name().is_some_and(|name| EVENTS.contains(&name)) {
        return false;
    }
    let first = field.chunk().await.ok().flatten();
    first.is_some_and(|bytes| bytes.trim_ascii() == b"true")
}
