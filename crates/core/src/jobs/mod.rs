//! Jobs: work that goes on after its request was answered, and survives whatever happens to us.
//!
//! A job is a document. Whoever works on it moves its `due_at` into the future (a lease) and, with
//! every step, commits the step's changes and the job's progress together: a step happens once, and a
//! job whose worker died becomes due again where it stopped. Jobs of one project run one after the
//! other, in the order in which they were started; only those that generate codes, go through the vouchers of
//! a campaign, or write exports take turns beside them. `docs/async-actions.md` is the page for users.

pub mod bulk;
pub mod campaign_vouchers;
pub mod export;
pub mod generation;
pub mod import;
pub mod items;
mod rows;
mod runner;
mod runs;
mod voucher_items;

use std::borrow::Cow;

use guerdon_model::{
    Error, Timestamp,
    async_action::{AsyncAction, OperationStatus, Status, async_action_object},
    ids::{AsyncActionId, CampaignId, ProjectId, RequestId, SegmentId},
    list::List,
};
use guerdon_store::{Collection, ColumnValue, Condition, Document, Key, Order, Query};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use runner::{release_leases, run_due, work};

use crate::{
    campaigns::import::CampaignVoucherColumn,
    context::Context,
    customers::import::CustomerColumn,
    failure::damaged,
    jobs::{
        bulk::BulkWork, campaign_vouchers::CampaignVouchersWork, export::ExportWork, generation::GenerationWork,
        import::ImportWork, items::ItemsWork,
    },
    products::import::{ProductColumn, SkuColumn},
    segments::{
        daily::DailyWork,
        fill::{FillWork, MemberWork},
    },
    service::Guerdon,
    tx::{Result, Tx},
    vouchers::import::VoucherColumn,
};

/// How long a worker may be silent before another one takes over, in milliseconds.
pub const LEASE: i64 = 15_000;
/// How many failed records a result lists; the others are only counted.
pub const MAX_FAILURES: usize = 1_000;
/// How long the report of a bulk update can be downloaded, in milliseconds.
pub const REPORT_LIFETIME: i64 = 7 * 24 * 3_600_000;

/// Before any time at which a client can have asked for something: so jobs of our own stay out of lists.
const NOT_LISTED: Timestamp = Timestamp::from_millis(-1);

/// A job as stored: what clients see of it, and where the work stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub action: AsyncAction,
    pub work: Work,
    /// When a worker may take it (again); none once it is finished.
    pub due_at: Option<Timestamp>,
    /// How often a worker has taken it. Whoever has taken it before has lost it.
    #[serde(default)]
    pub turn: u32,
    pub tally: Tally,
}

/// The kinds of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    CustomersImport(ImportWork<CustomerColumn>),
    CustomersBulk(BulkWork),
    CustomersMetadata(BulkWork),
    ProductsImport(ImportWork<ProductColumn>),
    SkusImport(ImportWork<SkuColumn>),
    ProductsBulk(BulkWork),
    ProductsMetadata(BulkWork),
    VouchersGenerate(GenerationWork),
    OrdersImport(BulkWork),
    /// Looks for those who match a new auto-update segment.
    SegmentFill(FillWork),
    /// Puts those who were named into a new static segment.
    SegmentMembers(MemberWork),
    /// Goes through the segments that change with the days; due once a day.
    SegmentsDaily(DailyWork),
    /// Forgets who was in a deleted segment.
    SegmentDissolution {
        segment: SegmentId,
    },
    CampaignVouchers(CampaignVouchersWork),
    CampaignImport(ItemsWork),
    CampaignImportCsv(ImportWork<CampaignVoucherColumn>),
    /// Clients see the export instead of an async action.
    Export(ExportWork),
    VouchersImportCsv(ImportWork<VoucherColumn>),
    VouchersImport(BulkWork),
    VouchersBulk(BulkWork),
    VouchersMetadata(BulkWork),
    /// Deletes what is left of a project.
    ProjectPurge {
        project: ProjectId,
    },
}

