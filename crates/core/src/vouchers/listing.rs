//! Listing vouchers, of which there may be millions. `docs/lists.md` has the rules.
//!
//! Lists by time of creation go by the id, which begins with it. What a parameter or a filter says about a
//! column with an index becomes a condition on it. Totals are kept where nothing but a campaign is asked
//! for; any other is counted, but not to the end.

use std::sync::Arc;

use guerdon_model::{
    Error, Timestamp,
    campaign_totals::{CampaignTotals, STANDALONE},
    filter::{Filter, Junction, Moment, Operator, Predicate},
    ids::{CategoryId, VoucherId},
    list::List,
    voucher::{Voucher, VoucherAnswer, folded},
};
use guerdon_store::{
    Collection, ColumnValue, Condition, Document, Key, OneOf, Order, Query, Samples, equals_only_itself,
};
use serde_json::{Value, json};

use super::{answer, find};
use crate::{
    campaigns::{self, totals},
    context::Context,
    customers::{self, CustomerRef, listing::Between},
    failure::{damaged, unavailable},
    ids::beginning,
    service::Guerdon,
    snapshot::Snapshot,
    tx::{Result, Tx},
};

/// Where counting ends: just behind the last row that a page can show.
pub const MAX_TOTAL: usize = 10_000;
/// How many ids can be asked for at once.
pub const MAX_IDS: usize = 100;
/// From how many lists, each of one value, a listing is put together at most.
const MAX_LISTS: usize = 200;
/// How many vouchers are looked at in one step where some of them can't be seen.
const STEP: usize = 500;

