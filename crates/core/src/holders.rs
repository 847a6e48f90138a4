//! Who holds vouchers, and who was referred by them. `docs/referrals.md` has the rules.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use guerdon_model::{
    Error,
    campaign::{Campaign, SimpleCampaign},
    customer::{Customer, SimpleCustomer},
    error::{Path, Rule},
    event::{Event, EventType},
    filter::Filter,
    holder::{
        AddedHolders, Held, HeldRedeemable, HeldStatus, HolderData, HolderOfEvent, HolderRole, HoldersInput,
        RedeemableHolder,
    },
    ids::{CampaignId, CustomerId, PublicationId, VoucherId},
    list::List,
    metadata_schema::Scope,
    voucher::{SimpleVoucher, Voucher},
};
use guerdon_store::{Collection, Condition, Key, Order, Query};

use crate::{
    campaigns::{self, category_of},
    context::Context,
    customers::{self, CustomerRef},
    failure::damaged,
    publications,
    service::Guerdon,
    snapshot::Snapshot,
    tx::{Result, Tx},
    vouchers,
};

/// The word for holders in errors.
const RESOURCE: &str = "redeemable_holder";
/// The most referees of one request.
const MAX_HOLDERS: usize = 100;

/// A voucher as the path names it: maybe by its campaign, and by its code or id.
#[derive(Debug, Clone)]
pub struct Member {
    pub campaign: Option<String>,
    pub voucher: String,
}

impl Member {
    /// The voucher, if there is one and it belongs to the campaign.
    fn get(&self, tx: &mut Tx) -> Result<Arc<Voucher>> {
        let campaign = self.campaign.as_deref().map(|campaign| campaigns::get(tx, campaign)).transpose()?;
        let voucher = vouchers::get(tx, &self.voucher)?;
        match campaign {
            Some(campaign) if voucher.campaign_id.as_ref() != Some(&campaign.id) => {
                Err(Error::not_found(vouchers::RESOURCE, self.voucher.as_str()).into())
            }
            _ => Ok(voucher),
        }
    }

    /// What has to be loaded to find the voucher.
    pub fn keys(&self) -> Vec<Key> {
        vouchers::keys(&self.voucher)
    }
}

fn campaign_of<'a>(config: &'a Snapshot, voucher: &Voucher) -> Option<&'a Arc<Campaign>> {
    voucher.campaign_id.as_ref().and_then(|id| config.campaign_with_id(id))
}

/// Adds referees to a referral code that was published: all of them, or none.
pub fn add_referees(tx: &mut Tx, member: &Member, input: &HoldersInput) -> Result<AddedHolders> {
    let refuse = |rule| Err(Error::invalid_payload(Path::of("holders"), rule).into());
    match input.holders.len() {
        0 => return refuse(Rule::MinItems(1)),
        count if count > MAX_HOLDERS => return refuse(Rule::MaxItems(MAX_HOLDERS)),
        _ => {}
    }
    let metadata = input.metadata.clone().unwrap_or_default();
    tx.config().check_metadata(publications::RESOURCE, &metadata, Scope::Whole)?;
    let voucher = member.get(tx)?;
    if !voucher.is_referral_code {
        return Err(Error::not_found(vouchers::RESOURCE, member.voucher.as_str()).into());
    }
    if !voucher.is_published() {
        let details = "Referral code must be first published to Referrer before assigning it to Referee";
        return Err(Error::NotPublished { details }.into());
    }
    tx.need(input.holders.iter().flat_map(customers::bring_keys))?;
    let mut referees: Vec<(Customer, bool)> = Vec::with_capacity(input.holders.len());
    let mut seen = HashSet::new();
    for choice in &input.holders {
        let (customer, is_new) = customers::bring(tx, choice)?;
        if !seen.insert(customer.id.clone()) {
            let value = choice.reference().to_owned();
            return Err(Error::Duplicate { resource: customers::RESOURCE, attribute: "id", value }.into());
        }
        referees.push((customer, is_new));
    }
    let known = referees.iter().filter(|(_, is_new)| !is_new);
    tx.need(known.clone().map(|(customer, _)| assignment_key(&voucher.id, &customer.id)))?;
    for (customer, _) in known {
        let assignment = RedeemableHolder::assignment(&voucher.id, &customer.id);
        if tx.find::<RedeemableHolder>("assignment", &assignment)?.is_some() {
            return Err(Error::HolderExists.into());
        }
    }
    let config = tx.config();
    let campaign = campaign_of(config, &voucher).map(|campaign| &**campaign);
    let category = campaign.and_then(|campaign| category_of(config, campaign.category_id.as_ref()));
    let shown = campaign.map(|campaign| campaign.simple(category));
    let shown_voucher = voucher.simple(vouchers::context(config, &voucher));
    let holders = referees.iter().map(|(customer, _)| {
        let mut holder = new(tx, &voucher, campaign, &customer.id, HolderRole::Referee);
        holder.metadata = metadata.clone();
        assign(tx, holder.clone(), None, &shown_voucher, shown.as_ref(), &customer.simple());
        holder
    });
    Ok(AddedHolders { holders: holders.collect() })
}

