//! The ledger: what is on gift and loyalty cards changes here and nowhere else, one entry for each change.
//! `docs/gift-cards.md` has the rules.

use std::borrow::Cow;

use guerdon_model::{
    Error,
    campaign::CampaignType,
    campaign_day::CampaignDay,
    event::{Event, EventType},
    filter::Filter,
    ids::VoucherTransactionId,
    list::List,
    redeemable::{Card, VoucherRefusal},
    voucher::{BalanceData, TransactionData, Voucher, VoucherType, VoucherValue},
    voucher_transaction::{
        Balance, BalanceInput, CardType, OperationType, RelatedVoucher, Sum, TransactionDetails, TransactionType,
        VoucherTransaction,
    },
};
use guerdon_store::{Collection, ColumnValue, Condition, Order, Query};
use serde_json::{Map, Value};

use super::{answer, context, get, simple_campaign, simple_holder, store};
use crate::{
    campaigns,
    context::Context,
    customers::summary,
    failure::damaged,
    service::Guerdon,
    tx::{Result, Tx},
};

/// A change of a balance that is to be entered.
#[derive(Debug, Clone)]
pub struct Entry {
    pub transaction_type: TransactionType,
    /// In minor units or points; negative if there is less afterwards.
    pub amount: i64,
    pub operation_type: OperationType,
    /// Who asked for it; none if it follows from something else.
    pub source: Option<&'static str>,
    pub source_id: Option<String>,
    pub reason: Option<String>,
    pub related_transaction_id: Option<VoucherTransactionId>,
    /// What it follows from, as the entry keeps it: `redemption`, `order` and so on, with their ids.
    pub details: Map<String, Value>,
    /// The same as the event shows it, whole.
    pub shown: Map<String, Value>,
}

impl Entry {
    /// A change that follows from something else.
    pub fn of(transaction_type: TransactionType, amount: i64) -> Self {
        Self {
            transaction_type,
            amount,
            operation_type: OperationType::Automatic,
            source: None,
            source_id: None,
            reason: None,
            related_transaction_id: None,
            details: Map::new(),
            shown: Map::new(),
        }
    }
}

/// What events about transactions have beside the rest, by the type of the card.
const RELATED_TO_CREDITS: [&str; 3] = ["order", "redemption", "rollback"];
const RELATED_TO_POINTS: [&str; 12] = [
    "holder_loyalty_tier",
    "order",
    "event",
    "earning_rule",
    "segment",
    "loyalty_tier",
    "redemption",
    "rollback",
    "reward",
    "custom_event",
    "source_voucher",
    "destination_voucher",
];

/// Changes what is on a card, and enters the change. The caller stores the card, in whatever state it then
/// is: nobody sees the one without the other. What else the same command changes of the card has to be
/// changed before, so that the event shows it.
///
/// # Errors
/// `gift_amount_exceeded` or `loyalty_card_points_exceeded` if less than nothing would be left;
/// `invalid_amount` if it would be too much to calculate with; `invalid_voucher` if the voucher is no such
/// card.
pub fn post(tx: &mut Tx, voucher: &mut Voucher, entry: Entry) -> Result<VoucherTransaction> {
    let balance = book(voucher, &entry)?;
    let holder = simple_holder(tx, voucher)?;
    let transaction = VoucherTransaction {
        id: tx.new_id(),
        source_id: entry.source_id,
        voucher_id: voucher.id.clone(),
        campaign_id: voucher.campaign_id.clone(),
        source: entry.source.map(str::to_owned),
        reason: entry.reason,
        transaction_type: entry.transaction_type,
        details: TransactionDetails {
            balance: Balance { operation_type: None, ..balance.clone() },
            related: entry.details,
        },
        related_transaction_id: entry.related_transaction_id,
        created_at: tx.now(),
    };
    tx.put(transaction.clone());
    if let Some(campaign) = &voucher.campaign_id
        && tx.config().campaign_with_id(campaign).is_some()
    {
        campaigns::summary::count(tx, campaign, |day| count(day, transaction.transaction_type, entry.amount))?;
    }
    let (kind, keys) = match balance.card {
        CardType::GiftVoucher => (EventType::GIFT_TRANSACTION_CREATED, &RELATED_TO_CREDITS[..]),
        CardType::LoyaltyCard => (EventType::LOYALTY_TRANSACTION_CREATED, &RELATED_TO_POINTS[..]),
    };
    let mut related: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), Value::Null)).collect();
    related.extend(entry.shown);
    let data = TransactionData {
        transaction: &transaction,
        voucher: &answer(tx.config(), voucher),
        campaign: simple_campaign(tx.config(), voucher),
        holder,
        balance: &balance,
        related,
    };
    tx.emit(Event::Of { kind, entity_id: voucher.id.as_str(), data: &data });
    Ok(transaction)
}

