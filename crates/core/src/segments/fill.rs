//! Filling new segments: with those who match a filter, or with those who were named. Nobody is told.
//!
//! While this goes on, whoever changes meanwhile is seen to by `customers::store`, which knows that the
//! segment is being filled.

use std::sync::Arc;

use guerdon_model::{
    Error,
    customer::Customer,
    ids::{CustomerId, SegmentId},
    segment::{Segment, read_filter},
};
use guerdon_store::{Collection, Key};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    membership::profile,
    walk::{self, PAGES_PER_STEP},
};
use crate::{
    context::Context,
    customers::store::enter,
    jobs::{Claim, Progress, Work},
    service::Guerdon,
    tx::{Result, Tx},
};

/// How many named customers enter a segment in one commit.
pub(super) const SLICE: usize = 1_000;

/// Where the filling of an auto-update segment stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FillWork {
    pub segment: SegmentId,
    /// The last customer who was looked at.
    pub after: Option<CustomerId>,
}

impl FillWork {
    /// Nobody was looked at yet.
    pub fn of(segment: SegmentId) -> Self {
        Self { segment, after: None }
    }
}

/// Whether who matches a stored filter changes with the days.
pub(super) fn depends_on_day(filter: &Value) -> bool {
    read_filter(filter).is_ok_and(|filter| filter.depends_on_day())
}

/// Works the filling of an auto-update segment off from where it stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(crate) async fn run(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    mut work: FillWork,
) -> std::result::Result<Progress, Error> {
    loop {
        let (mut matching, mut is_last, mut pages) = (Vec::new(), false, 0);
        while matching.is_empty() && !is_last && pages < PAGES_PER_STEP {
            let page = walk::behind(guerdon, context, work.after.as_ref().map(CustomerId::as_str)).await?;
            let config = guerdon.snapshots.latest(&context.project).await?;
            let moment = guerdon.moment(&context.project).await?;
            if let Some(definition) = config.segments().get(work.segment.as_str()) {
                let matches = |customer: &&Customer| definition.matches(&profile(customer), &moment);
                matching.extend(page.customers.iter().filter(matches).map(|customer| customer.id.clone()));
            }
            work.after = page.customers.last().map(|customer| customer.id.clone()).or(work.after);
            (is_last, pages) = (page.is_last, pages + 1);
        }
        let needs = customer_keys(&matching);
        let (claim, next) = (claim.clone(), work.clone());
        let step = move |tx: &mut Tx| step(tx, &claim, &next, &matching, is_last);
        if guerdon.executor.execute(context.clone(), needs, step).await? == Progress::Lost {
            return Ok(Progress::Lost);
        }
        if is_last {
            return Ok(Progress::Made);
        }
    }
}

fn customer_keys(ids: &[CustomerId]) -> Vec<Key> {
    ids.iter().map(|id| Key::id(Collection::Customers, id.as_str())).collect()
}

fn step(tx: &mut Tx, claim: &Claim, work: &FillWork, matching: &[CustomerId], is_last: bool) -> Result<Progress> {
    tx.need(customer_keys(matching))?;
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    let (moment, now) = (tx.moment(), tx.now());
    if let Some(definition) = tx.config().segments().get(work.segment.as_str()) {
        for id in matching {
            // Of those that were found, some may have changed since, or be gone.
            if let Some(customer) = tx.get::<Customer>(id.as_str())?
                && definition.matches(&profile(&customer), &moment)
            {
                enter(tx, &customer, &work.segment);
            }
        }
    }
    if is_last {
        if let Some(segment) = tx.get::<Segment>(work.segment.as_str())? {
            tx.put(Segment { is_filling: false, ..segment.as_ref().clone() });
        }
        job.finish(json!({}), now);
    } else {
        job.work = Work::SegmentFill(work.clone());
        job.step(50, now);
    }
    tx.put(job);
    Ok(Progress::Made)
}

/// Customers that are still to enter a static segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberWork {
    pub segment: SegmentId,
    pub remaining: Vec<CustomerId>,
}

/// Works the filling of a static segment off from where it stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(crate) async fn run_named(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    mut work: MemberWork,
) -> std::result::Result<Progress, Error> {
    while !work.remaining.is_empty() {
        let slice: Vec<CustomerId> = work.remaining.drain(..work.remaining.len().min(SLICE)).collect();
        let needs = customer_keys(&slice);
        let (claim, next) = (claim.clone(), work.clone());
        let step = move |tx: &mut Tx| named_step(tx, &claim, &next, &slice);
        if guerdon.executor.execute(context.clone(), needs, step).await? == Progress::Lost {
            return Ok(Progress::Lost);
        }
    }
    Ok(Progress::Made)
}

fn named_step(tx: &mut Tx, claim: &Claim, next: &MemberWork, slice: &[CustomerId]) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    if tx.config().segments().get(next.segment.as_str()).is_some() {
        add(tx, &next.segment, slice)?;
    }
    if next.remaining.is_empty() {
        job.finish(json!({}), tx.now());
    } else {
        job.step(50, tx.now());
    }
    job.work = Work::SegmentMembers(next.clone());
    tx.put(job);
    Ok(Progress::Made)
}

/// Puts customers into a segment; those that do not exist are left out.
pub(super) fn add(tx: &mut Tx, segment: &SegmentId, customers: &[CustomerId]) -> Result<()> {
    tx.need(customer_keys(customers))?;
    for id in customers {
        if let Some(customer) = tx.get::<Customer>(id.as_str())? {
            enter(tx, &customer, segment);
        }
    }
    Ok(())
}