/// Which vouchers, in which order, and which page of them.
#[derive(Debug, Clone)]
pub struct VoucherListing {
    pub code: Option<String>,
    /// Those with these ids; at most [`MAX_IDS`]. All if there are none.
    pub ids: Vec<String>,
    /// The name or id of a category.
    pub category: Option<String>,
    /// The name of a campaign.
    pub campaign: Option<String>,
    pub campaign_id: Option<String>,
    /// Who holds them: an id or `source_id`.
    pub customer: Option<String>,
    /// Exclusive bounds.
    pub created: Between,
    /// Exclusive bounds; a voucher that was never changed counts with its creation.
    pub updated: Between,
    pub filter: Option<Filter>,
    pub order: VoucherOrder,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// The documented orders; the default is newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoucherOrder {
    field: OrderField,
    descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OrderField {
    Created,
    Changed,
    Code,
}

impl VoucherOrder {
    /// The names as they are sent.
    pub const NAMES: [&'static str; 6] = ["created_at", "-created_at", "updated_at", "-updated_at", "code", "-code"];

    /// Reads a name.
    pub fn parse(name: Option<&str>) -> Self {
        let name = name.unwrap_or("-created_at");
        let (field, descending) = name.strip_prefix('-').map_or((name, false), |field| (field, true));
        let field = match field {
            "updated_at" => OrderField::Changed,
            "code" => OrderField::Code,
            _ => OrderField::Created,
        };
        Self { field, descending }
    }

    fn order(self) -> Order {
        let Self { field, descending } = self;
        match field {
            OrderField::Created => Order::Id { descending },
            OrderField::Changed => Order::Column { column: place("changed_at"), descending },
            OrderField::Code => Order::Column { column: place("code"), descending },
        }
    }
}

fn place(column: &str) -> usize {
    Collection::Vouchers.column(column).expect("the collection's table has this column")
}

/// What a listing comes to once its names were looked up.
struct Selection {
    conditions: Vec<(usize, Condition)>,
    filter: Option<Filter>,
    from_id: Option<Arc<str>>,
    below_id: Option<Arc<str>>,
    total: Total,
}

/// How the total is found out.
enum Total {
    /// Of all vouchers.
    All,
    /// Of one campaign, which is known.
    Known(u64),
    Counted,
}

impl VoucherListing {
    /// None if nothing can match.
    fn select(&self, tx: &mut Tx) -> Result<Option<Selection>> {
        let mut conditions = vec![(place("is_binned"), Condition::Equals(false.into()))];
        let mut filter = self.filter.clone().map(|filter| with_own_names(tx.config(), filter));
        let mut total = match &filter {
            None => Total::All,
            Some(_) => Total::Counted,
        };
        let named = self.campaign.as_deref().map(|name| tx.config().campaign_named(name));
        let with_id = self.campaign_id.as_deref().map(|id| tx.config().campaign_with_id(&id.into()));
        for campaign in [named, with_id].into_iter().flatten() {
            let Some(campaign) = campaign else { return Ok(None) };
            let is_first = matches!(total, Total::All);
            conditions.push((place("campaign_id"), Condition::Equals(campaign.id.as_str().into())));
            total = match is_first {
                true => Total::Known(totals::of(tx, Some(&campaign.id))?.vouchers.max(0).unsigned_abs()),
                false => Total::Counted,
            };
        }
        if let Some(code) = &self.code {
            conditions.push((place("code"), Condition::Equals(lookup(tx, code))));
            total = Total::Counted;
        }
        if let Some(customer) = &self.customer {
            let holder = customers::find(tx, &CustomerRef::new(customer))?;
            let Some(holder) = holder else { return Ok(None) };
            conditions.push((place("holder_id"), Condition::Equals(holder.id.as_str().into())));
            total = Total::Counted;
        }
        let Between { after, before } = self.updated;
        conditions.extend(after.map(|after| (place("changed_at"), Condition::GreaterThan(after.into()))));
        conditions.extend(before.map(|before| (place("changed_at"), Condition::LessThan(before.into()))));
        let made = |time: Timestamp| Arc::from(beginning::<VoucherId>(time).as_str());
        if [self.created.after, self.created.before, self.updated.after, self.updated.before] != [None; 4] {
            total = Total::Counted;
        }
        if let Some(sent) = &filter {
            conditions.extend(implied(tx, sent));
        }
        if let Some(category) = &self.category {
            filter = Some(and_of_category(tx.config(), filter, category));
            total = Total::Counted;
        }
        Ok(Some(Selection {
            conditions,
            filter,
            from_id: self.created.after.map(|after| made(after.plus_millis(1))),
            below_id: self.created.before.map(made),
            total,
        }))
    }
}

/// A code as the column has it.
fn lookup(tx: &Tx, code: &str) -> ColumnValue {
    folded(code, campaigns::is_case_sensitive(tx)).as_deref().unwrap_or(code).into()
}

/// Conditions on columns that a filter implies: they narrow what the filter then decides about.
fn implied(tx: &Tx, filter: &Filter) -> Vec<(usize, Condition)> {
    if filter.junction != Junction::And {
        return Vec::new();
    }
    let text = |predicate: &Predicate| predicate.values.first().and_then(Value::as_str).map(str::to_owned);
    let time = |predicate: &Predicate| text(predicate).and_then(|text| Timestamp::parse(&text)).map(ColumnValue::from);
    let condition = |predicate: &Predicate| -> Option<(usize, Condition)> {
        let (column, condition) = match (predicate.field.as_str(), predicate.operator) {
            ("active", Operator::Enabled | Operator::Active) => ("is_active", Condition::Equals(true.into())),
            ("active", Operator::Disabled) => ("is_active", Condition::Equals(false.into())),
            ("active", Operator::Expired) => ("expiration_date", Condition::AtMost(tx.now().into())),
            ("redemption_status", Operator::Redeemed) => ("is_redeemed", Condition::Equals(true.into())),
            ("expiration_date", Operator::Before) => ("expiration_date", Condition::LessThan(time(predicate)?)),
            ("expiration_date", Operator::After) => ("expiration_date", Condition::GreaterThan(time(predicate)?)),
            ("expiration_date", Operator::HasValue) => ("expiration_date", Condition::NotNull),
            ("holder_id", Operator::HasValue) => ("holder_id", Condition::NotNull),
            ("campaign_id", Operator::HasValue) => ("campaign_id", Condition::NotNull),
            ("campaign_id", Operator::IsUnknown) => ("campaign_id", Condition::Null),
            ("is_referral_code", Operator::Is) => {
                let is_wanted = text(predicate)?.eq_ignore_ascii_case("true");
                ("is_referral_code", Condition::Equals(is_wanted.into()))
            }
            ("code", Operator::Is) => {
                let code = text(predicate).filter(|code| equals_only_itself(code))?;
                ("code", Condition::Equals(lookup(tx, &code)))
            }
            _ => return None,
        };
        Some((place(column), condition))
    };
    filter.predicates.iter().filter_map(condition).collect()
}

/// What filters call fields that vouchers keep under another name.
const RENAMED: [(&str, &str); 7] = [
    ("category_ids", "category_id"),
    ("campaign_ids", "campaign_id"),
    ("campaigns_id", "campaign_id"),
    ("published_for_customer_id", "holder_id"),
    ("created_date", "created_at"),
    ("vouchers", "code"),
    ("voucher_type", "type"),
];

/// The same filter on what a voucher keeps: of its campaign and its category that is the id, not the name.
fn with_own_names(config: &Snapshot, mut filter: Filter) -> Filter {
    for predicate in &mut filter.predicates {
        match predicate.field.as_str() {
            "campaign" | "campaigns" | "campaign_name" => {
                let names = config.campaigns().map(|campaign| (campaign.name.as_str(), campaign.id.as_str()));
                by_id(predicate, "campaign_id", names);
            }
            "category" | "categories" => {
                let names = config.categories().map(|category| (category.name.as_str(), category.id.as_str()));
                by_id(predicate, "category_id", names);
            }
            field => {
                if let Some((_, own)) = RENAMED.iter().find(|(name, _)| *name == field) {
                    predicate.field = (*own).to_owned();
                }
            }
        }
    }
    filter
}

/// Makes a predicate on names one on ids.
pub(crate) fn by_id<'a>(predicate: &mut Predicate, field: &str, names: impl Iterator<Item = (&'a str, &'a str)>) {
    let asked = Predicate { field: "name".to_owned(), ..predicate.clone() };
    predicate.field = field.to_owned();
    if matches!(asked.operator, Operator::HasValue | Operator::IsUnknown) {
        return;
    }
    // What has no name at all fulfils those and no others.
    let is_negative = matches!(asked.operator, Operator::IsNot | Operator::NotIn | Operator::NotContain);
    let asked = Filter { junction: Junction::And, predicates: vec![asked], also: None };
    let moment = Moment { now: Timestamp::from_millis(0), zone: jiff::tz::TimeZone::UTC };
    let listed = names.filter(|(name, _)| asked.matches(&json!({"name": name}), &moment) != is_negative);
    predicate.values = listed.map(|(_, id)| id.into()).collect();
    predicate.operator = if is_negative { Operator::NotIn } else { Operator::In };
}

/// The filter, and the category besides.
fn and_of_category(config: &Snapshot, filter: Option<Filter>, category: &str) -> Filter {
    let is_meant = |id: &CategoryId, name: &str| id.as_str() == category || name == category;
    let meant = config.categories().filter(|known| is_meant(&known.id, &known.name));
    let of_category = Predicate {
        field: "category_id".to_owned(),
        operator: Operator::In,
        values: meant.map(|category| category.id.as_str().into()).collect(),
    };
    let of_category = Filter { junction: Junction::And, predicates: vec![of_category], also: None };
    match filter {
        Some(filter) => filter.and(of_category),
        None => of_category,
    }
}

/// A page of vouchers.
///
/// # Errors
/// `invalid_query_params`; `StoreUnavailable`.
pub async fn list(
    guerdon: &Guerdon,
    context: &Context,
    listing: VoucherListing,
) -> std::result::Result<List<VoucherAnswer>, Error> {
    let selection = guerdon.executor.read(context, |tx| listing.select(tx)).await?;
    let config = guerdon.snapshots.latest(&context.project).await?;
    let (vouchers, total) = match selection {
        None => (Vec::new(), 0),
        Some(selection) if listing.ids.is_empty() => page(guerdon, context, &config, &listing, selection).await?,
        Some(selection) => chosen(guerdon, context, &listing, selection).await?,
    };
    let rows = vouchers.iter().map(|voucher| answer(&config, voucher)).collect();
    Ok(List { data_ref: "vouchers", rows, total: Some(total), has_more: None, more_starting_after: None })
}

/// Whether a voucher that does not lie in the bin can be seen: its campaign may.
fn can_be_seen(config: &Snapshot, voucher: &Voucher) -> bool {
    voucher.campaign_id.as_ref().is_none_or(|id| config.campaign_with_id(id).is_some())
}

/// A page of what the store finds, and the total.
async fn page(
    guerdon: &Guerdon,
    context: &Context,
    config: &Snapshot,
    listing: &VoucherListing,
    selection: Selection,
) -> std::result::Result<(Vec<Voucher>, u64), Error> {
    let moment = guerdon.moment(&context.project).await?;
    let total = match selection.total {
        Total::All => Some(all(guerdon, context, config).await?),
        Total::Known(total) => Some(total),
        Total::Counted => None,
    };
    let one_of = lists(guerdon, context, listing, &selection, &moment).await?;
    let query = Query {
        conditions: selection.conditions,
        one_of,
        filter: selection.filter.map(|filter| (filter, moment)),
        order: listing.order.order(),
        from_id: selection.from_id,
        below_id: selection.below_id,
        offset: (listing.page - 1).saturating_mul(listing.limit),
        limit: listing.limit,
        count: total.is_none(),
        count_up_to: MAX_TOTAL,
        ..Query::all(context.project.clone(), Collection::Vouchers)
    };
    let found = guerdon.query(context, query.clone()).await?;
    let total = total.or(found.total).unwrap_or(0);
    let vouchers = read(&found.records)?;
    if vouchers.iter().all(|voucher| can_be_seen(config, voucher)) {
        return Ok((vouchers, total));
    }
    Ok((walk(guerdon, config, query).await?, total))
}

/// The lists that a listing by time of creation is put together from: one of each metadata that match, or
/// of each date that does. As long as many vouchers share them, nothing is looked at that does not match.
/// None if there are too many, or nothing of that kind is asked for: then whatever matches is found by
/// looking at all there is.
async fn lists(
    guerdon: &Guerdon,
    context: &Context,
    listing: &VoucherListing,
    selection: &Selection,
    moment: &Moment,
) -> std::result::Result<Option<OneOf>, Error> {
    let is_narrow = |(column, _): &(usize, Condition)| [place("code"), place("holder_id")].contains(column);
    let Some(filter) = &selection.filter else { return Ok(None) };
    if listing.order.field != OrderField::Created || selection.conditions.iter().any(is_narrow) {
        return Ok(None);
    }
    let samples = async |column, above: Option<Timestamp>, up_to: Option<Timestamp>| {
        let (above, up_to) = (above.map(ColumnValue::from), up_to.map(ColumnValue::from));
        let (project, collection) = (context.project.clone(), Collection::Vouchers);
        // One more than there may be shows that there are too many.
        let samples = Samples { project, collection, column, above, up_to, limit: MAX_LISTS + 1 };
        let found = guerdon.store.samples(samples).await.map_err(unavailable)?;
        Ok::<_, Error>(Some(found).filter(|found| found.len() <= MAX_LISTS))
    };
    let column = place("metadata_set");
    if let Some(asked) = about_metadata(filter)
        && let Some(found) = samples(column, None, None).await?
    {
        // Vouchers without a value may have any metadata.
        let mut values = vec![ColumnValue::Null];
        for (value, record) in found {
            let document = serde_json::from_str(&record.body).map_err(|_| Error::Internal)?;
            if asked.matches(&document, moment) {
                values.push(value);
            }
        }
        return Ok(Some(OneOf { column, values }));
    }
    let column = place("expiration_date");
    if let Some(Dates { above, up_to, or_none }) = about_expiration(filter, moment)
        && let Some(found) = samples(column, above, up_to).await?
    {
        let without = or_none.then_some(ColumnValue::Null);
        let values = found.into_iter().map(|(value, _)| value).chain(without).collect();
        return Ok(Some(OneOf { column, values }));
    }
    Ok(None)
}

/// What a filter says about metadata, for itself; none if it does not depend on that alone.
fn about_metadata(filter: &Filter) -> Option<Filter> {
    let is_about_metadata = |predicate: &Predicate| predicate.field.starts_with("metadata.");
    let predicates: Vec<_> = filter.predicates.iter().filter(|predicate| is_about_metadata(predicate)).collect();
    let decides = filter.junction == Junction::And || predicates.len() == filter.predicates.len();
    (decides && !predicates.is_empty()).then(|| Filter {
        junction: filter.junction,
        predicates: predicates.into_iter().cloned().collect(),
        also: None,
    })
}

/// Which dates of expiration match.
#[derive(Debug, Default, PartialEq)]
struct Dates {
    above: Option<Timestamp>,
    up_to: Option<Timestamp>,
    /// Whether vouchers match that do not expire, too.
    or_none: bool,
}

/// What a filter says about the date of expiration; none if it says nothing.
fn about_expiration(filter: &Filter, moment: &Moment) -> Option<Dates> {
    if filter.junction != Junction::And {
        return None;
    }
    let mut dates: Option<Dates> = None;
    for predicate in &filter.predicates {
        let said = match (predicate.field.as_str(), predicate.operator) {
            ("active", Operator::Active) => {
                Dates { above: Some(moment.now.plus_millis(-1)), or_none: true, ..Dates::default() }
            }
            ("active", Operator::Expired) => Dates { up_to: Some(moment.now), ..Dates::default() },
            ("expiration_date", operator) => {
                let sent = predicate.values.first().and_then(Value::as_str).and_then(Timestamp::parse);
                match (operator, sent) {
                    (Operator::Before, Some(date)) => Dates { up_to: Some(date.plus_millis(-1)), ..Dates::default() },
                    (Operator::After, Some(date)) => Dates { above: Some(date), ..Dates::default() },
                    _ => continue,
                }
            }
            _ => continue,
        };
        dates = Some(match dates {
            None => said,
            Some(others) => Dates {
                above: said.above.max(others.above),
                up_to: [said.up_to, others.up_to].into_iter().flatten().min(),
                or_none: said.or_none && others.or_none,
            },
        });
    }
    dates
}

fn read(records: &[guerdon_store::Record]) -> std::result::Result<Vec<Voucher>, Error> {
    records.iter().map(|record| record.document()).collect::<std::result::Result<_, _>>().map_err(damaged)
}

/// The same page while a campaign is being deleted: step by step, without what can't be seen any more.
async fn walk(guerdon: &Guerdon, config: &Snapshot, query: Query) -> std::result::Result<Vec<Voucher>, Error> {
    let (skipped, limit) = (query.offset, query.limit);
    let mut step = Query { offset: 0, limit: STEP, count: false, ..query };
    let mut seen = Vec::new();
    loop {
        let found = guerdon.store.query(step.clone()).await.map_err(unavailable)?;
        seen.extend(read(&found.records)?.into_iter().filter(|voucher| can_be_seen(config, voucher)));
        if seen.len() >= skipped + limit || !found.has_more {
            return Ok(seen.into_iter().skip(skipped).take(limit).collect());
        }
        step.offset += STEP;
    }
}

/// How many vouchers can be seen in all.
async fn all(guerdon: &Guerdon, context: &Context, config: &Snapshot) -> std::result::Result<u64, Error> {
    let found = guerdon.query(context, Query::all(context.project.clone(), Collection::CampaignTotals)).await?;
    let mut total = 0;
    for record in &found.records {
        let totals: CampaignTotals = record.document().map_err(damaged)?;
        let is_shown = totals.id == STANDALONE || config.campaign_with_id(&totals.id.as_str().into()).is_some();
        total += if is_shown { totals.vouchers } else { 0 };
    }
    Ok(total.max(0).unsigned_abs())
}

/// A page of the vouchers whose ids were sent, and how many there are.
async fn chosen(
    guerdon: &Guerdon,
    context: &Context,
    listing: &VoucherListing,
    selection: Selection,
) -> std::result::Result<(Vec<Voucher>, u64), Error> {
    let moment = guerdon.moment(&context.project).await?;
    let found = guerdon.executor.read(context, |tx| {
        tx.need(listing.ids.iter().map(|id| Key::id(Collection::Vouchers, id.as_str())))?;
        let mut vouchers = Vec::new();
        for id in &listing.ids {
            let found = if super::may_be_id(id) { find(tx, id)? } else { None };
            vouchers.extend(found.filter(|voucher| voucher.id.as_str() == id.as_str()));
        }
        Ok(vouchers)
    });
    let mut vouchers = found.await?;
    vouchers.sort_by(|one, other| one.id.cmp(&other.id));
    vouchers.dedup_by(|one, other| one.id == other.id);
    vouchers.retain(|voucher| selection.holds(voucher, &moment));
    if listing.order.field != OrderField::Created {
        let Order::Column { column, .. } = listing.order.order() else { return Err(Error::Internal) };
        vouchers.sort_by_cached_key(|voucher| voucher.columns().swap_remove(column));
    }
    if listing.order.descending {
        vouchers.reverse();
    }
    let total = vouchers.len() as u64;
    let skipped = (listing.page - 1).saturating_mul(listing.limit);
    let page = vouchers.into_iter().skip(skipped).take(listing.limit).map(Arc::unwrap_or_clone);
    Ok((page.collect(), total))
}

impl Selection {
    /// Whether a voucher that is in memory is one of those.
    fn holds(&self, voucher: &Voucher, moment: &Moment) -> bool {
        let columns = Document::columns(voucher);
        let id = voucher.id.as_str();
        self.conditions.iter().all(|(column, condition)| condition.holds(&columns[*column]))
            && self.from_id.as_ref().is_none_or(|from| id >= &**from)
            && self.below_id.as_ref().is_none_or(|below| id < &**below)
            && self.filter.as_ref().is_none_or(|filter| {
                serde_json::to_value(voucher).is_ok_and(|document| filter.matches(&document, moment))
            })
    }
}
