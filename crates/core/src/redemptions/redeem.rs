//! Redeeming: several redeemables, one code, or one promotion tier.

use std::sync::Arc;

use guerdon_engine::target::list::Lists;
use guerdon_model::{
    Error, Patch,
    metadata::Metadata,
    order::Order,
    redeemable::{RedeemableAnswer, RedeemableInput, RedeemableObject, RedeemablesInput, RequestedInput, SceneInput},
    redemption::{Redemption, RedemptionAnswer, RedemptionsAnswer},
    validation::CodeValidationInput,
    voucher::Voucher,
};
use guerdon_store::{Collection, Key};
use serde::Serialize;

use super::{
    Done, Outcome, answer,
    counters::{self, People},
    fail::fail,
    plan::plan,
    write::write,
};
use crate::{
    context::Context,
    idempotency::{Answered, Reply},
    orders,
    promotions::{ReadyTier, tiers},
    redeemables::{
        Scene, gather, keys as keys_of_redeemables, keys_of_scene,
        locks::{self, Attempt},
    },
    referrals,
    service::Guerdon,
    snapshot::Snapshot,
    tx::{Result, Tx},
    vouchers,
};

/// How often ended sessions are removed for one redemption, so many of each voucher at a time.
const MAX_TRIES: usize = 16;

/// A redemption that was carried out, as whoever makes an answer sees it.
pub(super) struct Carried {
    pub redemptions: Vec<One>,
    pub parent: Option<RedemptionAnswer>,
    /// After all of them, whole.
    pub order: Option<Order>,
    pub inapplicable: Vec<RedeemableAnswer>,
    pub skipped: Vec<RedeemableAnswer>,
}

/// One redeemable that was redeemed.
pub(super) struct One {
    pub redemption: Redemption,
    pub shown: RedemptionAnswer,
    pub incentive: Redeemable,
    pub lists: Lists,
}

/// What was redeemed, as it is now.
pub(super) enum Redeemable {
    Voucher(Box<Voucher>),
    Tier(Arc<ReadyTier>),
}

/// Makes an answer.
type Tell<A> = fn(&mut Tx, Carried) -> Result<A>;

/// Redeems several redeemables.
///
/// # Errors
/// What [`RedeemablesInput::check`] and [`gather`] refuse; `not_found` for a customer or an order;
/// `metadata_validation_failed`; `StoreUnavailable` or `Overloaded`. Of these, nothing is stored.
pub async fn redeem(
    guerdon: &Guerdon,
    context: &Context,
    input: RedeemablesInput,
) -> std::result::Result<Answered<Outcome<RedemptionsAnswer>>, Error> {
    carry_out(guerdon, context, input, |_, carried| {
        Ok(RedemptionsAnswer {
            redemptions: carried.redemptions.into_iter().map(|one| one.shown).collect(),
            parent_redemption: carried.parent,
            order: carried.order,
            inapplicable_redeemables: carried.inapplicable,
            skipped_redeemables: carried.skipped,
        })
    })
    .await
}

/// Redeems one code.
///
/// # Errors
/// As [`redeem`].
pub async fn redeem_code(
    guerdon: &Guerdon,
    context: &Context,
    code: &str,
    input: CodeValidationInput,
) -> std::result::Result<Answered<Outcome<RedemptionAnswer>>, Error> {
    let redeemables = vec![input.code.of_voucher(code)];
    let input = RedeemablesInput { requested: RequestedInput { redeemables }, scene: input.scene };
    carry_out(guerdon, context, input, alone).await
}

/// Redeems one promotion tier.
///
/// # Errors
/// As [`redeem`].
pub async fn redeem_tier(
    guerdon: &Guerdon,
    context: &Context,
    tier: &str,
    scene: SceneInput,
) -> std::result::Result<Answered<Outcome<RedemptionAnswer>>, Error> {
    let object = RedeemableObject::PromotionTier;
    let redeemable = RedeemableInput { object, id: tier.to_owned(), gift: None, reward: None };
    let input = RedeemablesInput { requested: RequestedInput { redeemables: vec![redeemable] }, scene };
    carry_out(guerdon, context, input, alone).await
}

/// The answer to a redemption of one thing, which shows it whole.
fn alone(tx: &mut Tx, carried: Carried) -> Result<RedemptionAnswer> {
    let Some(One { mut shown, incentive, lists, .. }) = carried.redemptions.into_iter().next() else {
        return Err(Error::Internal.into());
    };
    match incentive {
        Redeemable::Voucher(voucher) => shown.voucher = answer::whole_voucher(tx.config(), &voucher, lists),
        Redeemable::Tier(ready) => {
            shown.voucher = Patch::Null;
            shown.promotion_tier = Some(answer::whole_tier(tiers::answer(tx, &ready.tier)?));
        }
    }
    shown.order = carried.order.map_or(Patch::Null, |order| Patch::Value(Box::new(order)));
    Ok(shown)
}

