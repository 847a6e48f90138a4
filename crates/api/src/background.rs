//! Requests that start work in the background: bulk updates and imports.

use crate::{call::Call, respond::Answer, upload};
use axum::http::StatusCode;
use guerdon_core::{
    blobs::{self, BlobWriter},
    jobs::{
        self, Work,
        bulk::{self, BulkWork, MetadataUpdate},
        import::{ImportWork, Sheet},
    },
};

/// Starts an update of many resources, each with values of its own.
pub(crate) async fn update_in_bulk(call: Call, work: fn(BulkWork) -> Work) -> Answer {
    update_in_bulk_by(call, "source_id", work).await
}

/// The same of resources that are told by another key.
pub(crate) async fn update_in_bulk_by(call: Call, key: &str, work: fn(BulkWork) -> Work) -> Answer {
    bulk::check_items(&call.body, key)?;
    start_bulk(call, work).await
}

/// Starts an update of many resources with the same metadata.
pub(crate) async fn update_metadata_in_bulk(call: Call, work: fn(BulkWork) -> Work) -> Answer {
    call.payload::<MetadataUpdate>()?;
    start_bulk(call, work).await
}

/// Stores the body and starts the job that works it off.
pub(crate) async fn start_bulk(call: Call, work: fn(BulkWork) -> Work) -> Answer {
    start(&call, StatusCode::ACCEPTED, work).await
}

/// Likewise, for a body that was checked.
pub(crate) async fn start(call: &Call, status: StatusCode, work: fn(BulkWork) -> Work) -> Answer {
    let mut blob = BlobWriter::new(&call.app.guerdon, &call.context);
    blob.write(&call.body).await?;
    let work = work(BulkWork::of(blob.finish().await?));
    call.answer_started(status, move |tx| jobs::start(tx, work.clone())).await
}

/// Stores the file and starts the job that imports it.
pub(crate) async fn import<S: Sheet>(
    call: &mut Call,
    status: StatusCode,
    work: impl FnOnce(ImportWork<S>) -> Work,
) -> Answer {
    let upload = upload::receive(call).await?;
    let work = match ImportWork::of(upload.blob.clone(), &upload.start) {
        Ok(import) => work(import.telling(upload.wants_events)),
        Err(error) => {
            blobs::discard(&call.app.guerdon, &call.context, upload.blob.name).await;
            return Err(error.into());
        }
    };
    call.answer_started(status, move |tx| jobs::start(tx, work.clone())).await
}
