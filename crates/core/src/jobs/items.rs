//! Imports of vouchers into a campaign from a list in JSON.
//!
//! The body is stored whole and worked off in slices.

use std::sync::Arc;

use guerdon_model::{
    Error,
    campaign::ImportedVoucher,
    error::{Dialect, Path, Rule},
    ids::CampaignId,
    payload,
};
use guerdon_store::Key;
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};

use super::{Claim, Progress, Work};
use crate::{
    blobs::{self, Blob},
    campaigns::import,
    context::Context,
    service::Guerdon,
    tx::{Result, Stop, Tx},
    vouchers,
};

/// How many vouchers are stored in one commit.
const SLICE: usize = 250;

/// Where an import stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemsWork {
    pub campaign: CampaignId,
    /// The body of the request.
    pub blob: String,
    pub chunks: u32,
    /// The place of the next item.
    pub next: usize,
}

impl ItemsWork {
    /// Nothing done yet.
    pub fn of(campaign: CampaignId, blob: Blob) -> Self {
        Self { campaign, blob: blob.name, chunks: blob.chunks, next: 0 }
    }
}

/// Reads the list's items.
///
/// # Errors
/// `payload::Unreadable`, naming the first value that does not fit.
pub fn read(body: &[u8]) -> std::result::Result<Vec<ImportedVoucher>, payload::Unreadable> {
    // Borrowed pieces of the body: a tree of ten megabytes of JSON would take ten times that.
    let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(body) else {
        payload::parse_any(body)?;
        return Err(Error::invalid_payload(Path::root(), Rule::Type("array".into())).into());
    };
    items.into_iter().map(|item| payload::parse(item.get().as_bytes())).collect()
}

/// Works an import off from where it stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(super) async fn run(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    work: ItemsWork,
) -> std::result::Result<Progress, Error> {
    let body = blobs::read(guerdon, context, &work.blob, work.chunks).await?;
    // It was checked when it arrived.
    let items = Arc::new(read(&body).map_err(|_| Error::Internal)?);
    drop(body);
    let mut next = work.next;
    loop {
        let end = (next + SLICE).min(items.len());
        let (slice, ours) = (items.clone(), claim.clone());
        let store = move |tx: &mut Tx| store_slice(tx, &ours, &slice, next, end);
        match guerdon.executor.execute(context.clone(), keys(&items[next..end]), store).await? {
            Step::Made => next = end,
            Step::Finished => return Ok(Progress::Made),
            Step::Lost => return Ok(Progress::Lost),
        }
    }
}

/// What a slice came to.
enum Step {
    Made,
    Finished,
    Lost,
}

fn keys(items: &[ImportedVoucher]) -> Vec<Key> {
    items.iter().map(|item| vouchers::code_key(code(item))).collect()
}

fn code(item: &ImportedVoucher) -> &str {
    item.added.origin.code.as_deref().unwrap_or_default()
}

fn store_slice(tx: &mut Tx, claim: &Claim, items: &[ImportedVoucher], start: usize, end: usize) -> Result<Step> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Step::Lost) };
    let Work::CampaignImport(work) = &mut job.work else { return Ok(Step::Lost) };
    work.next = end;
    let (blob, campaign) = (work.blob.clone(), tx.config().campaign_with_id(&work.campaign).cloned());
    let Some(campaign) = campaign else {
        tx.drop_blob(&blob);
        job.break_off("The campaign was deleted", tx.now());
        tx.put(job);
        return Ok(Step::Finished);
    };
    for item in &items[start..end] {
        match import::store(tx, &campaign, item) {
            Ok(()) => job.tally.done += 1,
            Err(Stop::NotLoaded) => return Err(Stop::NotLoaded),
            Err(Stop::Refused(error)) => {
                let row = error.describe(Dialect::Should);
                let reason = row.details.unwrap_or_else(|| row.message.into_owned());
                job.tally.fail(json!({"code": code(item), "reason": reason}));
            }
        }
    }
    let (done, failed) = (job.tally.done, job.tally.failed);
    if end < items.len() {
        job.step((end * 100 / items.len()) as u8, tx.now());
        tx.put(job);
        return Ok(Step::Made);
    }
    tx.drop_blob(&blob);
    import::tell(tx, &campaign, done);
    let result = json!({
        "message": format!("{done} voucher(s) imported successfully, {failed} failed."),
        "failed": job.tally.failures,
        "done_count": done,
        "failed_count": failed,
    });
    job.finish(result, tx.now());
    tx.put(job);
    Ok(Step::Finished)
}
