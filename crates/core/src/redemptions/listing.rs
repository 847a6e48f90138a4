//! Reading redemptions and rollbacks, with their customers and orders as they are now. `docs/redemptions.md` has
//! the rules.
//!
//! Whatever is listed goes by the time that each id carries; what a parameter or a filter says about a column with
//! an index becomes a condition on it. A total is counted no further than pages reach.

use std::{collections::HashMap, sync::Arc};

use guerdon_model::{
    Error, Patch, Timestamp,
    customer::Customer,
    filter::{Filter, Junction, Operator, Predicate},
    ids::{CustomerId, OrderId, PrefixedId, PromotionTierId, VoucherId},
    list::List,
    order::Order,
    redemption::{
        Redemption, RedemptionAnswer, RedemptionKind, RedemptionObject, RedemptionResult, RedemptionStatus,
        VoucherRedemptions,
    },
    voucher::Voucher,
};
use guerdon_store::{Collection, ColumnValue, Condition, OneOf, Order as Sorting, Query, equals_only_itself};
use serde_json::Value;

use super::{answer, get, shapes};
use crate::{
    context::Context,
    customers::{self, CustomerRef, listing::Between},
    failure::damaged,
    ids::time_ordered_beginning,
    publications::listing::documents,
    service::Guerdon,
    snapshot::Snapshot,
    tx::{Result, Tx},
    vouchers::{
        self,
        listing::{MAX_TOTAL, by_id},
    },
};

/// Which redemptions and rollbacks, in which order, and which page of them.
#[derive(Debug, Clone)]
pub struct RedemptionListing {
    /// Those of which one holds; all if there are none.
    pub outcomes: Vec<Outcome>,
    /// The name of a campaign.
    pub campaign: Option<String>,
    /// Who has redeemed: an id or `source_id`.
    pub customer: Option<String>,
    /// Exclusive bounds.
    pub created: Between,
    pub filter: Option<Filter>,
    pub order: RedemptionOrder,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// What has come of it, in the words of a result or of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Result(RedemptionResult),
    Status(RedemptionStatus),
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Result(RedemptionResult::Success),
        Self::Result(RedemptionResult::Failure),
        Self::Status(RedemptionStatus::Succeeded),
        Self::Status(RedemptionStatus::Failed),
        Self::Status(RedemptionStatus::RolledBack),
    ];

    /// The name as it is sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Result(result) => result.name(),
            Self::Status(status) => status.name(),
        }
    }

    /// The result that it needs.
    const fn result(self) -> RedemptionResult {
        match self {
            Self::Result(result) => result,
            Self::Status(RedemptionStatus::Failed) => RedemptionResult::Failure,
            Self::Status(RedemptionStatus::Succeeded | RedemptionStatus::RolledBack) => RedemptionResult::Success,
        }
    }
}

/// The documented orders; the default is newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedemptionOrder {
    /// None is by time, which is that of the ids.
    column: Option<&'static str>,
    descending: bool,
}

impl RedemptionOrder {
    /// The names as they are sent.
    pub const NAMES: [&'static str; 10] = [
        "created_at",
        "-created_at",
        "id",
        "-id",
        "voucher_code",
        "-voucher_code",
        "tracking_id",
        "-tracking_id",
        "customer_id",
        "-customer_id",
    ];

    /// Reads one of the names.
    pub fn parse(name: Option<&str>) -> Self {
        let name = name.unwrap_or("-created_at");
        let (field, descending) = name.strip_prefix('-').map_or((name, false), |field| (field, true));
        let column = match field {
            "voucher_code" => Some("voucher_code"),
            // Tracking ids are enciphered: their order tells nothing but which belong together.
            "tracking_id" | "customer_id" => Some("customer_id"),
            _ => None,
        };
        Self { column, descending }
    }

    fn sorting(self) -> Sorting {
        let Self { column, descending } = self;
        column.map_or(Sorting::Id { descending }, |column| Sorting::Column { column: place(column), descending })
    }
}

fn place(column: &str) -> usize {
    Collection::Redemptions.column(column).expect("the collection's table has this column")
}

/// What a listing comes to once its names were looked up.
#[derive(Default)]
struct Selection {
    conditions: Vec<(usize, Condition)>,
    /// Those of which one has to fit; all if none. Where there are conditions, which narrow more, it is the filter's
    /// matter.
    kinds: Option<Vec<RedemptionKind>>,
    filter: Option<Filter>,
}

impl Selection {
    fn equal(&mut self, column: &str, value: &str) {
        self.conditions.push((place(column), Condition::Equals(value.into())));
    }

    /// Keeps only kinds that fit.
    fn narrow(&mut self, fits: impl Fn(RedemptionKind) -> bool) {
        let kinds = self.kinds.take().unwrap_or_else(|| RedemptionKind::ALL.to_vec());
        self.kinds = Some(kinds.into_iter().filter(|kind| fits(*kind)).collect());
    }

    fn and(&mut self, filter: Filter) {
        self.filter = Some(match self.filter.take() {
            Some(known) => known.and(filter),
            None => filter,
        });
    }
}

