//! Sessions: what a validation reserves for whoever comes back with the session's key.
//!
//! What all sessions have reserved of a voucher is counted in the voucher itself, ended ones included until
//! somebody removes them. So a check costs the same however many sessions there are, and a redemption that
//! reads the voucher needs nothing else. [`due`] says when ended ones may be among them; [`sweep`] removes
//! them, a slice at a time. `docs/validations.md` has the page for users.

use std::sync::Arc;

use guerdon_engine::{discount::Applied, evaluate::Evaluation};
use guerdon_model::{
    Error, Timestamp,
    ids::{ProjectId, VoucherId},
    redeemable::SessionLock,
    voucher::Voucher,
};
use guerdon_store::{Collection, Condition, Key, Order, Query};

use super::{Found, Gathering};
use crate::{
    context::Context,
    failure::{damaged, unavailable},
    service::Guerdon,
    tx::{Result, Tx},
    vouchers,
};

/// The word for sessions in errors.
const RESOURCE: &str = "session";
/// How many ended sessions are removed in one commit.
const SLICE: usize = 200;

/// What a command that looks at redeemables comes to.
#[derive(Debug)]
pub enum Attempt<T> {
    Done(T),
    /// Nothing has been changed: [`sweep`] these, and run the command again.
    Due(Vec<VoucherId>),
}

impl<T> Attempt<T> {
    /// Makes something else of what is done.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Attempt<U> {
        match self {
            Attempt::Done(value) => Attempt::Done(make(value)),
            Attempt::Due(vouchers) => Attempt::Due(vouchers),
        }
    }
}

/// The vouchers of which sessions are counted that may have ended, where that is in the way of anything.
pub fn due(tx: &Tx, gathering: &Gathering) -> Vec<VoucherId> {
    let vouchers = gathering.redeemables.iter().filter_map(|gathered| gathered.voucher());
    let due = vouchers.filter(|voucher| voucher.locked.is_due(tx.now()) && is_short(voucher));
    due.map(|voucher| voucher.id.clone()).collect()
}

/// Whether somebody may go away empty-handed because of what sessions have reserved.
fn is_short(voucher: &Voucher) -> bool {
    let uses = &voucher.redemption;
    let has_redemptions =
        uses.quantity.is_none_or(|quantity| quantity - uses.redeemed_quantity > voucher.locked.sessions);
    !has_redemptions || voucher.locked.amount > 0
}

/// Reserves, in the place of what the session has reserved of the same voucher before: one redemption, and what
/// it would spend.
pub fn take(tx: &mut Tx, reservation: &Reservation, key: &str, expires_at: Timestamp) -> Result<()> {
    let Reservation { voucher, own, amount } = reservation;
    let (id, voucher_id) = (SessionLock::id_of(&voucher.id, key), voucher.id.clone());
    let lock = SessionLock { id, voucher_id, key: key.to_owned(), amount: *amount, expires_at };
    let mut changed = voucher.as_ref().clone();
    if let Some(own) = own {
        changed.locked.remove(own);
    }
    if !lock.has_ended(tx.now()) {
        changed.locked.add(&lock);
        tx.put(lock);
    } else if own.is_some() {
        tx.delete::<SessionLock>(&lock.id);
    }
    store(tx, voucher, changed)
}

/// Gives back what the session of the request has reserved of something that is redeemed now. The voucher is
/// the caller's to store.
pub fn give_back(tx: &mut Tx, found: &Found, voucher: &mut Voucher) {
    if let Some(own) = &found.own_lock {
        voucher.locked.remove(own);
        tx.delete::<SessionLock>(&own.id);
    }
}

/// Ends a session's hold on a voucher.
///
/// # Errors
/// `not_found` for the voucher or the session.
pub fn release(tx: &mut Tx, code: &str, key: &str) -> Result<()> {
    let voucher = vouchers::get(tx, code)?;
    let lock = tx.get::<SessionLock>(&SessionLock::id_of(&voucher.id, key))?;
    let lock = lock.filter(|lock| !lock.has_ended(tx.now())).ok_or_else(|| Error::not_found(RESOURCE, key))?;
    let mut changed = voucher.as_ref().clone();
    changed.locked.remove(&lock);
    tx.delete::<SessionLock>(&lock.id);
    store(tx, &voucher, changed)
}

fn store(tx: &mut Tx, before: &Voucher, voucher: Voucher) -> Result<()> {
    if voucher.locked == before.locked {
        return Ok(());
    }
    vouchers::store(tx, Some(before), voucher)
}

