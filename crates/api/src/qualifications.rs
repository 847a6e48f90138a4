//! `/v1/qualifications` and `/client/v1/qualifications`, and the older endpoints for codes and campaigns.

use guerdon_core::qualifications::{self, older};
use guerdon_model::qualification::{DEFAULT_LIMIT, MAX_LIMIT, QualificationInput};

use crate::{
    call::Call,
    listing::GENERIC_ORDERS,
    respond::{Answer, Refusal, json},
};

pub(crate) async fn qualify(call: Call) -> Answer {
    let input: QualificationInput = call.payload()?;
    json(&qualifications::qualify(&call.app.guerdon, &call.context, input).await?)
}

pub(crate) async fn qualify_vouchers(call: Call) -> Answer {
    json(&older::vouchers(&call.app.guerdon, &call.context, request(&call)?).await?)
}

pub(crate) async fn qualify_campaigns(call: Call) -> Answer {
    json(&older::campaigns(&call.app.guerdon, &call.context, request(&call)?).await?)
}

fn request(call: &Call) -> Result<older::Request, Refusal> {
    let limit = call.limit_of(MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT);
    Ok(older::Request {
        scene: call.payload()?,
        only_audience: call.flag("audienceRulesOnly")?,
        limit,
        descending: call.order(&GENERIC_ORDERS)? != Some("created_at"),
    })
}
