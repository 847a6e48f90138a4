//! Publications: giving vouchers to customers. `docs/publications.md` has the rules.

pub(crate) mod candidates;
pub mod listing;

use std::sync::Arc;

use guerdon_model::{
    Error, Timestamp,
    campaign::{Campaign, SimpleCampaign, Supply},
    customer::Customer,
    error::{Path, Rule},
    event::{Event, EventType},
    holder::HolderRole,
    ids::PublicationId,
    metadata_schema::Scope,
    participation::Participation,
    publication::{
        CampaignChoice, CustomerPublicationData, MAX_COUNT, Publication, PublicationAnswer, PublicationData,
        PublicationInput, PublicationResult, PublishedData, PublishedVoucher,
    },
    validity::{Unusable, duration},
    voucher::{SimpleVoucher, Voucher},
};
use guerdon_store::{Collection, Key};
use jiff::tz::TimeZone;

use crate::{
    campaigns::{self, category_of, codes::CodeDraw, totals},
    context::Context,
    customers::{self, summary},
    holders,
    idempotency::Answered,
    service::Guerdon,
    snapshot::Snapshot,
    tx::{Result, Tx},
    vouchers::{self, Made},
};
use candidates::Claim;

/// The word for publications in metadata schemas.
pub const RESOURCE: &str = "publication";
/// What a publication came by if nobody says so.
const CHANNEL: &str = "API";
/// How often candidates are looked up for one publication. Each time somebody else has taken all of the last.
const MAX_TRIES: usize = 16;

/// A publication as it was asked for.
#[derive(Debug, Clone)]
pub struct Request {
    pub input: PublicationInput,
    /// Whether a customer who has a voucher is given the same one again.
    pub join_once: bool,
    /// The most vouchers that may be asked for.
    pub max_count: i64,
}

impl Request {
    /// A request for as many vouchers as a publication may have.
    pub fn of(input: PublicationInput, join_once: bool) -> Self {
        Self { input, join_once, max_count: MAX_COUNT }
    }

    /// The campaign that vouchers are chosen from.
    fn campaign(&self) -> Option<&CampaignChoice> {
        self.input.campaign.as_ref().filter(|_| self.input.voucher.is_none())
    }

    /// What the publication surely reads.
    fn keys(&self) -> Vec<Key> {
        let customer = self.input.customer.iter().flat_map(customers::bring_keys);
        let voucher = self.input.voucher.iter().flat_map(|voucher| vouchers::keys(voucher));
        let source_id = self.input.source_id.iter().map(|source_id| source_id_key(source_id));
        customer.chain(voucher).chain(source_id).collect()
    }
}

fn source_id_key(source_id: &str) -> Key {
    let column = Collection::Publications.column("source_id").expect("the collection's table has this column");
    Key::unique(Collection::Publications, column, source_id)
}

/// Publishes.
///
/// # Errors
/// What [`publish_in`] refuses; `Overloaded`, should others be quicker again and again; `StoreUnavailable`.
pub async fn publish(
    guerdon: &Guerdon,
    context: &Context,
    request: Request,
) -> std::result::Result<Answered<PublicationAnswer>, Error> {
    let request = Arc::new(request);
    let mut was_starved = false;
    for _ in 0..MAX_TRIES {
        let claim = claim(guerdon, context, &request, was_starved).await?;
        let needs = request.keys().into_iter().chain(claim.keys()).collect();
        let (mut codes, command, candidates) = (CodeDraw::new(&guerdon.ids), request.clone(), claim.clone());
        let command = move |tx: &mut Tx| publish_in(tx, &command, &candidates, &mut codes);
        match guerdon.executor.answer(context.clone(), needs, 200, command).await {
            Ok(published) => {
                if let Answered::Now(published) = &published {
                    claim.settle(&published.vouchers_id);
                }
                return Ok(published);
            }
            Err(_) if claim.is_starved() => was_starved = true,
            Err(error) => return Err(error),
        }
    }
    Err(Error::Overloaded { retry_after_seconds: 1 })
}

