//! Rolling redemptions back: one by itself, or all that were made together.

use std::sync::Arc;

use guerdon_model::{
    Error, Patch, Timestamp,
    customer::{Customer, SimpleCustomer},
    ids::{CustomerId, FailedRollbackId, RedemptionId, RollbackId},
    metadata_schema::Scope,
    order::Order,
    redeemable::{Card, ErrorAnswer},
    redemption::{
        ChannelType, Redemption, RedemptionAnswer, RedemptionKind, RedemptionStatus, RollbackInput, RollbacksAnswer,
        RolledBack,
    },
    stacking_rules::RollbackOrderMode,
    voucher::Voucher,
    voucher_transaction::TransactionType,
};
use guerdon_store::{Collection, Key};
use jiff::{ToSpan, tz::TimeZone};
use serde::Serialize;
use serde_json::json;

use super::{
    Done, Outcome, answer, channel,
    counters::{self, Change, People},
    get, key, shapes,
    tell::{self, Subject},
    write::{count_holder, details, spent},
};
use crate::{
    context::Context,
    customers::{
        self,
        summary::{self, Redeemed},
    },
    idempotency::Answered,
    orders::{self, redeemed},
    promotions::tiers,
    redeemables::{self, RESOURCE},
    referrals,
    service::Guerdon,
    snapshot::Snapshot,
    tx::{Result, Tx},
    vouchers::{
        self,
        ledger::{self, Entry},
    },
};

/// The word for rollbacks in errors.
const ROLLBACK: &str = "redemption_rollback";
/// For how many months after a redemption it can be rolled back.
const MONTHS: i32 = 3;

/// Which redemptions an endpoint is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Those that were made by themselves.
    Alone,
    /// Those, and what stands for several.
    Together,
}

/// A rollback that was carried out.
struct RolledBackAll {
    rollbacks: Vec<One>,
    parent: Option<RedemptionAnswer>,
    order: Option<Order>,
    forgetful: Vec<CustomerId>,
}

/// One redemption that was rolled back.
struct One {
    shown: RedemptionAnswer,
    /// As it is now.
    voucher: Option<Voucher>,
}

/// Makes an answer.
type Tell<A> = fn(&Tx, RolledBackAll) -> Result<A>;

/// Rolls a redemption back that was made by itself.
///
/// # Errors
/// `not_found` for the redemption or a customer; `invalid_redemption_parent` or `invalid_redemption` if it was made
/// together with others; `invalid_payload`; `metadata_validation_failed`; `StoreUnavailable` or `Overloaded`. Of
/// these, nothing is stored.
pub async fn roll_back(
    guerdon: &Guerdon,
    context: &Context,
    id: &str,
    input: RollbackInput,
) -> std::result::Result<Answered<Outcome<RedemptionAnswer>>, Error> {
    carry_out(guerdon, context, id, input, Way::Alone, |_, done| {
        let One { mut shown, .. } = done.rollbacks.into_iter().next().ok_or(Error::Internal)?;
        shown.order = done.order.map_or(Patch::Null, |order| Patch::Value(Box::new(order.into_answer())));
        Ok(shown)
    })
    .await
}

/// Rolls back what was made together with others, by what stands for all of them, or one by itself.
///
/// # Errors
/// As [`roll_back`].
pub async fn roll_back_all(
    guerdon: &Guerdon,
    context: &Context,
    id: &str,
    input: RollbackInput,
) -> std::result::Result<Answered<Outcome<RollbacksAnswer>>, Error> {
    carry_out(guerdon, context, id, input, Way::Together, |tx, done| {
        let shorter = |One { shown, voucher }| RedemptionAnswer {
            voucher: match voucher {
                Some(voucher) => answer::short_voucher(tx.config(), &voucher, None),
                None => Patch::Absent,
            },
            ..shown
        };
        Ok(RollbacksAnswer {
            rollbacks: done.rollbacks.into_iter().map(shorter).collect(),
            parent_rollback: done.parent,
            order: done.order.map(Order::into_answer),
        })
    })
    .await
}

