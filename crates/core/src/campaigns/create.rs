//! A new campaign.

use guerdon_model::{
    Error,
    bin_entry::Binned,
    campaign::{
        Campaign, CampaignAnswer, CampaignInput, CampaignType, GenerationStatus, Quantity, Supply, TemplateInput,
        VoucherTemplate,
    },
    code_config::CodeConfig,
    error::{Path, Rule},
    event::EventType,
    metadata_schema::Scope,
    texts::MAX_TEXT,
    validation_rule::ValidationRule,
    validity::TimeLimits,
    voucher::MissingValue,
};
use guerdon_store::collection::taken;

use super::{MAX_VOUCHERS, RESOURCE, access, answer, codes::CodeDraw, emit, is_case_sensitive, kinds, summary, totals};
use crate::{
    categories, discounts,
    jobs::{self, Work, generation::GenerationWork},
    promotions,
    tx::{Result, Tx},
    validation_rules::assignments,
    vouchers::{self, Made},
};

/// Creates a campaign, with one voucher at once or with a job that makes more.
pub fn create(tx: &mut Tx, input: &CampaignInput, codes: &mut CodeDraw) -> Result<CampaignAnswer> {
    create_with(tx, input, &[], codes)
}

/// The same with rules that were made for it.
pub(crate) fn create_with(
    tx: &mut Tx,
    input: &CampaignInput,
    rules: &[ValidationRule],
    codes: &mut CodeDraw,
) -> Result<CampaignAnswer> {
    let name = check(input)?;
    let CampaignInput { origin, settings, limits } = input;
    let campaign_type = campaign_type(input)?;
    let supply = settings.supply.unwrap_or(match campaign_type {
        CampaignType::Promotion => Supply::Static,
        _ => Supply::AutoUpdate,
    });
    let voucher = template(input, campaign_type, supply)?;
    if let Some(template) = &voucher {
        discounts::check_value(tx, &template.value, &Path::of("voucher"))?;
        kinds::check_value(&template.value, &Path::of("voucher"))?;
    }
    access::refuse_unknown(settings.access_settings.as_ref())?;
    refuse_taken(tx, name)?;
    let category = categories::choose(tx, &settings.category, &settings.category_id)?;

    let use_voucher_metadata_schema =
        origin.use_voucher_metadata_schema.unwrap_or(campaign_type != CampaignType::Promotion);
    let metadata = settings.metadata.as_value().cloned().unwrap_or_default();
    let schema = if use_voucher_metadata_schema { vouchers::RESOURCE } else { RESOURCE };
    tx.config().check_metadata(schema, &metadata, Scope::Whole)?;
    let mut own_limits = TimeLimits::default();
    limits.apply_to(&mut own_limits)?;

    let mut campaign = Campaign {
        id: tx.new_id(),
        name: name.to_owned(),
        description: None,
        campaign_type,
        supply,
        voucher,
        auto_join: settings.auto_join.unwrap_or(false),
        join_once: match (campaign_type, supply) {
            (CampaignType::LoyaltyProgram, _) => true,
            (_, Supply::Standalone) => false,
            _ => settings.join_once.unwrap_or(false),
        },
        use_voucher_metadata_schema,
        limits: own_limits,
        activity_duration_after_publishing: None,
        active: true,
        metadata,
        category_id: category.map(|category| category.id),
        created_at: tx.now(),
        updated_at: None,
        creation_status: GenerationStatus::Done,
        running: Vec::new(),
        referral_program: None,
        validation_rules_assignments: Default::default(),
        loyalty_tiers_expiration: None,
    };
    settings.description.apply_to(&mut campaign.description);
    settings.activity_duration_after_publishing.apply_to(&mut campaign.activity_duration_after_publishing);
    if campaign_type == CampaignType::ReferralProgram {
        settings.referral_program.apply_to(&mut campaign.referral_program);
        if let Some(program) = &mut campaign.referral_program {
            kinds::complete_referral_program(tx, program)?;
        }
    }
    if campaign_type == CampaignType::LoyaltyProgram {
        settings.loyalty_tiers_expiration.apply_to(&mut campaign.loyalty_tiers_expiration);
    }
    totals::begin(tx, &campaign.id);
    summary::begin(tx, &campaign.id);
    // What a loyalty card pays for is up to the rules of rewards.
    let named = origin.validation_rules.iter().flatten();
    for rule in named.filter(|_| campaign_type != CampaignType::LoyaltyProgram) {
        assignments::assign(tx, rule, &mut campaign)?;
    }
    for rule in rules {
        assignments::attach(tx, rule, &mut campaign)?;
    }
    make_vouchers(tx, input, &mut campaign, codes)?;
    tx.put(campaign.clone());
    emit(tx, EventType::CAMPAIGN_CREATED, &campaign)?;
    if campaign_type == CampaignType::Promotion
        && let Some(promotion) = &origin.promotion
    {
        promotions::tiers::create_all(tx, &campaign, promotion)?;
    }
    answer(tx, &campaign)
}

