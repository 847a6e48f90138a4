//! Writes the file of an export, step by step.
//!
//! The collection is walked through by id, a page at a time. If the rows are to be in that order, each page
//! is the next piece of the file; otherwise it is a sorted run (`runs`), and the file is what the runs merge
//! into. Jobs of this kind take turns: after [`TURN`], one gives way to the others of its project.

use std::{collections::BTreeMap, sync::Arc};

use guerdon_model::{
    Error,
    export::{Export, ExportFile, ExportStatus},
    filter::{Filter, Moment},
    ids::{ExportId, VoucherId},
};
use guerdon_store::{BlobChunk, Collection, Condition, Key, Order, Query};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Claim, Progress, Work,
    runs::{self, Merge, Merger, Run},
};
use crate::{
    blobs::CHUNK,
    context::Context,
    exports::{
        file::{self, Lines},
        filters,
        resource::{Resource, SortBy, Sorting, Surroundings, at, resource},
    },
    failure::{damaged, unavailable},
    service::Guerdon,
    tx::{Result, Tx},
};

/// How many documents are looked at in one step.
const PAGE: usize = 500;
/// How many steps make a turn.
const TURN: usize = 100;

/// Where an export stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportWork {
    pub(crate) export: ExportId,
    /// The columns of the file, as they were when it was asked for.
    columns: Vec<String>,
    /// The vouchers that its filters name by their codes, as they were when it was asked for.
    #[serde(default)]
    vouchers: BTreeMap<String, VoucherId>,
    /// The last document that was looked at.
    after: Option<Arc<str>>,
    /// Whether all were looked at.
    is_walked: bool,
    /// As much of it as is written.
    file: ExportFile,
    /// What is sorted, the longest first.
    runs: Vec<Run>,
    /// How many runs were begun so far.
    made: u32,
    merge: Option<Merge>,
}

impl ExportWork {
    /// Nothing done yet.
    pub(crate) fn of(export: &Export, columns: Vec<String>, vouchers: BTreeMap<String, VoucherId>) -> Self {
        Self {
            export: export.id.clone(),
            columns,
            vouchers,
            after: None,
            is_walked: false,
            file: ExportFile::default(),
            runs: Vec::new(),
            made: 0,
            merge: None,
        }
    }

    /// Everything that was stored so far.
    pub(crate) fn blobs(&self) -> Vec<String> {
        let file = [file::blob(&self.export)];
        let merge =
            self.merge.iter().flat_map(|merge| merge.cursors.iter().map(|cursor| &cursor.run).chain(&merge.into));
        let runs = self.runs.iter().chain(merge).map(|run| runs::blob(&self.export, run.number));
        file.into_iter().chain(runs).collect()
    }

    /// The next run, with its level and pieces.
    fn new_run(&mut self, level: u32, chunks: u32) -> Run {
        self.made += 1;
        Run { number: self.made - 1, level, chunks }
    }
}

/// What a step stores besides where the work stands.
#[derive(Debug, Clone, Default)]
struct Step {
    chunks: Vec<BlobChunk>,
    dropped: Vec<String>,
    is_last: bool,
}

/// What became of a step.
enum Stored {
    Made,
    Finished,
    Lost,
}

/// Writes on from where the job stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(super) async fn run(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    work: ExportWork,
) -> std::result::Result<Progress, Error> {
    let id = work.export.clone();
    let export = guerdon.executor.read(context, |tx| tx.get::<Export>(id.as_str())).await?;
    let mut worker = match export {
        Some(export) => Some(Worker::new(guerdon, context, export, work).await?),
        None => None,
    };
    for _ in 0..TURN {
        let (step, work) = match &mut worker {
            Some(worker) => (worker.step().await?, Some(worker.work.clone())),
            // It was deleted, which the next commit finds out.
            None => (Step::default(), None),
        };
        let claim = claim.clone();
        let store = move |tx: &mut Tx| store_step(tx, &claim, work.as_ref(), &step);
        match guerdon.executor.execute(context.clone(), Vec::new(), store).await? {
            Stored::Made => {}
            Stored::Finished => return Ok(Progress::Made),
            Stored::Lost => return Ok(Progress::Lost),
        }
    }
    let claim = claim.clone();
    guerdon.executor.execute(context.clone(), Vec::new(), move |tx| claim.give_way(tx)).await
}