/// By which it is found whether a customer holds a voucher.
pub(crate) fn assignment_key(voucher: &VoucherId, customer: &CustomerId) -> Key {
    let column = Collection::RedeemableHolders.column("assignment").expect("the collection's table has this column");
    Key::unique(Collection::RedeemableHolders, column, RedeemableHolder::assignment(voucher, customer))
}

/// A holder who is not stored yet.
pub(crate) fn new(
    tx: &Tx,
    voucher: &Voucher,
    campaign: Option<&Campaign>,
    customer: &CustomerId,
    holder_role: HolderRole,
) -> RedeemableHolder {
    RedeemableHolder {
        id: tx.new_id(),
        created_at: tx.now(),
        redeemable_id: voucher.id.clone(),
        redeemable_object: Cow::Borrowed("voucher"),
        campaign_id: campaign.map(|campaign| CampaignId::clone(&campaign.id)),
        campaign_type: campaign.map(|campaign| campaign.campaign_type),
        voucher_type: voucher.value.voucher_type(),
        customer_id: customer.clone(),
        holder_role,
        metadata: Default::default(),
        object: Cow::Borrowed("redeemable_holder"),
    }
}

/// Stores a holder and tells of it. Nobody may hold the voucher twice: whoever calls this has made sure.
pub(crate) fn assign(
    tx: &mut Tx,
    holder: RedeemableHolder,
    publication_id: Option<&PublicationId>,
    voucher: &SimpleVoucher,
    campaign: Option<&SimpleCampaign>,
    customer: &SimpleCustomer,
) {
    let of_event = HolderOfEvent { holder: &holder, publication_id };
    let data = HolderData { holder: of_event, voucher, campaign, customer };
    tx.emit(Event::Of { kind: EventType::HOLDER_ASSIGNED, entity_id: customer.id.as_str(), data: &data });
    tx.put(holder);
}

/// Which holders of a voucher, and which page of them.
#[derive(Debug, Clone)]
pub struct HolderListing {
    pub filter: Option<Filter>,
    /// Newest first.
    pub descending: bool,
    /// Continue behind the holder with this id.
    pub starting_after_id: Option<String>,
    pub limit: usize,
}

/// A page of the holders of a voucher, whoever they are.
///
/// # Errors
/// `not_found`; `StoreUnavailable`.
pub async fn list(
    guerdon: &Guerdon,
    context: &Context,
    member: &Member,
    listing: HolderListing,
) -> std::result::Result<List<RedeemableHolder>, Error> {
    let voucher = guerdon.executor.read(context, |tx| Ok(member.get(tx)?.id.clone())).await?;
    page(guerdon, context, ("voucher_id", voucher.as_str()), listing).await
}