/// The name, if the body's own values are in order.
fn check(input: &CampaignInput) -> Result<&str> {
    let refuse = |path, rule| Err(Error::invalid_payload(path, rule).into());
    let Some(name) = input.origin.name.as_deref() else {
        return refuse(Path::root(), Rule::Required("name".into()));
    };
    match name.chars().count() {
        0 => return refuse(Path::of("name"), Rule::MinLength(1)),
        length if length > MAX_TEXT => return refuse(Path::of("name"), Rule::MaxLength(MAX_TEXT)),
        _ => {}
    }
    match input.origin.vouchers_count {
        Some(..0) => return refuse(Path::of("vouchers_count"), Rule::AtLeast(0)),
        Some(count) if count > MAX_VOUCHERS => return refuse(Path::of("vouchers_count"), Rule::AtMost(MAX_VOUCHERS)),
        _ => {}
    }
    if input.origin.validation_rules.as_ref().is_some_and(|rules| rules.len() > 1) {
        return refuse(Path::of("validation_rules"), Rule::MaxItems(1));
    }
    if let Some(promotion) = &input.origin.promotion {
        promotion.check()?;
    }
    input.settings.check()?;
    Ok(name)
}

/// What was sent, or what campaigns with such vouchers are.
fn campaign_type(input: &CampaignInput) -> Result<CampaignType> {
    let of_vouchers = || input.origin.voucher.as_ref()?.value.voucher_type.map(CampaignType::of_vouchers);
    let promotion = || input.origin.promotion.as_ref().map(|_| CampaignType::Promotion);
    let missing = || Error::invalid_payload(Path::root(), Rule::Required("campaign_type".into()));
    Ok(input.origin.campaign_type.or_else(of_vouchers).or_else(promotion).ok_or_else(missing)?)
}

/// What the vouchers are made by; none for a promotion.
fn template(input: &CampaignInput, campaign_type: CampaignType, supply: Supply) -> Result<Option<VoucherTemplate>> {
    let Some(voucher_type) = campaign_type.voucher_type() else { return Ok(None) };
    let TemplateInput { value, codes } = input.origin.voucher.clone().unwrap_or_default();
    if value.voucher_type.is_some_and(|sent| sent != voucher_type) {
        let rule = Rule::OneOf(vec![voucher_type.name().into()]);
        return Err(Error::invalid_payload(Path::of("voucher").key("type"), rule).into());
    }
    let value = value.of_type(voucher_type).map_err(|MissingValue(key)| {
        let details = format!("Property '{key}' is required for {} campaign", campaign_type.name());
        Error::InvalidCampaign { details }
    })?;
    let code_config = match supply {
        Supply::Standalone => None,
        Supply::AutoUpdate | Supply::Static => {
            Some(codes.code_config.unwrap_or_default().complete(&Path::of("voucher").key("code_config"))?)
        }
    };
    Ok(Some(VoucherTemplate {
        value,
        redemption: Quantity { quantity: codes.redemption.and_then(|redemption| redemption.quantity) },
        code_config,
        is_referral_code: campaign_type == CampaignType::ReferralProgram,
    }))
}

/// A name belongs to one campaign, even if that lies in the bin.
fn refuse_taken(tx: &mut Tx, name: &str) -> Result<()> {
    let known = tx.config().campaign_named(name).is_some()
        || tx.find::<Binned>("taken_source_id", &taken(RESOURCE, name))?.is_some();
    if known {
        let value = name.to_owned();
        return Err(Error::Duplicate { resource: RESOURCE, attribute: "name", value }.into());
    }
    Ok(())
}

/// Makes one voucher at once, and leaves more to a job.
fn make_vouchers(tx: &mut Tx, input: &CampaignInput, campaign: &mut Campaign, codes: &mut CodeDraw) -> Result<()> {
    let Some(template) = &campaign.voucher else { return Ok(()) };
    let Some(config) = &template.code_config else {
        let code = input.origin.voucher.as_ref().and_then(|voucher| voucher.codes.code.as_deref());
        let missing = || Error::invalid_payload(Path::of("voucher"), Rule::Required("code".into()));
        let code = code.ok_or_else(missing)?.to_owned();
        vouchers::refuse_taken(tx, &code, Path::of("voucher").key("code"))?;
        let voucher = vouchers::of_campaign(tx, campaign, code);
        return vouchers::add(tx, voucher, Made::InBulk).map(drop);
    };
    let count = input.origin.vouchers_count.unwrap_or(0);
    require_capacity(tx, config, count)?;
    match count {
        0 => Ok(()),
        1 => {
            let code = codes.take(tx, config, 1)?.pop().ok_or_else(|| too_few_codes(config))?;
            let voucher = vouchers::of_campaign(tx, campaign, code);
            vouchers::add(tx, voucher, Made::InBulk).map(drop)
        }
        _ => {
            let work = GenerationWork::of(campaign, config.clone(), count.unsigned_abs());
            let job = jobs::start(tx, Work::VouchersGenerate(work))?;
            campaign.begin(job, GenerationStatus::InProgress);
            Ok(())
        }
    }
}

/// Refuses more codes than there can be.
pub(crate) fn require_capacity(tx: &Tx, config: &CodeConfig, count: i64) -> Result<()> {
    if config.capacity(is_case_sensitive(tx)) < count.unsigned_abs() {
        return Err(too_few_codes(config).into());
    }
    Ok(())
}

/// There are no more codes of this form.
pub(crate) fn too_few_codes(config: &CodeConfig) -> Error {
    let details = format!("There are too few codes of the pattern '{}' with this charset", config.pattern);
    Error::InvalidCodeConfig { details }
}
