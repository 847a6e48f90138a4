//! What follows from a redemption: the customer, the order, what is redeemed, counters, events.

use guerdon_model::{
    Error, Patch,
    customer::{Customer, SimpleCustomer},
    ids::CustomerId,
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
    plan::{Plan, Planned, Step},
    redeem::{Carried, One, Redeemable, api_key, sent_metadata},
    shapes,
    tell::{self, Subject},
};
use crate::{
    customers::{
        self, Mentioned,
        summary::{self, Redeemed},
    },
    orders::{self, redeemed},
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

/// What all that is written for one request has in common.
struct Writing<'w> {
    input: &'w RedeemablesInput,
    scene: &'w Scene,
    gathering: &'w Gathering,
    people: People<'w>,
    /// Whether there is something that stands for all of them.
    is_stacked: bool,
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
    let customer = customer.map(|customer| customer.customer().id.clone());
    let people = People { customer: customer.as_ref(), is_new, api_key: api_key(tx) };
    let is_stacked = gathering.redeemables.len() > 1;
    let writing = Writing { input, scene, gathering, people, is_stacked };

    let (parent, redemptions) = writing.begun(tx, &steps)?;
    let ordered = match planned {
        Some(planned) => writing.order(tx, planned, parent.as_ref().or(redemptions.first()), referrer.as_ref())?,
        None => None,
    };
    let order = ordered.as_ref().map(|(_, order)| order);
    let mut carried = Vec::with_capacity(redemptions.len());
    for (redemption, step) in redemptions.into_iter().zip(steps) {
        carried.push(writing.redeem(tx, redemption, step, order)?);
    }
    let mut parent = parent.map(|parent| keep_parent(tx, parent, order));

    if let Some(id) = &customer {
        let customer = count_customer(tx, id, &carried)?;
        for shown in carried.iter_mut().map(|one| &mut one.shown).chain(&mut parent) {
            shown.customer = Some(customer.clone());
        }
        for One { shown, incentive, .. } in &carried {
            if let Redeemable::Voucher(voucher) = incentive {
                referrals::convert(tx, voucher, id, is_new, shown)?;
            }
        }
    }
    if let Some((change, _)) = &ordered {
        change.tell_of(tx, parent.as_ref().or(carried.first().map(|one| &one.shown)))?;
    }
    tell_all(tx, &carried, parent.as_ref(), order, stack(tx.config(), &input.requested))?;
    let (forgetful, order) = match ordered {
        Some((change, order)) => (change.into_saved().forgetful, Some(order)),
        None => (Vec::new(), None),
    };
    Ok((Carried { redemptions: carried, parent, order, inapplicable, skipped }, forgetful))
}

