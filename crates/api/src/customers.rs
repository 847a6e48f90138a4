//! `/v1/customers`.

use axum::http::StatusCode;
use guerdon_core::customers::{
    self, CustomerRef,
    activity::{self, ActivityListing},
    listing::{self, CustomerOrder, Listing},
};
use guerdon_core::{jobs::Work, orders, redemptions};
use guerdon_model::{
    Error,
    customer::CustomerInput,
    error::{Path, Rule},
    event::{Category, EventType},
};

use crate::{
    background,
    call::Call,
    listing::GENERIC_ORDERS,
    respond::{Answer, json, no_content},
};

/// The last page of customers that can be listed.
const MAX_PAGE: u64 = 99;

pub(crate) async fn list(call: Call) -> Answer {
    let order = call.order(&CustomerOrder::NAMES)?.and_then(CustomerOrder::parse);
    let text = |name: &str| call.query_param(name).map(str::to_owned);
    let listing = Listing {
        email: text("email"),
        city: text("city"),
        name: text("name"),
        segment_id: text("segment_id"),
        created: call.between("created_at")?,
        updated: call.between("updated_at")?,
        filter: call.filter()?,
        order: order.unwrap_or(CustomerOrder { column: "created_at", descending: true }),
        starting_after: call.time("starting_after")?,
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    };
    json(&listing::list(&call.app.guerdon, &call.context, listing).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input: CustomerInput = call.payload()?;
    let needs = customers::upsert_keys(&input);
    call.answer(needs, move |tx| customers::upsert(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let customer = CustomerRef::new(call.param("customerId"));
    let found = call.read(|tx| customers::get(tx, &customer)).await?;
    json(&customers::with_assets(found, &call.app.guerdon.options.public_url))
}

pub(crate) async fn update(call: Call) -> Answer {
    let customer = CustomerRef::new(call.param("customerId"));
    let input: CustomerInput = call.payload()?;
    json(&call.execute(customer.keys(), move |tx| customers::update(tx, &customer, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let customer = CustomerRef::new(call.param("customerId"));
    call.execute(customer.keys(), move |tx| customers::delete(tx, &customer)).await?;
    no_content()
}

pub(crate) async fn erase(call: Call) -> Answer {
    let customer = CustomerRef::new(call.param("customerId"));
    let id = call.read(|tx| customers::erasable(tx, &customer)).await?;
    let mut orders = orders::erasure::erase_of(&call.app.guerdon, &call.context, &id).await?;
    redemptions::erasure::forget(&call.app.guerdon, &call.context, &id).await?;
    let events = activity::count_changes(&call.app.guerdon, &call.context, id.as_str()).await?;
    let mut deletion = call.execute(customer.keys(), move |tx| customers::erase(tx, &customer, events)).await?;
    // Those that came meanwhile; there can't be any more.
    orders += orders::erasure::erase_of(&call.app.guerdon, &call.context, &id).await?;
    redemptions::erasure::forget(&call.app.guerdon, &call.context, &id).await?;
    deletion.data_json.orders = orders;
    json(&deletion)
}

pub(crate) async fn update_in_bulk(call: Call) -> Answer {
    background::update_in_bulk(call, Work::CustomersBulk).await
}

pub(crate) async fn update_metadata_in_bulk(call: Call) -> Answer {
    background::update_metadata_in_bulk(call, Work::CustomersMetadata).await
}

pub(crate) async fn import(mut call: Call) -> Answer {
    background::import(&mut call, StatusCode::ACCEPTED, Work::CustomersImport).await
}

pub(crate) async fn list_activity(call: Call) -> Answer {
    let listing = activity_listing(&call, &["created_at", "-created_at"])?;
    let customer = CustomerRef::new(call.param("customerId"));
    json(&activity::list(&call.app.guerdon, &call.context, customer, listing).await?)
}

/// The deprecated twin of [`list_activity`]: more orders, another cursor, and a total.
pub(crate) async fn list_activities(call: Call) -> Answer {
    let mut listing = activity_listing(&call, &GENERIC_ORDERS)?;
    if let Some(after) = call.time("starting_after")? {
        let bound = if listing.descending { &mut listing.end_date } else { &mut listing.start_date };
        *bound = Some(after.plus_millis(if listing.descending { -1 } else { 1 }));
    }
    let customer = CustomerRef::new(call.param("customerId"));
    let mut page = activity::list(&call.app.guerdon, &call.context, customer, listing).await?;
    let rows = page.rows.len() as u64;
    (page.total, page.has_more, page.more_starting_after) = (Some(rows), None, None);
    json(&page)
}

fn activity_listing(call: &Call, orders: &[&str]) -> Result<ActivityListing, Error> {
    let text = |name: &str| call.query_param(name).map(str::to_owned);
    let category = match call.query_param("category") {
        None => None,
        Some("ACTION") => Some(Category::Action),
        Some("EFFECT") => Some(Category::Effect),
        Some(_) => {
            let rule = Rule::OneOf(vec!["ACTION".into(), "EFFECT".into()]);
            return Err(Error::invalid_query(Path::of("category"), rule));
        }
    };
    Ok(ActivityListing {
        descending: call.order(orders)?.is_none_or(|order| order.starts_with('-')),
        starting_after_id: text("starting_after_id"),
        start_date: call.time("start_date")?,
        end_date: call.time("end_date")?,
        campaign_id: text("campaign_id"),
        campaign_type: text("campaign_type"),
        product_id: text("product_id"),
        category,
        kind: call.query_param("type").map(EventType::parse_recorded),
        limit: call.limit()?,
    })
}
