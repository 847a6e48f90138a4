//! The catalogue of everything a request can be refused with: one variant and one row each.
//!
//! [`Error::describe`] is the table: status, key, message and details. `docs/errors.md` is the page
//! for users. Some endpoints say "should", newer ones "must": the caller passes its [`Dialect`].

use std::{borrow::Cow, fmt};

use crate::{
    ids::{ValidationRuleId, VoucherId},
    redeemable::{Card, VoucherRefusal},
    validation_rule::{Category, Need},
    validity::Unusable,
};

/// A business error. Nothing has changed when one is returned.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// No resource of that type has that id (as sent by the client).
    NotFound { resource: &'static str, id: String },
    /// A management request names a project that does not exist.
    ProjectNotFound { id: String },
    /// Another resource already uses that value.
    Duplicate { resource: &'static str, attribute: &'static str, value: String },
    /// The resource (with its id as sent) belongs to others, which have these ids.
    InUse { resource: &'static str, id: String, related: &'static str, related_ids: Vec<String> },
    /// The body does not have the documented form.
    InvalidPayload(Violation),
    /// A query parameter does not have the documented form.
    InvalidQuery(Violation),
    /// The page is beyond what this listing offers.
    PageOverLimit { max: u64 },
    /// Metadata breaks the project's schema; the text names the key and its whole definition.
    MetadataInvalid { details: String },
    /// A validation rule that could never be evaluated; the text names the leaf or logic at fault.
    InvalidValidationRules { details: String },
    /// A key for a request that may be sent again is empty, too long or has other characters than visible ones.
    InvalidIdempotencyKey,
    /// The key was sent with another request before.
    IdempotencyKeyReused,
    /// A request with this key is being carried out.
    IdempotencyKeyInUse,
    /// The answer must not be kept, as there is a secret in it.
    IdempotencyKeyNotTaken,
    /// A redeemable's validation rules say no. The label is what the redeemable is called in the text,
    /// such as `Discount Coupon`; the first violation decides about the category.
    RulesViolated { category: Category, label: &'static str, rule_sets: Vec<ValidationRuleId> },
    /// A redeemable's validation rules can't be evaluated without this.
    MissingForRules(Need),
    /// The voucher with this code is switched off or outside of its time limits.
    VoucherUnusable { code: String, why: Unusable },
    /// The promotion tier with this id is.
    PromotionTierUnusable { id: String, why: Unusable },
    /// The voucher with this code can't be redeemed as it was asked for.
    VoucherRefused { code: String, why: VoucherRefusal },
    /// A loyalty card is redeemed for a reward, and none was named.
    MissingReward,
    /// The card has nothing to pay for without this.
    MissingForCard { need: Need, card: Card },
    /// None of the items that a gift card may pay for is in the order and has an amount.
    MissingApplicableItems,
    /// An amount is too large to calculate with.
    InvalidAmount,
    /// Redeemables that can't be in one request, whatever they are.
    InvalidRedeemables { details: String },
    /// The same redeemable twice in one request.
    DuplicatedRedeemables,
    /// Of several redeemables, none can be applied.
    NoApplicableRedeemables,
    /// A redemption that belongs to others is to be rolled back by itself.
    InvalidRedemptionParent,
    /// The redemption can't be rolled back, or not in this way.
    InvalidRedemption { details: &'static str },
    /// The redemption was rolled back before.
    AlreadyRolledBack,
    /// A rollback names another order than the redemption's.
    UnrelatedOrder,
    /// A rollback names another customer than the redemption's.
    UnrelatedCustomer,
    /// The campaign can't be made or can't have what was asked for.
    InvalidCampaign { details: String },
    /// The voucher can't be made or changed like that.
    InvalidVoucher { details: String },
    /// A balance can't be changed by that.
    InvalidBalanceChange,
    /// Somebody has to have the voucher first.
    NotPublished { details: &'static str },
    /// Codes of an import that somebody has, or that it has twice.
    DuplicateCodes { count: usize },
    /// There are not so many codes of the form that was asked for.
    InvalidCodeConfig { details: String },
    /// Templates are made of campaigns with coupons or gift cards only, and tiers of templates with a discount.
    TemplateUnsupported,
    /// A publication names neither a campaign nor a voucher.
    MissingVouchers,
    /// The customer has a voucher of the campaign, which gives each customer but one.
    AlreadyJoined,
    /// The voucher with this id belongs to somebody.
    VoucherAlreadyPublished { id: VoucherId },
    /// Another publication has this `source_id`.
    DuplicateSourceId { source_id: String },
    /// More vouchers than this publication may have.
    TooManyVouchers { max: i64 },
    /// The campaign has no voucher left, and none can be made.
    NoVoucherSuitable,
    /// The customer refers by the voucher already, or was referred by it.
    HolderExists,
    /// Whoever holds a voucher can't be taken off it.
    HolderStays,
    /// Only keys that are marked for integrations may do this.
    IntegrationKeyRequired,
    /// An export is asked for a field that it can't have.
    InvalidExportFields { allowed: Vec<&'static str> },
    /// The project has stacking rules already.
    StackingRulesExist,
    /// Unknown, wrong, blocked or missing credentials.
    Unauthorized,
    /// The key's role does not include this operation.
    MissingPermission,
    /// The operation is not allowed on this resource or from this place.
    Forbidden { details: String },
    /// The rate limit is used up; try again after so many seconds.
    TooManyRequests { retry_after_seconds: u64 },
    /// The queue of commands is full; try again after so many seconds.
    Overloaded { retry_after_seconds: u64 },
    /// The store can't be reached or refused to write.
    StoreUnavailable,
    /// A defect of ours; the log has the details under the request id.
    Internal,
}

/// Which of the two historical wordings an endpoint answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `Property .items[0] should be …`
    Should,
    /// `Property .items.0 must be …`
    Must,
}

/// One row of the catalogue, ready for the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// HTTP status, repeated as `code` in the body.
    pub status: u16,
    /// Stable machine-readable key; a few old errors have none.
    pub key: Option<&'static str>,
    /// Short text for humans.
    pub message: Cow<'static, str>,
    /// What exactly was wrong.
    pub details: Option<String>,
    /// The id (as sent) and type of the resource concerned.
    pub resource: Option<(String, &'static str)>,
    /// The ids and the type of the resources that are in the way.
    pub related: Option<(Vec<String>, &'static str)>,
    /// Whether the body carries the request's id.
    pub shows_request_id: bool,
    /// Seconds for the `Retry-After` header.
    pub retry_after: Option<u64>,
}

impl Error {
    /// No `resource` with this id.
    pub fn not_found(resource: &'static str, id: impl Into<String>) -> Self {
        Error::NotFound { resource, id: id.into() }
    }

    /// A body that breaks `rule` at `path`.
    pub fn invalid_payload(path: Path, rule: Rule) -> Self {
        Error::InvalidPayload(Violation { path, rule })
    }

    /// The same error about a body that is part of another, at `place`.
    #[must_use]
    pub fn within(self, place: &Path) -> Self {
        match self {
            Error::InvalidPayload(Violation { path, rule }) => Error::invalid_payload(place.clone().then(path), rule),
            other => other,
        }
    }

    /// A query string that breaks `rule` at `path`.
    pub fn invalid_query(path: Path, rule: Rule) -> Self {
        Error::InvalidQuery(Violation { path, rule })
    }

    /// The same about a body that came as a query string.
    #[must_use]
    pub fn in_query(self) -> Self {
        match self {
            Error::InvalidPayload(violation) => Error::InvalidQuery(violation),
            other => other,
        }
    }

    /// This error's row of the catalogue.
    pub fn describe(&self, dialect: Dialect) -> Description {
        let row = |status, key, message: &'static str, details| Description {
            status,
            key,
            message: Cow::Borrowed(message),
            details,
            resource: None,
            related: None,
            shows_request_id: true,
            retry_after: None,
        };
        match self {
            Error::NotFound { resource, id } => Description {
                resource: Some((id.clone(), resource)),
                ..row(
                    404,
                    Some("not_found"),
                    "Resource not found",
                    Some(format!("Cannot find {resource} with id {id}")),
                )
            },
            Error::ProjectNotFound { id } => Description {
                shows_request_id: false,
                ..row(404, None, "Resource not found", Some(format!("Cannot find project with id {id}")))
            },
            Error::Duplicate { resource, attribute, value } => Description {
                resource: Some((value.clone(), resource)),
                ..row(
                    409,
                    Some("duplicate_found"),
                    "Duplicated resource found",
                    Some(format!("Duplicated {resource} exists with {attribute} {value}")),
                )
            },
            Error::InUse { resource, id, related, related_ids } => Description {
                related: Some((related_ids.clone(), related)),
                ..row(
                    400,
                    Some("resource_in_use"),
                    "Resource in use",
                    // The plural is made by rote, as it always was: `validation_ruless`.
                    Some(format!(
                        "Resource {resource} with id {id} is in use by {related}s with ids [{}]",
                        related_ids.join(", ")
                    )),
                )
            },
            Error::InvalidPayload(violation) => {
                row(400, Some("invalid_payload"), "Invalid payload", Some(violation.text("Payload", dialect)))
            }
            Error::InvalidQuery(violation) => {
                row(400, Some("invalid_query_params"), "Invalid query params", Some(violation.text("Query", dialect)))
            }
            Error::PageOverLimit { max } => Description {
                message: Cow::Owned(format!("Listing resource above {max} page is not supported")),
                ..row(400, Some("page_over_limit"), "", Some(format!("Property .page cannot be higher than {max}")))
            },
            Error::MetadataInvalid { details } => {
                row(400, Some("metadata_validation_failed"), "Metadata validation failed", Some(details.clone()))
            }
            Error::InvalidIdempotencyKey => row(
                400,
                Some("invalid_idempotency_key"),
                "Invalid idempotency key",
                Some("An Idempotency-Key has 1 to 255 visible ASCII characters".to_owned()),
            ),
            Error::IdempotencyKeyReused => row(
                422,
                Some("idempotency_key_reused"),
                "Idempotency key reused",
                Some("This Idempotency-Key came with another request before: use a new one for each".to_owned()),
            ),
            Error::IdempotencyKeyInUse => Description {
                retry_after: Some(1),
                ..row(
                    409,
                    Some("idempotency_key_in_use"),
                    "Idempotency key in use",
                    Some("A request with this Idempotency-Key is being carried out: send it again later".to_owned()),
                )
            },
            Error::IdempotencyKeyNotTaken => row(
                400,
                Some("idempotency_key_not_taken"),
                "Idempotency key not taken",
                Some("This answer contains a secret and is not kept: send the request without a key".to_owned()),
            ),
            Error::InvalidValidationRules { details } => {
                row(400, Some("invalid_validation_rules"), "Invalid Validation Rule Definition", Some(details.clone()))
            }
            Error::RulesViolated { category, label, rule_sets } => {
                let ids: Vec<&str> = rule_sets.iter().map(ValidationRuleId::as_str).collect();
                row(
                    400,
                    Some(category.violation_key()),
                    category.violation_message(),
                    Some(format!(
                        "{label} cannot be redeemed because of violated validation rules: {}",
                        ids.join(", ")
                    )),
                )
            }
            Error::MissingForRules(need) => {
                let (key, message, details) = need.words();
                row(400, Some(key), message, Some(details.into()))
            }
            Error::VoucherUnusable { code, why } => {
                let (key, message, details) = why.of_voucher(code);
                row(400, Some(key), message, Some(details))
            }
            Error::PromotionTierUnusable { id, why } => {
                let (key, message, details) = why.of_promotion_tier(id);
                row(400, Some(key), message, Some(details))
            }
            Error::VoucherRefused { code, why } => {
                let (key, message) = why.words();
                row(400, Some(key), message, Some(code.clone()))
            }
            Error::MissingReward => row(
                400,
                Some("missing_reward"),
                "Missing reward",
                Some("A reward is required when redeeming a LOYALTY_CARD".into()),
            ),
            Error::MissingForCard { need, card } => {
                let (key, message, _) = need.words();
                let subject = match need {
                    Need::Customer => "A customer is",
                    Need::Order => "An order is",
                    Need::Amount => "An order amount is",
                    Need::OrderItems => "Order items are",
                };
                row(400, Some(key), message, Some(format!("{subject} required when redeeming a {}", card.name())))
            }
            Error::MissingApplicableItems => row(
                400,
                Some("missing_order_items_amount"),
                "Missing applicable order items",
                Some("At least one applicable order item with amount is required to redeem this GIFT_VOUCHER".into()),
            ),
            Error::InvalidAmount => {
                row(400, Some("invalid_amount"), "Invalid amount", Some("An amount is too large".into()))
            }
            Error::InvalidRedeemables { details } => {
                row(400, Some("invalid_redeemables"), "Invalid redeemables", Some(details.clone()))
            }
            Error::DuplicatedRedeemables => row(
                400,
                Some("duplicated_redeemables"),
                "Duplicated redeemables detected",
                Some("Duplicated redeemables detected in one redemption".into()),
            ),
            Error::NoApplicableRedeemables => {
                row(400, Some("no_applicable_redeemables"), "No applicable redeemables", None)
            }
            Error::InvalidRedemptionParent => row(
                400,
                Some("invalid_redemption_parent"),
                "Invalid redemption parent",
                Some("You can rollback only a redemption that does not have parent redemption.".into()),
            ),
            Error::InvalidRedemption { details } => {
                row(400, Some("invalid_redemption"), "Invalid redemption", Some((*details).into()))
            }
            Error::AlreadyRolledBack => row(
                400,
                Some("already_rolled_back"),
                "Already rolled back",
                Some("Redemption has been already rolled back.".into()),
            ),
            Error::UnrelatedOrder => {
                row(400, Some("invalid_order"), "Invalid order", Some("Order is not related with redemption.".into()))
            }
            Error::UnrelatedCustomer => row(
                400,
                Some("invalid_customer"),
                "Invalid customer",
                Some("Customer is not related with redemption.".into()),
            ),
            Error::InvalidCampaign { details } => {
                row(400, Some("invalid_campaign"), "Invalid Campaign", Some(details.clone()))
            }
            Error::InvalidVoucher { details } => {
                row(400, Some("invalid_voucher"), "Invalid Voucher", Some(details.clone()))
            }
            Error::InvalidBalanceChange => row(
                400,
                Some("invalid_add_balance_params"),
                "Invalid add balance params",
                Some("Property 'amount' should be an integer other than 0".into()),
            ),
            Error::NotPublished { details } => {
                row(400, Some("not_published"), "Voucher is not published", Some((*details).into()))
            }
            Error::DuplicateCodes { count } => row(
                400,
                Some("duplicate_key"),
                "Duplicate codes",
                Some(format!("{count} voucher codes(s) already exist.")),
            ),
            Error::InvalidCodeConfig { details } => {
                row(400, Some("invalid_code_config"), "Invalid code config", Some(details.clone()))
            }
            Error::TemplateUnsupported => row(
                400,
                Some("campaign_type_is_not_supported_by_campaign_template"),
                "Campaign of the given type is not supported by campaign template",
                None,
            ),
            Error::MissingVouchers => Description {
                shows_request_id: false,
                ..row(
                    400,
                    Some("missing_vouchers"),
                    "Missing vouchers",
                    Some("Either Campaign or Voucher is required".into()),
                )
            },
            Error::AlreadyJoined => row(
                400,
                Some("voucher_cannot_be_published"),
                "Voucher cannot be published",
                Some("Voucher cannot be published. Customer already joined program.".into()),
            ),
            Error::VoucherAlreadyPublished { id } => row(
                400,
                Some("voucher_already_published"),
                "Voucher already published",
                Some(format!("Voucher '{id}' has already been published")),
            ),
            Error::DuplicateSourceId { source_id } => row(
                400,
                Some("duplicate_source_id"),
                "Duplicate source_id",
                Some(format!("Publication with source_id: '{source_id}' already exists")),
            ),
            Error::TooManyVouchers { max } => row(
                400,
                Some("too_many_vouchers_requested"),
                "Too many vouchers requested",
                Some(format!("Only up to {max} can be published")),
            ),
            Error::NoVoucherSuitable => row(
                400,
                Some("no_voucher_suitable_for_publication"),
                "Couldn't find any voucher suitable for publication",
                Some("Couldn't create new vouchers for publication".into()),
            ),
            Error::HolderExists => row(
                409,
                // The spelling is part of the wire format.
                Some("holder_assignement_duplication"),
                "Customer is already assigned to given redeemable",
                None,
            ),
            Error::HolderStays => row(
                403,
                Some("forbidden"),
                "Can not remove assignment",
                Some("You can not remove Referrer assignment".into()),
            ),
            Error::IntegrationKeyRequired => Description {
                shows_request_id: false,
                ..row(403, Some("integration_api_key_required"), "Forbidden", None)
            },
            Error::InvalidExportFields { allowed } => row(
                400,
                Some("invalid_export_fields"),
                "Invalid Export",
                Some(format!("Unsupported field used. Allowed fields: {}", allowed.join(", "))),
            ),
            Error::StackingRulesExist => row(
                409,
                Some("stacking_rules_exist"),
                "Stacking rules exist",
                Some("Cannot exist more stacking rules for given project".into()),
            ),
            Error::Unauthorized => {
                Description { shows_request_id: false, ..row(401, Some("unauthorized"), "Unauthorized", None) }
            }
            Error::MissingPermission => Description {
                shows_request_id: false,
                ..row(
                    403,
                    Some("missing_required_permission"),
                    "Missing permission",
                    Some("User does not have a required permission to perform this operation.".into()),
                )
            },
            Error::Forbidden { details } => row(403, Some("forbidden"), "Forbidden", Some(details.clone())),
            Error::TooManyRequests { retry_after_seconds } => Description {
                shows_request_id: false,
                retry_after: Some(*retry_after_seconds),
                ..row(429, None, "Too many requests hit the API too quickly.", None)
            },
            Error::Overloaded { retry_after_seconds } => Description {
                retry_after: Some(*retry_after_seconds),
                ..row(
                    503,
                    Some("overloaded"),
                    "Service overloaded",
                    Some("Too many requests are waiting to be carried out. Nothing was changed; try again.".into()),
                )
            },
            Error::StoreUnavailable => Description {
                retry_after: Some(1),
                ..row(
                    503,
                    Some("store_unavailable"),
                    "Database unavailable",
                    Some("The database could not be reached or could not write. Try again.".into()),
                )
            },
            Error::Internal => row(
                500,
                Some("internal_error"),
                "Internal error",
                Some("This is a defect. The server's log has the details under the request id.".into()),
            ),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.describe(Dialect::Should);
        match row.details {
            Some(details) => write!(f, "{}: {details}", row.message),
            None => f.write_str(&row.message),
        }
    }
}

impl std::error::Error for Error {}

/// Which part of a body or query string breaks which rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Where; empty for the whole body or query string.
    pub path: Path,
    /// What is asked for there.
    pub rule: Rule,
}

/// What a value has to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// The object must have this key.
    Required(String),
    /// The value must be of this JSON type, or one of several, comma-separated (`string,null`).
    Type(String),
    /// The value must be one of these.
    OneOf(Vec<String>),
    /// A number must not be greater.
    AtMost(i64),
    /// A number must not be less.
    AtLeast(i64),
    /// A text must not have more characters.
    MaxLength(usize),
    /// A text must not have fewer characters.
    MinLength(usize),
    /// A list must not have more items.
    MaxItems(usize),
    /// A list must not have fewer items.
    MinItems(usize),
    /// Any other rule, as the end of a sentence that begins with the property.
    Other(String),
    /// A whole sentence of its own.
    Sentence(String),
}

impl Violation {
    fn text(&self, root: &str, dialect: Dialect) -> String {
        let verb = match dialect {
            Dialect::Should => "should",
            Dialect::Must => "must",
        };
        let subject = match self.path.text(dialect) {
            path if path.is_empty() => root.to_owned(),
            path => format!("Property {path}"),
        };
        match &self.rule {
            Rule::Required(key) => format!("{subject} {verb} have required property '{key}'"),
            Rule::Type(expected) => format!("{subject} {verb} be {expected}"),
            Rule::OneOf(values) => {
                format!("{subject} {verb} be equal to one of the allowed values [ {} ]", values.join(", "))
            }
            Rule::AtMost(max) => match dialect {
                Dialect::Should => format!("{subject} cannot be higher than {max}"),
                Dialect::Must => format!("{subject} must be <= {max}"),
            },
            Rule::AtLeast(min) => match dialect {
                Dialect::Should => format!("{subject} cannot be lower than {min}"),
                Dialect::Must => format!("{subject} must be >= {min}"),
            },
            Rule::MaxLength(n) => format!("{subject} {verb} NOT have more than {n} characters"),
            Rule::MinLength(n) => format!("{subject} {verb} NOT have fewer than {n} characters"),
            Rule::MaxItems(n) => format!("{subject} {verb} NOT have more than {n} items"),
            Rule::MinItems(n) => format!("{subject} {verb} NOT have fewer than {n} items"),
            Rule::Other(rest) => format!("{subject} {rest}"),
            Rule::Sentence(sentence) => sentence.clone(),
        }
    }
}

/// A place in a JSON document or query string.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Path(Vec<Segment>);

#[derive(Debug, Clone, PartialEq)]
enum Segment {
    Key(String),
    Index(usize),
}

impl Path {
    /// The document itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// A key of the document.
    pub fn of(key: impl Into<String>) -> Self {
        Self::root().key(key)
    }

    /// A key of the object at this place.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.0.push(Segment::Key(key.into()));
        self
    }

    /// An item of the list at this place.
    pub fn index(mut self, index: usize) -> Self {
        self.0.push(Segment::Index(index));
        self
    }

    /// A place within what is at this place.
    fn then(mut self, place: Path) -> Self {
        self.0.extend(place.0);
        self
    }

    fn text(&self, dialect: Dialect) -> String {
        let mut text = String::new();
        for (place, segment) in self.0.iter().enumerate() {
            match (segment, dialect) {
                (Segment::Key(key), _) => text.extend([".", key.as_str()]),
                (Segment::Index(index), Dialect::Should) if place == 0 => text.push_str(&format!(".[{index}]")),
                (Segment::Index(index), Dialect::Should) => text.push_str(&format!("[{index}]")),
                (Segment::Index(index), Dialect::Must) => text.push_str(&format!(".{index}")),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(error: Error, dialect: Dialect) -> String {
        error.describe(dialect).details.expect("details")
    }

    #[test]
    fn violations_read_as_documented_in_both_dialects() {
        let nested = || Path::of("redeemables").index(1);
        for (path, rule, should, must) in [
            (
                Path::root(),
                Rule::Required("name".into()),
                "Payload should have required property 'name'",
                "Payload must have required property 'name'",
            ),
            (
                nested(),
                Rule::Required("id".into()),
                "Property .redeemables[1] should have required property 'id'",
                "Property .redeemables.1 must have required property 'id'",
            ),
            (
                Path::of("description"),
                Rule::Type("string,null".into()),
                "Property .description should be string,null",
                "Property .description must be string,null",
            ),
            (
                Path::of("trigger").key("type"),
                Rule::OneOf(vec!["ALL".into(), "SPECIFIC".into()]),
                "Property .trigger.type should be equal to one of the allowed values [ ALL, SPECIFIC ]",
                "Property .trigger.type must be equal to one of the allowed values [ ALL, SPECIFIC ]",
            ),
            (
                Path::of("limit"),
                Rule::AtMost(100),
                "Property .limit cannot be higher than 100",
                "Property .limit must be <= 100",
            ),
            (
                Path::root().index(0),
                Rule::Required("source_id".into()),
                "Property .[0] should have required property 'source_id'",
                "Property .0 must have required property 'source_id'",
            ),
        ] {
            assert_eq!(details(Error::invalid_payload(path.clone(), rule.clone()), Dialect::Should), should);
            assert_eq!(details(Error::invalid_payload(path, rule), Dialect::Must), must);
        }
    }

    #[test]
    fn a_missing_resource_names_what_was_sent() {
        let row = Error::not_found("customer", "nobody").describe(Dialect::Should);
        assert_eq!((row.status, row.key), (404, Some("not_found")));
        assert_eq!(row.details.as_deref(), Some("Cannot find customer with id nobody"));
        assert_eq!(row.resource, Some(("nobody".to_owned(), "customer")));
    }
}
