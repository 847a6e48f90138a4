//! `/v1/campaigns`.

use axum::http::StatusCode;
use guerdon_core::{
    blobs::BlobWriter,
    campaigns::{
        self,
        codes::CodeDraw,
        import,
        listing::{CampaignListing, CampaignOrder, Expand},
        summary,
    },
    jobs::{
        self, Work,
        items::{self, ItemsWork},
    },
    tx::Tx,
};
use guerdon_model::{
    Date, Error,
    campaign::{AddedVouchers, CampaignInput, CampaignType, CampaignUpdate, GenerationStatus},
    error::{Path, Rule},
    time::NOT_ISO_8601,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    background,
    call::Call,
    listing::MAX_PAGE,
    respond::{Answer, Refusal, json},
};

pub(crate) async fn list(call: Call) -> Answer {
    let of_areas = call.query.iter().any(|(key, _)| key.starts_with("access_settings["));
    let listing = CampaignListing {
        campaign_type: named(&call, "campaign_type", &CampaignType::NAMES)?,
        status: named(&call, "campaign_status", &GenerationStatus::NAMES)?,
        is_referral_code: call.query_param("is_referral_code").map(|_| call.flag("is_referral_code")).transpose()?,
        of_areas,
        filter: call.filter()?,
        order: CampaignOrder::parse(call.order(&CampaignOrder::NAMES)?),
        expand: expand(&call)?,
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    };
    json(&call.read(|tx| campaigns::listing::list(tx, &listing)).await?)
}

/// A query parameter that is one of some names.
fn named<T: DeserializeOwned>(call: &Call, parameter: &str, names: &[&str]) -> Result<Option<T>, Error> {
    let Some(text) = call.query_param(parameter) else { return Ok(None) };
    let read = serde_json::from_value(Value::from(text));
    read.map(Some).map_err(|_| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Error::invalid_query(Path::of(parameter), Rule::OneOf(names))
    })
}

fn expand(call: &Call) -> Result<Option<Expand>, Error> {
    let Some(name) = call.query_param("expand") else { return Ok(None) };
    let names = || Expand::NAMES.map(str::to_owned).to_vec();
    Expand::parse(name).map(Some).ok_or_else(|| Error::invalid_query(Path::of("expand"), Rule::OneOf(names())))
}

pub(crate) async fn create(call: Call) -> Answer {
    let (input, mut codes) = (call.payload::<CampaignInput>()?, CodeDraw::new(&call.app.guerdon.ids));
    call.answer(Vec::new(), move |tx| campaigns::create(tx, &input, &mut codes)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let campaign = call.param("campaignId");
    let read = |tx: &mut Tx| {
        let campaign = campaigns::get(tx, campaign)?;
        campaigns::answer(tx, &campaign)
    };
    json(&call.read(read).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let campaign = call.param("campaignId").to_owned();
    let input: CampaignUpdate = call.payload()?;
    json(&call.execute(Vec::new(), move |tx| campaigns::update(tx, &campaign, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let (campaign, force) = (call.param("campaignId").to_owned(), call.flag("force")?);
    call.answer_started(StatusCode::ACCEPTED, move |tx| campaigns::delete(tx, &campaign, force)).await
}

pub(crate) async fn enable(call: Call) -> Answer {
    set_active(&call, true).await
}

pub(crate) async fn disable(call: Call) -> Answer {
    set_active(&call, false).await
}

async fn set_active(call: &Call, active: bool) -> Answer {
    let campaign = call.param("campaignId").to_owned();
    let command = move |tx: &mut Tx| campaigns::set_active(tx, &campaign, active).map(|_| json!({}));
    call.answer(Vec::new(), command).await
}

/// One voucher at once, or a job for several.
pub(crate) async fn add_vouchers(call: Call) -> Answer {
    let (campaign, count) = (call.param("campaignId").to_owned(), call.positive("vouchers_count")?.unwrap_or(1));
    let input = added(&call)?;
    if count > 1 {
        let start = move |tx: &mut Tx| campaigns::add_many(tx, &campaign, count, &input);
        return call.answer_started(StatusCode::ACCEPTED, start).await;
    }
    let mut codes = CodeDraw::new(&call.app.guerdon.ids);
    call.answer(Vec::new(), move |tx| campaigns::add(tx, &campaign, None, &input, &mut codes)).await
}

pub(crate) async fn add_voucher_with_code(call: Call) -> Answer {
    let (campaign, code) = (call.param("campaignId").to_owned(), call.param("code").to_owned());
    let (input, mut codes) = (added(&call)?, CodeDraw::new(&call.app.guerdon.ids));
    let add = move |tx: &mut Tx| campaigns::add(tx, &campaign, Some(&code), &input, &mut codes);
    call.answer(Vec::new(), add).await
}

/// The body, which may be missing.
fn added(call: &Call) -> Result<AddedVouchers, Refusal> {
    if call.body.iter().all(u8::is_ascii_whitespace) { Ok(AddedVouchers::default()) } else { call.payload() }
}

pub(crate) async fn import(call: Call) -> Answer {
    let campaign = call.param("campaignId");
    let campaign = call.read(|tx| import::target(tx, campaign)).await?;
    let items = items::read(&call.body)?;
    import::check(&call.app.guerdon, &call.context, &items).await?;
    drop(items);
    let mut blob = BlobWriter::new(&call.app.guerdon, &call.context);
    blob.write(&call.body).await?;
    let work = ItemsWork::of(campaign, blob.finish().await?);
    let start = move |tx: &mut Tx| jobs::start(tx, Work::CampaignImport(work.clone()));
    call.answer_started(StatusCode::ACCEPTED, start).await
}

pub(crate) async fn import_csv(mut call: Call) -> Answer {
    let campaign = call.param("campaignId");
    let campaign = call.read(|tx| import::target(tx, campaign)).await?;
    let work =
        move |import: jobs::import::ImportWork<_>| Work::CampaignImportCsv(import.into_parent(campaign.as_str()));
    background::import(&mut call, StatusCode::OK, work).await
}

pub(crate) async fn summary(call: Call) -> Answer {
    let days = match (date(&call, "start_date")?, date(&call, "end_date")?) {
        (None, None) => None,
        (Some(start), Some(end)) => Some((start, end)),
        (start, _) => {
            let missing = if start.is_some() { "end_date" } else { "start_date" };
            return Err(Error::invalid_query(Path::root(), Rule::Required(missing.into())).into());
        }
    };
    json(&summary::read(&call.app.guerdon, &call.context, call.param("campaignId"), days).await?)
}

fn date(call: &Call, parameter: &str) -> Result<Option<Date>, Error> {
    let Some(text) = call.query_param(parameter) else { return Ok(None) };
    let refused = || Error::invalid_query(Path::of(parameter), Rule::Other(NOT_ISO_8601.into()));
    Date::parse(text).map(Some).ok_or_else(refused)
}