impl RedemptionListing {
    /// None if nothing can match.
    fn select(&self, tx: &mut Tx) -> Result<Option<Selection>> {
        let mut selection = Selection::default();
        if let Some(sent) = &self.filter {
            imply(tx, &mut selection, sent)?;
            selection.filter = Some(with_own_names(tx.config(), sent.clone()));
        }
        if let Some(name) = &self.campaign {
            let Some(campaign) = tx.config().campaign_named(name) else { return Ok(None) };
            selection.equal("campaign_id", campaign.id.as_str());
        }
        if let Some(customer) = &self.customer {
            match customers::find(tx, &CustomerRef::new(customer))? {
                Some(known) => selection.equal("customer_id", known.id.as_str()),
                // Whoever was deleted is still known by the id.
                None if customer.starts_with(CustomerId::PREFIX) => selection.equal("customer_id", customer),
                None => return Ok(None),
            }
        }
        if !self.outcomes.is_empty() {
            selection.narrow(|kind| self.outcomes.iter().any(|outcome| outcome.result() == kind.result()));
            let is_whole = self.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Result(_)));
            if !is_whole || !selection.conditions.is_empty() {
                selection.and(any_of(&self.outcomes));
            }
        }
        Ok(selection.kinds.as_ref().is_none_or(|kinds| !kinds.is_empty()).then_some(selection))
    }
}

/// Those of which one of these holds.
fn any_of(outcomes: &[Outcome]) -> Filter {
    let predicates = outcomes.iter().map(|outcome| {
        let field = if matches!(outcome, Outcome::Result(_)) { "result" } else { "status" };
        Predicate { field: field.into(), operator: Operator::Is, values: vec![outcome.name().into()] }
    });
    Filter { junction: Junction::Or, predicates: predicates.collect(), also: None }
}

/// What filters call fields that redemptions keep elsewhere.
const RENAMED: [(&str, &str); 3] = [
    ("voucher_code", "incentive.code"),
    ("related_object_id", "incentive.id"),
    ("related_object_parent_id", "incentive.campaign_id"),
];

/// The same filter on what a redemption keeps: of its campaign that is the id, not the name.
fn with_own_names(config: &Snapshot, mut filter: Filter) -> Filter {
    for predicate in &mut filter.predicates {
        if predicate.field == "campaign_name" {
            let names = config.campaigns().map(|campaign| (campaign.name.as_str(), campaign.id.as_str()));
            by_id(predicate, "incentive.campaign_id", names);
        } else if let Some((_, own)) = RENAMED.iter().find(|(name, _)| *name == predicate.field) {
            predicate.field = (*own).to_owned();
        }
    }
    filter
}