impl Work {
    /// The type that clients see.
    fn kind(&self) -> &'static str {
        match self {
            Work::CustomersImport(_) => "CUSTOMERS.IMPORT_CSV",
            Work::CustomersBulk(_) => "CUSTOMERS.BULK_UPDATE",
            Work::CustomersMetadata(_) => "CUSTOMERS.METADATA_UPDATE",
            Work::ProductsImport(_) => "PRODUCTS.IMPORT_CSV",
            Work::SkusImport(_) => "SKUS.IMPORT_CSV",
            Work::ProductsBulk(_) => "PRODUCTS.BULK_UPDATE",
            Work::ProductsMetadata(_) => "PRODUCTS.METADATA_UPDATE",
            Work::VouchersGenerate(_) => "CAMPAIGN.VOUCHERS_GENERATE",
            Work::OrdersImport(_) => "ORDERS.IMPORT",
            Work::SegmentFill(_) => "SEGMENTS.FILL",
            Work::SegmentMembers(_) => "SEGMENTS.MEMBERS",
            Work::SegmentsDaily(_) => "SEGMENTS.DAILY",
            Work::SegmentDissolution { .. } => "SEGMENTS.DISSOLUTION",
            Work::CampaignVouchers(work) => work.kind(),
            Work::CampaignImport(_) => "CAMPAIGN.VOUCHERS_IMPORT",
            Work::CampaignImportCsv(_) => "CAMPAIGN.VOUCHERS_IMPORT_CSV",
            Work::Export(_) => "EXPORTS.CREATE",
            Work::VouchersImportCsv(_) => "VOUCHERS.IMPORT_CSV",
            Work::VouchersImport(_) => "VOUCHERS.IMPORT",
            Work::VouchersBulk(_) => "VOUCHERS.BULK_UPDATE",
            Work::VouchersMetadata(_) => "VOUCHERS.METADATA_UPDATE",
            Work::ProjectPurge { .. } => "PROJECTS.PURGE",
        }
    }

    /// Whether such jobs take turns instead of waiting for those before them.
    fn takes_turns(&self) -> bool {
        matches!(self, Work::VouchersGenerate(_) | Work::CampaignVouchers(_) | Work::Export(_))
    }

    /// The campaign whose status tells of such a job.
    fn campaign(&self) -> Option<&CampaignId> {
        match self {
            Work::VouchersGenerate(work) => Some(&work.campaign),
            Work::CampaignVouchers(work) => Some(&work.campaign),
            _ => None,
        }
    }

    /// Where a list of records stands, whatever they are.
    pub(crate) fn bulk(&mut self) -> Option<&mut BulkWork> {
        match self {
            Work::CustomersBulk(work)
            | Work::CustomersMetadata(work)
            | Work::ProductsBulk(work)
            | Work::ProductsMetadata(work)
            | Work::VouchersImport(work)
            | Work::VouchersBulk(work)
            | Work::VouchersMetadata(work)
            | Work::OrdersImport(work) => Some(work),
            _ => None,
        }
    }

    /// Whether clients do not see it among their async actions: because nobody has asked for it, or because
    /// an export says how it is.
    fn is_our_own(&self) -> bool {
        matches!(
            self,
            Work::SegmentFill(_)
                | Work::SegmentMembers(_)
                | Work::SegmentsDaily(_)
                | Work::SegmentDissolution { .. }
                | Work::Export(_)
        )
    }
}

/// What has come of a job's records so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    pub done: u64,
    pub failed: u64,
    /// The first [`MAX_FAILURES`] failures, as the result shows them.
    pub failures: Vec<Value>,
    /// How many pieces the report has.
    pub report_chunks: u32,
}

impl Tally {
    /// Counts a failed record and keeps it if there is room.
    pub fn fail(&mut self, failure: Value) {
        self.failed += 1;
        if self.failures.len() < MAX_FAILURES {
            self.failures.push(failure);
        }
    }
}

impl Document for Job {
    const COLLECTION: Collection = Collection::Jobs;
    fn id(&self) -> &str {
        self.action.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        let listed_at = if self.work.is_our_own() { NOT_LISTED } else { self.action.created_at };
        vec![self.due_at.into(), listed_at.into()]
    }
}

/// Starts a job: it is due at once.
pub fn start(tx: &mut Tx, work: Work) -> Result<AsyncActionId> {
    let id = tx.new_id::<AsyncActionId>();
    schedule(tx, id.clone(), work, tx.now());
    Ok(id)
}

/// Starts a job that is due at some time. Until then it keeps no other one waiting.
pub(crate) fn schedule(tx: &mut Tx, id: AsyncActionId, work: Work, due_at: Timestamp) {
    let now = tx.now();
    tx.put(Job {
        action: AsyncAction {
            id,
            kind: Cow::Borrowed(work.kind()),
            status: Status::Enqueued,
            operation_status: OperationStatus::Unknown,
            result: None,
            created_at: now,
            updated_at: now,
            request_id: RequestId::from(&*tx.context().group_id),
            progress: 0,
            processing_time: None,
            object: async_action_object(),
        },
        work,
        due_at: Some(due_at),
        turn: 0,
        tally: Tally::default(),
    });
}

/// A worker's right to work on a job, until another one takes over.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) id: String,
    turn: u32,
}

impl Claim {
    /// What [`Claim::job`] reads.
    pub(crate) fn key(&self) -> Key {
        Key::id(Collection::Jobs, self.id.as_str())
    }

    /// The job, if it is still ours and not finished. Every step begins with this.
    pub(crate) fn job(&self, tx: &mut Tx) -> Result<Option<Job>> {
        let job = tx.get::<Job>(&self.id)?;
        Ok(job.filter(|job| job.turn == self.turn && job.due_at.is_some()).map(|job| job.as_ref().clone()))
    }

