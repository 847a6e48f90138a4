//! `/v1/redemptions`, `/client/v1/redemptions`, and the older ways to redeem one code or promotion tier.

use axum::http::StatusCode;
use guerdon_core::{
    idempotency::Answered,
    redemptions::{
        self, Outcome,
        listing::{self, Outcome as Listed, RedemptionListing, RedemptionOrder},
    },
};
use guerdon_model::{
    Error,
    error::{Path, Rule},
    redeemable::{RedeemablesInput, SceneInput},
    redemption::RollbackInput,
    validation::CodeValidationInput,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    call::Call,
    respond::{Answer, Refusal, json, json_with, replayed},
};

/// The last page of redemptions that can be listed.
const MAX_PAGE: u64 = 99;

/// What came of it: an answer, or an error that is kept.
fn respond(answered: Answered<Outcome<impl Serialize>>) -> Answer {
    match answered {
        Answered::Now(Outcome::Done(answer)) => json(&answer),
        Answered::Now(Outcome::Refused(error)) => {
            let status = StatusCode::from_u16(error.code).unwrap_or(StatusCode::BAD_REQUEST);
            Ok(json_with(status, &error))
        }
        Answered::Before(kept) => Ok(replayed(&kept)),
    }
}

/// The body, which may be left out.
fn payload<T: DeserializeOwned + Default>(call: &Call) -> Result<T, Refusal> {
    if call.body.iter().all(u8::is_ascii_whitespace) { Ok(T::default()) } else { call.payload() }
}

pub(crate) async fn redeem(call: Call) -> Answer {
    let input: RedeemablesInput = call.payload()?;
    respond(redemptions::redeem(&call.app.guerdon, &call.context, input).await?)
}

/// For browsers, as far as the project allows it.
pub(crate) async fn redeem_from_client(call: Call) -> Answer {
    check_client(&call).await?;
    redeem(call).await
}

async fn check_client(call: &Call) -> Result<(), Error> {
    let config = call.app.guerdon.snapshots.latest(&call.context.project).await?;
    if config.project.as_ref().is_some_and(|project| project.client_flags.client_redeem_enabled) {
        return Ok(());
    }
    let details = "Redeeming from the client side is not enabled in this project".to_owned();
    Err(Error::Forbidden { details })
}

pub(crate) async fn redeem_code(call: Call) -> Answer {
    let code = call.param("code").to_owned();
    redeem_one(&call, &code).await
}

/// The same with the code in the query string, for browsers.
pub(crate) async fn redeem_code_from_client(call: Call) -> Answer {
    check_client(&call).await?;
    let missing = || Error::invalid_query(Path::root(), Rule::Required("code".into()));
    let code = call.query_param("code").ok_or_else(missing)?.to_owned();
    redeem_one(&call, &code).await
}

async fn redeem_one(call: &Call, code: &str) -> Answer {
    let mut input: CodeValidationInput = payload(call)?;
    input.scene.tracking_id = tracking_id(call, input.scene.tracking_id);
    respond(redemptions::redeem_code(&call.app.guerdon, &call.context, code, input).await?)
}

pub(crate) async fn redeem_tier(call: Call) -> Answer {
    let scene: SceneInput = payload(&call)?;
    let tier = call.param("promotionTierId");
    respond(redemptions::redeem_tier(&call.app.guerdon, &call.context, tier, scene).await?)
}

fn tracking_id(call: &Call, sent: Option<String>) -> Option<String> {
    sent.or_else(|| call.query_param("tracking_id").map(str::to_owned))
}

pub(crate) async fn list(call: Call) -> Answer {
    let text = |name: &str| call.query_param(name).map(str::to_owned);
    let listing = RedemptionListing {
        outcomes: outcomes(&call)?,
        campaign: text("campaign"),
        customer: text("customer"),
        created: call.between("created_at")?,
        filter: call.filter()?,
        order: RedemptionOrder::parse(call.order(&RedemptionOrder::NAMES)?),
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    };
    json(&listing::list(&call.app.guerdon, &call.context, listing).await?)
}

/// `result`, as often as one likes.
fn outcomes(call: &Call) -> Result<Vec<Listed>, Error> {
    let allowed = || Rule::OneOf(Listed::ALL.map(|outcome| outcome.name().to_owned()).into());
    let sent = call.texts("result").unwrap_or_default();
    let known = sent.iter().map(|sent| Listed::ALL.into_iter().find(|outcome| outcome.name() == sent));
    known.collect::<Option<_>>().ok_or_else(|| Error::invalid_query(Path::of("result"), allowed()))
}

pub(crate) async fn get(call: Call) -> Answer {
    json(&listing::read(&call.app.guerdon, &call.context, call.param("redemptionId")).await?)
}

pub(crate) async fn list_of_voucher(call: Call) -> Answer {
    let page = (call.limit()?, call.page(MAX_PAGE)?);
    json(&listing::of_voucher(&call.app.guerdon, &call.context, call.param("code"), page).await?)
}

pub(crate) async fn roll_back(call: Call) -> Answer {
    let (id, input) = (call.param("redemptionId"), rollback_input(&call)?);
    respond(redemptions::roll_back(&call.app.guerdon, &call.context, id, input).await?)
}

pub(crate) async fn roll_back_all(call: Call) -> Answer {
    let (id, input) = (call.param("parentRedemptionId"), rollback_input(&call)?);
    respond(redemptions::roll_back_all(&call.app.guerdon, &call.context, id, input).await?)
}

fn rollback_input(call: &Call) -> Result<RollbackInput, Refusal> {
    let mut input: RollbackInput = payload(call)?;
    input.tracking_id = tracking_id(call, input.tracking_id);
    input.reason = input.reason.or_else(|| call.query_param("reason").map(str::to_owned));
    Ok(input)
}