/// Adds what a filter implies about columns: it narrows what the filter then decides about.
fn imply(tx: &mut Tx, selection: &mut Selection, filter: &Filter) -> Result<()> {
    if filter.junction != Junction::And {
        return Ok(());
    }
    for Predicate { field, operator, values } in &filter.predicates {
        let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
        let texts = texts.unwrap_or_default();
        match (field.as_str(), operator) {
            ("result", Operator::Is | Operator::In) => selection.narrow(|kind| texts.contains(&kind.result().name())),
            ("object", Operator::Is | Operator::In) => selection.narrow(|kind| texts.contains(&kind.object().name())),
            ("failure_code", Operator::Is | Operator::In | Operator::HasValue) => {
                selection.narrow(|kind| kind.result() == RedemptionResult::Failure);
            }
            (field, Operator::Is) => {
                if let [text] = texts.as_slice()
                    && equals_only_itself(text)
                {
                    imply_value(tx, selection, field, text)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn imply_value(tx: &mut Tx, selection: &mut Selection, field: &str, value: &str) -> Result<()> {
    match field {
        "voucher_code" => selection.equal("voucher_code", value),
        "customer_id" => selection.equal("customer_id", value),
        "related_object_parent_id" => selection.equal("campaign_id", value),
        "parent_redemption_id" => selection.equal("parent_id", value),
        "campaign_name" => {
            if let Some(campaign) = tx.config().campaign_named(value) {
                selection.equal("campaign_id", campaign.id.as_str());
            }
        }
        "related_object_id" if value.starts_with(PromotionTierId::PREFIX) => selection.equal("tier_id", value),
        "related_object_id" if value.starts_with(VoucherId::PREFIX) => {
            if let Some(voucher) = tx.get::<Voucher>(value)? {
                selection.equal("voucher_code", &voucher.code);
            }
        }
        _ => {}
    }
    Ok(())
}

/// A page of redemptions and rollbacks.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list(
    guerdon: &Guerdon,
    context: &Context,
    listing: RedemptionListing,
) -> std::result::Result<List<RedemptionAnswer>, Error> {
    let selection = guerdon.executor.read(context, |tx| listing.select(tx)).await?;
    let (rows, total) = match selection {
        None => (Vec::new(), 0),
        Some(Selection { conditions, kinds, filter }) => {
            let filter = match filter {
                Some(filter) => Some((filter, guerdon.moment(&context.project).await?)),
                None => None,
            };
            let begun = |time: Timestamp| Arc::from(time_ordered_beginning(time).as_str());
            let Between { after, before } = listing.created;
            let query = Query {
                one_of: kinds.filter(|_| conditions.is_empty()).map(of_kinds),
                conditions,
                filter,
                from_id: after.map(|after| begun(after.plus_millis(1))),
                below_id: before.map(begun),
                order: listing.order.sorting(),
                offset: (listing.page - 1).saturating_mul(listing.limit),
                limit: listing.limit,
                ..counted(context)
            };
            page(guerdon, context, query).await?
        }
    };
    Ok(List { data_ref: "redemptions", rows, total: Some(total), has_more: None, more_starting_after: None })
}

fn of_kinds(kinds: Vec<RedemptionKind>) -> OneOf {
    let values = kinds.into_iter().map(|kind| ColumnValue::from(kind.prefix())).collect();
    OneOf { column: place("kind"), values }
}

fn counted(context: &Context) -> Query {
    let all = Query::all(context.project.clone(), Collection::Redemptions);
    Query { count: true, count_up_to: MAX_TOTAL, ..all }
}

/// What has come of a voucher: its counters, and a page of its redemptions and rollbacks, newest first.
///
/// # Errors
/// `not_found`; `StoreUnavailable`.
pub async fn of_voucher(
    guerdon: &Guerdon,
    context: &Context,
    reference: &str,
    (limit, page_number): (usize, usize),
) -> std::result::Result<VoucherRedemptions, Error> {
    let voucher = guerdon.executor.read(context, |tx| vouchers::get(tx, reference)).await?;
    let query = Query {
        conditions: vec![(place("voucher_code"), Condition::Equals(voucher.code.as_str().into()))],
        // What is older belongs to another voucher, which had the code before and is gone.
        from_id: Some(time_ordered_beginning(voucher.created_at).into()),
        order: Sorting::Id { descending: true },
        offset: (page_number - 1).saturating_mul(limit),
        limit,
        ..counted(context)
    };
    let (rows, total) = page(guerdon, context, query).await?;
    Ok(voucher.redemptions(rows, total))
}

/// A redemption or rollback.
///
/// # Errors
/// `not_found`; `StoreUnavailable`.
pub async fn read(guerdon: &Guerdon, context: &Context, id: &str) -> std::result::Result<RedemptionAnswer, Error> {
    let redemption = guerdon.executor.read(context, |tx| get(tx, id)).await?;
    let known = Known::of(guerdon, context, std::slice::from_ref(&*redemption)).await?;
    let config = guerdon.snapshots.get(&context.project, None).await?;
    let shown = known.complete(&redemption, answer::single(&config, &redemption));
    Ok(RedemptionAnswer { related_redemptions: redemption.related(), ..shown })
}

async fn page(
    guerdon: &Guerdon,
    context: &Context,
    query: Query,
) -> std::result::Result<(Vec<RedemptionAnswer>, u64), Error> {
    let page = guerdon.query(context, query).await?;
    let redemptions = page.records.iter().map(|record| record.document());
    let redemptions = redemptions.collect::<std::result::Result<Vec<Redemption>, _>>().map_err(damaged)?;
    let known = Known::of(guerdon, context, &redemptions).await?;
    let config = guerdon.snapshots.get(&context.project, None).await?;
    let rows = redemptions.iter().map(|redemption| {
        let shown = known.complete(redemption, answer::listed(&config, redemption));
        RedemptionAnswer { related_redemptions: redemption.related(), ..shown }
    });
    Ok((rows.collect(), page.total.unwrap_or(0)))
}

/// The customers and orders of some redemptions, as far as they are there.
struct Known {
    customers: HashMap<String, Customer>,
    orders: HashMap<String, Order>,
}

impl Known {
    async fn of(guerdon: &Guerdon, context: &Context, redemptions: &[Redemption]) -> std::result::Result<Self, Error> {
        let customers = redemptions.iter().filter_map(|redemption| redemption.customer_id.as_ref());
        let customers = documents(guerdon, context, customers.map(CustomerId::as_str)).await?;
        let orders = redemptions.iter().filter_map(|redemption| redemption.order.as_ref()?.id.as_ref());
        let orders = documents(guerdon, context, orders.map(OrderId::as_str)).await?;
        Ok(Self { customers, orders })
    }

    /// Adds the customer, and what the order itself knows.
    fn complete(&self, redemption: &Redemption, mut shown: RedemptionAnswer) -> RedemptionAnswer {
        let customer = redemption.customer_id.as_ref().and_then(|id| self.customers.get(id.as_str()));
        shown.customer = customer.map(Customer::simple);
        if let Some(kept) = &redemption.order {
            let known = kept.id.as_ref().and_then(|id| self.orders.get(id.as_str()));
            let order = shapes::read(kept, known, redemption.parent_redemption_id.is_some());
            shown.order = Patch::Value(Box::new(order));
        }
        if redemption.object == RedemptionObject::Redemption {
            shown.metadata.get_or_insert_default();
        }
        shown
    }
}
