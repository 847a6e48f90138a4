//! `/v1/publications` and `/client/v1/publish`.

use axum::http::StatusCode;
use guerdon_core::{
    customers,
    publications::{
        self, Request,
        listing::{self, PublicationListing, PublicationOrder},
    },
};
use guerdon_model::{
    Error,
    error::{Path, Rule},
    payload,
    publication::{PublicationInput, PublicationResult},
    voucher::VoucherType,
};

use crate::{
    call::Call,
    form::Form,
    listing::MAX_PAGE,
    respond::{Answer, answered, json},
};

pub(crate) async fn create(call: Call) -> Answer {
    let input: PublicationInput = call.payload()?;
    publish(&call, Request::of(input, call.flag("join_once")?)).await
}

/// For browsers, as far as the project allows it.
pub(crate) async fn create_from_client(call: Call) -> Answer {
    let config = call.app.guerdon.snapshots.latest(&call.context.project).await?;
    if !config.project.as_ref().is_some_and(|project| project.client_flags.client_publish_enabled) {
        let details = "Publishing from the client side is not enabled in this project".to_owned();
        return Err(Error::Forbidden { details }.into());
    }
    create(call).await
}

async fn publish(call: &Call, request: Request) -> Answer {
    request.input.check()?;
    answered(StatusCode::OK, &publications::publish(&call.app.guerdon, &call.context, request).await?)
}

/// The same by a link, as an e-mail tool can follow it.
pub(crate) async fn create_by_link(call: Call) -> Answer {
    let caller = call.context.caller.as_ref();
    if !caller.is_some_and(|caller| caller.key.is_integration) {
        return Err(Error::IntegrationKeyRequired.into());
    }
    let config = call.app.guerdon.snapshots.get(&call.context.project, None).await?;
    let mut form = Form::of(&call.query, &["voucher", "campaign", "customer", "source_id", "metadata", "channel"]);
    form.read_numbers(&["campaign", "count"]);
    let schemas = config.metadata_schemas();
    form.read_metadata(&["metadata"], schemas.get(publications::RESOURCE));
    form.read_metadata(&["customer", "metadata"], schemas.get(customers::RESOURCE));
    let input: PublicationInput = payload::from_value(form.into_json()).map_err(Error::in_query)?;
    if input.customer.is_none() {
        return Err(Error::invalid_query(Path::root(), Rule::Required("customer".into())).into());
    }
    input.check().map_err(Error::in_query)?;
    publish(&call, Request { max_count: 1, ..Request::of(input, call.flag("join_once")?) }).await
}

pub(crate) async fn list(call: Call) -> Answer {
    let text = |name: &str| call.query_param(name).map(str::to_owned);
    let listing = PublicationListing {
        campaign: text("campaign"),
        customer: text("customer"),
        voucher: text("voucher"),
        result: result(&call)?,
        voucher_type: voucher_type(&call)?,
        is_referral_code: call.flag("is_referral_code")?,
        source_id: text("source_id"),
        filter: call.filter()?,
        order: PublicationOrder::parse(call.order(&PublicationOrder::NAMES)?),
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    };
    json(&listing::list(&call.app.guerdon, &call.context, listing).await?)
}

/// A query parameter that is one of a few words.
fn one_of<T: Copy>(call: &Call, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Error> {
    let Some(sent) = call.query_param(name) else { return Ok(None) };
    let found = words.iter().find(|(word, _)| *word == sent).map(|(_, value)| *value);
    let allowed = || Rule::OneOf(words.iter().map(|(word, _)| (*word).to_owned()).collect());
    found.map(Some).ok_or_else(|| Error::invalid_query(Path::of(name), allowed()))
}

fn result(call: &Call) -> Result<Option<PublicationResult>, Error> {
    let words = [PublicationResult::Success, PublicationResult::Failure].map(|result| (result.name(), result));
    one_of(call, "result", &words)
}

fn voucher_type(call: &Call) -> Result<Option<VoucherType>, Error> {
    const WORDS: [(&str, VoucherType); 3] = [
        ("discount", VoucherType::DiscountVoucher),
        ("gift", VoucherType::GiftVoucher),
        ("loyalty", VoucherType::LoyaltyCard),
    ];
    one_of(call, "voucher_type", &WORDS)
}
