//! Going through the segments that change with the days: whoever has become old enough, or has a
//! birthday, enters though nobody has changed anything.
//!
//! Each project that has such a segment has one job, which is due when a day of the project begins. It
//! reads all customers, evaluates only those segments, and writes only where something has changed.

use std::sync::Arc;

use guerdon_model::{
    Error, Timestamp,
    customer::Customer,
    ids::{AsyncActionId, CustomerId},
};
use guerdon_store::{Collection, Key};
use jiff::{civil::Time, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Definition,
    membership::profile,
    walk::{self, PAGES_PER_STEP},
};
use crate::{
    context::Context,
    customers::store::reevaluate,
    jobs::{self, Claim, Job, Progress, Work},
    service::Guerdon,
    tx::{Result, Tx},
};

/// The one such job of a project. Behind all others, so that it begins when nothing else is to be done.
const ID: &str = "segments-daily";
const DAY: i64 = 24 * 3_600_000;

/// Where the pass stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DailyWork {
    /// When it was begun; none while it waits for the next day.
    pub began_at: Option<Timestamp>,
    /// The last customer who was looked at.
    pub after: Option<CustomerId>,
}

const WAITING: DailyWork = DailyWork { began_at: None, after: None };

/// Makes sure that the next day finds the segments up to date.
pub(super) fn begin(tx: &mut Tx) -> Result<()> {
    let due_at = next_day(tx.now(), &tx.config().zone());
    match tx.get::<Job>(ID)? {
        None => jobs::schedule(tx, AsyncActionId::from(ID), Work::SegmentsDaily(WAITING), due_at),
        Some(job) if job.due_at.is_none() => {
            let mut job = job.as_ref().clone();
            job.work = Work::SegmentsDaily(WAITING);
            job.wait_until(due_at, tx.now());
            tx.put(job);
        }
        Some(_) => {}
    }
    Ok(())
}

/// Whether customers come into this segment, and go, with the days. One that is still being filled has
/// been looked at today.
fn is_concerned(definition: &Definition) -> bool {
    definition.depends_on_day && !definition.segment.is_filling
}

/// Works a pass off from where it stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(crate) async fn run(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    mut work: DailyWork,
) -> std::result::Result<Progress, Error> {
    work.began_at.get_or_insert(guerdon.clock.now());
    loop {
        let (mut moving, mut is_last, mut pages) = (Vec::new(), false, 0);
        while moving.is_empty() && !is_last && pages < PAGES_PER_STEP {
            let config = guerdon.snapshots.latest(&context.project).await?;
            let concerned: Vec<&Definition> =
                config.segments().auto_update().filter(|definition| is_concerned(definition)).collect();
            if concerned.is_empty() {
                is_last = true;
                break;
            }
            let moment = guerdon.moment(&context.project).await?;
            let page = walk::behind(guerdon, context, work.after.as_ref().map(CustomerId::as_str)).await?;
            let moves = |customer: &&Customer| {
                let profile = profile(customer);
                let is_in = |id| customer.internal.segments.binary_search(id).is_ok();
                concerned.iter().any(|definition| definition.matches(&profile, &moment) != is_in(definition.id()))
            };
            moving.extend(page.customers.iter().filter(moves).map(|customer| customer.id.clone()));
            work.after = page.customers.last().map(|customer| customer.id.clone()).or(work.after);
            (is_last, pages) = (page.is_last, pages + 1);
        }
        let needs = customer_keys(&moving);
        let (claim, next) = (claim.clone(), work.clone());
        let step = move |tx: &mut Tx| step(tx, &claim, &next, &moving, is_last);
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

fn step(tx: &mut Tx, claim: &Claim, work: &DailyWork, moving: &[CustomerId], is_last: bool) -> Result<Progress> {
    tx.need(customer_keys(moving))?;
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    for id in moving {
        if let Some(customer) = tx.get::<Customer>(id.as_str())? {
            reevaluate(tx, &customer, is_concerned)?;
        }
    }
    let now = tx.now();
    if !is_last {
        job.work = Work::SegmentsDaily(work.clone());
        job.step(50, now);
    } else if tx.config().segments().auto_update().any(|definition| definition.depends_on_day) {
        job.work = Work::SegmentsDaily(WAITING);
        // If the pass has lasted beyond its day, the next one begins at once.
        job.wait_until(next_day(work.began_at.unwrap_or(now), &tx.config().zone()), now);
    } else {
        job.finish(json!({}), now);
    }
    tx.put(job);
    Ok(Progress::Made)
}

/// When the day after this moment's begins in the zone.
fn next_day(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let start = now.to_jiff().and_then(|now| {
        let tomorrow = zone.to_datetime(now).date().tomorrow().ok()?;
        zone.to_timestamp(tomorrow.to_datetime(Time::midnight())).ok()
    });
    // At the end of the calendar there is no next day.
    start.map_or(now.plus_millis(DAY), |start| Timestamp::from_millis(start.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use guerdon_model::project::time_zone;

    use super::*;

    #[test]
    fn a_day_begins_where_the_project_is() {
        for (zone, now, expected) in [
            ("UTC", "2026-05-10T12:00:00.000Z", "2026-05-11T00:00:00.000Z"),
            ("UTC", "2026-05-10T00:00:00.000Z", "2026-05-11T00:00:00.000Z"),
            ("Europe/Warsaw", "2026-05-10T22:30:00.000Z", "2026-05-11T22:00:00.000Z"),
            ("Europe/Warsaw", "2026-03-28T23:30:00.000Z", "2026-03-29T22:00:00.000Z"),
            ("GMT-11", "2026-05-10T12:00:00.000Z", "2026-05-11T11:00:00.000Z"),
        ] {
            let zone = time_zone(zone).expect("a zone");
            let now = Timestamp::parse(now).expect("a time");
            assert_eq!(next_day(now, &zone).to_string(), expected, "{zone:?}");
        }
    }
}
