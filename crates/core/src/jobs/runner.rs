//! Takes due jobs and works them off.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use guerdon_model::{
    Error, Timestamp, async_action::Status, campaign::GenerationStatus, customer::CustomerInput, ids::ProjectId,
    product::ProductInput,
};
use guerdon_store::{Collection, Condition, Query, Record};
use tokio::task::JoinSet;

use super::{
    Claim, Job, LEASE, Progress, Work, bulk, campaign_vouchers, export, generation, import, items, voucher_items,
};
use crate::{
    campaigns,
    context::Context,
    exports,
    failure::unavailable,
    orders, projects,
    segments::{daily, dissolve, fill},
    service::Guerdon,
    tx::{Result, Tx},
    vouchers::bulk::VoucherMetadata,
};

/// How often a worker looks for jobs whose former worker has died.
const LOOK: Duration = Duration::from_secs(1);
/// How many jobs run at a time.
const SIDE_BY_SIDE: usize = 4;

/// Works off jobs until it is dropped: one at a time of each line, several lines side by side.
pub async fn work(guerdon: Arc<Guerdon>) {
    let mut running = JoinSet::new();
    let mut busy = HashSet::new();
    loop {
        tokio::select! {
            () = guerdon.signals.jobs.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
            Some(ended) = running.join_next(), if !running.is_empty() => match ended {
                Ok(line) => drop(busy.remove(&line)),
                Err(error) => {
                    // Its line is not known any more; the lease keeps others from its job for a while.
                    tracing::error!(%error, "a job's worker has broken off");
                    busy.clear();
                }
            },
        }
        match first_in_line(&guerdon).await {
            Ok(jobs) => {
                for Due { line, id } in jobs {
                    if running.len() < SIDE_BY_SIDE && busy.insert(line.clone()) {
                        let guerdon = guerdon.clone();
                        running.spawn(async move {
                            run(guerdon, line.project.clone(), id).await;
                            line
                        });
                    }
                }
            }
            Err(error) => tracing::error!(%error, "due jobs could not be looked up"),
        }
    }
}

/// Works off everything that is due now, and what becomes due by that; returns how many jobs ended.
pub async fn run_due(guerdon: &Arc<Guerdon>) -> usize {
    let mut ended = 0;
    loop {
        let jobs = match first_in_line(guerdon).await {
            Ok(jobs) if jobs.is_empty() => return ended,
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::error!(%error, "due jobs could not be looked up");
                return ended;
            }
        };
        let runs = jobs.into_iter().map(|Due { line, id }| run(guerdon.clone(), line.project, id));
        let outcomes = futures_util::future::join_all(runs).await;
        ended += outcomes.iter().filter(|outcome| **outcome == Ended::Settled).count();
        if outcomes.iter().all(|outcome| *outcome == Ended::Elsewhere) {
            // Somebody else has them, or the store does not answer: look again later.
            return ended;
        }
    }
}

/// Jobs of one project that wait for each other: those that run in the order in which they were started,
/// or those that take turns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Line {
    project: ProjectId,
    takes_turns: bool,
}

/// The next job of a line.
struct Due {
    line: Line,
    id: String,
}

/// What became of a job in one worker's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Settled,
    GaveWay,
    /// Somebody else has it, or will go on with it.
    Elsewhere,
}

/// Of each line the next job, if it is due: the oldest, or of those that take turns the one that has waited
/// for longest. One whose time has not come stands in nobody's way.
async fn first_in_line(guerdon: &Guerdon) -> std::result::Result<Vec<Due>, Error> {
    let now = guerdon.clock.now();
    let mut first: HashMap<Line, (Timestamp, String)> = HashMap::new();
    for record in unfinished(guerdon).await? {
        let Ok(job) = record.document::<Job>() else { continue };
        let Some(due_at) = job.due_at.filter(|_| !job.is_waiting(now)) else { continue };
        let line = Line { project: record.project.clone(), takes_turns: job.work.takes_turns() };
        let is_next = match first.get(&line) {
            None => true,
            Some((earliest, _)) => line.takes_turns && due_at < *earliest,
        };
        if is_next {
            first.insert(line, (due_at, record.id.to_string()));
        }
    }
    let due = first.into_iter().filter(|(_, (due_at, _))| *due_at <= now);
    Ok(due.map(|(line, (_, id))| Due { line, id }).collect())
}