async fn carry_out<A: Serialize + Send + 'static>(
    guerdon: &Guerdon,
    context: &Context,
    input: RedeemablesInput,
    tell: Tell<A>,
) -> std::result::Result<Answered<Outcome<A>>, Error> {
    input.check()?;
    let input = Arc::new(input);
    for _ in 0..MAX_TRIES {
        let config = guerdon.snapshots.get(&context.project, None).await?;
        let (needs, asked) = (keys(&config, &input), input.clone());
        let command = move |tx: &mut Tx| redeem_in(tx, &asked, tell);
        let attempt = match guerdon.executor.answer_as(context.clone(), needs, command, reply).await? {
            Answered::Now(attempt) => attempt,
            Answered::Before(kept) => return Ok(Answered::Before(kept)),
        };
        match attempt {
            Attempt::Done(Done { outcome, forgetful }) => {
                orders::summary::relearn(guerdon, context, &forgetful).await;
                return Ok(Answered::Now(outcome));
            }
            Attempt::Due(vouchers) => locks::sweep(guerdon, context, &vouchers).await?,
        }
    }
    Err(Error::Overloaded { retry_after_seconds: 1 })
}

fn reply<A: Serialize>(attempt: &Attempt<Done<A>>) -> std::result::Result<Option<Reply>, Error> {
    match attempt {
        Attempt::Done(done) => done.reply(),
        Attempt::Due(_) => Ok(None),
    }
}

/// What [`redeem_in`] surely reads.
fn keys(config: &Snapshot, input: &RedeemablesInput) -> Vec<Key> {
    let redeemables = keys_of_redeemables(config, &input.requested.redeemables);
    keys_of_scene(config, &input.scene).into_iter().chain(redeemables).collect()
}

/// Redeems within a command.
fn redeem_in<A>(tx: &mut Tx, input: &RedeemablesInput, tell: Tell<A>) -> Result<Attempt<Done<A>>> {
    tx.need(keys(tx.config(), input))?;
    let scene = Scene::foreseen(tx, &input.scene)?;
    let further = further_keys(tx, input, &scene)?;
    // What is missing is noted, and loaded together with what gathering finds to be missing.
    let known = tx.need(further);
    let gathering = gather(tx, &input.requested.redeemables, &scene, input.scene.session_key())?;
    known?;
    let due = locks::due(tx, &gathering);
    if !due.is_empty() {
        return Ok(Attempt::Due(due));
    }
    match plan(tx, &scene, &gathering, &input.scene) {
        Err(refused) => {
            let error = fail(tx, &scene, &gathering, *refused, sent_metadata(&input.scene))?;
            Ok(Attempt::Done(Done { outcome: Outcome::Refused(Box::new(error)), forgetful: Vec::new() }))
        }
        Ok(plan) => {
            let (carried, forgetful) = write(tx, input, &scene, &gathering, plan)?;
            let outcome = Outcome::Done(tell(tx, carried)?);
            Ok(Attempt::Done(Done { outcome, forgetful }))
        }
    }
}

/// The metadata of the redemption, as they were sent.
pub(super) fn sent_metadata(input: &SceneInput) -> Option<Metadata> {
    input.metadata.as_value().cloned()
}

/// The public half of the key that the request came with.
pub(super) fn api_key<'a>(tx: &Tx<'a>) -> Option<&'a str> {
    tx.context().source.api_key.as_ref().map(|key| key.app_id.as_str())
}

/// What [`write`] reads, as far as it is known before the evaluation.
fn further_keys(tx: &mut Tx, input: &RedeemablesInput, scene: &Scene) -> Result<Vec<Key>> {
    let buyer = scene.buyer.as_ref();
    let people = People {
        customer: buyer.filter(|buyer| buyer.is_known).map(|buyer| &buyer.customer.id),
        is_new: false,
        api_key: api_key(tx),
    };
    let mut keys = Vec::new();
    let config = tx.config();
    let of_tier = |keys: &mut Vec<Key>, tx: &Tx, ready: &ReadyTier| {
        keys.extend(counters::keys_of_campaign(tx, &ready.tier.campaign_id, &people));
        keys.extend(counters::keys_of_tier(ready.tier.id.as_str(), &people));
    };
    for RedeemableInput { object, id, .. } in &input.requested.redeemables {
        match object {
            RedeemableObject::Voucher => {
                let Some(voucher) = vouchers::find(tx, id)? else { continue };
                keys.extend(counters::keys_of_voucher(&voucher, &people));
                keys.extend(people.customer.into_iter().flat_map(|customer| referrals::keys(tx, &voucher, customer)));
                if let Some(campaign) = &voucher.campaign_id {
                    keys.extend(counters::keys_of_campaign(tx, campaign, &people));
                }
                let holder = voucher.holder_id.as_ref();
                keys.extend(holder.map(|holder| Key::id(Collection::Customers, holder.as_str())));
            }
            RedeemableObject::PromotionTier => {
                if let Some(ready) = config.promotions().tier(id) {
                    of_tier(&mut keys, tx, ready);
                }
            }
            RedeemableObject::PromotionStack => {
                let tiers = config.promotions().stack(id).map(|stack| stack.tiers.ids.as_slice());
                for tier in tiers.unwrap_or_default() {
                    if let Some(ready) = config.promotions().tier(tier.as_str()) {
                        of_tier(&mut keys, tx, ready);
                    }
                }
            }
        }
    }
    Ok(keys)
}