impl Writing<'_> {
    fn new_redemption(&self, tx: &Tx) -> Redemption {
        let customer_id = self.people.customer.cloned();
        Redemption {
            tracking_id: customer_id.as_ref().and(self.scene.tracking_id.clone()),
            customer_id,
            metadata: sent_metadata(&self.input.scene),
            ..Redemption::new(tx.new_id(), tx.now(), channel(tx))
        }
    }

    fn found(&self, step: &Step) -> Result<&Found> {
        // What is applied was found.
        Ok(self.gathering.redeemables[step.place].found.as_ref().ok_or(Error::Internal)?)
    }

    /// One redemption for each step, and what stands for all of them, whose id is the first.
    fn begun(&self, tx: &Tx, steps: &[Step]) -> Result<(Option<Redemption>, Vec<Redemption>)> {
        let mut parent = self.is_stacked.then(|| self.new_redemption(tx));
        let mut redemptions = Vec::with_capacity(steps.len());
        for step in steps {
            let found = self.found(step)?;
            redemptions.push(Redemption {
                amount: step.amount,
                parent_redemption_id: parent.as_ref().map(|parent| parent.id.clone()),
                session: found.own_lock.as_ref().map(|lock| lock.key.clone()),
                incentive: Some(incentive_of(found)),
                counted: step.counts,
                ..self.new_redemption(tx)
            });
        }
        if let Some(parent) = &mut parent {
            parent.stacked = redemptions.iter().map(|redemption| redemption.id.clone()).collect();
        }
        Ok((parent, redemptions))
    }

    /// Stores the order, which gets its discounts by `whole`; the order as the answer shows it.
    fn order(
        &self,
        tx: &mut Tx,
        Planned { kept, shown }: Planned,
        whole: Option<&Redemption>,
        referrer: Option<&CustomerId>,
    ) -> Result<Option<(orders::Change, Order)>> {
        let (Some(sent), Some(whole)) = (&self.input.scene.order, whole) else { return Ok(None) };
        let entry = (whole.id.clone(), OrderRedemption::of(whole));
        let people = redeemed::People { customer: self.people.customer, referrer };
        let change = redeemed::redeem(tx, sent, kept, &people, entry)?;
        let mut shown = shapes::stored_as(shown, change.order());
        if shown.amount.is_some() {
            shown.show_nothing_applied();
        }
        Ok(Some((change, shown)))
    }

    /// Redeems one step, on an order that is stored by now.
    fn redeem(&self, tx: &mut Tx, mut redemption: Redemption, step: Step, order: Option<&Order>) -> Result<One> {
        let found = self.found(&step)?;
        let of_step = match (self.is_stacked, order, step.order) {
            (false, Some(order), _) => Some(shapes::of_whole(order)),
            (true, Some(order), Some(of_step)) => Some(shapes::of_child(&shapes::stored_as(of_step, order))),
            _ => None,
        };
        redemption.order = of_step.as_ref().map(shapes::kept);
        let change = Change::Add(step.counts, starts(tx));
        let incentive = match &found.incentive {
            Incentive::Voucher(before) => {
                let mut voucher = before.as_ref().clone();
                locks::give_back(tx, found, &mut voucher);
                counters::count_voucher(tx, &mut voucher, &self.people, &change)?;
                voucher.updated_at = Some(tx.now());
                spend(tx, &mut voucher, &redemption, order)?;
                if let Some((card, amount)) = spent(&redemption) {
                    count_holder(tx, &voucher, card, amount)?;
                }
                vouchers::store(tx, Some(before), voucher.clone())?;
                Redeemable::Voucher(Box::new(voucher))
            }
            Incentive::Tier(ready) => {
                counters::count_tier(tx, ready.tier.id.as_str(), &self.people, &change)?;
                Redeemable::Tier(ready.clone())
            }
        };
        if let Some(campaign) = &found.campaign {
            counters::count_campaign(tx, &campaign.id, &self.people, &redemption, &change)?;
        }
        tx.put(redemption.clone());
        let shown = self.shown(tx, found, &redemption, &incentive, of_step);
        Ok(One { redemption, shown, incentive, lists: step.lists })
    }

    /// A redemption as the answer shows it, as far as the request wants to be told.
    fn shown(
        &self,
        tx: &Tx,
        found: &Found,
        redemption: &Redemption,
        incentive: &Redeemable,
        order: Option<Order>,
    ) -> RedemptionAnswer {
        let expands = |expansion| self.input.scene.expands(expansion);
        let mut shown = redemption.answer();
        shown.order = match order {
            None => Patch::Null,
            Some(_) if self.is_stacked && !expands(Expansion::Order) => Patch::Absent,
            Some(order) => Patch::Value(Box::new(order)),
        };
        let categories = expands(Expansion::Category).then(|| redeemables::answer::categories(tx.config(), found));
        match incentive {
            Redeemable::Voucher(voucher) => shown.voucher = answer::short_voucher(tx.config(), voucher, categories),
            Redeemable::Tier(ready) => {
                let metadata = expands(Expansion::Redeemable).then(|| ready.tier.metadata.clone());
                shown.promotion_tier = Some(answer::short_tier(&ready.tier, metadata, categories));
            }
        }
        shown
    }
}

/// Stores what stands for several; as the answer shows it.
fn keep_parent(tx: &mut Tx, mut parent: Redemption, order: Option<&Order>) -> RedemptionAnswer {
    let order = order.map(shapes::of_whole);
    parent.order = order.as_ref().map(shapes::kept);
    let mut shown = parent.answer();
    shown.order = order.map_or(Patch::Null, |order| Patch::Value(Box::new(order)));
    tx.put(parent);
    shown
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
