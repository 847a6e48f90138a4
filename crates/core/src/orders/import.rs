//! Imports of historical orders: a list of orders in one body, stored one by one without telling
//! anybody. `docs/orders.md` has the rules.

use std::sync::Arc;

use guerdon_model::{
    Error,
    error::{Path, Rule},
    ids::CustomerId,
    order::OrderInput,
    payload,
};
use guerdon_store::Key;
use serde_json::{json, value::RawValue};

use super::{insert, keys_of_input, named, patch, summary};
use crate::{
    blobs,
    context::Context,
    jobs::{
        Claim, Progress,
        bulk::BulkWork,
        import::{reason, result},
    },
    service::Guerdon,
    tx::{Result, Stop, Tx},
};

/// The most orders of one import.
pub const MAX_ORDERS: usize = 2_000;
/// How many orders are stored in one commit.
const SLICE: usize = 50;
/// What a record is called in the result.
const NOUN: &str = "order";

/// The first thing that is wrong with a body. Whatever can be told from it alone is told at once.
///
/// # Errors
/// [`payload::Unreadable`]; of an order within the list, the place is that within the order.
pub fn check(body: &[u8]) -> std::result::Result<(), payload::Unreadable> {
    let Ok(orders) = serde_json::from_slice::<Vec<&RawValue>>(body) else {
        payload::parse_any(body)?;
        return Err(Error::invalid_payload(Path::root(), Rule::Type("array".into())).into());
    };
    if orders.len() > MAX_ORDERS {
        return Err(Error::invalid_payload(Path::root(), Rule::MaxItems(MAX_ORDERS)).into());
    }
    orders.into_iter().try_for_each(|order| Ok(payload::parse::<OrderInput>(order.get().as_bytes())?.check()?))
}

/// Works an import off from where it stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(crate) async fn run(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    work: BulkWork,
) -> std::result::Result<Progress, Error> {
    let body = blobs::read(guerdon, context, &work.blob, work.chunks).await?;
    // They were checked when they arrived. Read all at once, they might take a hundred times as much
    // memory as their text.
    let texts: Vec<Box<RawValue>> = serde_json::from_slice(&body).map_err(|_| Error::Internal)?;
    drop(body);
    let mut next = work.next;
    while next < texts.len() {
        let end = (next + SLICE).min(texts.len());
        let orders = texts[next..end].iter().map(|text| payload::parse(text.get().as_bytes()));
        let orders: Vec<OrderInput> = orders.collect::<std::result::Result<_, _>>().map_err(|_| Error::Internal)?;
        let needs = keys(&orders);
        let slice = Slice { orders, end, progress: (end * 100 / texts.len()) as u8 };
        let ours = claim.clone();
        let store = move |tx: &mut Tx| store_slice(tx, &ours, &slice);
        let (step, forgetful) = guerdon.executor.execute(context.clone(), needs, store).await?;
        if step == Progress::Lost {
            return Ok(step);
        }
        summary::relearn(guerdon, context, &forgetful).await;
        next = end;
    }
    let claim = claim.clone();
    guerdon.executor.execute(context.clone(), Vec::new(), move |tx| finish(tx, &claim)).await
}

fn keys(orders: &[OrderInput]) -> Vec<Key> {
    orders.iter().flat_map(keys_of_input).collect()
}

/// Orders that are stored in one commit.
struct Slice {
    orders: Vec<OrderInput>,
    /// The place of the order behind them.
    end: usize,
    /// How much is done after them, in percent.
    progress: u8,
}

/// What came of a step, and the customers whose last orders have to be looked up.
type Step = (Progress, Vec<CustomerId>);

fn store_slice(tx: &mut Tx, claim: &Claim, slice: &Slice) -> Result<Step> {
    let Some(mut job) = claim.job(tx)? else { return Ok((Progress::Lost, Vec::new())) };
    let Some(work) = job.work.bulk() else { return Ok((Progress::Lost, Vec::new())) };
    work.next = slice.end;
    tx.need(keys(&slice.orders))?;
    let mut forgetful = Vec::new();
    for order in &slice.orders {
        match tx.attempt(|tx| store(tx, order)) {
            Ok(mut customers) => {
                forgetful.append(&mut customers);
                job.tally.done += 1;
            }
            Err(Stop::NotLoaded) => return Err(Stop::NotLoaded),
            Err(Stop::Refused(error)) => {
                let source_id = order.source_id.as_value();
                job.tally.fail(json!({"source_id": source_id, "reason": reason(&error)}));
            }
        }
    }
    job.step(slice.progress, tx.now());
    tx.put(job);
    Ok((Progress::Made, forgetful))
}

/// Creates or updates one order, whenever it was placed: what is imported has its time in metadata.
fn store(tx: &mut Tx, input: &OrderInput) -> Result<Vec<CustomerId>> {
    let change = match named(tx, input)? {
        Some(order) => patch(tx, order, input)?,
        None => {
            let now = tx.now();
            insert(tx, input, now)?
        }
    };
    Ok(change.forgetful)
}

fn finish(tx: &mut Tx, claim: &Claim) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    let Some(work) = job.work.bulk() else { return Ok(Progress::Lost) };
    tx.drop_blob(&work.blob);
    let result = result(NOUN, &job.tally);
    job.finish(result, tx.now());
    tx.put(job);
    Ok(Progress::Made)
}
