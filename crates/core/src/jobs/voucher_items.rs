//! Imports of vouchers as JSON: the body is stored whole and worked off in slices. They emit no
//! `voucher.created`. `docs/imports.md` is the page for users.

use std::sync::Arc;

use guerdon_model::Error;
use serde_json::{json, value::RawValue};

use super::{
    Claim, Progress,
    bulk::{BulkWork, text_at},
    import::{reason, result},
};
use crate::{
    blobs,
    context::Context,
    service::Guerdon,
    tx::{Result, Stop, Tx},
    vouchers::import::{self, keys_of_code},
};

/// How many vouchers are stored in one commit.
const SLICE: usize = 400;

/// Works an import off from where it stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(super) async fn run(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    work: BulkWork,
) -> std::result::Result<Progress, Error> {
    let body = blobs::read(guerdon, context, &work.blob, work.chunks).await?;
    // It was checked when it arrived.
    let items: Vec<Box<RawValue>> = serde_json::from_slice(&body).map_err(|_| Error::Internal)?;
    let items = Arc::new(items);
    drop(body);
    let mut next = work.next;
    while next < items.len() {
        let end = (next + SLICE).min(items.len());
        let (slice, ours) = (items.clone(), claim.clone());
        let step = move |tx: &mut Tx| store_slice(tx, &ours, &slice, next, end);
        if guerdon.executor.execute(context.clone(), Vec::new(), step).await? == Progress::Lost {
            return Ok(Progress::Lost);
        }
        next = end;
    }
    let claim = claim.clone();
    guerdon.executor.execute(context.clone(), Vec::new(), move |tx| finish(tx, &claim)).await
}

fn store_slice(tx: &mut Tx, claim: &Claim, items: &[Box<RawValue>], start: usize, end: usize) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    let Some(work) = job.work.bulk() else { return Ok(Progress::Lost) };
    work.next = end;
    let codes: Vec<String> = items[start..end].iter().map(|item| text_at(item, "code").unwrap_or_default()).collect();
    tx.need(codes.iter().flat_map(|code| keys_of_code(code)))?;
    for (item, code) in items[start..end].iter().zip(codes) {
        match import::store_item(tx, item.get()) {
            Ok(()) => job.tally.done += 1,
            Err(Stop::NotLoaded) => return Err(Stop::NotLoaded),
            Err(Stop::Refused(error)) => job.tally.fail(json!({"code": code, "reason": reason(&error)})),
        }
    }
    job.step((end * 100 / items.len().max(1)) as u8, tx.now());
    tx.put(job);
    Ok(Progress::Made)
}

fn finish(tx: &mut Tx, claim: &Claim) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    let Some(work) = job.work.bulk() else { return Ok(Progress::Lost) };
    tx.drop_blob(&work.blob);
    let result = result("voucher", &job.tally);
    job.finish(result, tx.now());
    tx.put(job);
    Ok(Progress::Made)
}