/// A page of what a customer holds, whatever can be done with it.
///
/// # Errors
/// `not_found`; `StoreUnavailable`.
pub async fn list_of_customer(
    guerdon: &Guerdon,
    context: &Context,
    customer: &CustomerRef,
    listing: HolderListing,
) -> std::result::Result<List<HeldRedeemable>, Error> {
    let customer = guerdon.executor.read(context, |tx| Ok(customers::get(tx, customer)?.id.clone())).await?;
    let page = page(guerdon, context, ("customer_id", customer.as_str()), listing).await?;
    let List { data_ref, rows: holders, total, has_more, more_starting_after } = page;
    let rows = guerdon.executor.read(context, |tx| {
        tx.need(holders.iter().map(|holder| Key::id(Collection::Vouchers, holder.redeemable_id.as_str())))?;
        let mut rows = Vec::with_capacity(holders.len());
        for holder in &holders {
            // What lies in the bin is not there.
            let voucher = tx.peek::<Voucher>(holder.redeemable_id.as_str())?;
            if let Some(voucher) = voucher.filter(|voucher| !voucher.is_binned) {
                let status = HeldStatus::of(&voucher, tx.now());
                let voucher = vouchers::answer_with_rules(tx.config(), &voucher);
                rows.push(HeldRedeemable::new(holder.clone(), Held { kind: "voucher", voucher, status }));
            }
        }
        Ok(rows)
    });
    Ok(List { data_ref, rows: rows.await?, total, has_more, more_starting_after })
}

/// A page of the holders with this value in a lookup column.
async fn page(
    guerdon: &Guerdon,
    context: &Context,
    (column, value): (&str, &str),
    listing: HolderListing,
) -> std::result::Result<List<RedeemableHolder>, Error> {
    let moment = guerdon.moment(&context.project).await?;
    let column = Collection::RedeemableHolders.column(column).expect("the collection's table has this column");
    let all = Query {
        conditions: vec![(column, Condition::Equals(value.into()))],
        filter: listing.filter.map(|filter| (filter, moment)),
        order: Order::Id { descending: listing.descending },
        limit: listing.limit,
        count: true,
        ..Query::all(context.project.clone(), Collection::RedeemableHolders)
    };
    let (page, total) = match listing.starting_after_id {
        None => {
            let page = guerdon.query(context, all).await?;
            let total = page.total;
            (page, total)
        }
        // The total is that of all pages.
        Some(after) => {
            let total = guerdon.query(context, Query { limit: 0, ..all.clone() }).await?.total;
            (guerdon.query(context, Query { after_id: Some(after.into()), count: false, ..all }).await?, total)
        }
    };
    let rows = page.records.iter().map(|record| record.document::<RedeemableHolder>());
    let rows = rows.collect::<std::result::Result<Vec<_>, _>>().map_err(damaged)?;
    let last = rows.last().filter(|_| page.has_more).map(|holder| holder.id.to_string());
    Ok(List { data_ref: "data", rows, total, has_more: Some(page.has_more), more_starting_after: last })
}

/// Takes a referee off a voucher.
pub fn remove(tx: &mut Tx, member: &Member, id: &str) -> Result<()> {
    let voucher = member.get(tx)?;
    let holder = tx.get::<RedeemableHolder>(id)?.filter(|holder| holder.redeemable_id == voucher.id);
    let holder = holder.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    if holder.holder_role != HolderRole::Referee {
        return Err(Error::HolderStays.into());
    }
    let customer = tx.get::<Customer>(holder.customer_id.as_str())?;
    // Whoever was deleted is known by the id alone.
    let customer = customer.map_or_else(
        || Customer::new(holder.customer_id.clone(), None, holder.created_at).simple(),
        |customer| customer.simple(),
    );
    let config = tx.config();
    let campaign = campaign_of(config, &voucher);
    let campaign = campaign.map(|campaign| campaign.simple(category_of(config, campaign.category_id.as_ref())));
    let data = HolderData {
        holder: HolderOfEvent { holder: &holder, publication_id: None },
        voucher: &voucher.simple(vouchers::context(config, &voucher)),
        campaign: campaign.as_ref(),
        customer: &customer,
    };
    tx.emit(Event::Of { kind: EventType::HOLDER_UNASSIGNED, entity_id: customer.id.as_str(), data: &data });
    tx.delete::<RedeemableHolder>(id);
    Ok(())
}