async fn carry_out<A: Serialize + Send + 'static>(
    guerdon: &Guerdon,
    context: &Context,
    id: &str,
    input: RollbackInput,
    way: Way,
    tell: Tell<A>,
) -> std::result::Result<Answered<Outcome<A>>, Error> {
    input.check()?;
    let config = guerdon.snapshots.get(&context.project, None).await?;
    let (needs, id) = (keys(&config, id, &input), id.to_owned());
    let command = move |tx: &mut Tx| roll_back_in(tx, &id, &input, way, tell);
    let done = guerdon.executor.answer_as(context.clone(), needs, command, Done::reply).await?;
    if let Answered::Now(done) = &done {
        orders::summary::relearn(guerdon, context, &done.forgetful).await;
    }
    Ok(done.map(|done| done.outcome))
}

/// What [`roll_back_in`] surely reads.
fn keys(config: &Snapshot, id: &str, input: &RollbackInput) -> Vec<Key> {
    let customer = redeemables::buyer(config, &input.scene());
    let customer = customer.map(|customer| customers::upsert_keys(&customer));
    key(id).into_iter().chain(customer.into_iter().flatten()).collect()
}

/// Rolls back within a command.
fn roll_back_in<A>(tx: &mut Tx, id: &str, input: &RollbackInput, way: Way, tell: Tell<A>) -> Result<Done<A>> {
    tx.need(keys(tx.config(), id, input))?;
    let redemption = get(tx, id)?;
    if redemption.parent_redemption_id.is_some() {
        return Err(Error::InvalidRedemptionParent.into());
    }
    if way == Way::Alone && redemption.is_parent() {
        let details = "You can rollback only a single redemption. Use different endpoint for stacked redemption.";
        return Err(Error::InvalidRedemption { details }.into());
    }
    let metadata = input.metadata.as_value().cloned().unwrap_or_default();
    tx.config().check_metadata(RESOURCE, &metadata, Scope::SentKeysOnly)?;
    if let Some(order) = redemption.order.as_ref().and_then(|order| order.id.as_ref()) {
        tx.need(orders::keys(order.as_str()))?;
    }
    match refusal(tx, &redemption, input)? {
        Some(error) => {
            let error = fail(tx, &redemption, input, &error)?;
            Ok(Done { outcome: Outcome::Refused(Box::new(error)), forgetful: Vec::new() })
        }
        None => {
            let mut done = undo_all(tx, &redemption, input)?;
            let forgetful = std::mem::take(&mut done.forgetful);
            Ok(Done { outcome: Outcome::Done(tell(tx, done)?), forgetful })
        }
    }
}

/// Why the redemption can't be rolled back; none if it can.
fn refusal(tx: &mut Tx, redemption: &Redemption, input: &RollbackInput) -> Result<Option<Error>> {
    if redemption.rollback.is_some() {
        return Ok(Some(Error::AlreadyRolledBack));
    }
    if redemption.kind() != RedemptionKind::Redemption {
        let details = "Only a redemption that has succeeded can be rolled back.";
        return Ok(Some(Error::InvalidRedemption { details }));
    }
    if is_too_old(redemption.date, tx.now()) {
        let details = "You can rollback only a redemption that is not older than 3 months.";
        return Ok(Some(Error::InvalidRedemption { details }));
    }
    if is_of_another_order(tx, redemption, input)? {
        return Ok(Some(Error::UnrelatedOrder));
    }
    let customer = match redeemables::buyer(tx.config(), &input.scene()) {
        Some(named) => customers::named(tx, &named)?,
        None => None,
    };
    let is_another = customer.is_some_and(|customer| redemption.customer_id.as_ref() != Some(&customer.id));
    Ok(is_another.then_some(Error::UnrelatedCustomer))
}

fn is_too_old(date: Timestamp, now: Timestamp) -> bool {
    let end = date.to_jiff().and_then(|date| date.to_zoned_datetime(TimeZone::UTC).checked_add(MONTHS.months()).ok());
    end.is_some_and(|end| end.timestamp().as_millisecond() < now.as_millis())
}

