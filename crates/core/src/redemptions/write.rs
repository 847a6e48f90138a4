//! What follows from a redemption: the customer, the order, what is redeemed, counters, events.

use guerdon_model::{
    Error, Patch,
    customer::{Customer, SimpleCustomer},
    ids::{CustomerId, RedemptionId},
    order::Order,
    promotion_stack::SimpleStack,
    redeemable::{Card, Expansion, RedeemableObject, RedeemablesInput, RequestedInput},
    redemption::{IncentiveRef, OrderRedemption, RedeemedIncentive, Redemption, RedemptionAnswer},
    voucher::{Voucher, VoucherValue},
    voucher_transaction::TransactionType,
};
use serde_json::{Map, Value, json};

use super::{
    answer, channel,
    counters::{self, Change, People},
    plan::{Plan, Planned},
    redeem::{Carried, One, Redeemable, api_key, sent_metadata},
    shapes,
    tell::{self, Subject},
};
use crate::{
    customers::{
        self, Mentioned,
        summary::{self, Redeemed},
    },
    orders::redeemed,
    redeemables::{self, Found, Gathering, Incentive, Scene, counted::starts, locks},
    referrals,
    snapshot::Snapshot,
    tx::{Result, Tx},
    vouchers::{
        self,
        ledger::{self, Entry},
    },
};

/// What is redeemed, as a redemption remembers it.
pub(super) fn incentive_of(found: &Found) -> RedeemedIncentive {
    match &found.incentive {
        Incentive::Voucher(voucher) => RedeemedIncentive {
            reference: IncentiveRef::Voucher {
                id: voucher.id.clone(),
                code: voucher.code.clone(),
                card: match &voucher.value {
                    VoucherValue::Discount { .. } => None,
                    VoucherValue::Gift { .. } => Some(Card::GiftVoucher),
                    VoucherValue::Loyalty { .. } => Some(Card::LoyaltyCard),
                },
            },
            campaign_id: voucher.campaign_id.clone(),
        },
        Incentive::Tier(ready) => RedeemedIncentive {
            reference: IncentiveRef::PromotionTier { id: ready.tier.id.clone() },
            campaign_id: Some(ready.tier.campaign_id.clone()),
        },
    }
}