/// Candidates for what is asked for.
async fn claim(
    guerdon: &Guerdon,
    context: &Context,
    request: &Request,
    was_starved: bool,
) -> std::result::Result<Arc<Claim>, Error> {
    let Some(choice) = request.campaign() else { return Ok(Claim::none()) };
    // What this node knows will do: the command finds out whether it is still true.
    let config = guerdon.snapshots.get(&context.project, None).await?;
    let Some(campaign) = config.campaign(&choice.name) else { return Ok(Claim::none()) };
    let count = request.input.count().clamp(1, MAX_COUNT) as usize;
    guerdon.candidates.claim(&*guerdon.store, &context.project, &campaign.id, count, was_starved).await
}

/// What is to be published.
enum Target {
    Voucher(Arc<Voucher>),
    /// So many of the campaign.
    Some(Arc<Campaign>, usize),
}

impl Target {
    fn of(tx: &mut Tx, input: &PublicationInput) -> Result<Self> {
        match (&input.voucher, &input.campaign) {
            (Some(voucher), _) => Ok(Target::Voucher(vouchers::get(tx, voucher)?)),
            (None, Some(choice)) => Ok(Target::Some(campaigns::get(tx, &choice.name)?, input.count() as usize)),
            (None, None) => Err(Error::MissingVouchers.into()),
        }
    }

    fn campaign(&self, config: &Snapshot) -> Option<Arc<Campaign>> {
        match self {
            Target::Voucher(voucher) => config.campaign_with_id(voucher.campaign_id.as_ref()?).cloned(),
            Target::Some(campaign, _) => Some(campaign.clone()),
        }
    }

    /// Whether the publication was of the same.
    fn is_of(&self, publication: &Publication) -> bool {
        match self {
            Target::Voucher(voucher) => publication.vouchers_id.contains(&voucher.id),
            Target::Some(campaign, _) => publication.campaign_id.as_ref() == Some(&campaign.id),
        }
    }
}

/// Publishes within a command.
fn publish_in(tx: &mut Tx, request: &Request, candidates: &Claim, codes: &mut CodeDraw) -> Result<PublicationAnswer> {
    let input = &request.input;
    let missing = || Error::invalid_payload(Path::root(), Rule::Required("customer".into()));
    let customer = input.customer.as_ref().ok_or_else(missing)?;
    if input.voucher.is_none() && input.campaign.is_none() {
        return Err(Error::MissingVouchers.into());
    }
    let metadata = input.metadata.clone().unwrap_or_default();
    tx.config().check_metadata(RESOURCE, &metadata, Scope::Whole)?;
    let max = if input.source_id.is_some() { 1 } else { request.max_count };
    if input.count() > max {
        return Err(Error::TooManyVouchers { max }.into());
    }
    let target = Target::of(tx, input)?;
    let campaign = target.campaign(tx.config());
    let (customer, is_new) = customers::bring(tx, customer)?;
    if let Some(source_id) = &input.source_id
        && let Some(earlier) = tx.find::<Publication>("source_id", source_id)?
    {
        if request.join_once && earlier.customer_id == customer.id && target.is_of(&earlier) {
            return answer(tx, &earlier, &customer);
        }
        return Err(Error::DuplicateSourceId { source_id: source_id.clone() }.into());
    }
    // Under an id that is new in every run, nothing can be looked up, and there is nothing.
    let participation = match &campaign {
        Some(campaign) if !is_new => tx.get::<Participation>(&Participation::id_of(&campaign.id, &customer.id))?,
        _ => None,
    };
    let first = participation.as_ref().and_then(|participation| participation.first_publication_id.clone());
    if request.join_once {
        let of_voucher = match &target {
            Target::Voucher(voucher) if voucher.holder_id.as_ref() == Some(&customer.id) => &voucher.publication_id,
            _ => &None,
        };
        if let Some(earlier) = of_voucher.as_ref().or(first.as_ref())
            && let Some(earlier) = tx.get::<Publication>(earlier.as_str())?
            && has_voucher(tx, &earlier)?
        {
            return answer(tx, &earlier, &customer);
        }
    }
    if first.is_some() && campaign.as_ref().is_some_and(|campaign| campaign.join_once) {
        return Err(Error::AlreadyJoined.into());
    }
    let chosen = match &target {
        Target::Voucher(voucher) => vec![Chosen::known(unpublished(voucher)?)],
        Target::Some(campaign, count) => choose(tx, campaign, *count, candidates, codes)?,
    };

    let id: PublicationId = tx.new_id();
    let mut published = Vec::with_capacity(chosen.len());
    for Chosen { voucher: before, is_new } in chosen {
        let mut voucher = before.as_ref().clone();
        voucher.holder_id = Some(customer.id.clone());
        voucher.referrer_id = voucher.is_referral_code.then(|| customer.id.clone());
        voucher.publication_id = Some(id.clone());
        voucher.updated_at = if is_new { None } else { Some(tx.now()) };
        if let Some(end) = campaign.as_ref().and_then(|campaign| end_of_activity(campaign, tx.now())) {
            voucher.limits.expiration_date = Some(end);
        }
        vouchers::store(tx, Some(&before), voucher.clone())?;
        published.push(voucher);
    }
    if let (Some(campaign), None) = (&campaign, &first) {
        let mut participation = participation.map(|known| known.as_ref().clone()).unwrap_or_default();
        participation.id = Participation::id_of(&campaign.id, &customer.id);
        participation.first_publication_id = Some(id.clone());
        tx.put(participation);
    }
    if published.iter().any(summary::counts_held) {
        summary::refresh(tx, customer.id.as_str(), |customer| {
            published.iter().for_each(|voucher| summary::count_held(customer, voucher, campaign.as_deref()));
        })?;
    }
    if let Some(campaign) = &campaign {
        campaigns::summary::count(tx, &campaign.id, |day| day.publications_succeeded += 1)?;
    }
    let publication = Publication {
        id,
        source_id: input.source_id.clone(),
        created_at: tx.now(),
        customer_id: customer.id.clone(),
        tracking_id: customer.source_id.clone(),
        campaign_id: campaign.as_ref().map(|campaign| campaign.id.clone()),
        campaign_name: campaign.as_ref().map(|campaign| campaign.name.clone()),
        voucher_type: published[0].value.voucher_type(),
        is_referral_code: published[0].is_referral_code,
        vouchers: published.iter().map(|voucher| voucher.code.clone()).collect(),
        vouchers_id: published.iter().map(|voucher| voucher.id.clone()).collect(),
        metadata,
        channel: input.channel.clone().filter(|channel| !channel.is_empty()).unwrap_or_else(|| CHANNEL.into()),
        result: PublicationResult::Success,
    };
    tx.put(publication.clone());
    Ok(tell(tx, &publication, &customer, campaign.as_deref(), &published))
}