fn is_of_another_order(tx: &mut Tx, redemption: &Redemption, input: &RollbackInput) -> Result<bool> {
    let Some(named) = &input.order else { return Ok(false) };
    let own = redemption.order.as_ref().and_then(|order| order.id.as_ref());
    Ok(match (&named.id, &named.source_id) {
        (Patch::Value(id), _) => own.is_none_or(|own| own.as_str() != id),
        (_, Patch::Value(source_id)) => {
            let own = match own {
                Some(own) => tx.get::<Order>(own.as_str())?,
                None => None,
            };
            own.is_none_or(|own| own.source_id.as_value() != Some(source_id))
        }
        _ => false,
    })
}

/// What rollbacks of a redemption have in common.
fn of(tx: &Tx, redemption: &Redemption, id: RedemptionId, input: &RollbackInput) -> Redemption {
    Redemption {
        customer_id: redemption.customer_id.clone(),
        tracking_id: redemption.tracking_id.clone(),
        metadata: input.metadata.as_value().cloned(),
        undone_id: Some(redemption.id.clone()),
        reason: input.reason.clone(),
        incentive: redemption.incentive.clone(),
        ..Redemption::new(id, tx.now(), channel(tx))
    }
}

/// Stores a rollback that was refused; the error that its client hears of.
fn fail(tx: &mut Tx, redemption: &Redemption, input: &RollbackInput, error: &Error) -> Result<ErrorAnswer> {
    let id: FailedRollbackId = tx.new_id();
    let mut answer = ErrorAnswer::of(error, &tx.context().group_id, None);
    let rollback = Redemption {
        failure_code: answer.key.map(str::to_owned),
        failure_message: Some(answer.message.clone()),
        ..of(tx, redemption, id.as_str().into(), input)
    };
    tx.put(rollback.clone());
    let campaign = redemption.incentive.as_ref().and_then(|incentive| incentive.campaign_id.as_ref());
    counters::count_failure(tx, campaign, |day| day.rollbacks_failed += 1)?;
    let customer = count_customer(tx, redemption, |summary| summary::count(summary, Redeemed::RollbackFailed))?;
    let voucher = voucher_of(tx, redemption)?;
    let shown = |redemption: &Redemption, tx: &Tx| RedemptionAnswer {
        customer: customer.clone(),
        ..answer::listed(tx.config(), redemption)
    };
    let (of_redemption, of_rollback) = (shown(redemption, tx), shown(&rollback, tx));
    let subject = subject(tx, redemption, voucher.as_deref())?;
    subject.tell(tx, tell::ROLLBACK_FAILED, None, &of_redemption, Some(&of_rollback));
    (answer.resource_id, answer.resource_type) = (Some(id.to_string()), Some(ROLLBACK));
    Ok(answer)
}

/// The voucher that was redeemed, even if it can't be seen any more; none if it was a tier, or is gone.
fn voucher_of(tx: &mut Tx, redemption: &Redemption) -> Result<Option<Arc<Voucher>>> {
    match redemption.incentive.as_ref().and_then(|incentive| incentive.voucher()) {
        Some((id, _)) => tx.get::<Voucher>(id.as_str()),
        None => Ok(None),
    }
}

fn subject(tx: &mut Tx, redemption: &Redemption, voucher: Option<&Voucher>) -> Result<Subject> {
    if let Some(voucher) = voucher {
        return Subject::voucher(tx, voucher);
    }
    let tier = redemption.incentive.as_ref().and_then(|incentive| incentive.tier());
    let ready = tier.and_then(|tier| tx.config().promotions().tier(tier.as_str()));
    Ok(ready.map_or_else(Subject::default, |ready| Subject::tier(tx, &ready.tier)))
}

/// Counts in the summary of whoever has redeemed; the customer, unless it is gone.
fn count_customer(
    tx: &mut Tx,
    redemption: &Redemption,
    count: impl FnOnce(&mut guerdon_model::customer::RedemptionsSummary),
) -> Result<Option<SimpleCustomer>> {
    let Some(id) = &redemption.customer_id else { return Ok(None) };
    summary::refresh(tx, id.as_str(), |customer| count(&mut customer.summary.redemptions))?;
    Ok(tx.get::<Customer>(id.as_str())?.map(|customer| customer.simple()))
}