/// Writes what was planned: customer, order, what is redeemed, counters, redemptions; and tells of it.
pub(super) fn write(
    tx: &mut Tx,
    input: &RedeemablesInput,
    scene: &Scene,
    gathering: &Gathering,
    plan: Plan,
) -> Result<(Carried, Vec<CustomerId>)> {
    let Plan { steps, order: planned, referrer, inapplicable, skipped } = plan;
    let buyer = redeemables::buyer(tx.config(), &input.scene);
    let customer = buyer.map(|buyer| customers::mention(tx, &buyer)).transpose()?;
    if let Some(customer) = &customer {
        customer.tell(tx);
    }
    let is_new = matches!(customer, Some(Mentioned::Created(_)));
    let customer_id = customer.map(|customer| customer.customer().id.clone());
    let people = People { customer: customer_id.as_ref(), is_new, api_key: api_key(tx) };
    let made = |id: RedemptionId, tx: &Tx| Redemption {
        customer_id: customer_id.clone(),
        tracking_id: customer_id.as_ref().and(scene.tracking_id.clone()),
        metadata: sent_metadata(&input.scene),
        ..Redemption::new(id, tx.now(), channel(tx))
    };

    let is_stacked = gathering.redeemables.len() > 1;
    let mut parent = is_stacked.then(|| made(tx.new_id(), tx));
    let mut redemptions = Vec::with_capacity(steps.len());
    for step in &steps {
        let found = found(gathering, step.place)?;
        redemptions.push(Redemption {
            amount: step.amount,
            parent_redemption_id: parent.as_ref().map(|parent| parent.id.clone()),
            session: found.own_lock.as_ref().map(|lock| lock.key.clone()),
            incentive: Some(incentive_of(found)),
            counted: step.counts,
            ..made(tx.new_id(), tx)
        });
    }
    if let Some(parent) = &mut parent {
        parent.stacked = redemptions.iter().map(|redemption| redemption.id.clone()).collect();
    }

    let sent = input.scene.order.as_ref();
    let ordered = match (sent, planned) {
        (Some(sent), Some(Planned { kept, shown })) => {
            let whole = parent.as_ref().or(redemptions.first()).ok_or(Error::Internal)?;
            let entry = (whole.id.clone(), OrderRedemption::of(whole));
            let people = redeemed::People { customer: customer_id.as_ref(), referrer: referrer.as_ref() };
            let change = redeemed::redeem(tx, sent, kept, &people, entry)?;
            let mut shown = shapes::stored_as(shown, change.order());
            if shown.amount.is_some() {
                shown.show_nothing_applied();
            }
            Some((change, shown))
        }
        _ => None,
    };
    let order = ordered.as_ref().map(|(_, order)| order);

    let starts = starts(tx);
    let expands = |expansion| input.scene.expands(expansion);
    let mut carried = Vec::with_capacity(redemptions.len());
    for (mut redemption, step) in redemptions.into_iter().zip(steps) {
        let found = found(gathering, step.place)?;
        let of_step = match (&parent, order, step.order) {
            (None, Some(order), _) => Some(shapes::of_whole(order)),
            (Some(_), Some(order), Some(of_step)) => Some(shapes::of_child(&shapes::stored_as(of_step, order))),
            _ => None,
        };
        redemption.order = of_step.as_ref().map(shapes::kept);
        let change = Change::Add(step.counts, starts);
        let incentive = match &found.incentive {
            Incentive::Voucher(before) => {
                let mut voucher = before.as_ref().clone();
                locks::give_back(tx, found, &mut voucher);
                counters::count_voucher(tx, &mut voucher, &people, &change)?;
                voucher.updated_at = Some(tx.now());
                spend(tx, &mut voucher, &redemption, order)?;
                if let Some((card, amount)) = spent(&redemption) {
                    count_holder(tx, &voucher, card, amount)?;
                }
                vouchers::store(tx, Some(before), voucher.clone())?;
                Redeemable::Voucher(Box::new(voucher))
            }
            Incentive::Tier(ready) => {
                counters::count_tier(tx, ready.tier.id.as_str(), &people, &change)?;
                Redeemable::Tier(ready.clone())
            }
        };
        if let Some(campaign) = &found.campaign {
            counters::count_campaign(tx, &campaign.id, &people, &redemption, &change)?;
        }
        tx.put(redemption.clone());
        let mut shown = redemption.answer();
        shown.order = match of_step {
            None => Patch::Null,
            Some(_) if is_stacked && !expands(Expansion::Order) => Patch::Absent,
            Some(of_step) => Patch::Value(Box::new(of_step)),
        };
        let categories = expands(Expansion::Category).then(|| redeemables::answer::categories(tx.config(), found));
        match &incentive {
            Redeemable::Voucher(voucher) => shown.voucher = answer::short_voucher(tx.config(), voucher, categories),
            Redeemable::Tier(ready) => {
                let metadata = expands(Expansion::Redeemable).then(|| ready.tier.metadata.clone());
                shown.promotion_tier = Some(answer::short_tier(&ready.tier, metadata, categories));
            }
        }
        carried.push(One { redemption, shown, incentive, lists: step.lists });
    }
    let of_parent = order.filter(|_| parent.is_some()).map(shapes::of_whole);
    let mut shown_parent = None;
    if let Some(mut parent) = parent {
        parent.order = of_parent.as_ref().map(shapes::kept);
        let mut shown = parent.answer();
        shown.order = of_parent.map_or(Patch::Null, |order| Patch::Value(Box::new(order)));
        tx.put(parent);
        shown_parent = Some(shown);
    }

    let customer = match &customer_id {
        Some(id) => Some(count_customer(tx, id, &carried)?),
        None => None,
    };
    for shown in carried.iter_mut().map(|one| &mut one.shown).chain(&mut shown_parent) {
        shown.customer = customer.clone();
    }
    if let Some(customer) = &customer_id {
        for One { shown, incentive, .. } in &carried {
            if let Redeemable::Voucher(voucher) = incentive {
                referrals::convert(tx, voucher, customer, is_new, shown)?;
            }
        }
    }
    if let Some((change, _)) = &ordered {
        change.tell_of(tx, shown_parent.as_ref().or(carried.first().map(|one| &one.shown)))?;
    }
    let stack = stack(tx.config(), &input.requested);
    tell_all(tx, &carried, shown_parent.as_ref(), order, stack)?;
    let (forgetful, order) = match ordered {
        Some((change, order)) => (change.into_saved().forgetful, Some(order)),
        None => (Vec::new(), None),
    };
    Ok((Carried { redemptions: carried, parent: shown_parent, order, inapplicable, skipped }, forgetful))
}