/// Removes what has ended of these vouchers' sessions, up to [`SLICE`] of each.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`.
pub async fn sweep(guerdon: &Guerdon, context: &Context, vouchers: &[VoucherId]) -> std::result::Result<(), Error> {
    for voucher in vouchers {
        let known = guerdon.executor.read(context, |tx| tx.get::<Voucher>(voucher.as_str())).await?;
        let sweeps = known.map_or(0, |voucher| voucher.locked.sweeps);
        let column = column("voucher_id");
        let soonest = Query {
            conditions: vec![(column, Condition::Equals(voucher.as_str().into()))],
            limit: SLICE + 1,
            ..soonest_first(&context.project)
        };
        let mut locks = look_up(guerdon, soonest).await?;
        let now = guerdon.clock.now();
        let ended = locks.iter().take(SLICE).take_while(|lock| lock.has_ended(now)).count();
        let next = locks.get(ended).map(|lock| lock.expires_at);
        locks.truncate(ended);
        let ended: Vec<String> = locks.into_iter().map(|lock| lock.id).collect();
        let (voucher, needs) = (voucher.clone(), needs(voucher, &ended));
        let remove = move |tx: &mut Tx| remove(tx, &voucher, &ended, next, sweeps);
        guerdon.executor.execute(context.clone(), needs, remove).await?;
    }
    Ok(())
}

fn column(name: &str) -> usize {
    Collection::SessionLocks.column(name).expect("the collection's table has this column")
}

fn soonest_first(project: &ProjectId) -> Query {
    let order = Order::Column { column: column("expires_at"), descending: false };
    Query { order, ..Query::all(project.clone(), Collection::SessionLocks) }
}

async fn look_up(guerdon: &Guerdon, query: Query) -> std::result::Result<Vec<SessionLock>, Error> {
    let page = guerdon.store.query(query).await.map_err(unavailable)?;
    page.records.iter().map(|record| record.document().map_err(damaged)).collect()
}

fn needs(voucher: &VoucherId, locks: &[String]) -> Vec<Key> {
    let locks = locks.iter().map(|id| Key::id(Collection::SessionLocks, id.as_str()));
    locks.chain([Key::id(Collection::Vouchers, voucher.as_str())]).collect()
}

/// Removes those of these locks that have ended: somebody may have prolonged one meanwhile. `next` is when the
/// first of all others ends, as it was after so many `sweeps`.
fn remove(tx: &mut Tx, voucher: &VoucherId, locks: &[String], next: Option<Timestamp>, sweeps: i64) -> Result<()> {
    tx.need(needs(voucher, locks))?;
    let before = tx.get::<Voucher>(voucher.as_str())?;
    let mut changed = before.as_deref().cloned();
    for id in locks {
        let Some(lock) = tx.get::<SessionLock>(id)?.filter(|lock| lock.has_ended(tx.now())) else { continue };
        if let Some(changed) = &mut changed {
            changed.locked.remove(&lock);
        }
        tx.delete::<SessionLock>(id);
    }
    match (before, changed) {
        (Some(before), Some(mut changed)) => {
            changed.locked.settle(next, sweeps);
            store(tx, &before, changed)
        }
        // The voucher was deleted for good.
        _ => Ok(()),
    }
}

/// Removes a project's ended sessions, whether or not somebody asks for their vouchers; returns how many
/// there were, at most [`SLICE`].
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`.
pub(crate) async fn prune(guerdon: &Guerdon, project: &ProjectId) -> std::result::Result<usize, Error> {
    let now = guerdon.clock.now();
    let conditions = vec![(column("expires_at"), Condition::AtMost(now.into()))];
    let ended = look_up(guerdon, Query { conditions, limit: SLICE, ..soonest_first(project) }).await?;
    let mut vouchers: Vec<VoucherId> = ended.iter().map(|lock| lock.voucher_id.clone()).collect();
    vouchers.sort();
    vouchers.dedup();
    let context = Context::background(project.clone(), &guerdon.ids.next(now));
    sweep(guerdon, &context, &vouchers).await?;
    Ok(ended.len())
}

/// What a session is to reserve of one voucher.
#[derive(Debug)]
pub struct Reservation {
    voucher: Arc<Voucher>,
    own: Option<Arc<SessionLock>>,
    /// Credits of a gift card, points of a loyalty card.
    amount: i64,
}

/// What a session would reserve of all that is applied. Promotion tiers have nothing to run out of.
pub fn reservations(gathering: &Gathering, evaluation: &Evaluation<'_>) -> Vec<Reservation> {
    let reserved = evaluation.applied().filter_map(|(place, applied)| {
        let gathered = &gathering.redeemables[place];
        let amount = match &applied.result {
            Applied::Discount(_) => 0,
            Applied::Gift(gift) => gift.result.credits,
            Applied::LoyaltyCard(card) => card.points,
        };
        let own = gathered.found.as_ref().and_then(|found| found.own_lock.clone());
        Some(Reservation { voucher: gathered.voucher()?.clone(), own, amount })
    });
    reserved.collect()
}