/// Commits a step: what it has written, and where the work stands by that.
fn store_step(tx: &mut Tx, claim: &Claim, next: Option<&ExportWork>, step: &Step) -> Result<Stored> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Stored::Lost) };
    let Work::Export(work) = &mut job.work else { return Ok(Stored::Lost) };
    let export = tx.get::<Export>(work.export.as_str())?;
    let (Some(export), Some(next)) = (export, next) else {
        for blob in work.blobs() {
            tx.drop_blob(&blob);
        }
        job.finish(json!({}), tx.now());
        tx.put(job);
        return Ok(Stored::Finished);
    };
    for chunk in &step.chunks {
        tx.append_blob(chunk.clone());
    }
    for blob in &step.dropped {
        tx.drop_blob(blob);
    }
    work.clone_from(next);
    let export = export.as_ref().clone();
    if step.is_last {
        tx.put(Export { status: ExportStatus::Done, file: Some(next.file), ..export });
        job.finish(json!({}), tx.now());
    } else {
        if export.status != ExportStatus::InProgress {
            tx.put(Export { status: ExportStatus::InProgress, ..export });
        }
        job.step(0, tx.now());
    }
    tx.put(job);
    Ok(if step.is_last { Stored::Finished } else { Stored::Made })
}

/// Makes the steps of one export.
struct Worker<'a> {
    guerdon: &'a Guerdon,
    context: &'a Context,
    export: Arc<Export>,
    resource: &'static Resource,
    sorting: Sorting,
    filter: Option<Filter>,
    conditions: Vec<(usize, Condition)>,
    moment: Moment,
    work: ExportWork,
    merger: Option<Merger>,
}

impl<'a> Worker<'a> {
    async fn new(
        guerdon: &'a Guerdon,
        context: &'a Context,
        export: Arc<Export>,
        work: ExportWork,
    ) -> std::result::Result<Self, Error> {
        let resource = resource(export.exported_object);
        let filter = filters::read(resource, &export.parameters)?;
        let filter = filter.map(|filter| filters::by_ids(resource, filter, &work.vouchers));
        Ok(Self {
            guerdon,
            context,
            resource,
            sorting: resource.sorting(&export.parameters)?,
            conditions: filters::conditions(resource, &export.parameters, filter.as_ref()),
            filter,
            // Whatever is relative to a day means the day on which the export was asked for.
            moment: Moment { now: export.created_at, ..guerdon.moment(&context.project).await? },
            export,
            work,
            merger: None,
        })
    }

    async fn step(&mut self) -> std::result::Result<Step, Error> {
        if self.work.merge.is_none()
            && let Some((places, makes_file)) = runs::next(&self.work.runs, self.work.is_walked)
        {
            let merged: Vec<Run> = self.work.runs.drain(places).collect();
            let level = merged.iter().map(|run| run.level).max().unwrap_or_default() + 1;
            let into = (!makes_file).then(|| self.work.new_run(level, 0));
            self.work.merge = Some(Merge::of(&merged, into));
        }
        match &self.work.merge {
            Some(merge) => {
                let merge = merge.clone();
                self.merge(merge).await
            }
            None if self.work.is_walked => Ok(self.finish()),
            None => self.walk().await,
        }
    }

    /// Looks at the next documents.
    async fn walk(&mut self) -> std::result::Result<Step, Error> {
        let order = match self.sorting.by {
            SortBy::Id => Order::Id { descending: self.sorting.descending },
            SortBy::Paths(_) => Order::Id { descending: false },
        };
        let query = Query {
            conditions: self.conditions.clone(),
            order,
            after_id: self.work.after.clone(),
            limit: PAGE,
            ..Query::all(self.context.project.clone(), self.resource.collection)
        };
        let page = self.guerdon.store.query(query).await.map_err(unavailable)?;
        self.work.is_walked = !page.has_more;
        self.work.after = page.records.last().map(|record| record.id.clone()).or(self.work.after.take());

        let config = self.guerdon.snapshots.latest(&self.context.project).await?;
        let surroundings = Surroundings { config: &config, now: self.export.created_at };
        let mut views = Vec::with_capacity(page.records.len());
        for record in &page.records {
            let view = (self.resource.view)(record, &surroundings).map_err(damaged)?;
            let is_wanted = |view: &Value| self.filter.as_ref().is_none_or(|filter| filter.matches(view, &self.moment));
            views.extend(view.filter(is_wanted).map(|view| (&*record.id, view)));
        }
        if let Some(path) = self.resource.needs_customer(&self.work.columns) {
            self.add_customers(&mut views, path).await?;
        }
        let mut step = Step::default();
        match self.sorting.by {
            SortBy::Id => {
                let mut lines = Lines::new(&self.work.columns);
                for (_, view) in &views {
                    lines.add(self.resource, view);
                }
                let lines = lines.finish();
                self.append(&mut step, lines, views.len() as u64);
            }
            SortBy::Paths(paths) => self.add_run(&mut step, &views, paths),
        }
        Ok(step)
    }