/// Undoes a redemption, or all that it stands for.
fn undo_all(tx: &mut Tx, redemption: &Arc<Redemption>, input: &RollbackInput) -> Result<RolledBackAll> {
    let parts = match redemption.is_parent() {
        true => {
            tx.need(redemption.stacked.iter().filter_map(|id| key(id.as_str())))?;
            redemption.stacked.iter().map(|id| get(tx, id.as_str())).collect::<Result<Vec<_>>>()?
        }
        false => vec![redemption.clone()],
    };
    let people = people_of(redemption);
    let keys = parts.iter().flat_map(|part| keys_of(tx, part, &people)).collect::<Vec<_>>();
    tx.need(keys)?;
    if let Some(customer) = redeemables::buyer(tx.config(), &input.scene())
        && customers::named(tx, &customer)?.is_some()
    {
        customers::mention(tx, &customer)?.tell(tx);
    }

    let order_mode = tx.config().stacking_rules().redeemables_rollback_order_mode;
    let made = |tx: &Tx| tx.new_id::<RollbackId>().as_str().into();
    let by = |id: RedemptionId, tx: &Tx| RolledBack { id, date: tx.now(), order_mode };
    let of_parent = redemption.is_parent().then(|| by(made(tx), tx));
    let of_parts: Vec<RolledBack> = parts.iter().map(|_| by(made(tx), tx)).collect();
    let stacked = of_parent.as_ref().map(|_| of_parts.iter().map(|by| by.id.clone()).collect::<Vec<_>>());

    let whole = of_parent.as_ref().or(of_parts.first()).ok_or(Error::Internal)?;
    let ordered = restore_order(tx, redemption, whole, stacked.clone())?;
    let order = ordered.as_ref().map(Restored::order);
    let shown_order = |of_part: bool| match order {
        Some(order) if of_part => Patch::Value(Box::new(stub(order))),
        Some(order) => Patch::Value(Box::new(of_whole(order))),
        None => Patch::Null,
    };

    let mut rollbacks = Vec::with_capacity(parts.len());
    let mut marked = Vec::with_capacity(parts.len() + 1);
    for (part, by) in parts.iter().zip(&of_parts) {
        let rollback = Redemption {
            amount: part.amount.map(|amount| -amount),
            parent_redemption_id: of_parent.as_ref().map(|parent| parent.id.clone()),
            order: order.map(|order| shapes::kept(&if of_parent.is_some() { stub(order) } else { of_whole(order) })),
            ..of(tx, part, by.id.clone(), input)
        };
        let voucher = undo(tx, part, &rollback, &people, order)?;
        tx.put(rollback.clone());
        marked.push(mark(tx, part, by, input));
        let mut shown = rollback.answer();
        shown.order = shown_order(of_parent.is_some());
        match &voucher {
            Some(voucher) => shown.voucher = answer::restored_voucher(tx.config(), voucher),
            None => {
                shown.voucher = Patch::Null;
                let tier = part.incentive.as_ref().and_then(|incentive| incentive.tier());
                if let Some(ready) = tier.and_then(|tier| tx.config().promotions().tier(tier.as_str())).cloned() {
                    shown.promotion_tier = Some(answer::whole_tier(tiers::answer(tx, &ready.tier)?));
                }
            }
        }
        rollbacks.push(One { shown, voucher });
    }
    let mut parent = None;
    if let (Some(by), Some(stacked)) = (&of_parent, stacked) {
        let rollback = Redemption {
            order: order.map(|order| shapes::kept(&of_whole(order))),
            stacked,
            ..of(tx, redemption, by.id.clone(), input)
        };
        tx.put(rollback.clone());
        marked.push(mark(tx, redemption, by, input));
        parent = Some(RedemptionAnswer { order: shown_order(false), ..rollback.answer() });
    }

    let customer = count_customer(tx, redemption, |summary| {
        for part in &parts {
            summary::count(summary, Redeemed::RollbackSucceeded);
            if let Some((card, amount)) = spent(part) {
                summary::count_spent(summary, card, -amount);
            }
        }
    })?;
    for shown in rollbacks.iter_mut().map(|one| &mut one.shown).chain(&mut parent) {
        shown.customer = customer.clone();
    }
    if let Some(Restored::Canceled(change)) = &ordered {
        change.tell_of(tx, parent.as_ref().or(rollbacks.first().map(|one| &one.shown)))?;
    }
    tell_all(tx, &marked, &rollbacks, parent.as_ref(), customer.as_ref(), order)?;
    let (order, forgetful) = match ordered {
        Some(Restored::Canceled(change)) => {
            let saved = change.into_saved();
            (Some(saved.order), saved.forgetful)
        }
        Some(Restored::Noted(order)) => (Some(order), Vec::new()),
        None => (None, Vec::new()),
    };
    Ok(RolledBackAll { rollbacks, parent, order, forgetful })
}