/// What a campaign counts of a change. What is redeemed and given back is counted where that is done.
fn count(day: &mut CampaignDay, transaction_type: TransactionType, amount: i64) {
    match transaction_type {
        TransactionType::CreditsAddition => day.amount_added += amount,
        TransactionType::CreditsRemoval => day.amount_subtracted -= amount,
        TransactionType::PointsAddition => day.points_added += amount,
        TransactionType::PointsRemoval => day.points_subtracted -= amount,
        _ => {}
    }
}

/// Changes the card's sums; the balance that comes out.
fn book(voucher: &mut Voucher, entry: &Entry) -> std::result::Result<Balance, Error> {
    let Entry { transaction_type, amount, operation_type, .. } = *entry;
    if voucher.value.voucher_type() != transaction_type.voucher_type() {
        return Err(no_card());
    }
    let (mut value, mut uses) = (voucher.value.clone(), voucher.redemption.clone());
    let (sum, less) = match (&mut value, transaction_type.sum()) {
        (VoucherValue::Gift { gift }, Sum::Added) => (&mut gift.amount, false),
        (VoucherValue::Gift { gift }, Sum::Subtracted) => (&mut gift.subtracted_amount, true),
        (VoucherValue::Gift { .. }, Sum::Redeemed) => (&mut uses.redeemed_amount, true),
        (VoucherValue::Loyalty { loyalty_card }, Sum::Added) => (&mut loyalty_card.points, false),
        (VoucherValue::Loyalty { loyalty_card }, Sum::Subtracted) => (&mut loyalty_card.subtracted_points, true),
        (VoucherValue::Loyalty { loyalty_card }, Sum::Expired) => (&mut loyalty_card.expired_points, true),
        (VoucherValue::Loyalty { .. }, Sum::Redeemed) => (&mut uses.redeemed_points, true),
        (VoucherValue::Gift { .. }, Sum::Expired) | (VoucherValue::Discount { .. }, _) => return Err(no_card()),
    };
    let changed = if less { sum.checked_sub(amount) } else { sum.checked_add(amount) };
    *sum = changed.filter(|changed| *changed >= 0).ok_or(Error::InvalidAmount)?;
    let changed = Voucher { value, redemption: uses, ..voucher.clone() };
    let (card, total, why) = match &changed.value {
        VoucherValue::Gift { gift } => (CardType::GiftVoucher, gift.total(), VoucherRefusal::GiftAmountExceeded),
        VoucherValue::Loyalty { loyalty_card } => {
            (CardType::LoyaltyCard, loyalty_card.total(), VoucherRefusal::PointsExceeded)
        }
        VoucherValue::Discount { .. } => return Err(no_card()),
    };
    let balance = changed.balance().filter(|balance| *balance >= 0);
    let balance = balance.ok_or_else(|| Error::VoucherRefused { code: voucher.code.clone(), why })?;
    *voucher = changed;
    Ok(Balance {
        amount: (card == CardType::GiftVoucher).then_some(amount),
        points: (card == CardType::LoyaltyCard).then_some(amount),
        total,
        balance,
        card,
        operation_type: Some(operation_type),
        object: Cow::Borrowed("balance"),
        related_object: RelatedVoucher::to(&voucher.id),
    })
}

fn no_card() -> Error {
    Error::InvalidVoucher { details: "The voucher is neither a gift card nor a loyalty card".into() }
}

/// Puts something on a card or takes it off by hand.
pub fn change_balance(tx: &mut Tx, reference: &str, input: &BalanceInput) -> Result<Balance> {
    let before = get(tx, reference)?;
    let mut voucher = before.as_ref().clone();
    let is_loyal = match voucher.value.voucher_type() {
        VoucherType::DiscountVoucher => return Err(no_card().into()),
        VoucherType::GiftVoucher => false,
        VoucherType::LoyaltyCard => true,
    };
    let amount = input.check()?;
    if is_loyal && voucher.holder_id.is_none() {
        let details = "A loyalty card must be published before its points can be changed";
        return Err(Error::NotPublished { details }.into());
    }
    let transaction_type = match (is_loyal, amount > 0) {
        (false, true) => TransactionType::CreditsAddition,
        (false, false) => TransactionType::CreditsRemoval,
        (true, true) => TransactionType::PointsAddition,
        (true, false) => TransactionType::PointsRemoval,
    };
    let entry = Entry {
        operation_type: OperationType::Manual,
        source: Some("API"),
        source_id: input.source_id.clone(),
        reason: input.reason.clone(),
        ..Entry::of(transaction_type, amount)
    };
    voucher.updated_at = Some(tx.now());
    let transaction = post(tx, &mut voucher, entry)?;
    let balance = Balance { operation_type: Some(OperationType::Manual), ..transaction.details.balance.clone() };
    tell(tx, &voucher, &transaction, &balance)?;
    count_holder(tx, &voucher, is_loyal, amount)?;
    store(tx, Some(&before), voucher)?;
    Ok(Balance { amount: Some(amount), points: None, ..balance })
}

