//! Who was referred by whom: what becomes of a redemption of a referral code. `docs/referrals.md` has the rules.

use guerdon_model::{
    campaign::{Campaign, ConversionEventType},
    customer::{Customer, Referral, SimpleCustomer},
    event::{Event, EventType},
    holder::{HolderRole, RedeemableHolder, ReferredData},
    ids::{CustomerId, RedemptionId},
    redemption::{Redemption, RedemptionAnswer},
    voucher::Voucher,
};
use guerdon_store::Key;

use crate::{
    campaigns::{self, category_of},
    customers::summary,
    holders,
    tx::{Result, Tx},
    vouchers,
};

/// The program that a code belongs to, if a redemption of it refers somebody.
fn program<'a>(tx: &Tx<'a>, voucher: &Voucher) -> Option<&'a Campaign> {
    let campaign = voucher.campaign_id.as_ref().filter(|_| voucher.is_referral_code)?;
    let campaign = tx.config().campaign_with_id(campaign)?;
    let program = campaign.referral_program.as_ref()?;
    (program.conversion_event_type == ConversionEventType::Redemption).then_some(&**campaign)
}

/// Whoever refers by a code.
pub(crate) fn referrer(voucher: &Voucher) -> Option<&CustomerId> {
    voucher.referrer_id.as_ref().or(voucher.holder_id.as_ref()).filter(|_| voucher.is_referral_code)
}

/// What [`convert`] reads about a customer who is known.
pub(crate) fn keys(tx: &Tx, voucher: &Voucher, referee: &CustomerId) -> Vec<Key> {
    program(tx, voucher).map(|_| holders::assignment_key(&voucher.id, referee)).into_iter().collect()
}

/// Notes that a customer was referred by redeeming a code, unless the same program and referrer have brought the
/// customer before. `is_new` is a customer who has come with the request.
pub(crate) fn convert(
    tx: &mut Tx,
    voucher: &Voucher,
    referee: &CustomerId,
    is_new: bool,
    redemption: &RedemptionAnswer,
) -> Result<()> {
    let (Some(campaign), Some(referrer)) = (program(tx, voucher), referrer(voucher)) else { return Ok(()) };
    let Some(customer) = tx.get::<Customer>(referee.as_str())? else { return Ok(()) };
    let is_same = |known: &Referral| known.campaign_id == campaign.id.as_str() && known.referrer_id == *referrer;
    if customer.referrals.campaigns.iter().any(is_same) {
        return Ok(());
    }
    let referral = Referral {
        campaign_id: campaign.id.to_string(),
        referrer_id: referrer.clone(),
        related_object_id: redemption.id.to_string(),
        related_object_type: "redemption".into(),
        date: tx.now(),
    };
    summary::refresh(tx, referee.as_str(), |customer| {
        customer.referrals.campaigns.push(referral);
        customer.referrals.total = customer.referrals.campaigns.len() as i64;
        customer.internal.referral_campaigns.push(campaign.name.clone());
    })?;
    count(tx, referrer, campaign, 1)?;
    campaigns::summary::count(tx, &campaign.id, |day| day.referred_customers += 1)?;
    let customer = customer.simple();
    hold(tx, voucher, campaign, referee, is_new, &customer)?;
    let referrer = tx.get::<Customer>(referrer.as_str())?.map(|referrer| referrer.simple());
    let data = ReferredData {
        customer: &customer,
        referrer: referrer.as_ref(),
        campaign: &campaign.simple(category_of(tx.config(), campaign.category_id.as_ref())),
        voucher: &voucher.simple(vouchers::context(tx.config(), voucher)),
        custom_event: (),
        redemption,
    };
    tx.emit(Event::Of { kind: EventType::CUSTOMER_REFERRED, entity_id: customer.id.as_str(), data: &data });
    Ok(())
}

/// Counts a customer who was referred, or is no longer.
fn count(tx: &mut Tx, referrer: &CustomerId, campaign: &Campaign, more: i64) -> Result<()> {
    summary::refresh(tx, referrer.as_str(), |customer| {
        let loyalty = &mut customer.loyalty;
        let of_campaign = &mut loyalty.campaigns.entry(campaign.name.clone()).or_default().referred_customers;
        for count in [&mut loyalty.referred_customers, of_campaign] {
            *count = count.saturating_add(more).max(0);
        }
    })
}

/// Makes the customer a referee of the code, unless it is one already.
fn hold(
    tx: &mut Tx,
    voucher: &Voucher,
    campaign: &Campaign,
    referee: &CustomerId,
    is_new: bool,
    customer: &SimpleCustomer,
) -> Result<()> {
    let assignment = RedeemableHolder::assignment(&voucher.id, referee);
    if !is_new && tx.find::<RedeemableHolder>("assignment", &assignment)?.is_some() {
        return Ok(());
    }
    let holder = holders::new(tx, voucher, Some(campaign), referee, HolderRole::Referee);
    let shown = campaign.simple(category_of(tx.config(), campaign.category_id.as_ref()));
    let shown_voucher = voucher.simple(vouchers::context(tx.config(), voucher));
    holders::assign(tx, holder, None, &shown_voucher, Some(&shown), customer);
    Ok(())
}

/// Undoes what [`convert`] has counted of a redemption that is rolled back. The customer stays a referee.
pub(crate) fn revert(tx: &mut Tx, voucher: &Voucher, redemption: &Redemption) -> Result<()> {
    let (Some(campaign), Some(referrer)) = (program(tx, voucher), referrer(voucher)) else { return Ok(()) };
    let Some(referee) = &redemption.customer_id else { return Ok(()) };
    let is_meant = |id: &RedemptionId, known: &Referral| known.related_object_id == id.as_str();
    let known = tx.get::<Customer>(referee.as_str())?;
    let known = known
        .and_then(|known| known.referrals.campaigns.iter().position(|referral| is_meant(&redemption.id, referral)));
    let Some(place) = known else { return Ok(()) };
    summary::refresh(tx, referee.as_str(), |customer| {
        customer.referrals.campaigns.remove(place);
        customer.referrals.total = customer.referrals.campaigns.len() as i64;
        if place < customer.internal.referral_campaigns.len() {
            customer.internal.referral_campaigns.remove(place);
        }
    })?;
    count(tx, referrer, campaign, -1)?;
    campaigns::summary::count(tx, &campaign.id, |day| day.referred_customers -= 1)
}
