//! The one place where a collection's name becomes a type: what is done with every document, of
//! whatever kind, starts here.

use guerdon_core::jobs::Job;
use guerdon_model::{
    api_key::ApiKey,
    bin_entry::Binned,
    campaign::Campaign,
    campaign_day::CampaignDay,
    campaign_template::CampaignTemplate,
    campaign_totals::CampaignTotals,
    category::Category,
    customer::{Customer, DeletedCustomer},
    event_schema::EventSchema,
    export::Export,
    holder::RedeemableHolder,
    kept_answer::KeptAnswer,
    metadata_schema::MetadataSchema,
    order::Order,
    participation::Participation,
    product::Product,
    product_collection::ProductCollection,
    project::Project,
    promotion_stack::PromotionStack,
    promotion_tier::{PromotionTier, TierTotals},
    publication::Publication,
    redeemable::SessionLock,
    redemption::Redemption,
    segment::{Segment, SegmentMember},
    sku::Sku,
    stacking_rules::StackingRules,
    usage::PersonalUsage,
    user::User,
    validation_rule::{AssignmentsCount, ValidationRule, ValidationRuleAssignment},
    voucher::Voucher,
    voucher_transaction::VoucherTransaction,
    webhook::Webhook,
};
use guerdon_store::{Collection, ColumnValue, Document, Record, StoreError};

/// The values of a document's lookup columns.
///
/// # Errors
/// When it can't be read, or does not lie under its own id.
pub(crate) fn columns(collection: Collection, record: &Record) -> Result<Vec<ColumnValue>, StoreError> {
    match collection {
        Collection::Customers => of::<Customer>(record),
        Collection::DeletedCustomers => of::<DeletedCustomer>(record),
        Collection::Jobs => of::<Job>(record),
        Collection::Projects => of::<Project>(record),
        Collection::ApiKeys => of::<ApiKey>(record),
        Collection::Webhooks => of::<Webhook>(record),
        Collection::MetadataSchemas => of::<MetadataSchema>(record),
        Collection::EventSchemas => of::<EventSchema>(record),
        Collection::Users => of::<User>(record),
        Collection::Products => of::<Product>(record),
        Collection::Skus => of::<Sku>(record),
        Collection::BinEntries => of::<Binned>(record),
        Collection::ValidationRules => of::<ValidationRule>(record),
        Collection::ValidationRuleAssignments => of::<ValidationRuleAssignment>(record),
        Collection::AssignmentsCounts => of::<AssignmentsCount>(record),
        Collection::Categories => of::<Category>(record),
        Collection::StackingRules => of::<StackingRules>(record),
        Collection::Campaigns => of::<Campaign>(record),
        Collection::CampaignTotals => of::<CampaignTotals>(record),
        Collection::Vouchers => of::<Voucher>(record),
        Collection::Orders => of::<Order>(record),
        Collection::Segments => of::<Segment>(record),
        Collection::SegmentMembers => of::<SegmentMember>(record),
        Collection::ProductCollections => of::<ProductCollection>(record),
        Collection::PromotionTiers => of::<PromotionTier>(record),
        Collection::PromotionTierTotals => of::<TierTotals>(record),
        Collection::PromotionStacks => of::<PromotionStack>(record),
        Collection::CampaignTemplates => of::<CampaignTemplate>(record),
        Collection::Publications => of::<Publication>(record),
        Collection::RedeemableHolders => of::<RedeemableHolder>(record),
        Collection::Participations => of::<Participation>(record),
        Collection::KeptAnswers => of::<KeptAnswer>(record),
        Collection::CampaignDays => of::<CampaignDay>(record),
        Collection::Exports => of::<Export>(record),
        Collection::VoucherTransactions => of::<VoucherTransaction>(record),
        Collection::SessionLocks => of::<SessionLock>(record),
        Collection::PersonalUsages => of::<PersonalUsage>(record),
        Collection::Redemptions => of::<Redemption>(record),
    }
}

fn of<D: Document>(record: &Record) -> Result<Vec<ColumnValue>, StoreError> {
    let document: D = record.document()?;
    if document.id() != &*record.id {
        let (table, project, id) = (D::COLLECTION.spec().table, &record.project, &record.id);
        let own = document.id();
        return Err(StoreError(format!("{table} {id} of project {project}: the document calls itself {own}")));
    }
    Ok(document.columns())
}
