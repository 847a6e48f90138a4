//! Listing publications, with their customers and vouchers as they are now.

use std::collections::HashMap;

use guerdon_model::{
    Error,
    customer::Customer,
    filter::Filter,
    list::List,
    publication::{Publication, PublicationAnswer, PublicationResult, PublishedVoucher},
    voucher::{Voucher, VoucherType},
};
use guerdon_store::{Collection, ColumnValue, Condition, Document, Key, Order, Query};

use crate::{
    context::Context,
    failure::{damaged, unavailable},
    service::Guerdon,
    tx::{Result as TxResult, Tx},
    vouchers,
};

/// Which publications, in which order, and which page of them.
#[derive(Debug, Clone)]
pub struct PublicationListing {
    /// Of the campaign that has this name now.
    pub campaign: Option<String>,
    /// To the customer with this id.
    pub customer: Option<String>,
    /// Of the voucher with this code.
    pub voucher: Option<String>,
    pub result: Option<PublicationResult>,
    pub voucher_type: Option<VoucherType>,
    /// Of referral codes only.
    pub is_referral_code: bool,
    pub source_id: Option<String>,
    pub filter: Option<Filter>,
    pub order: PublicationOrder,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// The documented orders; the default is newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicationOrder {
    /// None is by time of creation, which is that of the ids.
    column: Option<&'static str>,
    descending: bool,
}

impl PublicationOrder {
    /// The names as they are sent.
    pub const NAMES: [&'static str; 12] = [
        "id",
        "-id",
        "voucher_code",
        "-voucher_code",
        "tracking_id",
        "-tracking_id",
        "customer_id",
        "-customer_id",
        "created_at",
        "-created_at",
        "channel",
        "-channel",
    ];

    /// Reads one of the names.
    pub fn parse(name: Option<&str>) -> Self {
        let name = name.unwrap_or("-created_at");
        let (field, descending) = name.strip_prefix('-').map_or((name, false), |field| (field, true));
        let column = ["voucher_code", "tracking_id", "customer_id", "channel"].into_iter().find(|name| *name == field);
        Self { column, descending }
    }

    fn order(self) -> Order {
        let Self { column, descending } = self;
        column.map_or(Order::Id { descending }, |column| Order::Column { column: place(column), descending })
    }
}

fn place(column: &str) -> usize {
    Collection::Publications.column(column).expect("the collection's table has this column")
}

impl PublicationListing {
    /// What the shortcuts ask of columns; none if nothing can match.
    fn conditions(&self, tx: &mut Tx) -> TxResult<Option<Vec<(usize, Condition)>>> {
        let mut conditions = Vec::new();
        let mut equal = |column: &str, value: ColumnValue| conditions.push((place(column), Condition::Equals(value)));
        if let Some(name) = &self.campaign {
            let Some(campaign) = tx.config().campaign_named(name) else { return Ok(None) };
            equal("campaign_id", campaign.id.as_str().into());
        }
        if let Some(customer) = &self.customer {
            equal("customer_id", customer.as_str().into());
        }
        if let Some(code) = &self.voucher {
            equal("voucher_code", first_code(tx, code)?.as_str().into());
        }
        if let Some(result) = self.result {
            equal("result", result.name().into());
        }
        if let Some(voucher_type) = self.voucher_type {
            equal("voucher_type", voucher_type.name().into());
        }
        if self.is_referral_code {
            equal("is_referral_code", true.into());
        }
        if let Some(source_id) = &self.source_id {
            equal("source_id", source_id.as_str().into());
        }
        Ok(Some(conditions))
    }
}

/// The code by which the publication of a voucher is found: of several vouchers, that of the first.
fn first_code(tx: &mut Tx, code: &str) -> TxResult<String> {
    let publication = match vouchers::find(tx, code)?.and_then(|voucher| voucher.publication_id.clone()) {
        Some(id) => tx.get::<Publication>(id.as_str())?,
        None => None,
    };
    Ok(publication.and_then(|publication| publication.vouchers.first().cloned()).unwrap_or_else(|| code.to_owned()))
}

/// A page of publications.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list(
    guerdon: &Guerdon,
    context: &Context,
    listing: PublicationListing,
) -> Result<List<PublicationAnswer>, Error> {
    let conditions = guerdon.executor.read(context, |tx| listing.conditions(tx)).await?;
    let (publications, total) = match conditions {
        None => (Vec::new(), 0),
        Some(conditions) => {
            let moment = guerdon.moment(&context.project).await?;
            let query = Query {
                conditions,
                filter: listing.filter.map(|filter| (with_own_names(filter), moment)),
                order: listing.order.order(),
                offset: (listing.page - 1).saturating_mul(listing.limit),
                limit: listing.limit,
                count: true,
                ..Query::all(context.project.clone(), Collection::Publications)
            };
            let page = guerdon.query(context, query).await?;
            let publications = page.records.iter().map(|record| record.document());
            (publications.collect::<Result<Vec<Publication>, _>>().map_err(damaged)?, page.total.unwrap_or(0))
        }
    };
    let rows = complete(guerdon, context, publications).await?;
    Ok(List { data_ref: "publications", rows, total: Some(total), has_more: None, more_starting_after: None })
}

/// Adds customers and vouchers.
async fn complete(
    guerdon: &Guerdon,
    context: &Context,
    publications: Vec<Publication>,
) -> Result<Vec<PublicationAnswer>, Error> {
    let customers = publications.iter().map(|publication| publication.customer_id.as_str());
    let customers: HashMap<String, Customer> = documents(guerdon, context, customers).await?;
    let single = publications.iter().filter(|publication| publication.vouchers.len() == 1);
    let ids = single.map(|publication| publication.vouchers_id[0].as_str());
    let vouchers: HashMap<String, Voucher> = documents(guerdon, context, ids).await?;
    let config = guerdon.snapshots.get(&context.project, None).await?;
    let rows = publications.iter().map(|publication| {
        let customer = customers.get(publication.customer_id.as_str());
        let customer = customer.map_or_else(|| publication.lost_customer(), Customer::simple);
        publication.answer(customer).with_vouchers(publication, || {
            let voucher = publication.vouchers_id.first().and_then(|id| vouchers.get(id.as_str()));
            PublishedVoucher::Listed(Box::new(match voucher.filter(|voucher| !voucher.is_binned) {
                Some(voucher) => voucher.listed(vouchers::context(&config, voucher)),
                None => publication.lost_voucher(),
            }))
        })
    });
    Ok(rows.collect())
}

/// The documents with these ids, as far as they are there.
pub(crate) async fn documents<D: Document>(
    guerdon: &Guerdon,
    context: &Context,
    ids: impl Iterator<Item = &str>,
) -> Result<HashMap<String, D>, Error> {
    let mut keys: Vec<Key> = ids.map(|id| Key::id(D::COLLECTION, id)).collect();
    keys.sort();
    keys.dedup();
    let loaded = guerdon.store.load(&context.project, keys).await.map_err(unavailable)?;
    let found = loaded.records.iter().flatten().map(|record| Ok((record.id.to_string(), record.document()?)));
    found.collect::<Result<_, _>>().map_err(damaged)
}

/// Names by which filters know fields of a publication.
const NAMES: [(&str, &str); 2] = [("parent_object_id", "campaign_id"), ("related_object_id", "vouchers_id")];

fn with_own_names(mut filter: Filter) -> Filter {
    for predicate in &mut filter.predicates {
        if let Some((_, own)) = NAMES.iter().find(|(name, _)| *name == predicate.field) {
            predicate.field = (*own).into();
        }
    }
    filter
}
