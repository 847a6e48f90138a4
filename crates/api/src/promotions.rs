//! `/v1/promotions`, `/client/v1/promotions`.

use guerdon_core::promotions::{
    listing::{self, ListOrder, SHOWN_TIERS, StackListing, TierListing},
    stacks, tiers,
};
use guerdon_model::{
    Error,
    promotion_stack::StackInput,
    promotion_tier::{TierInput, TierUpdate},
};

use crate::{
    call::Call,
    listing::MAX_PAGE,
    respond::{Answer, json, no_content},
};

fn tier_listing(call: &Call, limit: usize) -> Result<TierListing, Error> {
    Ok(TierListing {
        is_available: call.flag("is_available")?,
        order: ListOrder::parse(call.order(&ListOrder::OF_TIERS)?.unwrap_or("-created_at")),
        limit,
        page: call.page(MAX_PAGE)?,
    })
}

pub(crate) async fn list_tiers(call: Call) -> Answer {
    let listing = tier_listing(&call, call.limit()?)?;
    json(&call.read(|tx| listing::list_tiers(tx, &listing)).await?)
}

pub(crate) async fn list_tiers_of(call: Call) -> Answer {
    let limit = if call.query_param("limit").is_some() { call.limit()? } else { SHOWN_TIERS };
    let (campaign, listing) = (call.param("campaignId"), tier_listing(&call, limit)?);
    json(&call.read(|tx| listing::list_tiers_of(tx, campaign, &listing)).await?)
}

pub(crate) async fn create_tier(call: Call) -> Answer {
    let (input, campaign) = (call.payload::<TierInput>()?, call.param("campaignId").to_owned());
    call.answer(Vec::new(), move |tx| tiers::create(tx, &campaign, &input)).await
}

pub(crate) async fn get_tier(call: Call) -> Answer {
    let tier = call.param("promotionTierId");
    json(&call.read(|tx| tiers::read(tx, tier)).await?)
}

pub(crate) async fn update_tier(call: Call) -> Answer {
    let (input, tier) = (call.payload::<TierUpdate>()?, call.param("promotionTierId").to_owned());
    json(&call.execute(Vec::new(), move |tx| tiers::update(tx, &tier, &input)).await?)
}

pub(crate) async fn delete_tier(call: Call) -> Answer {
    let tier = call.param("promotionTierId").to_owned();
    call.execute(Vec::new(), move |tx| tiers::delete(tx, &tier)).await?;
    no_content()
}

pub(crate) async fn enable_tier(call: Call) -> Answer {
    set_active(&call, true).await
}

pub(crate) async fn disable_tier(call: Call) -> Answer {
    set_active(&call, false).await
}

async fn set_active(call: &Call, active: bool) -> Answer {
    let tier = call.param("promotionTierId").to_owned();
    call.answer(Vec::new(), move |tx| tiers::set_active(tx, &tier, active)).await
}

fn stack_listing(call: &Call, default_order: &str) -> Result<StackListing, Error> {
    let (created, updated) = (call.between("created_at")?, call.between("updated_at")?);
    Ok(StackListing {
        created: [created.after, created.before],
        updated: [updated.after, updated.before],
        filter: call.filter()?,
        order: ListOrder::parse(call.order(&ListOrder::OF_STACKS)?.unwrap_or(default_order)),
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    })
}

pub(crate) async fn list_stacks(call: Call) -> Answer {
    let listing = stack_listing(&call, "-created_at")?;
    json(&call.read(|tx| listing::list_stacks(tx, None, &listing)).await?)
}

pub(crate) async fn list_stacks_of(call: Call) -> Answer {
    let (campaign, listing) = (call.param("campaignId"), stack_listing(&call, "created_at")?);
    json(&call.read(|tx| listing::list_stacks(tx, Some(campaign), &listing)).await?)
}

pub(crate) async fn create_stack(call: Call) -> Answer {
    let (input, campaign) = (call.payload::<StackInput>()?, call.param("campaignId").to_owned());
    call.answer(Vec::new(), move |tx| stacks::create(tx, &campaign, &input)).await
}

pub(crate) async fn get_stack(call: Call) -> Answer {
    let (campaign, stack) = (call.param("campaignId"), call.param("stackId"));
    json(&call.read(|tx| stacks::read(tx, campaign, stack)).await?)
}

pub(crate) async fn update_stack(call: Call) -> Answer {
    let input = call.payload::<StackInput>()?;
    let (campaign, stack) = (call.param("campaignId").to_owned(), call.param("stackId").to_owned());
    json(&call.execute(Vec::new(), move |tx| stacks::update(tx, &campaign, &stack, &input)).await?)
}

pub(crate) async fn delete_stack(call: Call) -> Answer {
    let (campaign, stack) = (call.param("campaignId").to_owned(), call.param("stackId").to_owned());
    call.execute(Vec::new(), move |tx| stacks::delete(tx, &campaign, &stack)).await?;
    no_content()
}