/// Counts a change by hand in the summary of whoever holds the card.
fn count_holder(tx: &mut Tx, voucher: &Voucher, is_loyal: bool, amount: i64) -> Result<()> {
    let Some(holder) = &voucher.holder_id else { return Ok(()) };
    let campaign = voucher.campaign_id.as_ref().and_then(|id| tx.config().campaign_with_id(id)).cloned();
    let card = if is_loyal { Card::LoyaltyCard } else { Card::GiftVoucher };
    summary::refresh(tx, holder.as_str(), |customer| {
        summary::count_balance(customer, card, campaign.as_deref(), amount);
        if is_loyal && campaign.is_some() {
            summary::count_received(customer, amount);
        }
    })
}

/// Tells of a change by hand: of the card, and of its holder if it has one.
fn tell(tx: &mut Tx, voucher: &Voucher, transaction: &VoucherTransaction, balance: &Balance) -> Result<()> {
    let customer = simple_holder(tx, voucher)?;
    let simple = voucher.simple(context(tx.config(), voucher));
    let campaign = simple_campaign(tx.config(), voucher);
    let (of_card, of_holder, shows_holder) = match balance.card {
        CardType::GiftVoucher => (EventType::GIFT_BALANCE_ADDED, EventType::CUSTOMER_GIFT_BALANCE_ADDED, false),
        CardType::LoyaltyCard => (EventType::LOYALTY_POINTS_ADDED, EventType::CUSTOMER_LOYALTY_POINTS_ADDED, true),
    };
    let data = BalanceData { customer: None, campaign: campaign.as_ref(), voucher: &simple, balance, transaction };
    let shown = BalanceData { customer: customer.as_ref().filter(|_| shows_holder), ..data };
    tx.emit(Event::Of { kind: of_card, entity_id: voucher.id.as_str(), data: &shown });
    if let Some(customer) = &customer {
        let shown = BalanceData { customer: Some(customer), ..shown };
        tx.emit(Event::Of { kind: of_holder, entity_id: customer.id.as_str(), data: &shown });
    }
    Ok(())
}

/// Which page of a ledger.
#[derive(Debug, Clone)]
pub struct TransactionListing {
    pub filter: Option<Filter>,
    /// Newest first.
    pub descending: bool,
    /// Continue behind the entry with this id.
    pub starting_after_id: Option<String>,
    pub limit: usize,
}

/// A page of what has changed on a card.
///
/// # Errors
/// `not_found`; `StoreUnavailable`.
pub async fn list(
    guerdon: &Guerdon,
    context: &Context,
    reference: &str,
    listing: TransactionListing,
) -> std::result::Result<List<VoucherTransaction>, Error> {
    let id = guerdon.executor.read(context, |tx| Ok(get(tx, reference)?.id.clone())).await?;
    page(guerdon, context, "voucher_id", id.as_str(), listing).await
}

/// A page of what has changed on the cards of a campaign; nothing if it has no cards.
///
/// # Errors
/// `not_found`; `StoreUnavailable`.
pub async fn list_of_campaign(
    guerdon: &Guerdon,
    context: &Context,
    reference: &str,
    listing: TransactionListing,
) -> std::result::Result<List<VoucherTransaction>, Error> {
    let campaign = guerdon.executor.read(context, |tx| campaigns::get(tx, reference)).await?;
    match campaign.campaign_type {
        CampaignType::GiftVouchers | CampaignType::LoyaltyProgram => {
            page(guerdon, context, "campaign_id", campaign.id.as_str(), listing).await
        }
        _ => Ok(List::whole("data", Vec::new())),
    }
}

async fn page(
    guerdon: &Guerdon,
    context: &Context,
    column: &str,
    value: &str,
    listing: TransactionListing,
) -> std::result::Result<List<VoucherTransaction>, Error> {
    let place = Collection::VoucherTransactions.column(column).expect("the collection's table has this column");
    let filter = match listing.filter {
        Some(filter) => Some((filter, guerdon.moment(&context.project).await?)),
        None => None,
    };
    let query = Query {
        conditions: vec![(place, Condition::Equals(ColumnValue::from(value)))],
        filter,
        order: Order::Id { descending: listing.descending },
        after_id: listing.starting_after_id.map(Into::into),
        limit: listing.limit,
        ..Query::all(context.project.clone(), Collection::VoucherTransactions)
    };
    let page = guerdon.query(context, query).await?;
    let rows = page.records.iter().map(|record| record.document::<VoucherTransaction>());
    let rows = rows.collect::<std::result::Result<Vec<_>, _>>().map_err(damaged)?;
    let more_starting_after = rows.last().filter(|_| page.has_more).map(|last| last.id.to_string());
    Ok(List { data_ref: "data", rows, total: None, has_more: Some(page.has_more), more_starting_after })
}

#[cfg(test)]
mod tests;