/// Who was counted when it was redeemed.
fn people_of(redemption: &Redemption) -> People<'_> {
    let channel = &redemption.channel;
    People {
        customer: redemption.customer_id.as_ref(),
        is_new: false,
        api_key: (channel.channel_type == ChannelType::Api && !channel.channel_id.is_empty())
            .then_some(channel.channel_id.as_str()),
    }
}

/// What [`undo`] reads, as far as it is known from the redemption alone.
fn keys_of(tx: &Tx, part: &Redemption, people: &People<'_>) -> Vec<Key> {
    let Some(incentive) = &part.incentive else { return Vec::new() };
    let voucher = incentive.voucher().map(|(id, _)| Key::id(Collection::Vouchers, id.as_str()));
    let tier = incentive.tier().map(|tier| counters::keys_of_tier(tier.as_str(), people));
    let campaign = incentive.campaign_id.as_ref().map(|campaign| counters::keys_of_campaign(tx, campaign, people));
    voucher.into_iter().chain(tier.into_iter().flatten()).chain(campaign.into_iter().flatten()).collect()
}

/// Gives back one redemption: what was redeemed, and what was counted of it. The voucher as it is now.
fn undo(
    tx: &mut Tx,
    part: &Redemption,
    rollback: &Redemption,
    people: &People<'_>,
    order: Option<&Order>,
) -> Result<Option<Voucher>> {
    let change = Change::TakeBack(part.counted, part.date);
    let mut restored = None;
    if let Some(before) = voucher_of(tx, part)? {
        let mut voucher = before.as_ref().clone();
        counters::count_voucher(tx, &mut voucher, people, &change)?;
        voucher.updated_at = Some(tx.now());
        if let Some((card, amount)) = spent(part).filter(|(_, amount)| *amount > 0) {
            refund(tx, &mut voucher, card, amount, [part, rollback], order)?;
            count_holder(tx, &voucher, card, -amount)?;
        }
        vouchers::store(tx, Some(&before), voucher.clone())?;
        referrals::revert(tx, &voucher, part)?;
        restored = Some(voucher);
    }
    let incentive = part.incentive.as_ref();
    let tier = incentive.and_then(|incentive| incentive.tier());
    if let Some(tier) = tier.filter(|tier| tx.config().promotions().tier(tier.as_str()).is_some()) {
        counters::count_tier(tx, tier.as_str(), people, &change)?;
    }
    if let Some(campaign) = incentive.and_then(|incentive| incentive.campaign_id.as_ref()) {
        counters::count_campaign(tx, campaign, people, part, &change)?;
    }
    Ok(restored)
}

/// Puts what was spent back on a card, with an entry in its ledger.
fn refund(
    tx: &mut Tx,
    voucher: &mut Voucher,
    card: Card,
    amount: i64,
    [part, rollback]: [&Redemption; 2],
    order: Option<&Order>,
) -> Result<()> {
    let transaction_type = match card {
        Card::GiftVoucher => TransactionType::CreditsRefund,
        Card::LoyaltyCard => TransactionType::PointsRefund,
    };
    let mut details = details(part, order);
    details.insert("rollback".into(), json!({"id": rollback.id}));
    let shown = [("order", json!(order)), ("redemption", json!(part.answer())), ("rollback", json!(rollback.answer()))];
    let shown = shown.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
    let entry = Entry { details, shown, ..Entry::of(transaction_type, amount) };
    ledger::post(tx, voucher, entry).map(drop)
}

