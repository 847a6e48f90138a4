//! `/v1/qualifications` and `/client/v1/qualifications`.

use guerdon_core::qualifications;
use guerdon_model::qualification::QualificationInput;

use crate::{
    call::Call,
    respond::{Answer, json},
};

pub(crate) async fn qualify(call: Call) -> Answer {
    let input: QualificationInput = call.payload()?;
    json(&qualifications::qualify(&call.app.guerdon, &call.context, input).await?)
}