    /// Makes the job due behind the others.
    pub(crate) fn give_way(&self, tx: &mut Tx) -> Result<Progress> {
        let Some(mut job) = self.job(tx)? else { return Ok(Progress::Lost) };
        job.due_at = Some(tx.now());
        tx.put(job);
        Ok(Progress::GaveWay)
    }
}

/// What came of working on a job, or of one step of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Made,
    /// Others may have a turn; the job goes on later.
    GaveWay,
    /// Another worker has taken over: stop.
    Lost,
}

impl Job {
    /// Notes that a step was made: progress in percent, and a new lease.
    pub fn step(&mut self, progress: u8, now: Timestamp) {
        self.action.status = Status::InProgress;
        self.action.progress = progress.min(99);
        self.action.updated_at = now;
        self.due_at = Some(now.plus_millis(LEASE));
    }

    /// Notes that all is done for now, and that it begins anew at some time.
    pub fn wait_until(&mut self, due_at: Timestamp, now: Timestamp) {
        self.action.status = Status::Enqueued;
        self.action.updated_at = now;
        self.due_at = Some(due_at);
    }

    /// Whether its time has not come and nobody is at it.
    fn is_waiting(&self, now: Timestamp) -> bool {
        let is_scheduled = matches!(self.work, Work::SegmentsDaily(_)) && self.action.status == Status::Enqueued;
        is_scheduled && self.due_at.is_some_and(|due_at| due_at > now)
    }

    /// Notes that all is done.
    pub fn finish(&mut self, result: Value, now: Timestamp) {
        self.action.status = Status::Done;
        self.action.operation_status = match self.tally {
            Tally { done: 0, failed: 1.., .. } => OperationStatus::Failed,
            _ => OperationStatus::Success,
        };
        self.action.progress = 100;
        self.action.result = Some(result);
        self.settle(now);
    }

    /// Notes that the work broke off for good.
    pub fn break_off(&mut self, reason: &str, now: Timestamp) {
        self.action.status = Status::Failed;
        self.action.operation_status = OperationStatus::Failed;
        self.action.result = Some(json!({
            "message": reason,
            "done_count": self.tally.done,
            "failed_count": self.tally.failed,
        }));
        self.settle(now);
    }

    fn settle(&mut self, now: Timestamp) {
        self.action.updated_at = now;
        self.due_at = None;
        self.tally.failures = Vec::new();
    }
}

/// One async action, with its result once it is finished.
pub fn get(tx: &mut Tx, id: &str) -> Result<AsyncAction> {
    let job = tx.get::<Job>(id)?.filter(|job| !job.work.is_our_own());
    let job = job.ok_or_else(|| Error::not_found("async_action", id))?;
    let mut action = job.action.clone();
    action.processing_time = Some(action.updated_at.millis_since(action.created_at));
    Ok(action)
}

/// A page of async actions, newest first, without results.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list(
    guerdon: &Guerdon,
    context: &Context,
    end_date: Option<Timestamp>,
    limit: usize,
) -> std::result::Result<List<AsyncAction>, Error> {
    let column = Collection::Jobs.column("created_at").expect("the collection's table has this column");
    let page = guerdon
        .query(
            context,
            Query {
                conditions: [
                    Some((column, Condition::GreaterThan(NOT_LISTED.into()))),
                    end_date.map(|end| (column, Condition::LessThan(end.into()))),
                ]
                .into_iter()
                .flatten()
                .collect(),
                order: Order::Column { column, descending: true },
                limit,
                ..Query::all(context.project.clone(), Collection::Jobs)
            },
        )
        .await?;
    let action = |job: Job| AsyncAction { result: None, ..job.action };
    let rows = page.records.iter().map(|record| record.document().map(action));
    let rows = rows.collect::<std::result::Result<_, _>>().map_err(damaged)?;
    Ok(List { data_ref: "async_actions", rows, total: None, has_more: Some(page.has_more), more_starting_after: None })
}

/// The name of the blob that holds a job's report.
pub fn report_blob(id: &AsyncActionId) -> String {
    format!("report:{id}")
}

/// What opens a report without any other credentials: the project, and a signature of ours.
pub fn report_token(guerdon: &Guerdon, project: &ProjectId, id: &str) -> String {
    format!("{project}.{}", guerdon.secret.token_for(&format!("report:{project}:{id}")))
}

/// The project whose report a token opens, if it is one of ours for this job.
pub fn project_of_report(guerdon: &Guerdon, token: &str, id: &str) -> Option<ProjectId> {
    let (project, _) = token.rsplit_once('.')?;
    let project = ProjectId::from(project);
    crate::secrets::equal(token, &report_token(guerdon, &project, id)).then_some(project)
}
