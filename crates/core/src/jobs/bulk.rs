//! Updates of many resources in one request: `bulk/async` and `metadata/async`.
//!
//! The body is stored whole and worked off in slices. Neither way emits events.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use guerdon_model::{
    Error, Patch,
    error::{Dialect, Path, Rule},
    metadata::Metadata,
    payload,
};
use guerdon_store::{BlobChunk, Document, Key};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};

use super::{Claim, Job, Progress, REPORT_LIFETIME, report_blob, report_token};
use crate::{
    blobs::{self, Blob},
    context::Context,
    service::Guerdon,
    tx::{Result, Stop, Tx},
};

/// How many resources are changed in one commit.
const SLICE: usize = 250;

/// The body of a resource that can be created and updated in bulk.
pub trait BulkInput: DeserializeOwned + Default + 'static {
    /// What is created or updated.
    type Document: Document;
    /// The key that tells which one.
    const SOURCE_ID: &'static str = "source_id";

    /// The fields that every such body has.
    fn common(&mut self) -> Common<'_>;

    /// What has to be loaded to create or update the resource with this `source_id`.
    fn keys(source_id: &str) -> Vec<Key>;

    /// The resource with this `source_id`.
    fn find(tx: &mut Tx, source_id: &str) -> Result<Option<Arc<Self::Document>>> {
        tx.find("source_id", source_id)
    }

    /// Stores a new resource; tells nobody.
    fn insert(&self, tx: &mut Tx) -> Result<()>;

    /// Stores the changed resource; tells nobody.
    fn patch(&self, tx: &mut Tx, found: &Self::Document) -> Result<()>;
}

/// Fields of a body.
pub struct Common<'a> {
    pub id: &'a mut Patch<String>,
    pub source_id: &'a mut Patch<String>,
    pub metadata: &'a mut Patch<Metadata>,
}

/// Where a bulk update stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkWork {
    /// The body of the request.
    pub blob: String,
    pub chunks: u32,
    /// The place of the next item.
    pub next: usize,
}

impl BulkWork {
    /// Nothing done yet.
    pub fn of(blob: Blob) -> Self {
        Self { blob: blob.name, chunks: blob.chunks, next: 0 }
    }
}

/// The body of `metadata/async`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct MetadataUpdate {
    #[serde(alias = "codes")]
    pub source_ids: Vec<String>,
    pub metadata: Metadata,
}

