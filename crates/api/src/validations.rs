//! `/v1/validations`, `/client/v1/validations`, and the sessions that they begin.

use guerdon_core::{redeemables::locks, validations, vouchers};
use guerdon_model::redeemable::RedeemablesInput;

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

pub(crate) async fn validate(call: Call) -> Answer {
    let input: RedeemablesInput = call.payload()?;
    json(&validations::validate(&call.app.guerdon, &call.context, input).await?)
}

pub(crate) async fn release_session(call: Call) -> Answer {
    let (code, key) = (call.param("code").to_owned(), call.param("sessionKey").to_owned());
    let needs = vouchers::keys(&code);
    call.execute(needs, move |tx| locks::release(tx, &code, &key)).await?;
    no_content()
}
