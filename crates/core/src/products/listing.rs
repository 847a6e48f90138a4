//! Listing products, and the SKUs of one.

use futures_util::{StreamExt, TryStreamExt, stream};
use guerdon_model::{
    Error, Timestamp,
    filter::Filter,
    ids::{ProductId, ProjectId},
    list::List,
    product::{Product, ProductWithSkus},
    sku::{ProductSkus, Sku},
};
use guerdon_store::{Collection, Condition, Document, Order, Page, Query};

use crate::{
    context::Context,
    failure::{damaged, unavailable},
    products,
    service::Guerdon,
};

/// How many SKUs are shown with their product; there are more in the list of its SKUs.
const SHOWN_SKUS: usize = 100;
/// Of how many products at a time the SKUs are looked up.
const SIDE_BY_SIDE: usize = 8;

/// Which products or SKUs, in which order, and which page of them.
#[derive(Debug, Clone)]
pub struct CatalogueListing {
    /// Created at this time or later.
    pub start: Option<Timestamp>,
    /// Created at this time or earlier.
    pub end: Option<Timestamp>,
    pub filter: Option<Filter>,
    pub order: CatalogueOrder,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// By creation or by last change; the default is oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatalogueOrder {
    column: &'static str,
    descending: bool,
}

impl CatalogueOrder {
    /// Reads a name. Of those that are accepted, some mean nothing here.
    pub fn parse(name: Option<&str>) -> Self {
        let (column, descending) = match name {
            Some("-created_at") => ("created_at", true),
            Some("updated_at") => ("changed_at", false),
            Some("-updated_at") => ("changed_at", true),
            _ => ("created_at", false),
        };
        Self { column, descending }
    }
}

fn place(collection: Collection, column: &str) -> usize {
    collection.column(column).expect("the collection's table has this column")
}

impl CatalogueListing {
    fn query(self, project: ProjectId, collection: Collection) -> Query {
        let created_at = place(collection, "created_at");
        let start = self.start.map(|start| Condition::GreaterThan(start.plus_millis(-1).into()));
        let end = self.end.map(|end| Condition::AtMost(end.into()));
        let CatalogueOrder { column, descending } = self.order;
        Query {
            conditions: start.into_iter().chain(end).map(|bound| (created_at, bound)).collect(),
            order: Order::Column { column: place(collection, column), descending },
            offset: (self.page - 1).saturating_mul(self.limit),
            limit: self.limit,
            count: true,
            ..Query::all(project, collection)
        }
    }
}

fn documents<D: Document>(page: &Page) -> Result<Vec<D>, Error> {
    page.records.iter().map(|record| record.document()).collect::<Result<_, _>>().map_err(damaged)
}

fn list_of<T>(data_ref: &'static str, rows: Vec<T>, total: Option<u64>) -> List<T> {
    List { data_ref, rows, total: Some(total.unwrap_or(0)), has_more: None, more_starting_after: None }
}

/// A page of products, each with its SKUs unless they are not wanted.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list(
    guerdon: &Guerdon,
    context: &Context,
    mut listing: CatalogueListing,
    with_skus: bool,
) -> Result<List<ProductWithSkus>, Error> {
    let filter = with_moment(guerdon, context, listing.filter.take()).await?;
    let query = Query { filter, ..listing.query(context.project.clone(), Collection::Products) };
    let page = guerdon.query(context, query).await?;
    let products = documents::<Product>(&page)?;
    let complete = products.into_iter().map(|product| complete(guerdon, &context.project, product, with_skus));
    let rows = stream::iter(complete).buffered(SIDE_BY_SIDE).try_collect().await?;
    Ok(list_of("products", rows, page.total))
}

async fn with_moment(
    guerdon: &Guerdon,
    context: &Context,
    filter: Option<Filter>,
) -> Result<Option<(Filter, guerdon_model::filter::Moment)>, Error> {
    match filter {
        Some(filter) => Ok(Some((filter, guerdon.moment(&context.project).await?))),
        None => Ok(None),
    }
}

/// One product, with its SKUs unless they are not wanted.
///
/// # Errors
/// `not_found`; `StoreUnavailable`.
pub async fn get(
    guerdon: &Guerdon,
    context: &Context,
    reference: &str,
    with_skus: bool,
) -> Result<ProductWithSkus, Error> {
    let product = guerdon.executor.read(context, |tx| products::get(tx, reference)).await?;
    complete(guerdon, &context.project, product.as_ref().clone(), with_skus).await
}

/// Adds the newest SKUs to a product.
async fn complete(
    guerdon: &Guerdon,
    project: &ProjectId,
    product: Product,
    with_skus: bool,
) -> Result<ProductWithSkus, Error> {
    if !with_skus {
        return Ok(ProductWithSkus { product, skus: None });
    }
    let query = Query { limit: SHOWN_SKUS, ..of_product(project, &product.id) };
    let page = guerdon.store.query(query).await.map_err(unavailable)?;
    let total = if page.has_more {
        let query = Query { limit: 0, count: true, ..of_product(project, &product.id) };
        guerdon.store.query(query).await.map_err(unavailable)?.total.unwrap_or(0)
    } else {
        page.records.len() as u64
    };
    Ok(ProductWithSkus { skus: Some(ProductSkus::new(documents(&page)?, total)), product })
}

/// All SKUs of a product, newest first: by id, a database might walk through those of all products.
pub(crate) fn of_product(project: &ProjectId, product: &ProductId) -> Query {
    let condition = (place(Collection::Skus, "product_id"), Condition::Equals(product.as_str().into()));
    Query {
        conditions: vec![condition],
        order: Order::Column { column: place(Collection::Skus, "created_at"), descending: true },
        ..Query::all(project.clone(), Collection::Skus)
    }
}

/// A page of a product's SKUs.
///
/// # Errors
/// `not_found` for an unknown product; `StoreUnavailable`.
pub async fn list_skus(
    guerdon: &Guerdon,
    context: &Context,
    reference: &str,
    mut listing: CatalogueListing,
) -> Result<List<Sku>, Error> {
    let product = guerdon.executor.read(context, |tx| products::get(tx, reference)).await?;
    let filter = with_moment(guerdon, context, listing.filter.take().map(with_own_names)).await?;
    let mut query = Query { filter, ..listing.query(context.project.clone(), Collection::Skus) };
    query.conditions.extend(of_product(&context.project, &product.id).conditions);
    let page = guerdon.query(context, query).await?;
    Ok(list_of("skus", documents(&page)?, page.total))
}

/// SKUs are filtered by `name`, too, which is their `sku`.
fn with_own_names(mut filter: Filter) -> Filter {
    for predicate in &mut filter.predicates {
        if predicate.field == "name" {
            predicate.field = "sku".into();
        }
    }
    filter
}