/// The first thing that is wrong with a `bulk/async` body as a whole; details of single items show up
/// in the job's result.
///
/// # Errors
/// [`payload::Unreadable`].
pub fn check_items(body: &[u8], source_id: &str) -> std::result::Result<(), payload::Unreadable> {
    let refuse = |path: Path, rule: Rule| Err(Error::invalid_payload(path, rule).into());
    // Borrowed pieces of the body: a tree of ten megabytes of JSON would take ten times that.
    let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(body) else {
        payload::parse_any(body)?;
        return refuse(Path::root(), Rule::Type("array".into()));
    };
    for (index, item) in items.into_iter().enumerate() {
        let path = Path::root().index(index);
        let Ok(keys) = serde_json::from_str::<HashMap<Cow<str>, &RawValue>>(item.get()) else {
            return refuse(path, Rule::Type("object".into()));
        };
        match keys.get(source_id) {
            None => return refuse(path, Rule::Required(source_id.into())),
            Some(value) if !value.get().starts_with('"') => {
                return refuse(path.key(source_id), Rule::Type("string".into()));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Works a bulk update off from where it stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(super) async fn run<I: BulkInput>(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    work: BulkWork,
) -> std::result::Result<Progress, Error> {
    let body = blobs::read(guerdon, context, &work.blob, work.chunks).await?;
    let items = Arc::new(Items::read(&body)?);
    drop(body);
    let mut next = work.next;
    while next < items.len() {
        let end = (next + SLICE).min(items.len());
        let needs = (next..end).flat_map(|place| I::keys(&items.source_id::<I>(place))).collect();
        let (slice, ours) = (items.clone(), claim.clone());
        let apply = move |tx: &mut Tx| apply_slice::<I>(tx, &ours, &slice, next, end);
        let step = guerdon.executor.execute(context.clone(), needs, apply).await?;
        if step == Progress::Lost {
            return Ok(step);
        }
        next = end;
    }
    let (claim, url) = (claim.clone(), report_url(guerdon, context, &claim.id));
    guerdon.executor.execute(context.clone(), Vec::new(), move |tx| finish::<I>(tx, &claim, &url)).await
}

fn report_url(guerdon: &Guerdon, context: &Context, id: &str) -> String {
    let token = report_token(guerdon, &context.project, id);
    format!("{}/v1/async-actions/{id}/report?token={token}", guerdon.options.public_url)
}

/// The first line of a report.
fn report_header<I: BulkInput>() -> String {
    format!("{},found,updated\n", I::SOURCE_ID)
}

/// The text under a key of an object.
pub(super) fn text_at(item: &RawValue, key: &str) -> Option<String> {
    let keys: HashMap<Cow<str>, &RawValue> = serde_json::from_str(item.get()).ok()?;
    serde_json::from_str(keys.get(key)?.get()).ok()
}

/// The items of either body.
enum Items {
    Whole(Vec<Box<RawValue>>),
    Metadata(MetadataUpdate),
}

impl Items {
    fn read(body: &[u8]) -> std::result::Result<Self, Error> {
        // Both were checked when they arrived.
        if let Ok(items) = serde_json::from_slice(body) {
            return Ok(Items::Whole(items));
        }
        serde_json::from_slice(body).map(Items::Metadata).map_err(|_| Error::Internal)
    }

    fn len(&self) -> usize {
        match self {
            Items::Whole(items) => items.len(),
            Items::Metadata(update) => update.source_ids.len(),
        }
    }

    fn source_id<I: BulkInput>(&self, place: usize) -> String {
        match self {
            Items::Whole(items) => text_at(&items[place], I::SOURCE_ID).unwrap_or_default(),
            Items::Metadata(update) => update.source_ids[place].clone(),
        }
    }

    fn input<I: BulkInput>(&self, place: usize) -> std::result::Result<I, Error> {
        match self {
            Items::Whole(items) => {
                payload::parse(items[place].get().as_bytes()).map_err(|unreadable| match unreadable {
                    payload::Unreadable::Refused(error) => error,
                    payload::Unreadable::NotJson => {
                        Error::invalid_payload(Path::root(), Rule::Sentence("The item is no valid JSON".into()))
                    }
                })
            }
            Items::Metadata(update) => {
                let mut input = I::default();
                let common = input.common();
                *common.source_id = Patch::Value(update.source_ids[place].clone());
                *common.metadata = Patch::Value(update.metadata.clone());
                Ok(input)
            }
        }
    }

    /// A failure as the result lists it.
    fn failure<I: BulkInput>(&self, place: usize, error: &Error) -> Value {
        let row = error.describe(Dialect::Should);
        let mut failure = json!({"message": row.message, "details": row.details, "key": row.key});
        if let Items::Whole(_) = self {
            failure[I::SOURCE_ID] = self.source_id::<I>(place).into();
        }
        failure
    }
}

fn apply_slice<I: BulkInput>(tx: &mut Tx, claim: &Claim, items: &Items, start: usize, end: usize) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    let Some(work) = job.work.bulk() else { return Ok(Progress::Lost) };
    work.next = end;
    tx.need((start..end).flat_map(|place| I::keys(&items.source_id::<I>(place))))?;
    let mut report = String::new();
    for place in start..end {
        let source_id = items.source_id::<I>(place);
        let found = I::find(tx, &source_id)?.is_some();
        let updated = match items.input::<I>(place).map_err(Stop::Refused).and_then(|input| upsert(tx, input)) {
            Ok(()) => {
                job.tally.done += 1;
                true
            }
            Err(Stop::Refused(error)) => {
                job.tally.fail(items.failure::<I>(place, &error));
                false
            }
            Err(Stop::NotLoaded) => return Err(Stop::NotLoaded),
        };
        report.push_str(&report_line(&source_id, found, updated));
    }
    if job.tally.report_chunks == 0 {
        report.insert_str(0, &report_header::<I>());
    }
    append_report(tx, &job, report);
    job.tally.report_chunks += 1;
    job.step((end * 100 / items.len().max(1)) as u8, tx.now());
    tx.put(job);
    Ok(Progress::Made)
}

/// Creates or updates the resource with the body's `source_id`, whatever id the body has.
fn upsert<I: BulkInput>(tx: &mut Tx, mut input: I) -> Result<()> {
    let common = input.common();
    *common.id = Patch::Absent;
    let Some(source_id) = common.source_id.as_value().cloned() else {
        return Err(Error::invalid_payload(Path::root(), Rule::Required(I::SOURCE_ID.into())).into());
    };
    match I::find(tx, &source_id)? {
        Some(found) => input.patch(tx, &found),
        None => input.insert(tx),
    }
}

fn append_report(tx: &mut Tx, job: &Job, report: String) {
    let expires_at = tx.now().plus_millis(REPORT_LIFETIME);
    let (blob, seq) = (report_blob(&job.action.id), job.tally.report_chunks);
    tx.append_blob(BlobChunk { blob, seq, bytes: report.into_bytes(), expires_at });
}

fn report_line(source_id: &str, found: bool, updated: bool) -> String {
    let quoted = if source_id.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", source_id.replace('"', "\"\""))
    } else {
        source_id.to_owned()
    };
    format!("{quoted},{found},{updated}\n")
}

fn finish<I: BulkInput>(tx: &mut Tx, claim: &Claim, report_url: &str) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    let Some(work) = job.work.bulk() else { return Ok(Progress::Lost) };
    tx.drop_blob(&work.blob);
    if job.tally.report_chunks == 0 {
        // A report without rows still has its header.
        append_report(tx, &job, report_header::<I>());
        job.tally.report_chunks = 1;
    }
    let result = json!({
        "done_count": job.tally.done,
        "failed_count": job.tally.failed,
        "reports": [report_url],
        "reports_available_till": tx.now().plus_millis(REPORT_LIFETIME).to_string(),
        "errors": job.tally.failures,
    });
    job.finish(result, tx.now());
    tx.put(job);
    Ok(Progress::Made)
}