    /// Adds to each view the customer whose id lies at `path`.
    async fn add_customers(&self, views: &mut [(&str, Value)], path: &str) -> std::result::Result<(), Error> {
        let id = |view: &Value| Some(at(view, path)?.as_str()?.to_owned());
        let mut ids: Vec<String> = views.iter().filter_map(|(_, view)| id(view)).collect();
        ids.sort_unstable();
        ids.dedup();
        let keys = ids.iter().map(|id| Key::id(Collection::Customers, id.as_str())).collect();
        let loaded = self.guerdon.store.load(&self.context.project, keys).await.map_err(unavailable)?;
        for (_, view) in views {
            let place = id(view).and_then(|id| ids.binary_search(&id).ok());
            if let Some(record) = place.and_then(|place| loaded.records[place].as_ref()) {
                let customer: guerdon_model::customer::Customer = record.document().map_err(damaged)?;
                view["customer"] = serde_json::to_value(customer).map_err(|_| Error::Internal)?;
            }
        }
        Ok(())
    }

    /// Sorts rows into a run of their own.
    fn add_run(&mut self, step: &mut Step, views: &[(&str, Value)], paths: &[&str]) {
        if views.is_empty() {
            return;
        }
        let mut lines = Lines::new(&self.work.columns);
        let mut start = 0;
        let mut rows: Vec<(Vec<u8>, std::ops::Range<usize>)> = Vec::with_capacity(views.len());
        for (id, view) in views {
            let end = lines.add(self.resource, view);
            rows.push((runs::key(view, paths, id), start..end));
            start = end;
        }
        let lines = lines.finish();
        rows.sort_unstable_by(|(one, _), (other, _)| runs::compare(one, other, self.sorting.descending));
        let entries = runs::entries(rows.iter().map(|(key, place)| (key.as_slice(), &lines[place.clone()])));
        let run = self.work.new_run(0, 1);
        step.chunks.push(self.chunk(runs::blob(&self.work.export, run.number), 0, entries));
        self.work.runs.push(run);
    }

    /// Goes on with a merge.
    async fn merge(&mut self, merge: Merge) -> std::result::Result<Step, Error> {
        let (guerdon, project, export) = (self.guerdon, &self.context.project, self.work.export.clone());
        let merger = match &mut self.merger {
            Some(merger) => merger,
            None => {
                let merger = Merger::new(guerdon, project, &export, merge, self.sorting.descending).await?;
                self.merger.insert(merger)
            }
        };
        let merged = merger.step(guerdon, project, &export).await?;
        let place = merger.place(merged.pieces.len());
        let merge = merger.merge().clone();
        let mut step = Step::default();
        match place {
            Some((run, first)) => {
                let blob = runs::blob(&export, run.number);
                let pieces = (first..).zip(merged.pieces);
                step.chunks.extend(pieces.map(|(seq, piece)| self.chunk(blob.clone(), seq, piece)));
            }
            None => self.append(&mut step, merged.pieces.concat(), merged.rows),
        }
        if merged.is_over {
            step.dropped = merge.cursors.iter().map(|cursor| runs::blob(&export, cursor.run.number)).collect();
            self.work.runs.extend(merge.into);
            (self.work.merge, self.merger) = (None, None);
        } else {
            self.work.merge = Some(merge);
        }
        Ok(step)
    }

    /// The last step: a file without rows still has its first line.
    fn finish(&mut self) -> Step {
        let mut step = Step { is_last: true, ..Step::default() };
        if self.work.file.chunks == 0 {
            self.append_piece(&mut step, file::header(&self.work.columns));
        }
        step
    }

    /// Adds lines to the file, behind its first line.
    fn append(&mut self, step: &mut Step, lines: Vec<u8>, rows: u64) {
        if lines.is_empty() {
            return;
        }
        let lines = match self.work.file.chunks {
            0 => [file::header(&self.work.columns), lines].concat(),
            _ => lines,
        };
        self.work.file.rows += rows;
        for piece in lines.chunks(CHUNK) {
            self.append_piece(step, piece.to_vec());
        }
    }

    fn append_piece(&mut self, step: &mut Step, piece: Vec<u8>) {
        self.work.file.bytes += piece.len() as u64;
        step.chunks.push(self.chunk(file::blob(&self.work.export), self.work.file.chunks, piece));
        self.work.file.chunks += 1;
    }

    fn chunk(&self, blob: String, seq: u32, bytes: Vec<u8>) -> BlobChunk {
        BlobChunk { blob, seq, bytes, expires_at: self.export.expires_at() }
    }
}