/// Notes in a redemption that it was rolled back; the redemption as it is now.
fn mark(tx: &mut Tx, redemption: &Redemption, by: &RolledBack, input: &RollbackInput) -> Redemption {
    let mut marked = redemption.clone();
    marked.status = RedemptionStatus::RolledBack;
    marked.rollback = Some(by.clone());
    if !input.metadata.is_absent() {
        marked.metadata.get_or_insert_default().patch(&input.metadata);
    }
    tx.put(marked.clone());
    marked
}

/// What has become of an order.
enum Restored {
    Canceled(orders::Change),
    Noted(Order),
}

impl Restored {
    fn order(&self) -> &Order {
        match self {
            Restored::Canceled(change) => change.order(),
            Restored::Noted(order) => order,
        }
    }
}

/// Gives the order back what was taken off it, if the project wants that, and notes the rollback in it.
fn restore_order(
    tx: &mut Tx,
    redemption: &Redemption,
    by: &RolledBack,
    stacked: Option<Vec<RedemptionId>>,
) -> Result<Option<Restored>> {
    let Some(then) = &redemption.order else { return Ok(None) };
    let known = match &then.id {
        Some(id) => tx.get::<Order>(id.as_str())?,
        None => None,
    };
    let Some(known) = known else { return Ok(None) };
    let note = |order: &mut Order| redeemed::roll_back(order, &redemption.id, by, stacked);
    Ok(Some(match by.order_mode {
        RollbackOrderMode::WithOrder => Restored::Canceled(redeemed::take_back(tx, &known, then, note)?),
        RollbackOrderMode::WithoutOrder => Restored::Noted(redeemed::note(tx, &known, note)),
    }))
}

/// The order as rollbacks of one of several show it.
fn stub(order: &Order) -> Order {
    Order { amount: order.amount, total_amount: order.total_amount, ..Order::default() }
}

/// The order as the rollback shows it that stands for all.
fn of_whole(order: &Order) -> Order {
    Order {
        id: order.id.clone(),
        source_id: order.source_id.clone(),
        status: order.status,
        customer_id: order.customer_id.clone(),
        referrer_id: order.referrer_id.clone(),
        discount_amount: order.discount_amount,
        items_discount_amount: order.items_discount_amount,
        total_discount_amount: order.total_discount_amount,
        ..stub(order)
    }
}

/// Tells of each rollback, and of the one that stands for all of them.
fn tell_all(
    tx: &mut Tx,
    marked: &[Redemption],
    rollbacks: &[One],
    parent: Option<&RedemptionAnswer>,
    customer: Option<&SimpleCustomer>,
    order: Option<&Order>,
) -> Result<()> {
    let order = order.map(|order| Order { customer: None, redemptions: Default::default(), ..order.clone() });
    let order = order.map(Order::into_answer);
    // As it was before.
    let then = |redemption: &Redemption| {
        let kept = redemption.order.as_ref()?;
        Some(shapes::read(kept, order.as_ref(), redemption.parent_redemption_id.is_some()))
    };
    let redeemed = |redemption: &Redemption, tx: &Tx| RedemptionAnswer {
        customer: customer.cloned(),
        order: then(redemption).map_or(Patch::Null, |order| Patch::Value(Box::new(order))),
        ..answer::listed(tx.config(), redemption)
    };
    for (redemption, One { shown, voucher }) in marked.iter().zip(rollbacks) {
        let of_redemption = redeemed(redemption, tx);
        let subject = subject(tx, redemption, voucher.as_ref())?;
        subject.tell(tx, tell::ROLLED_BACK, order.as_ref(), &of_redemption, Some(shown));
    }
    if let (Some(parent), Some(redemption)) = (parent, marked.get(rollbacks.len())) {
        let of_redemption = redeemed(redemption, tx);
        Subject::default().tell(tx, tell::ROLLED_BACK, order.as_ref(), &of_redemption, Some(parent));
    }
    Ok(())
}
