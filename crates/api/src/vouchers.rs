//! `/v1/vouchers`.

use axum::http::StatusCode;
use guerdon_core::{
    campaigns::codes::CodeDraw,
    jobs::Work,
    vouchers::{
        self,
        bulk::VouchersMetadata,
        import,
        ledger::{self, TransactionListing},
        listing::{self, MAX_IDS, VoucherListing, VoucherOrder},
    },
};
use guerdon_model::{
    Error,
    error::{Path, Rule},
    voucher::{VoucherInput, VoucherUpdate},
    voucher_transaction::BalanceInput,
};

use crate::{
    background,
    call::Call,
    respond::{Answer, json, no_content},
};

/// The last page of vouchers that can be listed.
const MAX_PAGE: u64 = 99;

pub(crate) async fn list(call: Call) -> Answer {
    let text = |name: &str| call.query_param(name).map(str::to_owned);
    let listing = VoucherListing {
        code: text("code"),
        ids: ids(&call)?,
        category: text("category"),
        campaign: text("campaign"),
        campaign_id: text("campaign_id"),
        customer: text("customer"),
        created: call.between("created_at")?,
        updated: call.between("updated_at")?,
        filter: call.filter()?,
        order: VoucherOrder::parse(call.order(&VoucherOrder::NAMES)?),
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    };
    json(&listing::list(&call.app.guerdon, &call.context, listing).await?)
}

/// `ids[]=…`, `ids[0]=…` or `ids=…`, as often as one likes.
fn ids(call: &Call) -> Result<Vec<String>, Error> {
    let is_ids = |name: &str| name == "ids" || (name.starts_with("ids[") && name.ends_with(']'));
    let sent = call.query.iter().filter(|(name, _)| is_ids(name));
    let ids: Vec<String> = sent.flat_map(|(_, value)| value.split(',')).map(str::to_owned).collect();
    if ids.len() > MAX_IDS {
        return Err(Error::invalid_query(Path::of("ids"), Rule::MaxItems(MAX_IDS)));
    }
    Ok(ids)
}

pub(crate) async fn create(call: Call) -> Answer {
    let (input, mut codes) = (call.payload::<VoucherInput>()?, CodeDraw::new(&call.app.guerdon.ids));
    call.answer(Vec::new(), move |tx| vouchers::create(tx, None, &input, &mut codes)).await
}

pub(crate) async fn create_with_code(call: Call) -> Answer {
    let (input, mut codes) = (call.payload::<VoucherInput>()?, CodeDraw::new(&call.app.guerdon.ids));
    let code = call.param("code").to_owned();
    let needs = vouchers::keys(&code);
    call.answer(needs, move |tx| vouchers::create(tx, Some(&code), &input, &mut codes)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let code = call.param("code");
    let read = |tx: &mut guerdon_core::tx::Tx| {
        let voucher = vouchers::get(tx, code)?;
        Ok(vouchers::answer_with_rules(tx.config(), &voucher))
    };
    json(&call.read(read).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let (code, input) = (call.param("code").to_owned(), call.payload::<VoucherUpdate>()?);
    json(&call.execute(vouchers::keys(&code), move |tx| vouchers::update(tx, &code, &input)).await?)
}

pub(crate) async fn enable(call: Call) -> Answer {
    set_active(call, true).await
}

pub(crate) async fn disable(call: Call) -> Answer {
    set_active(call, false).await
}

async fn set_active(call: Call, active: bool) -> Answer {
    let code = call.param("code").to_owned();
    call.answer(vouchers::keys(&code), move |tx| vouchers::set_active(tx, &code, active)).await
}

pub(crate) async fn delete(call: Call) -> Answer {
    let (code, force) = (call.param("code").to_owned(), call.flag("force")?);
    call.execute(vouchers::keys(&code), move |tx| vouchers::delete(tx, &code, force)).await?;
    no_content()
}

pub(crate) async fn change_balance(call: Call) -> Answer {
    let (code, input) = (call.param("code").to_owned(), call.payload::<BalanceInput>()?);
    call.answer(vouchers::keys(&code), move |tx| ledger::change_balance(tx, &code, &input)).await
}

fn transaction_listing(call: &Call) -> Result<TransactionListing, Error> {
    Ok(TransactionListing {
        filter: call.filter()?,
        descending: call.order(&["id", "-id"])? != Some("id"),
        starting_after_id: call.query_param("starting_after_id").map(str::to_owned),
        limit: call.limit()?,
    })
}

pub(crate) async fn list_transactions(call: Call) -> Answer {
    let listing = transaction_listing(&call)?;
    json(&ledger::list(&call.app.guerdon, &call.context, call.param("code"), listing).await?)
}

pub(crate) async fn list_transactions_of_campaign(call: Call) -> Answer {
    let listing = transaction_listing(&call)?;
    json(&ledger::list_of_campaign(&call.app.guerdon, &call.context, call.param("campaignId"), listing).await?)
}

pub(crate) async fn import_items(call: Call) -> Answer {
    import::check(&call.app.guerdon, &call.context, &call.body).await?;
    background::start_bulk(call, Work::VouchersImport).await
}

pub(crate) async fn import_csv(mut call: Call) -> Answer {
    background::import(&mut call, StatusCode::ACCEPTED, Work::VouchersImportCsv).await
}

pub(crate) async fn update_in_bulk(call: Call) -> Answer {
    background::update_in_bulk_by(call, "code", Work::VouchersBulk).await
}

pub(crate) async fn update_metadata_in_bulk(call: Call) -> Answer {
    call.payload::<VouchersMetadata>()?;
    background::start_bulk(call, Work::VouchersMetadata).await
}
