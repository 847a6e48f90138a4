//! A new voucher of its own, or one that joins a campaign.

use std::sync::Arc;

use guerdon_model::{
    Error,
    campaign::{Campaign, Supply},
    code_config::CodeConfig,
    error::Path,
    metadata_schema::Scope,
    validation_rule::Assignments,
    validity::TimeLimits,
    voucher::{
        MissingValue, OriginInput, Uses, Voucher, VoucherAnswer, VoucherInput, VoucherType, VoucherValue, folded,
    },
};

use super::{Made, RESOURCE, add, answer, answer_with_rules, refuse_taken, with_new_category};
use crate::{
    campaigns::{self, codes::CodeDraw, too_few_codes, totals},
    categories, discounts,
    tx::{Result, Tx},
    validation_rules::assignments,
};

/// Creates a voucher with this code; without one, with the body's or with one that is generated.
pub fn create(tx: &mut Tx, code: Option<&str>, input: &VoucherInput, codes: &mut CodeDraw) -> Result<VoucherAnswer> {
    let voucher = prepare(tx, code, input, Some(codes))?;
    let voucher = add(tx, voucher, Made::Singly)?;
    let with_rules = input.origin.validation_rules.as_ref().is_some_and(|rules| !rules.is_empty());
    let answer = if with_rules { answer_with_rules(tx.config(), &voucher) } else { answer(tx.config(), &voucher) };
    Ok(with_new_category(tx, answer))
}

/// A voucher that is as it was asked for, to be stored. Without `codes`, it has to have a code already.
pub(super) fn prepare(
    tx: &mut Tx,
    code: Option<&str>,
    input: &VoucherInput,
    codes: Option<&mut CodeDraw>,
) -> Result<Voucher> {
    let VoucherInput { origin, attributes, limits, .. } = input;
    attributes.check()?;
    let value = value(input)?;
    let campaign = campaign(tx, origin)?;
    if campaign.is_none() && value.voucher_type() == VoucherType::LoyaltyCard {
        let details = "A loyalty card needs a campaign".to_owned();
        return Err(Error::InvalidVoucher { details }.into());
    }
    discounts::check_value(tx, &value, &Path::root())?;
    let category = categories::choose(tx, &attributes.category, &attributes.category_id)?;
    let metadata = attributes.metadata.as_value().cloned().unwrap_or_default();
    tx.config().check_metadata(RESOURCE, &metadata, Scope::Whole)?;
    let mut own_limits = TimeLimits::default();
    limits.apply_to(&mut own_limits)?;
    let chosen = code.or(origin.code.as_deref()).filter(|code| !code.is_empty());
    let code = match (chosen, &campaign) {
        (Some(code), campaign) => {
            if let Some(campaign) = campaign {
                require_room(tx, campaign)?;
            }
            refuse_taken(tx, code, Path::of("code"))?;
            code.to_owned()
        }
        (None, campaign) => {
            let config = code_config(origin, campaign.as_deref())?;
            let codes = codes.ok_or_else(|| without_code(1))?;
            codes.take(tx, &config, 1)?.pop().ok_or_else(|| too_few_codes(&config))?
        }
    };
    let mut voucher = Voucher {
        id: tx.new_id(),
        folded_code: folded(&code, campaigns::is_case_sensitive(tx)),
        code,
        is_referral_code: campaign
            .as_ref()
            .and_then(|campaign| campaign.voucher.as_ref())
            .is_some_and(|template| template.is_referral_code),
        campaign_id: campaign.map(|campaign| campaign.id.clone()),
        value,
        category_id: category.map(|category| category.id),
        limits: own_limits,
        active: attributes.active.as_value().copied().unwrap_or(true),
        additional_info: attributes.additional_info.as_value().cloned(),
        metadata,
        created_at: tx.now(),
        updated_at: None,
        holder_id: None,
        referrer_id: None,
        publication_id: None,
        redemption: Uses {
            quantity: origin.redemption.as_value().and_then(|redemption| redemption.quantity),
            ..Uses::default()
        },
        usage: Default::default(),
        locked: Default::default(),
        validation_rules_assignments: Assignments::default(),
        is_binned: false,
    };
    for rule in origin.validation_rules.iter().flatten() {
        assignments::assign(tx, rule, &mut voucher)?;
    }
    Ok(voucher)
}

/// Vouchers of an import have to have codes.
pub(super) fn without_code(count: usize) -> Error {
    Error::InvalidVoucher { details: format!("Found {count} voucher(s) without 'code' value") }
}

/// What the voucher is worth.
fn value(input: &VoucherInput) -> Result<VoucherValue> {
    let refuse = |details: String| Error::InvalidVoucher { details };
    let voucher_type = input.value.voucher_type.ok_or_else(|| refuse("Property 'type' is required".into()))?;
    let value = input.value.clone().of_type(voucher_type);
    Ok(value
        .map_err(|MissingValue(key)| refuse(format!("Property '{key}' is required for {}", voucher_type.name())))?)
}

/// The campaign that the voucher joins.
fn campaign(tx: &Tx, origin: &OriginInput) -> Result<Option<Arc<Campaign>>> {
    let reference = origin.campaign_id.as_deref().or(origin.campaign.as_deref());
    reference.map(|reference| campaigns::get(tx, reference)).transpose()
}

/// A campaign with one code has room for that one only, and a promotion for none.
fn require_room(tx: &mut Tx, campaign: &Campaign) -> Result<()> {
    match (campaign.supply, &campaign.voucher) {
        (Supply::Standalone, _) if totals::of(tx, Some(&campaign.id))?.vouchers > 0 => Err(no_generation().into()),
        (_, None) => Err(campaigns::without_vouchers(campaign).into()),
        _ => Ok(()),
    }
}

fn no_generation() -> Error {
    let details = "You can not generate vouchers for STANDALONE type campaign.".to_owned();
    Error::InvalidCampaign { details }
}

/// What a generated code looks like: as the body says, else as the campaign says.
fn code_config(origin: &OriginInput, campaign: Option<&Campaign>) -> Result<CodeConfig> {
    let of_campaign = match campaign {
        None => None,
        Some(campaign) => match (campaign.supply, &campaign.voucher) {
            (Supply::Standalone, _) => return Err(no_generation().into()),
            (_, None) => return Err(campaigns::without_vouchers(campaign).into()),
            (_, Some(template)) => template.code_config.clone(),
        },
    };
    match &origin.code_config {
        Some(config) => Ok(config.complete(&Path::of("code_config"))?),
        None => Ok(of_campaign.unwrap_or_default()),
    }
}
