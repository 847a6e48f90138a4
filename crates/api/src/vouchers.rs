//! `/v1/vouchers`.

use guerdon_core::{campaigns::codes::CodeDraw, vouchers};
use guerdon_model::voucher::VoucherInput;

use crate::{
    call::Call,
    respond::{Answer, json},
};

pub(crate) async fn create(call: Call) -> Answer {
    let (input, mut codes) = (call.payload::<VoucherInput>()?, CodeDraw::new(&call.app.guerdon.ids));
    json(&call.execute(Vec::new(), move |tx| vouchers::create(tx, None, &input, &mut codes)).await?)
}

pub(crate) async fn create_with_code(call: Call) -> Answer {
    let (input, mut codes) = (call.payload::<VoucherInput>()?, CodeDraw::new(&call.app.guerdon.ids));
    let code = call.param("code").to_owned();
    let needs = vouchers::keys(&code);
    json(&call.execute(needs, move |tx| vouchers::create(tx, Some(&code), &input, &mut codes)).await?)
}

pub(crate) async fn get(call: Call) -> Answer {
    let code = call.param("code");
    let read = |tx: &mut guerdon_core::tx::Tx| {
        let voucher = vouchers::get(tx, code)?;
        Ok(vouchers::answer_with_rules(tx.config(), &voucher))
    };
    json(&call.read(read).await?)
}
