//! Does something with every voucher of a campaign, slice by slice, in the order of their ids.
//!
//! Jobs of this kind take turns, also with those that generate codes.

use std::sync::Arc;

use guerdon_model::{
    Error,
    campaign_day::CampaignDay,
    campaign_totals::CampaignTotals,
    ids::{CampaignId, ProjectId},
    voucher::Voucher,
};
use guerdon_store::{Collection, Condition, Key, Query};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Claim, Job, Progress, Work};
use crate::{
    campaigns::{self, Inherited},
    context::Context,
    failure::unavailable,
    service::Guerdon,
    tx::{Result, Tx},
    validation_rules::assignments,
    vouchers,
};

/// How many vouchers are changed in one commit: few enough that others don't wait for long.
const SLICE: usize = 250;
/// How many slices make a turn.
const TURN: usize = 40;

/// Where the work stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignVouchersWork {
    pub campaign: CampaignId,
    /// What is done with each of them.
    pub task: Task,
    /// The last voucher that was looked at.
    #[serde(default)]
    after: Option<Arc<str>>,
    /// How many were looked at.
    seen: u64,
    /// How many there were at the start.
    total: u64,
}

/// What is done with each voucher.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Those that nothing has happened to get what is different in the campaign since then.
    Follow { before: Box<Inherited> },
    /// They go into the bin. The campaign is there already.
    Bin,
    /// They are deleted for good, and then whatever else is left of the campaign.
    Delete,
}

impl CampaignVouchersWork {
    /// Nothing done yet, for a campaign with so many vouchers.
    pub fn of(campaign: CampaignId, total: u64, task: Task) -> Self {
        Self { campaign, task, after: None, seen: 0, total }
    }

    /// The type that clients see.
    pub(super) fn kind(&self) -> &'static str {
        match self.task {
            Task::Follow { .. } => "CAMPAIGN.VOUCHERS_UPDATE",
            Task::Bin | Task::Delete => "CAMPAIGN.VOUCHERS_DELETE",
        }
    }
}

/// What a slice came to.
enum Step {
    Made,
    Finished,
    Lost,
}

/// Works on vouchers from where the job stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(super) async fn run(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    mut work: CampaignVouchersWork,
) -> std::result::Result<Progress, Error> {
    for _ in 0..TURN {
        let (ids, is_last) = next(guerdon, &context.project, &work).await?;
        work.after = ids.last().cloned().or(work.after);
        if is_last && work.task == Task::Delete {
            delete_days(guerdon, context, &work.campaign).await?;
        }
        let (claim, needs) = (claim.clone(), keys(&ids));
        let step = move |tx: &mut Tx| step(tx, &claim, &ids, is_last);
        match guerdon.executor.execute(context.clone(), needs, step).await? {
            Step::Made => {}
            Step::Finished => return Ok(Progress::Made),
            Step::Lost => return Ok(Progress::Lost),
        }
    }
    let claim = claim.clone();
    guerdon.executor.execute(context.clone(), Vec::new(), move |tx| claim.give_way(tx)).await
}

/// The ids of the next vouchers, and whether those are the last.
async fn next(
    guerdon: &Guerdon,
    project: &ProjectId,
    work: &CampaignVouchersWork,
) -> std::result::Result<(Vec<Arc<str>>, bool), Error> {
    let campaign = Collection::Vouchers.column("campaign_id").expect("the collection's table has this column");
    let query = Query {
        conditions: vec![(campaign, Condition::Equals(work.campaign.as_str().into()))],
        after_id: work.after.clone(),
        limit: SLICE,
        ..Query::all(project.clone(), Collection::Vouchers)
    };
    let page = guerdon.store.query(query).await.map_err(unavailable)?;
    Ok((page.records.into_iter().map(|record| record.id).collect(), !page.has_more))
}

fn keys(ids: &[Arc<str>]) -> Vec<Key> {
    ids.iter().map(|id| Key::id(Collection::Vouchers, id.clone())).collect()
}