/// Makes every unfinished job due at once, for a process that is the only one on its store: whoever
/// held the leases is gone.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`.
pub async fn release_leases(guerdon: &Guerdon) -> std::result::Result<(), Error> {
    for record in unfinished(guerdon).await? {
        let (project, id) = (record.project.clone(), record.id.to_string());
        let context = Context::background(project, &guerdon.ids.next(guerdon.clock.now()));
        guerdon
            .executor
            .execute(context, Vec::new(), move |tx| {
                if let Some(job) = tx.get::<Job>(&id)?
                    && job.due_at.is_some()
                    && job.action.status == Status::InProgress
                {
                    tx.put(Job { due_at: Some(tx.now()), ..job.as_ref().clone() });
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}

/// All jobs of all projects that are not finished, oldest first.
async fn unfinished(guerdon: &Guerdon) -> std::result::Result<Vec<Record>, Error> {
    let due_at = Collection::Jobs.column("due_at").expect("the collection's table has this column");
    let query = Query {
        project: None,
        conditions: vec![(due_at, Condition::NotNull)],
        ..Query::all(guerdon_model::ids::organization(), Collection::Jobs)
    };
    Ok(guerdon.store.query(query).await.map_err(unavailable)?.records)
}

/// Takes one job and works on it.
async fn run(guerdon: Arc<Guerdon>, project: ProjectId, id: String) -> Ended {
    let job = {
        let id = id.clone();
        let context = Context::background(project.clone(), &guerdon.ids.next(guerdon.clock.now()));
        guerdon.executor.execute(context, Vec::new(), move |tx| claim(tx, &id)).await
    };
    let job = match job {
        Ok(Some(job)) => job,
        Ok(None) => return Ended::Elsewhere,
        Err(error) => {
            tracing::error!(%project, job = id, %error, "a job could not be taken");
            return Ended::Elsewhere;
        }
    };
    let context = Context {
        project: project.clone(),
        group_id: job.action.request_id.as_str().into(),
        source: guerdon_model::event::EventSource::internal(),
        caller: None,
        keyed: None,
    };
    let claim = Claim { id: id.clone(), turn: job.turn };
    let outcome = match job.work.clone() {
        Work::CustomersImport(work) => import::run(&guerdon, &context, &claim, work).await,
        Work::ProductsImport(work) => import::run(&guerdon, &context, &claim, work).await,
        Work::SkusImport(work) => import::run(&guerdon, &context, &claim, work).await,
        Work::CustomersBulk(work) | Work::CustomersMetadata(work) => {
            bulk::run::<CustomerInput>(&guerdon, &context, &claim, work).await
        }
        Work::ProductsBulk(work) | Work::ProductsMetadata(work) => {
            bulk::run::<ProductInput>(&guerdon, &context, &claim, work).await
        }
        Work::VouchersImportCsv(work) => import::run(&guerdon, &context, &claim, work).await,
        Work::VouchersImport(work) => voucher_items::run(&guerdon, &context, &claim, work).await,
        Work::VouchersBulk(work) | Work::VouchersMetadata(work) => {
            bulk::run::<VoucherMetadata>(&guerdon, &context, &claim, work).await
        }
        Work::VouchersGenerate(_) => generation::run(&guerdon, &context, &claim).await,
        Work::OrdersImport(work) => orders::import::run(&guerdon, &context, &claim, work).await,
        Work::SegmentFill(work) => fill::run(&guerdon, &context, &claim, work).await,
        Work::SegmentMembers(work) => fill::run_named(&guerdon, &context, &claim, work).await,
        Work::SegmentsDaily(work) => daily::run(&guerdon, &context, &claim, work).await,
        Work::SegmentDissolution { segment } => dissolve::run(&guerdon, &context, &claim, &segment).await,
        Work::CampaignVouchers(work) => campaign_vouchers::run(&guerdon, &context, &claim, work).await,
        Work::CampaignImport(work) => items::run(&guerdon, &context, &claim, work).await,
        Work::CampaignImportCsv(work) => import::run(&guerdon, &context, &claim, work).await,
        Work::Export(work) => export::run(&guerdon, &context, &claim, work).await,
        Work::ProjectPurge { project } => projects::purge(&guerdon, &context, &claim, &project).await,
    };
    match outcome {
        Ok(Progress::Lost) => {
            tracing::warn!(%project, job = id, "another worker has taken over a job");
            Ended::Elsewhere
        }
        Ok(Progress::Made) => {
            tracing::info!(%project, job = id, kind = %job.action.kind, "a job has ended");
            Ended::Settled
        }
        Ok(Progress::GaveWay) => Ended::GaveWay,
        // Its lease runs out and whoever finds it then goes on.
        Err(Error::StoreUnavailable | Error::Overloaded { .. }) => Ended::Elsewhere,
        Err(error) => {
            tracing::error!(%project, job = id, %error, "a job has broken off");
            let reason = error.to_string();
            let broken = guerdon.executor.execute(context, Vec::new(), move |tx| break_off(tx, &claim, &reason)).await;
            if broken.is_ok() { Ended::Settled } else { Ended::Elsewhere }
        }
    }
}

/// Leases the job to the caller, unless somebody else has it or it is finished.
fn claim(tx: &mut Tx, id: &str) -> Result<Option<Job>> {
    let Some(job) = tx.get::<Job>(id)? else { return Ok(None) };
    let now = tx.now();
    if job.due_at.is_none_or(|due_at| due_at > now) {
        return Ok(None);
    }
    let mut job = job.as_ref().clone();
    job.action.status = Status::InProgress;
    job.due_at = Some(now.plus_millis(LEASE));
    job.turn += 1;
    tx.put(job.clone());
    Ok(Some(job))
}

fn break_off(tx: &mut Tx, claim: &Claim, reason: &str) -> Result<()> {
    if let Some(mut job) = claim.job(tx)? {
        if let Some(campaign) = job.work.campaign().cloned() {
            campaigns::end_job(tx, &campaign, &job.action.id, Some(GenerationStatus::Failed))?;
        }
        if let Work::Export(work) = &job.work {
            exports::fail(tx, work)?;
        }
        job.break_off(reason, tx.now());
        tx.put(job);
    }
    Ok(())
}