/// A voucher to be published.
struct Chosen {
    voucher: Arc<Voucher>,
    /// Whether the publication itself has made it.
    is_new: bool,
}

impl Chosen {
    fn known(voucher: Arc<Voucher>) -> Self {
        Self { voucher, is_new: false }
    }
}

/// A voucher that was named, if nobody has it and it is switched on.
fn unpublished(voucher: &Arc<Voucher>) -> Result<Arc<Voucher>> {
    if voucher.is_published() {
        return Err(Error::VoucherAlreadyPublished { id: voucher.id.clone() }.into());
    }
    if !voucher.active {
        return Err(Error::VoucherUnusable { code: voucher.code.clone(), why: Unusable::Disabled }.into());
    }
    Ok(voucher.clone())
}

/// So many vouchers of the campaign: available ones, oldest first, and new ones if there are too few.
fn choose(
    tx: &mut Tx,
    campaign: &Campaign,
    count: usize,
    candidates: &Claim,
    codes: &mut CodeDraw,
) -> Result<Vec<Chosen>> {
    let available = totals::of(tx, Some(&campaign.id))?.available.max(0) as usize;
    let missing = count.saturating_sub(available);
    if missing > 0 && campaign.supply != Supply::AutoUpdate {
        return Err(Error::NoVoucherSuitable.into());
    }
    let available = candidates.choose(tx, campaign, count - missing)?;
    let mut chosen: Vec<Chosen> = available.into_iter().map(Chosen::known).collect();
    if missing > 0 {
        chosen.extend(make(tx, campaign, missing, codes)?);
    }
    Ok(chosen)
}

