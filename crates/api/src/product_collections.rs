//! `/v1/product-collections`.

use guerdon_core::product_collections::{
    self, CollectionListing,
    listing::{self, MemberListing, MemberOrder},
};
use guerdon_model::product_collection::CollectionInput;

use crate::{
    call::Call,
    listing::{GENERIC_ORDERS, MAX_PAGE},
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    let listing = CollectionListing {
        order: MemberOrder::parse(call.order(&GENERIC_ORDERS)?),
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    };
    json(&call.read(|tx| product_collections::list(tx, listing)).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input: CollectionInput = call.payload()?;
    let needs = product_collections::create_keys(&input);
    call.answer(needs, move |tx| product_collections::create(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let collection = call.param("productCollectionId");
    json(&call.read(|tx| product_collections::get(tx, collection)).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let collection = call.param("productCollectionId").to_owned();
    let input: CollectionInput = call.payload()?;
    json(&call.execute(Vec::new(), move |tx| product_collections::update(tx, &collection, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let collection = call.param("productCollectionId").to_owned();
    call.execute(Vec::new(), move |tx| product_collections::delete(tx, &collection)).await?;
    no_content()
}

pub(crate) async fn list_products(call: Call) -> Answer {
    let listing = MemberListing {
        order: MemberOrder::parse(call.order(&GENERIC_ORDERS)?),
        starting_after: call.time("starting_after")?,
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    };
    let collection = call.param("productCollectionId");
    json(&listing::members(&call.app.guerdon, &call.context, collection, listing).await?)
}