fn found(gathering: &Gathering, place: usize) -> Result<&Found> {
    // What is applied was found.
    Ok(gathering.redeemables[place].found.as_ref().ok_or(Error::Internal)?)
}

/// Takes what is spent off a card, with an entry in its ledger.
fn spend(tx: &mut Tx, voucher: &mut Voucher, redemption: &Redemption, order: Option<&Order>) -> Result<()> {
    let card = redemption.incentive.as_ref().and_then(RedeemedIncentive::card);
    let transaction_type = match card {
        Some(Card::GiftVoucher) => TransactionType::CreditsRedemption,
        Some(Card::LoyaltyCard) => TransactionType::PointsRedemption,
        None => return Ok(()),
    };
    let Some(amount) = redemption.amount.filter(|amount| *amount > 0) else { return Ok(()) };
    let entry = Entry {
        details: details(redemption, order),
        shown: [("order", json!(order)), ("redemption", json!(redemption.answer()))]
            .map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect(),
        ..Entry::of(transaction_type, -amount)
    };
    ledger::post(tx, voucher, entry).map(drop)
}

/// What an entry of a ledger keeps of a redemption.
pub(super) fn details(redemption: &Redemption, order: Option<&Order>) -> Map<String, Value> {
    let order = order.map(|order| ("order".to_owned(), json!({"id": order.id, "source_id": order.source_id})));
    let redemption = ("redemption".to_owned(), json!({"id": redemption.id}));
    order.into_iter().chain([redemption]).collect()
}

/// Counts what was redeemed by a customer, and what has gone off cards, which may be somebody else's.
fn count_customer(tx: &mut Tx, id: &CustomerId, carried: &[One]) -> Result<SimpleCustomer> {
    summary::refresh(tx, id.as_str(), |customer| {
        for One { redemption, .. } in carried {
            summary::count(&mut customer.summary.redemptions, Redeemed::Succeeded);
            if let Some((card, amount)) = spent(redemption) {
                summary::count_spent(&mut customer.summary.redemptions, card, amount);
            }
        }
    })?;
    let customer = tx.get::<Customer>(id.as_str())?.ok_or(Error::Internal)?;
    Ok(customer.simple())
}

/// What was taken off which kind of card.
pub(super) fn spent(redemption: &Redemption) -> Option<(Card, i64)> {
    redemption.incentive.as_ref().and_then(RedeemedIncentive::card).zip(redemption.amount)
}

/// Counts what was taken off a card in the summary of whoever holds it.
pub(super) fn count_holder(tx: &mut Tx, voucher: &Voucher, card: Card, amount: i64) -> Result<()> {
    let Some(holder) = &voucher.holder_id else { return Ok(()) };
    let campaign = voucher.campaign_id.as_ref().and_then(|id| tx.config().campaign_with_id(id)).cloned();
    summary::refresh(tx, holder.as_str(), |customer| {
        summary::count_taken(customer, card, campaign.as_deref(), amount);
    })
}

/// The promotion stack that a request has named.
fn stack(config: &Snapshot, requested: &RequestedInput) -> Option<SimpleStack> {
    let named = requested.redeemables.first().filter(|named| named.object == RedeemableObject::PromotionStack)?;
    config.promotions().stack(&named.id).map(|stack| stack.simple())
}

/// Tells of each redemption, and of what stands for all of them.
fn tell_all(
    tx: &mut Tx,
    carried: &[One],
    parent: Option<&RedemptionAnswer>,
    order: Option<&Order>,
    stack: Option<SimpleStack>,
) -> Result<()> {
    let whole = order.map(shapes::of_whole);
    for One { shown, incentive, .. } in carried {
        let mut subject = match incentive {
            Redeemable::Voucher(voucher) => Subject::voucher(tx, voucher)?,
            Redeemable::Tier(ready) => Subject::tier(tx, &ready.tier),
        };
        subject.belongs_to(stack.as_ref());
        // After this step, and with what is true of the order as a whole.
        let of_step = shown.order.as_value().zip(whole.as_ref()).map(|(step, whole)| Order {
            created_at: whole.created_at,
            updated_at: whole.updated_at.clone(),
            status: whole.status,
            customer_id: whole.customer_id.clone(),
            referrer_id: whole.referrer_id.clone(),
            ..step.as_ref().clone()
        });
        subject.tell(tx, tell::REDEEMED, of_step.as_ref().or(whole.as_ref()), shown, None);
    }
    if let Some(parent) = parent {
        Subject::of_several(stack).tell(tx, tell::REDEEMED, whole.as_ref(), parent, None);
    }
    Ok(())
}
