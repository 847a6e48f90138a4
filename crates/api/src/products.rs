//! `/v1/products` and `/v1/skus`.

use axum::http::StatusCode;
use guerdon_core::{
    jobs::Work,
    products::{
        self,
        listing::{self, CatalogueListing, CatalogueOrder},
        skus,
    },
};
use guerdon_model::{
    product::{Product, ProductInput},
    sku::{Sku, SkuInput},
};

use crate::{
    background,
    call::Call,
    listing::{GENERIC_ORDERS, MAX_PAGE},
    respond::{Answer, json, no_content},
};

fn catalogue_listing(call: &Call) -> Result<CatalogueListing, guerdon_model::Error> {
    Ok(CatalogueListing {
        start: call.time("start_date")?,
        end: call.time("end_date")?,
        filter: call.filter()?,
        order: CatalogueOrder::parse(call.order(&GENERIC_ORDERS)?),
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    })
}

/// Whether the SKUs of products are wanted.
fn with_skus(call: &Call) -> bool {
    call.query_param("hide") != Some("sku")
}

pub(crate) async fn list(call: Call) -> Answer {
    let listing = catalogue_listing(&call)?;
    json(&listing::list(&call.app.guerdon, &call.context, listing, with_skus(&call)).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input: ProductInput = call.payload()?;
    call.answer(products::keys_of_input(&input), move |tx| products::upsert(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let product = call.param("productId");
    json(&listing::get(&call.app.guerdon, &call.context, product, with_skus(&call)).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let product = call.param("productId").to_owned();
    let input: ProductInput = call.payload()?;
    json(&call.execute(products::keys::<Product>(&product), move |tx| products::update(tx, &product, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let force = call.flag("force")?;
    products::delete(&call.app.guerdon, &call.context, call.param("productId"), force).await?;
    no_content()
}

pub(crate) async fn update_in_bulk(call: Call) -> Answer {
    background::update_in_bulk(call, Work::ProductsBulk).await
}

pub(crate) async fn update_metadata_in_bulk(call: Call) -> Answer {
    background::update_metadata_in_bulk(call, Work::ProductsMetadata).await
}

pub(crate) async fn import(mut call: Call) -> Answer {
    background::import(&mut call, StatusCode::OK, Work::ProductsImport).await
}

pub(crate) async fn list_skus(call: Call) -> Answer {
    let listing = catalogue_listing(&call)?;
    json(&listing::list_skus(&call.app.guerdon, &call.context, call.param("productId"), listing).await?)
}

pub(crate) async fn create_sku(call: Call) -> Answer {
    let product = call.param("productId").to_owned();
    let input: SkuInput = call.payload()?;
    call.answer(skus::keys_of_input(&product, &input), move |tx| skus::upsert(tx, &product, &input)).await
}

/// The product and the SKU in the path.
fn sku_of_product(call: &Call) -> (String, String) {
    (call.param("productId").to_owned(), call.param("skuId").to_owned())
}

pub(crate) async fn update_sku(call: Call) -> Answer {
    let (product, sku) = sku_of_product(&call);
    let input: SkuInput = call.payload()?;
    json(&call.execute(skus::path_keys(&product, &sku), move |tx| skus::update(tx, &product, &sku, &input)).await?)
}

pub(crate) async fn delete_sku(call: Call) -> Answer {
    let ((product, sku), force) = (sku_of_product(&call), call.flag("force")?);
    call.execute(skus::path_keys(&product, &sku), move |tx| skus::delete(tx, &product, &sku, force)).await?;
    no_content()
}

pub(crate) async fn get_sku(call: Call) -> Answer {
    let sku = call.param("skuId").to_owned();
    let sku: Sku = call.read(|tx| Ok(skus::get(tx, &sku)?.as_ref().clone())).await?;
    json(&sku)
}

pub(crate) async fn import_skus(mut call: Call) -> Answer {
    background::import(&mut call, StatusCode::OK, Work::SkusImport).await
}