fn step(tx: &mut Tx, claim: &Claim, ids: &[Arc<str>], is_last: bool) -> Result<Step> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Step::Lost) };
    let Work::CampaignVouchers(work) = &mut job.work else { return Ok(Step::Lost) };
    work.after = ids.last().cloned().or(work.after.take());
    work.seen += ids.len() as u64;
    let work = work.clone();
    tx.need(keys(ids))?;
    let changed = match &work.task {
        Task::Follow { before } => {
            let Some(campaign) = tx.config().campaign_with_id(&work.campaign).cloned() else {
                job.break_off("The campaign was deleted", tx.now());
                tx.put(job);
                return Ok(Step::Finished);
            };
            let now = Inherited::of(&campaign);
            each(tx, ids, |tx, voucher| now.as_ref().map_or(Ok(false), |now| follow(tx, voucher, before, now)))
        }
        Task::Bin => each(tx, ids, throw_away),
        Task::Delete => each(tx, ids, |tx, voucher| campaigns::remove_voucher(tx, voucher).map(|()| true)),
    }?;
    job.tally.done += changed;
    if !is_last {
        let progress = work.seen * 100 / work.total.max(work.seen + 1);
        job.step(u8::try_from(progress).unwrap_or(99), tx.now());
        tx.put(job);
        return Ok(Step::Made);
    }
    finish(tx, &work, &mut job)?;
    tx.put(job);
    Ok(Step::Finished)
}

/// Does something with each of the vouchers that are still there; counts those that it has changed.
fn each(tx: &mut Tx, ids: &[Arc<str>], mut change: impl FnMut(&mut Tx, &Voucher) -> Result<bool>) -> Result<u64> {
    let mut changed = 0;
    for id in ids {
        if let Some(voucher) = tx.get::<Voucher>(id)? {
            changed += u64::from(change(tx, &voucher)?);
        }
    }
    Ok(changed)
}

fn follow(tx: &mut Tx, voucher: &Voucher, before: &Inherited, now: &Inherited) -> Result<bool> {
    if voucher.is_binned || !voucher.is_untouched() {
        return Ok(false);
    }
    let mut changed = voucher.clone();
    now.give_to(&mut changed, before);
    if changed == *voucher {
        return Ok(false);
    }
    changed.updated_at = Some(tx.now());
    vouchers::store(tx, Some(voucher), changed)?;
    Ok(true)
}

fn throw_away(tx: &mut Tx, voucher: &Voucher) -> Result<bool> {
    if voucher.is_binned {
        return Ok(false);
    }
    let mut binned = Voucher { is_binned: true, ..voucher.clone() };
    assignments::remove_all_of(tx, &mut binned)?;
    vouchers::store(tx, Some(voucher), binned)?;
    Ok(true)
}

fn finish(tx: &mut Tx, work: &CampaignVouchersWork, job: &mut Job) -> Result<()> {
    let done = job.tally.done;
    let verb = match work.task {
        Task::Follow { .. } => {
            campaigns::end_job(tx, &work.campaign, &job.action.id, None)?;
            "Updated"
        }
        Task::Bin => "Deleted",
        Task::Delete => {
            tx.get::<CampaignTotals>(work.campaign.as_str())?;
            tx.delete::<CampaignTotals>(work.campaign.as_str());
            "Deleted"
        }
    };
    job.finish(json!({"message": format!("{verb} {done} vouchers."), "done_count": done}), tx.now());
    Ok(())
}

/// Deletes the counters of a campaign's days, as many at a time as vouchers.
async fn delete_days(guerdon: &Guerdon, context: &Context, campaign: &CampaignId) -> std::result::Result<(), Error> {
    loop {
        let query = Query { limit: SLICE, ..campaigns::summary::of_campaign(&context.project, campaign, None) };
        let page = guerdon.store.query(query).await.map_err(unavailable)?;
        let ids: Vec<Arc<str>> = page.records.into_iter().map(|record| record.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let delete = move |tx: &mut Tx| {
            tx.need(ids.iter().map(|id| Key::id(Collection::CampaignDays, id.clone())))?;
            for id in &ids {
                if tx.get::<CampaignDay>(id)?.is_some() {
                    tx.delete::<CampaignDay>(id);
                }
            }
            Ok(())
        };
        guerdon.executor.execute(context.clone(), Vec::new(), delete).await?;
    }
}