/// New vouchers of the campaign.
fn make(tx: &mut Tx, campaign: &Campaign, count: usize, codes: &mut CodeDraw) -> Result<Vec<Chosen>> {
    let config = campaign.voucher.as_ref().and_then(|template| template.code_config.as_ref());
    let codes = codes.take(tx, config.ok_or(Error::NoVoucherSuitable)?, count)?;
    if codes.len() < count {
        return Err(Error::NoVoucherSuitable.into());
    }
    let make = |code| {
        let voucher = vouchers::of_campaign(tx, campaign, code);
        let voucher = vouchers::add(tx, voucher, Made::Singly)?;
        Ok(Chosen { voucher: Arc::new(voucher), is_new: true })
    };
    codes.into_iter().map(make).collect()
}

/// Until when a voucher that is published now can be used, if its campaign says for how long.
fn end_of_activity(campaign: &Campaign, now: Timestamp) -> Option<Timestamp> {
    let span = duration(campaign.activity_duration_after_publishing.as_deref()?)?;
    let end = now.to_jiff()?.to_zoned_datetime(TimeZone::UTC).checked_add(span).ok()?;
    Some(Timestamp::from_millis(end.timestamp().as_millisecond()))
}

/// Records who holds the vouchers now, tells of it, and gives the answer.
fn tell(
    tx: &mut Tx,
    publication: &Publication,
    customer: &Customer,
    campaign: Option<&Campaign>,
    published: &[Voucher],
) -> PublicationAnswer {
    let config = tx.config();
    let simple = customer.simple();
    let category = campaign.and_then(|campaign| category_of(config, campaign.category_id.as_ref()));
    let shown: Option<SimpleCampaign> = campaign.map(|campaign| campaign.simple(category));
    let vouchers: Vec<SimpleVoucher> =
        published.iter().map(|voucher| voucher.simple(vouchers::context(config, voucher))).collect();
    let answer = publication.answer(simple.clone());
    for (voucher, shown_voucher) in published.iter().zip(&vouchers) {
        let data = PublishedData {
            customer: &simple,
            campaign: shown.as_ref(),
            publication: &answer,
            voucher: shown_voucher,
            created_at: tx.now(),
        };
        tx.emit(Event::Of { kind: EventType::VOUCHER_PUBLISHED, entity_id: voucher.id.as_str(), data: &data });
    }
    let user = tx.context().source.user.as_ref();
    let data = PublicationData {
        customer: &simple,
        campaign: shown.as_ref(),
        publication: &answer,
        vouchers: &vouchers,
        voucher: &vouchers[0],
        user,
    };
    tx.emit(Event::Of { kind: EventType::PUBLICATION_SUCCEEDED, entity_id: publication.id.as_str(), data: &data });
    let answer = answer.with_vouchers(publication, || whole(config, &published[0]));
    let data = CustomerPublicationData {
        customer: &simple,
        campaign: shown.as_ref(),
        publication: &answer,
        voucher: &vouchers[0],
    };
    let kind = EventType::CUSTOMER_PUBLICATION_SUCCEEDED;
    tx.emit(Event::Of { kind, entity_id: customer.id.as_str(), data: &data });
    for (voucher, shown_voucher) in published.iter().zip(&vouchers) {
        let role = if voucher.is_referral_code { HolderRole::Referrer } else { HolderRole::Owner };
        let holder = holders::new(tx, voucher, campaign, &customer.id, role);
        holders::assign(tx, holder, Some(&publication.id), shown_voucher, shown.as_ref(), &simple);
    }
    answer
}

fn whole(config: &Snapshot, voucher: &Voucher) -> PublishedVoucher {
    PublishedVoucher::Whole(Box::new(vouchers::answer(config, voucher)))
}

/// Whether the first voucher of a publication is still there.
fn has_voucher(tx: &mut Tx, publication: &Publication) -> Result<bool> {
    match publication.vouchers_id.first() {
        Some(id) => Ok(vouchers::find(tx, id.as_str())?.is_some()),
        None => Ok(false),
    }
}

/// An earlier publication as it is returned once more, with its voucher as it is now.
fn answer(tx: &mut Tx, publication: &Publication, customer: &Customer) -> Result<PublicationAnswer> {
    let first = publication.vouchers_id.first().map_or("", |id| id.as_str());
    let voucher = vouchers::get(tx, first)?;
    let config = tx.config();
    Ok(publication.answer(customer.simple()).with_vouchers(publication, || whole(config, &voucher)))
}
