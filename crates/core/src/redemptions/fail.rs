//! Attempts that are refused: stored, counted and told, and nothing else.

use guerdon_model::{
    customer::Customer,
    ids::FailedRedemptionId,
    metadata::Metadata,
    order::Order,
    redeemable::ErrorAnswer,
    redemption::{Redemption, RedemptionAnswer},
};

use super::{
    answer, channel, counters,
    plan::Refused,
    tell::{self, Subject},
    write::incentive_of,
};
use crate::{
    customers::summary::{self, Redeemed},
    redeemables::{Found, Gathering, Incentive, RESOURCE, Scene},
    tx::{Result, Tx},
};

/// Stores an attempt that came to nothing; the error that its client hears of. `metadata` are as they were sent.
pub(super) fn fail(
    tx: &mut Tx,
    scene: &Scene,
    gathering: &Gathering,
    refused: Refused,
    metadata: Option<Metadata>,
) -> Result<ErrorAnswer> {
    let id: FailedRedemptionId = tx.new_id();
    let found = refused.place.and_then(|place| gathering.redeemables[place].found.as_ref());
    let buyer = scene.buyer.as_ref().filter(|buyer| buyer.is_known);
    let redemption = Redemption {
        customer_id: buyer.map(|buyer| buyer.customer.id.clone()),
        tracking_id: buyer.and(scene.tracking_id.clone()),
        metadata,
        failure_code: refused.error.key.map(str::to_owned),
        failure_message: Some(refused.error.message.clone()),
        incentive: found.map(incentive_of),
        ..Redemption::new(id.as_str().into(), tx.now(), channel(tx))
    };
    tx.put(redemption.clone());
    let campaign = found.and_then(|found| found.campaign.as_ref()).map(|campaign| campaign.id.clone());
    counters::count_failure(tx, campaign.as_ref(), |day| day.redemptions_failed += 1)?;
    if let Some(buyer) = buyer {
        summary::refresh(tx, buyer.customer.id.as_str(), |customer| {
            summary::count(&mut customer.summary.redemptions, Redeemed::Failed);
        })?;
    }
    let subject = subject(tx, found)?;
    let shown = shown(&redemption, found, buyer.map(|buyer| &buyer.customer), tx);
    subject.tell(tx, tell::FAILED, None::<&Order>, &shown, None);
    let mut error = refused.error;
    if error.code != 404 {
        (error.resource_id, error.resource_type) = (Some(id.to_string()), Some(RESOURCE));
    }
    Ok(error)
}

fn subject(tx: &mut Tx, found: Option<&Found>) -> Result<Subject> {
    match found.map(|found| &found.incentive) {
        Some(Incentive::Voucher(voucher)) => Subject::voucher(tx, voucher),
        Some(Incentive::Tier(ready)) => Ok(Subject::tier(tx, &ready.tier)),
        None => Ok(Subject::default()),
    }
}

fn shown(redemption: &Redemption, found: Option<&Found>, customer: Option<&Customer>, tx: &Tx) -> RedemptionAnswer {
    let mut shown = redemption.answer();
    shown.customer = customer.map(Customer::simple);
    match found.map(|found| &found.incentive) {
        Some(Incentive::Voucher(voucher)) => shown.voucher = answer::short_voucher(tx.config(), voucher, None),
        Some(Incentive::Tier(ready)) => shown.promotion_tier = Some(answer::short_tier(&ready.tier, None, None)),
        None => {}
    }
    shown
}
