//! `/v1/referrals`, and what customers hold.

use guerdon_core::{
    customers::CustomerRef,
    holders::{self, HolderListing, Member},
};
use guerdon_model::{Error, holder::HoldersInput};

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

/// The voucher in the path, with or without its campaign.
fn member(call: &Call) -> Member {
    let campaign = Some(call.param("campaignId")).filter(|campaign| !campaign.is_empty());
    Member { campaign: campaign.map(str::to_owned), voucher: call.param("memberId").to_owned() }
}

fn listing(call: &Call) -> Result<HolderListing, Error> {
    Ok(HolderListing {
        filter: call.filter()?,
        descending: call.order(&["id", "-id"])? != Some("id"),
        starting_after_id: call.query_param("starting_after_id").map(str::to_owned),
        limit: call.limit()?,
    })
}

pub(crate) async fn list_holders(call: Call) -> Answer {
    json(&holders::list(&call.app.guerdon, &call.context, &member(&call), listing(&call)?).await?)
}

pub(crate) async fn list_redeemables(call: Call) -> Answer {
    let customer = CustomerRef::new(call.param("customerId"));
    json(&holders::list_of_customer(&call.app.guerdon, &call.context, &customer, listing(&call)?).await?)
}

pub(crate) async fn add_holders(call: Call) -> Answer {
    let (member, input) = (member(&call), call.payload::<HoldersInput>()?);
    call.answer(member.keys(), move |tx| holders::add_referees(tx, &member, &input)).await
}

pub(crate) async fn remove_holder(call: Call) -> Answer {
    let (member, holder) = (member(&call), call.param("holderId").to_owned());
    call.execute(member.keys(), move |tx| holders::remove(tx, &member, &holder)).await?;
    no_content()
}
