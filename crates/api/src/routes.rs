//! The table of routes. Everything that has to know what routes there are is made from it.

use std::sync::Arc;

use axum::http::Method;
use futures_util::{FutureExt, future::BoxFuture};
use guerdon_core::{
    customers::activity::Activity,
    jobs::bulk::MetadataUpdate,
    projects::ProjectInput,
    vouchers::bulk::{VoucherMetadata, VouchersMetadata},
    webhooks::WebhookInput,
};
use guerdon_model::{
    async_action::AsyncAction,
    bin_entry::BinEntry,
    campaign::{AddedVouchers, CampaignAnswer, CampaignInput, CampaignSummary, CampaignUpdate, ImportedVoucher},
    campaign_template::{
        CampaignSetupAnswer, CampaignSetupInput, CampaignTemplateAnswer, CampaignTemplateInput, CampaignTemplateUpdate,
        TierSetupAnswer, TierSetupInput,
    },
    category::{Category, CategoryInput},
    custom_event::{CustomEventInput, ReportedEvent},
    customer::{Customer, CustomerInput, PermanentDeletion},
    error::Dialect,
    event_schema::EventSchema,
    export::{Export, ExportInput, ParametersInput},
    holder::{AddedHolders, HeldRedeemable, HoldersInput, RedeemableHolder},
    metadata_schema::MetadataSchema,
    order::{Order, OrderInput},
    product::{Product, ProductInput, ProductWithSkus},
    product_collection::{CollectionInput, CollectionMember, ProductCollection},
    project::{NewKey, ProjectAnswer},
    promotion_stack::{StackAnswer, StackInput},
    promotion_tier::{TierAnswer, TierInput, TierUpdate},
    publication::{PublicationAnswer, PublicationInput},
    qualification::{CampaignsAnswer, QualificationAnswer, QualificationInput, VouchersAnswer},
    redeemable::{RedeemablesInput, SceneInput},
    redemption::{RedemptionAnswer, RedemptionsAnswer, RollbackInput, RollbacksAnswer, VoucherRedemptions},
    role::Permission::{self, *},
    segment::{Segment, SegmentInput, SimpleSegment},
    send_out::Attempt,
    sku::{Sku, SkuInput},
    stacking_rules::{StackingRules, StackingRulesInput},
    validation::{CodeValidationAnswer, CodeValidationInput, PromotionsAnswer, TierValidationAnswer, ValidationAnswer},
    validation_rule::{AssignmentInput, ValidationRule, ValidationRuleAssignment, ValidationRuleInput},
    voucher::{VoucherAnswer, VoucherInput, VoucherUpdate},
    voucher_transaction::{Balance, BalanceInput, VoucherTransaction},
    webhook::Webhook,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, schema::Schema},
};

use crate::{
    assets, async_actions, bin, call::Call, campaigns, categories, custom_events, customers, exports, management,
    metadata_schemas, orders, product_collections, products, promotions, publications, qualifications, redemptions,
    referrals, respond::Answer, segments, templates, validation_rules, validations, vouchers,
};

/// What carries out a route's requests.
pub(crate) type Handler = Arc<dyn Fn(Call) -> BoxFuture<'static, Answer> + Send + Sync>;

/// One method of one path.
#[derive(Clone)]
pub struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) surface: Surface,
    pub(crate) permission: Option<Permission>,
    pub(crate) dialect: Dialect,
    pub(crate) body: BodyKind,
    pub(crate) summary: &'static str,
    pub(crate) query: Vec<Parameter>,
    pub(crate) request: Option<Described>,
    pub(crate) answer: AnswerKind,
    pub(crate) deprecated: bool,
    /// A query parameter without which another route of the same method and path answers.
    pub(crate) only_with: Option<&'static str>,
    pub(crate) repeats: Repeats,
    pub(crate) handler: Handler,
}

/// Which credentials a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// A server key.
    Server,
    /// A client key, and an origin that the project trusts.
    Client,
    /// A management key; the project is part of the path.
    Management,
    /// None: the request proves itself, as a link with a token does.
    Open,
}

/// What becomes of a request that is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// With an `Idempotency-Key` it is carried out once.
    Once,
    /// Nothing comes of it that the first one has not done, or that counts: a key is not looked at.
    Harmlessly,
    /// It is carried out again; a key is refused, as the answer has a secret in it.
    Secretly,
}

/// How a route takes its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    None,
    Json,
    File,
}

/// A query parameter, for the documentation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
}

/// A type with its schema and the schemas that it refers to.
#[derive(Clone)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) schema: RefOr<Schema>,
    pub(crate) others: Vec<(String, RefOr<Schema>)>,
}

/// What a route answers.
#[derive(Clone)]
pub(crate) enum AnswerKind {
    /// 200 with this.
    One(Described),
    /// 200 with a list of these under the key.
    List(&'static str, Described),
    /// This status with the id of an async action: 202, or 200 as some older endpoints answer.
    AsyncAction(&'static str),
    /// 204.
    Nothing,
    /// 200 with CSV.
    Csv,
    /// 200 with a PNG or SVG.
    Image,
}

fn described<T: ToSchema + PartialSchema>() -> Described {
    let mut others = Vec::new();
    T::schemas(&mut others);
    Described { name: T::name().into_owned(), schema: T::schema(), others }
}

/// A route with a handler and nothing else; server surface, "should" dialect, empty answer.
fn route<F, Fut>(method: Method, path: &'static str, summary: &'static str, handler: F) -> Route
where
    F: Fn(Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let surface = match path {
        _ if path.starts_with("/management/") => Surface::Management,
        _ if path.starts_with("/client/") => Surface::Client,
        _ => Surface::Server,
    };
    Route {
        body: if matches!(method, Method::POST | Method::PUT) { BodyKind::Json } else { BodyKind::None },
        repeats: if method == Method::POST { Repeats::Once } else { Repeats::Harmlessly },
        method,
        path,
        surface,
        permission: None,
        dialect: if surface == Surface::Management { Dialect::Must } else { Dialect::Should },
        summary,
        query: Vec::new(),
        request: None,
        answer: AnswerKind::Nothing,
        deprecated: false,
        only_with: None,
        handler: Arc::new(move |call| handler(call).boxed()),
    }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident $method:ident),*) => {$(
        $(#[$doc])*
        pub fn $name<F, Fut>(path: &'static str, summary: &'static str, handler: F) -> Route
        where
            F: Fn(Call) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = Answer> + Send + 'static,
        {
            route(Method::$method, path, summary, handler)
        }
    )*};
}

methods! {
    /// A route that reads.
    get GET,
    /// A route that creates or starts something.
    post POST,
    /// A route that changes something.
    put PUT,
    /// A route that removes something.
    delete DELETE
}

impl Route {
    fn needs(mut self, permission: Permission) -> Self {
        self.permission = Some(permission);
        self
    }

    fn takes<T: ToSchema>(mut self) -> Self {
        self.request = Some(described::<T>());
        self
    }

    fn without_body(mut self) -> Self {
        self.body = BodyKind::None;
        self
    }

    fn takes_file(mut self) -> Self {
        self.body = BodyKind::File;
        self
    }

    fn query(mut self, parameters: &[(&'static str, &'static str)]) -> Self {
        self.query.extend(parameters.iter().map(|(name, description)| Parameter { name, description }));
        self
    }

    fn answers<T: ToSchema>(mut self) -> Self {
        self.answer = AnswerKind::One(described::<T>());
        self
    }

    fn lists<T: ToSchema>(mut self, data_ref: &'static str) -> Self {
        self.answer = AnswerKind::List(data_ref, described::<T>());
        self
    }

    fn accepts(mut self) -> Self {
        self.answer = AnswerKind::AsyncAction("202");
        self
    }

    fn starts(mut self) -> Self {
        self.answer = AnswerKind::AsyncAction("200");
        self
    }

    fn answers_csv(mut self) -> Self {
        self.answer = AnswerKind::Csv;
        self
    }

    fn answers_image(mut self) -> Self {
        self.answer = AnswerKind::Image;
        self.query(&[
            ("size", "The size of the smallest part in pixels, 1 to 100; 10 by default."),
            ("format", "png (the default) or svg."),
        ])
    }

    fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// Says "must" instead of "should".
    fn in_newer_words(mut self) -> Self {
        self.dialect = Dialect::Must;
        self
    }

    fn open(mut self) -> Self {
        self.surface = Surface::Open;
        self
    }

    fn repeats(mut self, repeats: Repeats) -> Self {
        self.repeats = repeats;
        self
    }

    fn only_with(mut self, parameter: &'static str) -> Self {
        self.only_with = Some(parameter);
        self
    }
}

const LIMIT: (&str, &str) = ("limit", "How many rows, 1 to 100; 10 by default.");

/// Every route of the API.
pub fn table() -> Vec<Route> {
    [
        customer_routes(),
        product_routes(),
        order_routes(),
        bin_routes(),
        segment_routes(),
        product_collection_routes(),
        custom_event_routes(),
        async_action_routes(),
        metadata_schema_routes(),
        validation_rule_routes(),
        category_routes(),
        management_routes(),
        stacking_rules_routes(),
        campaign_routes(),
        voucher_routes(),
        promotion_routes(),
        template_routes(),
        publication_routes(),
        referral_routes(),
        export_routes(),
        validation_routes(),
        qualification_routes(),
        redemption_routes(),
    ]
    .concat()
}

fn customer_routes() -> Vec<Route> {
    const ACTIVITY: [(&str, &str); 6] = [
        ("order", "created_at or -created_at (the default)."),
        ("starting_after_id", "Continue behind the event with this id."),
        ("start_date", "Events from this time on."),
        ("end_date", "Events up to this time."),
        ("campaign_id", "Events about this campaign."),
        ("campaign_type", "Events about campaigns of this type."),
    ];
    vec![
        get("/v1/customers", "List customers", customers::list)
            .needs(CustomersRead)
            .query(&[
                LIMIT,
                ("page", "The page, 1 to 99."),
                ("email", "Customers with this e-mail address, in any case."),
                ("city", "Customers with this city in their address."),
                ("name", "Customers with this name."),
                ("segment_id", "Members of this segment."),
                ("created_at[after]", "Created after this time. Also [before]."),
                ("updated_at[after]", "Last changed after this time. Also [before]."),
                ("filters", "Conditions in the filter language; see docs/filters.md."),
                ("order", "created_at, updated_at, source_id, or one of them with a minus for descending."),
                ("starting_after", "A time: continue beyond it."),
            ])
            .lists::<Customer>("customers"),
        post("/v1/customers", "Create or update a customer", customers::create)
            .needs(CustomersModify)
            .takes::<CustomerInput>()
            .answers::<Customer>(),
        get("/v1/customers/{customerId}", "Read a customer", customers::get).needs(CustomersRead).answers::<Customer>(),
        put("/v1/customers/{customerId}", "Update a customer", customers::update)
            .needs(CustomersModify)
            .takes::<CustomerInput>()
            .answers::<Customer>(),
        delete("/v1/customers/{customerId}", "Delete a customer", customers::delete).needs(CustomersModify),
        post("/v1/customers/{customerId}/permanent-deletion", "Erase a customer and its data", customers::erase)
            .needs(CustomersModify)
            .without_body()
            .repeats(Repeats::Harmlessly)
            .answers::<PermanentDeletion>(),
        get("/v1/customers/{customerId}/activity", "List a customer's activity", customers::list_activity)
            .needs(CustomersRead)
            .query(&[LIMIT])
            .query(&ACTIVITY)
            .query(&[("category", "ACTION or EFFECT."), ("type", "Events of this type.")])
            .lists::<Activity>("data"),
        get(
            "/v1/customers/{customerId}/activities",
            "List a customer's activity with a total",
            customers::list_activities,
        )
        .needs(CustomersRead)
        .query(&[LIMIT])
        .query(&ACTIVITY)
        .query(&[("starting_after", "A time: continue beyond it."), ("product_id", "Events about this product.")])
        .lists::<Activity>("data")
        .deprecated(),
        post("/v1/customers/importCSV", "Import customers from a CSV file", customers::import)
            .needs(CustomersModify)
            .takes_file()
            .accepts(),
        post("/v1/customers/bulk/async", "Create or update many customers", customers::update_in_bulk)
            .needs(CustomersModify)
            .takes::<Vec<CustomerInput>>()
            .accepts(),
        post("/v1/customers/metadata/async", "Set metadata of many customers", customers::update_metadata_in_bulk)
            .needs(CustomersModify)
            .takes::<MetadataUpdate>()
            .accepts(),
    ]
}

fn campaign_routes() -> Vec<Route> {
    const CAMPAIGN: &str = "/v1/campaigns/{campaignId}";
    vec![
        get("/v1/campaigns", "List campaigns", campaigns::list)
            .needs(CampaignsRead)
            .query(&[
                LIMIT,
                ("page", "1 to 1000."),
                ("order", "`created_at`, `updated_at`; with `-` descending, which is the default."),
                ("campaign_type", "Campaigns of this type."),
                ("campaign_status", "`DONE`, `IN_PROGRESS`, `FAILED`, `DRAFT` or `MODIFYING`."),
                ("is_referral_code", "Whether their vouchers are referral codes."),
                ("expand", "`category` or `access_settings_assignments`."),
                ("filters", "See docs/filters.md."),
            ])
            .lists::<CampaignAnswer>("campaigns"),
        post("/v1/campaigns", "Create a campaign", campaigns::create)
            .needs(CampaignsModify)
            .takes::<CampaignInput>()
            .answers::<CampaignAnswer>(),
        get(CAMPAIGN, "Read a campaign", campaigns::get).needs(CampaignsRead).answers::<CampaignAnswer>(),
        put(CAMPAIGN, "Change a campaign", campaigns::update)
            .needs(CampaignsModify)
            .takes::<CampaignUpdate>()
            .answers::<CampaignAnswer>(),
        delete(CAMPAIGN, "Delete a campaign and its vouchers", campaigns::delete)
            .needs(CampaignsDelete)
            .query(&[("force", "`true`: for good, instead of into the bin.")])
            .accepts(),
        post("/v1/campaigns/{campaignId}/vouchers", "Add vouchers with random codes", campaigns::add_vouchers)
            .needs(CampaignsModify)
            .query(&[("vouchers_count", "More than 1 are added in the background, and the answer is 202.")])
            .takes::<AddedVouchers>()
            .answers::<VoucherAnswer>(),
        post(
            "/v1/campaigns/{campaignId}/vouchers/{code}",
            "Add a voucher with a code of your own",
            campaigns::add_voucher_with_code,
        )
        .needs(CampaignsModify)
        .takes::<AddedVouchers>()
        .answers::<VoucherAnswer>(),
        post("/v1/campaigns/{campaignId}/import", "Import vouchers", campaigns::import)
            .needs(CampaignsModify)
            .takes::<Vec<ImportedVoucher>>()
            .accepts(),
        post("/v1/campaigns/{campaignId}/importCSV", "Import vouchers from a CSV file", campaigns::import_csv)
            .needs(CampaignsModify)
            .takes_file()
            .starts(),
        get("/v1/campaigns/{campaignId}/summary", "What has happened in a campaign", campaigns::summary)
            .needs(CampaignsRead)
            .query(&[("start_date", "The first day; needs `end_date`."), ("end_date", "The last day.")])
            .answers::<CampaignSummary>(),
        post("/v1/campaigns/{campaignId}/enable", "Switch a campaign on", campaigns::enable)
            .needs(CampaignsModify)
            .without_body(),
        post("/v1/campaigns/{campaignId}/disable", "Switch a campaign off", campaigns::disable)
            .needs(CampaignsModify)
            .without_body(),
    ]
}

fn voucher_routes() -> Vec<Route> {
    const VOUCHER: &str = "/v1/vouchers/{code}";
    const TRANSACTIONS: [(&str, &str); 4] = [
        LIMIT,
        ("order", "id or -id (the default)."),
        ("starting_after_id", "Continue behind the transaction with this id."),
        ("filters", "Conditions in the filter language; see docs/filters.md."),
    ];
    vec![
        get("/v1/vouchers", "List vouchers", vouchers::list)
            .needs(VouchersRead)
            .query(&[
                LIMIT,
                ("page", "The page, 1 to 99."),
                ("code", "The voucher with this code."),
                ("ids[]", "Vouchers with these ids, up to 100."),
                ("category", "Vouchers of the category with this name or id."),
                ("campaign", "Vouchers of the campaign with this name."),
                ("campaign_id", "Vouchers of the campaign with this id."),
                ("customer", "Vouchers that this customer holds: an id or source_id."),
                ("created_at[after]", "Created after this time. Also [before]."),
                ("updated_at[after]", "Last changed after this time. Also [before]."),
                ("filters", "Conditions in the filter language; see docs/filters.md."),
                ("order", "created_at, updated_at, code, or one of them with a minus for descending."),
            ])
            .lists::<VoucherAnswer>("vouchers"),
        post("/v1/vouchers", "Create a voucher with a random code", vouchers::create)
            .needs(VouchersModify)
            .takes::<VoucherInput>()
            .answers::<VoucherAnswer>(),
        post(VOUCHER, "Create a voucher with a code of your own", vouchers::create_with_code)
            .needs(VouchersModify)
            .takes::<VoucherInput>()
            .answers::<VoucherAnswer>(),
        get(VOUCHER, "Read a voucher", vouchers::get).needs(VouchersRead).answers::<VoucherAnswer>(),
        put(VOUCHER, "Update a voucher", vouchers::update)
            .needs(VouchersModify)
            .takes::<VoucherUpdate>()
            .answers::<VoucherAnswer>(),
        delete(VOUCHER, "Delete a voucher", vouchers::delete)
            .needs(VouchersDelete)
            .query(&[("force", "true: delete for good. Otherwise the code stays taken.")]),
        post("/v1/vouchers/{code}/enable", "Switch a voucher on", vouchers::enable)
            .needs(VouchersModify)
            .without_body()
            .answers::<VoucherAnswer>(),
        post("/v1/vouchers/{code}/disable", "Switch a voucher off", vouchers::disable)
            .needs(VouchersModify)
            .without_body()
            .answers::<VoucherAnswer>(),
        post("/v1/vouchers/{code}/balance", "Change what is on a gift or loyalty card", vouchers::change_balance)
            .needs(VouchersModify)
            .takes::<BalanceInput>()
            .answers::<Balance>(),
        post("/v1/vouchers/import", "Import vouchers", vouchers::import_items)
            .needs(VouchersModify)
            .takes::<Vec<VoucherInput>>()
            .accepts(),
        post("/v1/vouchers/importCSV", "Import vouchers from a CSV file", vouchers::import_csv)
            .needs(VouchersModify)
            .takes_file()
            .accepts(),
        post("/v1/vouchers/bulk/async", "Set metadata of many vouchers, each its own", vouchers::update_in_bulk)
            .needs(VouchersModify)
            .takes::<Vec<VoucherMetadata>>()
            .accepts(),
        post("/v1/vouchers/metadata/async", "Set metadata of many vouchers", vouchers::update_metadata_in_bulk)
            .needs(VouchersModify)
            .takes::<VouchersMetadata>()
            .accepts(),
        get("/api/v1/assets/qr/{assetId}", "The QR code of a voucher", assets::qr).open().answers_image(),
        get("/api/v1/assets/barcode/{assetId}", "The barcode of a voucher", assets::barcode).open().answers_image(),
        get("/v1/vouchers/{code}/transactions", "List the changes of a card", vouchers::list_transactions)
            .needs(VouchersRead)
            .query(&TRANSACTIONS)
            .lists::<VoucherTransaction>("data"),
        get(
            "/v1/campaigns/{campaignId}/transactions",
            "List the changes of a campaign's cards",
            vouchers::list_transactions_of_campaign,
        )
        .needs(CampaignsRead)
        .query(&TRANSACTIONS)
        .lists::<VoucherTransaction>("data"),
        post(
            "/v1/vouchers/{code}/transactions/export",
            "Start an export of the changes of a card",
            exports::create_of_voucher_transactions,
        )
        .needs(ExportsModify)
        .takes::<ParametersInput>()
        .answers::<Export>(),
        post(
            "/v1/campaigns/{campaignId}/transactions/export",
            "Start an export of the changes of a campaign's cards",
            exports::create_of_campaign_transactions,
        )
        .needs(ExportsModify)
        .takes::<ParametersInput>()
        .answers::<Export>(),
    ]
}

fn publication_routes() -> Vec<Route> {
    const JOIN_ONCE: (&str, &str) = ("join_once", "true: whoever has a voucher is given the same one again.");
    vec![
        get("/v1/publications", "List publications", publications::list)
            .needs(PublicationsRead)
            .query(&[
                LIMIT,
                ("page", "The page, 1 to 1000."),
                (
                    "order",
                    "id, voucher_code, tracking_id, customer_id, created_at or channel, with a minus for descending; \
                     -created_at by default.",
                ),
                ("campaign", "Of the campaign with this name."),
                ("customer", "To the customer with this id."),
                ("voucher", "Of the voucher with this code."),
                ("result", "SUCCESS or FAILURE."),
                ("voucher_type", "discount, gift or loyalty."),
                ("is_referral_code", "true: of referral codes only."),
                ("source_id", "The publication with this source_id."),
                ("filters", "Conditions in the filter language; see docs/filters.md."),
            ])
            .lists::<PublicationAnswer>("publications"),
        post("/v1/publications", "Give vouchers to a customer", publications::create)
            .needs(VouchersPublish)
            .query(&[JOIN_ONCE])
            .takes::<PublicationInput>()
            .answers::<PublicationAnswer>(),
        get("/v1/publications/create", "Give a voucher to a customer by a link", publications::create_by_link)
            .needs(VouchersPublish)
            .query(&[
                JOIN_ONCE,
                ("voucher", "A code."),
                ("campaign[name]", "Or a campaign, by its name or id."),
                ("customer[source_id]", "The customer. Also [id], [name] and so on."),
                ("metadata[…]", "Metadata of the publication."),
                ("source_id", "Your own id of the publication."),
                ("channel", "API by default."),
            ])
            .answers::<PublicationAnswer>(),
        post("/client/v1/publish", "Give vouchers to a customer from a browser", publications::create_from_client)
            .needs(VouchersPublish)
            .query(&[JOIN_ONCE])
            .takes::<PublicationInput>()
            .answers::<PublicationAnswer>(),
    ]
}

fn referral_routes() -> Vec<Route> {
    const PATHS: [(&str, &str); 2] = [
        (
            "/v1/referrals/{campaignId}/members/{memberId}/holders",
            "/v1/referrals/{campaignId}/members/{memberId}/holders/{holderId}",
        ),
        ("/v1/referrals/members/{memberId}/holders", "/v1/referrals/members/{memberId}/holders/{holderId}"),
    ];
    let of = |(holders, holder)| {
        [
            get(holders, "List who refers, and was referred, by a code", referrals::list_holders)
                .needs(VouchersRead)
                .query(&[
                    LIMIT,
                    ("order", "id or -id (the default)."),
                    ("starting_after_id", "Continue behind the holder with this id."),
                    ("filters", "Conditions on id, created_at, holder_role or customer_id; see docs/filters.md."),
                ])
                .lists::<RedeemableHolder>("data")
                .in_newer_words(),
            post(holders, "Add referees to a referral code", referrals::add_holders)
                .needs(VouchersPublish)
                .takes::<HoldersInput>()
                .answers::<AddedHolders>()
                .in_newer_words(),
            delete(holder, "Take a referee off a referral code", referrals::remove_holder)
                .needs(VouchersPublish)
                .in_newer_words(),
        ]
    };
    PATHS.into_iter().flat_map(of).collect()
}

fn export_routes() -> Vec<Route> {
    const EXPORT: &str = "/v1/exports/{exportId}";
    vec![
        get("/v1/exports", "List exports", exports::list)
            .needs(ExportsRead)
            .query(&[
                LIMIT,
                ("page", "The page, 1 to 1000."),
                ("order", "created_at or status, with a minus for descending; -created_at by default."),
            ])
            .lists::<Export>("exports"),
        post("/v1/exports", "Start an export", exports::create)
            .needs(ExportsModify)
            .takes::<ExportInput>()
            .answers::<Export>(),
        get(EXPORT, "Download the file of an export", exports::download).answers_csv().open().only_with("token"),
        get(EXPORT, "Read an export, or download its file", exports::get)
            .needs(ExportsRead)
            .query(&[("token", "From the link to the file: answers with CSV, and needs no key.")])
            .answers::<Export>(),
        delete(EXPORT, "Delete an export and its file", exports::delete).needs(ExportsModify),
    ]
}

fn product_routes() -> Vec<Route> {
    const PRODUCT: &str = "/v1/products/{productId}";
    const SKUS: &str = "/v1/products/{productId}/skus";
    const SKU: &str = "/v1/products/{productId}/skus/{skuId}";
    const LISTING: [(&str, &str); 6] = [
        LIMIT,
        ("page", "The page, 1 to 1000."),
        ("order", "created_at (the default) or updated_at, with a minus for descending."),
        ("start_date", "Created at this time or later."),
        ("end_date", "Created at this time or earlier."),
        ("filters", "Conditions in the filter language; see docs/filters.md."),
    ];
    const HIDE: (&str, &str) = ("hide", "sku: leave the SKUs out.");
    const FORCE: (&str, &str) = ("force", "true: delete for good. Otherwise the identifiers stay taken.");
    vec![
        get("/v1/products", "List products", products::list)
            .needs(ProductsRead)
            .query(&LISTING)
            .query(&[HIDE])
            .lists::<ProductWithSkus>("products"),
        post("/v1/products", "Create or update a product", products::create)
            .needs(ProductsModify)
            .takes::<ProductInput>()
            .answers::<Product>(),
        get(PRODUCT, "Read a product and its SKUs", products::get)
            .needs(ProductsRead)
            .query(&[HIDE])
            .answers::<ProductWithSkus>(),
        put(PRODUCT, "Update a product", products::update)
            .needs(ProductsModify)
            .takes::<ProductInput>()
            .answers::<Product>(),
        delete(PRODUCT, "Delete a product and its SKUs", products::delete).needs(ProductsDelete).query(&[FORCE]),
        get(SKUS, "List a product's SKUs", products::list_skus)
            .needs(ProductsRead)
            .query(&LISTING)
            .lists::<Sku>("skus"),
        post(SKUS, "Create or update a SKU", products::create_sku)
            .needs(ProductsModify)
            .takes::<SkuInput>()
            .answers::<Sku>(),
        put(SKU, "Update a SKU", products::update_sku).needs(ProductsModify).takes::<SkuInput>().answers::<Sku>(),
        delete(SKU, "Delete a SKU", products::delete_sku).needs(ProductsDelete).query(&[FORCE]),
        get("/v1/skus/{skuId}", "Read a SKU", products::get_sku).needs(ProductsRead).answers::<Sku>(),
        post("/v1/products/importCSV", "Import products from a CSV file", products::import)
            .needs(ProductsModify)
            .takes_file()
            .starts(),
        post("/v1/skus/importCSV", "Import SKUs from a CSV file", products::import_skus)
            .needs(ProductsModify)
            .takes_file()
            .starts(),
        post("/v1/products/bulk/async", "Create or update many products", products::update_in_bulk)
            .needs(ProductsModify)
            .takes::<Vec<ProductInput>>()
            .accepts(),
        post("/v1/products/metadata/async", "Set metadata of many products", products::update_metadata_in_bulk)
            .needs(ProductsModify)
            .takes::<MetadataUpdate>()
            .accepts(),
    ]
}

fn order_routes() -> Vec<Route> {
    const ORDER: &str = "/v1/orders/{orderId}";
    vec![
        get("/v1/orders", "List orders", orders::list)
            .needs(OrdersRead)
            .query(&[
                LIMIT,
                ("page", "The page, 1 to 100."),
                ("order", "created_at or updated_at, with a minus for descending; -created_at by default."),
            ])
            .lists::<Order>("orders"),
        post("/v1/orders", "Create or update an order", orders::create)
            .needs(OrdersModify)
            .takes::<OrderInput>()
            .answers::<Order>(),
        get(ORDER, "Read an order", orders::get).needs(OrdersRead).answers::<Order>(),
        put(ORDER, "Update an order", orders::update).needs(OrdersModify).takes::<OrderInput>().answers::<Order>(),
        post("/v1/orders/export", "Start an export of orders", exports::create_of_orders)
            .needs(ExportsModify)
            .takes::<ParametersInput>()
            .answers::<Export>(),
        post("/v1/orders/import", "Import historical orders", orders::import)
            .needs(OrdersModify)
            .takes::<Vec<OrderInput>>()
            .starts(),
    ]
}

fn bin_routes() -> Vec<Route> {
    vec![
        get("/v1/trash-bin", "List what was deleted and still occupies its identifiers", bin::list)
            .needs(BinRead)
            .query(&[
                LIMIT,
                ("order", "id (the default) or -id."),
                ("starting_after_id", "Continue behind the entry with this id."),
                ("filters", "Conditions on id, resource_type, resource_name or resource_id; see docs/filters.md."),
            ])
            .lists::<BinEntry>("data"),
        delete("/v1/trash-bin/{binEntryId}", "Delete something for good", bin::delete).needs(ProductsDelete),
    ]
}

fn segment_routes() -> Vec<Route> {
    vec![
        get("/v1/segments", "List segments", segments::list)
            .needs(CustomersRead)
            .query(&[
                LIMIT,
                ("order", "created_at or -created_at (the default)."),
                ("ids", "These segments only; once for each."),
                ("filters", "Conditions on id, name, type or created_at; see docs/filters.md."),
                ("starting_after", "A time: continue beyond it."),
                ("start_date", "Created at this time or later."),
                ("end_date", "Created at this time or earlier."),
            ])
            .lists::<Segment>("data"),
        post("/v1/segments", "Create a segment", segments::create)
            .needs(CustomersModify)
            .takes::<SegmentInput>()
            .answers::<Segment>(),
        get("/v1/segments/{segmentId}", "Read a segment", segments::get).needs(CustomersRead).answers::<Segment>(),
        delete("/v1/segments/{segmentId}", "Delete a segment", segments::delete).needs(CustomersModify),
        get("/v1/customers/{customerId}/segments", "List a customer's segments", segments::of_customer)
            .needs(CustomersRead)
            .lists::<SimpleSegment>("data"),
    ]
}

fn product_collection_routes() -> Vec<Route> {
    const COLLECTION: &str = "/v1/product-collections/{productCollectionId}";
    const LISTING: [(&str, &str); 3] = [
        LIMIT,
        ("page", "The page, 1 to 1000."),
        ("order", "created_at or updated_at, with a minus for descending; -created_at by default."),
    ];
    vec![
        get("/v1/product-collections", "List product collections", product_collections::list)
            .needs(ProductsRead)
            .query(&LISTING)
            .lists::<ProductCollection>("data"),
        post("/v1/product-collections", "Create a product collection", product_collections::create)
            .in_newer_words()
            .needs(ProductsModify)
            .takes::<CollectionInput>()
            .answers::<ProductCollection>(),
        get(COLLECTION, "Read a product collection", product_collections::get)
            .needs(ProductsRead)
            .answers::<ProductCollection>(),
        put(COLLECTION, "Change the name or the filter of a product collection", product_collections::update)
            .in_newer_words()
            .needs(ProductsModify)
            .takes::<CollectionInput>()
            .answers::<ProductCollection>(),
        delete(COLLECTION, "Delete a product collection", product_collections::delete).needs(ProductsDelete),
        get(
            "/v1/product-collections/{productCollectionId}/products",
            "List the products and SKUs in a collection",
            product_collections::list_products,
        )
        .needs(ProductsRead)
        .query(&LISTING)
        .query(&[("starting_after", "A time: continue beyond it.")])
        .lists::<CollectionMember>("data"),
    ]
}

fn custom_event_routes() -> Vec<Route> {
    let both = [
        ("/v1/events", "Report something that a customer has done"),
        ("/client/v1/events", "Report something that a customer has done, from a browser"),
    ];
    both.map(|(path, summary)| {
        post(path, summary, custom_events::report)
            .needs(CustomersModify)
            .takes::<CustomEventInput>()
            .answers::<ReportedEvent>()
    })
    .into()
}

fn async_action_routes() -> Vec<Route> {
    vec![
        get("/v1/async-actions", "List async actions", async_actions::list)
            .needs(AsyncActionsRead)
            .query(&[LIMIT, ("end_date", "Started before this time.")])
            .lists::<AsyncAction>("async_actions"),
        get("/v1/async-actions/{asyncActionId}", "Read an async action and its result", async_actions::get)
            .needs(AsyncActionsRead)
            .answers::<AsyncAction>(),
        get(
            "/v1/async-actions/{asyncActionId}/report",
            "Download the report of a bulk update",
            async_actions::download_report,
        )
        .query(&[("token", "Proves that the link is ours.")])
        .answers_csv()
        .open(),
    ]
}

fn metadata_schema_routes() -> Vec<Route> {
    const ONE: &str = "/v1/metadata-schemas/{resource}";
    vec![
        get("/v1/metadata-schemas", "List metadata schemas", metadata_schemas::list)
            .needs(MetadataSchemasRead)
            .lists::<MetadataSchema>("schemas"),
        post("/v1/metadata-schemas", "Create a metadata schema", metadata_schemas::create)
            .needs(MetadataSchemasModify)
            .takes::<MetadataSchema>()
            .answers::<MetadataSchema>(),
        get(ONE, "Read a metadata schema by the resource that it describes, or by id", metadata_schemas::get)
            .needs(MetadataSchemasRead)
            .answers::<MetadataSchema>(),
        put(ONE, "Add or replace definitions of a metadata schema", metadata_schemas::update)
            .needs(MetadataSchemasModify)
            .takes::<MetadataSchema>()
            .answers::<MetadataSchema>(),
        delete(ONE, "Delete a metadata schema", metadata_schemas::delete).needs(MetadataSchemasModify),
    ]
}

fn validation_rule_routes() -> Vec<Route> {
    const RULES: &str = "/v1/validation-rules";
    const RULE: &str = "/v1/validation-rules/{validationRuleId}";
    const ASSIGNMENTS: &str = "/v1/validation-rules/{validationRuleId}/assignments";
    const ASSIGNMENT: &str = "/v1/validation-rules/{validationRuleId}/assignments/{assignmentId}";
    const PAGE: (&str, &str) = ("page", "The page, 1 to 1000.");
    const ORDER: (&str, &str) = ("order", "created_at or -created_at (the default).");
    vec![
        get(RULES, "List validation rules", validation_rules::list)
            .needs(ValidationRulesRead)
            .query(&[
                LIMIT,
                PAGE,
                ("order", "created_at, updated_at or name, with a minus for descending; -created_at by default."),
                ("start_date", "Created at this time or later."),
                ("end_date", "Created at this time or earlier."),
            ])
            .lists::<ValidationRule>("data"),
        post(RULES, "Create a validation rule", validation_rules::create)
            .needs(ValidationRulesModify)
            .takes::<ValidationRuleInput>()
            .answers::<ValidationRule>(),
        get(RULE, "Read a validation rule", validation_rules::get)
            .needs(ValidationRulesRead)
            .answers::<ValidationRule>(),
        put(RULE, "Change a validation rule", validation_rules::update)
            .needs(ValidationRulesModify)
            .takes::<ValidationRuleInput>()
            .answers::<ValidationRule>(),
        delete(RULE, "Delete a validation rule and its assignments", validation_rules::delete)
            .needs(ValidationRulesModify),
        get(ASSIGNMENTS, "List what a validation rule is attached to", validation_rules::list_assignments_of_rule)
            .needs(ValidationRulesRead)
            .query(&[LIMIT, PAGE, ORDER])
            .lists::<ValidationRuleAssignment>("data"),
        post(ASSIGNMENTS, "Attach a validation rule", validation_rules::create_assignment)
            .needs(ValidationRulesModify)
            .query(&[("force", "true: an assignment that is there already gives way to a new one.")])
            .takes::<AssignmentInput>()
            .answers::<ValidationRuleAssignment>(),
        delete(ASSIGNMENT, "Detach a validation rule", validation_rules::delete_assignment)
            .needs(ValidationRulesModify),
        get("/v1/validation-rules-assignments", "List what has validation rules", validation_rules::list_assignments)
            .needs(ValidationRulesRead)
            .query(&[
                LIMIT,
                PAGE,
                ORDER,
                ("related_object_id", "Assignments of what has this id."),
                ("rule", "Assignments of the rule with this id."),
            ])
            .lists::<ValidationRuleAssignment>("data"),
    ]
}

fn category_routes() -> Vec<Route> {
    const CATEGORY: &str = "/v1/categories/{categoryId}";
    vec![
        get("/v1/categories", "List categories", categories::list).needs(CategoriesRead).lists::<Category>("data"),
        post("/v1/categories", "Create a category", categories::create)
            .needs(CategoriesModify)
            .takes::<CategoryInput>()
            .answers::<Category>(),
        get(CATEGORY, "Read a category", categories::get).needs(CategoriesRead).answers::<Category>(),
        put(CATEGORY, "Change a category", categories::update)
            .needs(CategoriesModify)
            .takes::<CategoryInput>()
            .answers::<Category>(),
        delete(CATEGORY, "Delete a category", categories::delete)
            .needs(CategoriesModify)
            .query(&[("remove_from_stacking_rules", "true: even if the stacking rules name it.")]),
    ]
}

fn stacking_rules_routes() -> Vec<Route> {
    use management::stacking_rules;
    const RULES: &str = "/management/v1/projects/{projectId}/stacking-rules";
    const ONE: &str = "/management/v1/projects/{projectId}/stacking-rules/{stackingRulesId}";
    vec![
        get(RULES, "List the one set of stacking rules", stacking_rules::list).lists::<StackingRules>("data"),
        post(RULES, "Create stacking rules instead of the defaults", stacking_rules::create)
            .takes::<StackingRulesInput>()
            .answers::<StackingRules>(),
        get(ONE, "Read stacking rules", stacking_rules::get).answers::<StackingRules>(),
        put(ONE, "Change stacking rules", stacking_rules::update)
            .takes::<StackingRulesInput>()
            .answers::<StackingRules>(),
        delete(ONE, "Go back to the default stacking rules", stacking_rules::delete),
    ]
}

fn promotion_routes() -> Vec<Route> {
    const PAGE: (&str, &str) = ("page", "The page, 1 to 1000.");
    const TIERS: &str = "/v1/promotions/tiers";
    const TIER: &str = "/v1/promotions/tiers/{promotionTierId}";
    const TIERS_OF: &str = "/v1/promotions/{campaignId}/tiers";
    const STACKS_OF: &str = "/v1/promotions/{campaignId}/stacks";
    const STACK: &str = "/v1/promotions/{campaignId}/stacks/{stackId}";
    const TIER_QUERY: [(&str, &str); 4] = [
        LIMIT,
        PAGE,
        ("order", "created_at or updated_at, with a minus for descending; -created_at by default."),
        ("is_available", "true: only tiers that can be used now."),
    ];
    const STACK_QUERY: [(&str, &str); 8] = [
        LIMIT,
        PAGE,
        ("order", "created_at, updated_at or name, with a minus for descending."),
        ("created_at[after]", "Created after this time."),
        ("created_at[before]", "Created before this time."),
        ("updated_at[after]", "Changed after this time."),
        ("updated_at[before]", "Changed before this time."),
        ("filters", "Conditions on fields."),
    ];
    vec![
        get(TIERS, "List promotion tiers", promotions::list_tiers)
            .needs(CampaignsRead)
            .query(&TIER_QUERY)
            .lists::<TierAnswer>("tiers"),
        get("/client/v1/promotions/tiers", "List promotion tiers", promotions::list_tiers)
            .needs(CampaignsRead)
            .query(&TIER_QUERY)
            .lists::<TierAnswer>("tiers"),
        get(TIER, "Read a promotion tier", promotions::get_tier).needs(CampaignsRead).answers::<TierAnswer>(),
        put(TIER, "Change a promotion tier", promotions::update_tier)
            .needs(CampaignsModify)
            .takes::<TierUpdate>()
            .answers::<TierAnswer>(),
        delete(TIER, "Delete a promotion tier for good", promotions::delete_tier).needs(CampaignsDelete),
        post("/v1/promotions/tiers/{promotionTierId}/enable", "Switch a promotion tier on", promotions::enable_tier)
            .needs(CampaignsModify)
            .without_body()
            .answers::<TierAnswer>(),
        post("/v1/promotions/tiers/{promotionTierId}/disable", "Switch a promotion tier off", promotions::disable_tier)
            .needs(CampaignsModify)
            .without_body()
            .answers::<TierAnswer>(),
        get(TIERS_OF, "List the tiers of a promotion", promotions::list_tiers_of)
            .needs(CampaignsRead)
            .query(&TIER_QUERY)
            .lists::<TierAnswer>("tiers"),
        post(TIERS_OF, "Add a tier to a promotion", promotions::create_tier)
            .needs(CampaignsModify)
            .takes::<TierInput>()
            .answers::<TierAnswer>(),
        get("/v1/promotions/stacks", "List promotion stacks", promotions::list_stacks)
            .needs(CampaignsRead)
            .query(&STACK_QUERY)
            .lists::<StackAnswer>("data"),
        get(STACKS_OF, "List the stacks of a promotion", promotions::list_stacks_of)
            .needs(CampaignsRead)
            .query(&STACK_QUERY)
            .lists::<StackAnswer>("data"),
        post(STACKS_OF, "Stack tiers of a promotion", promotions::create_stack)
            .needs(CampaignsModify)
            .takes::<StackInput>()
            .answers::<StackAnswer>(),
        get(STACK, "Read a promotion stack", promotions::get_stack).needs(CampaignsRead).answers::<StackAnswer>(),
        put(STACK, "Change a promotion stack", promotions::update_stack)
            .needs(CampaignsModify)
            .takes::<StackInput>()
            .answers::<StackAnswer>(),
        delete(STACK, "Delete a promotion stack", promotions::delete_stack).needs(CampaignsDelete),
    ]
}

fn validation_routes() -> Vec<Route> {
    let both = [
        ("/v1/validations", "Validate redeemables, and lock them if asked to"),
        ("/client/v1/validations", "Validate redeemables from a browser, and lock them if asked to"),
    ];
    let of_redeemables = both.map(|(path, summary)| {
        post(path, summary, validations::validate)
            .needs(RedeemablesValidate)
            .takes::<RedeemablesInput>()
            .answers::<ValidationAnswer>()
    });
    let of_vouchers = [delete(
        "/v1/vouchers/{code}/sessions/{sessionKey}",
        "Release what a session has locked of a voucher",
        validations::release_session,
    )
    .needs(VouchersValidate)];
    let older = [
        post("/v1/vouchers/{code}/validate", "Validate a voucher", validations::validate_code)
            .needs(VouchersValidate)
            .takes::<CodeValidationInput>()
            .answers::<CodeValidationAnswer>()
            .deprecated(),
        get("/client/v1/validate", "Validate a voucher from a browser", validations::validate_code_by_link)
            .needs(VouchersValidate)
            .query(&[
                ("code", "The code."),
                ("amount", "The order's amount in minor units."),
                ("item[0][product_id]", "Lines of the order. Also [sku_id], [quantity], [price] and so on."),
                ("order[metadata][…]", "Metadata of the order."),
                ("customer", "The customer's source_id or id; also customer[source_id], customer[metadata][…]."),
                ("tracking_id", "Or the tracking id of an earlier answer."),
                ("metadata[…]", "Metadata of the redemption."),
                ("session_type", "LOCK: what is valid is locked. Also session_key, session_ttl, session_ttl_unit."),
            ])
            .answers::<CodeValidationAnswer>()
            .deprecated(),
        post("/v1/promotions/tiers/{tierId}/validation", "Validate a promotion tier", validations::validate_tier)
            .needs(VouchersValidate)
            .takes::<SceneInput>()
            .answers::<TierValidationAnswer>()
            .deprecated(),
        post("/v1/promotions/validation", "List the promotion tiers that are valid", validations::validate_promotions)
            .needs(VouchersValidate)
            .query(&[
                ("audienceRulesOnly", "true: only rules about the customer are asked."),
                ("filters", "Conditions on promotion_id or metadata; see docs/filters.md."),
            ])
            .repeats(Repeats::Harmlessly)
            .takes::<SceneInput>()
            .answers::<PromotionsAnswer>()
            .deprecated(),
    ];
    [of_redeemables.to_vec(), of_vouchers.to_vec(), older.to_vec()].concat()
}

fn qualification_routes() -> Vec<Route> {
    const OLDER_QUERY: [(&str, &str); 3] = [
        ("audienceRulesOnly", "true: only rules about the customer are asked."),
        ("limit", "How many at most: 1 to 50, by default 5."),
        ("order", "created_at or -created_at (the default)."),
    ];
    let held = get("/v1/customers/{customerId}/redeemables", "List what a customer holds", referrals::list_redeemables)
        .needs(CustomersRead)
        .query(&[
            LIMIT,
            ("order", "id or -id (the default)."),
            ("starting_after_id", "Continue behind the row with this id."),
            (
                "filters",
                "Conditions on id, created_at, redeemable_id, redeemable_object, holder_role, campaign_id, \
                 campaign_type or voucher_type; see docs/filters.md.",
            ),
        ])
        .lists::<HeldRedeemable>("data");
    let both = [
        ("/v1/qualifications", "List what a customer could use"),
        ("/client/v1/qualifications", "List what a customer could use, from a browser"),
    ];
    let current = both.map(|(path, summary)| {
        post(path, summary, qualifications::qualify)
            .needs(VouchersValidate)
            .takes::<QualificationInput>()
            .answers::<QualificationAnswer>()
            .repeats(Repeats::Harmlessly)
    });
    let older = [
        post("/v1/vouchers/qualification", "List codes for everybody that qualify", qualifications::qualify_vouchers)
            .needs(VouchersValidate)
            .query(&OLDER_QUERY)
            .takes::<SceneInput>()
            .answers::<VouchersAnswer>()
            .repeats(Repeats::Harmlessly)
            .deprecated(),
        post("/v1/campaigns/qualification", "List campaigns that qualify", qualifications::qualify_campaigns)
            .needs(VouchersValidate)
            .query(&OLDER_QUERY)
            .takes::<SceneInput>()
            .answers::<CampaignsAnswer>()
            .repeats(Repeats::Harmlessly)
            .deprecated(),
    ];
    [vec![held], current.to_vec(), older.to_vec()].concat()
}

fn template_routes() -> Vec<Route> {
    const TEMPLATES: &str = "/v1/templates/campaigns";
    const TEMPLATE: &str = "/v1/templates/campaigns/{campaignTemplateId}";
    const CAMPAIGN_SETUP: &str = "/v1/templates/campaigns/{campaignTemplateId}/campaign-setup";
    const TIER_SETUP: &str = "/v1/templates/campaigns/{campaignTemplateId}/tier-setup";
    let routes = [
        get(TEMPLATES, "List templates of campaigns", templates::list)
            .needs(CampaignsRead)
            .query(&[
                LIMIT,
                ("order", "id (the default) or -id."),
                ("starting_after_id", "Continue behind the template with this id."),
                ("include_total", "true: with the number of all."),
                ("filters", "Conditions on id, name and campaign_type."),
            ])
            .lists::<CampaignTemplateAnswer>("data"),
        post(TEMPLATES, "Make a template of a campaign or promotion tier", templates::create)
            .needs(CampaignsModify)
            .takes::<CampaignTemplateInput>()
            .answers::<CampaignTemplateAnswer>(),
        get(TEMPLATE, "Read a template", templates::get)
            .needs(CampaignsRead)
            .query(&[("expand", "json_template: with what the template has saved.")])
            .answers::<CampaignTemplateAnswer>(),
        put(TEMPLATE, "Change a template's name and description", templates::update)
            .needs(CampaignsModify)
            .takes::<CampaignTemplateUpdate>()
            .answers::<CampaignTemplateAnswer>(),
        delete(TEMPLATE, "Delete a template", templates::delete).needs(CampaignsDelete),
        post(CAMPAIGN_SETUP, "Make a campaign of a template", templates::set_up_campaign)
            .needs(CampaignsModify)
            .takes::<CampaignSetupInput>()
            .answers::<CampaignSetupAnswer>(),
        post(TIER_SETUP, "Make a promotion tier of a template", templates::set_up_tier)
            .needs(CampaignsModify)
            .takes::<TierSetupInput>()
            .answers::<TierSetupAnswer>(),
    ];
    routes.into_iter().map(Route::in_newer_words).collect()
}

fn management_routes() -> Vec<Route> {
    use management::{api_keys, event_schemas, metadata_schemas, projects, send_outs, webhooks};
    const PROJECTS: &str = "/management/v1/projects";
    const PROJECT: &str = "/management/v1/projects/{projectId}";
    const WEBHOOKS: &str = "/management/v1/projects/{projectId}/webhooks";
    const WEBHOOK: &str = "/management/v1/projects/{projectId}/webhooks/{webhookId}";
    const SCHEMAS: &str = "/management/v1/projects/{projectId}/metadata-schemas";
    const SCHEMA: &str = "/management/v1/projects/{projectId}/metadata-schemas/{metadataSchemaId}";
    const EVENTS: &str = "/management/v1/projects/{projectId}/custom-event-schemas";
    const EVENT: &str = "/management/v1/projects/{projectId}/custom-event-schemas/{customEventSchemaId}";
    const KEYS: &str = "/management/v1/projects/{projectId}/api-keys";
    const SEND_OUTS: &str = "/management/v1/projects/{projectId}/webhook-sendouts";
    const SEND_OUT: &str = "/management/v1/projects/{projectId}/webhook-sendouts/{sendOutId}";
    vec![
        get(PROJECTS, "List projects", projects::list).lists::<ProjectAnswer>("data"),
        post(PROJECTS, "Create a project with its first keys", projects::create)
            .takes::<ProjectInput>()
            .repeats(Repeats::Secretly)
            .answers::<ProjectAnswer>(),
        get(PROJECT, "Read a project and the key that signs its webhooks", projects::get).answers::<ProjectAnswer>(),
        put(PROJECT, "Change a project's settings", projects::update)
            .takes::<ProjectInput>()
            .answers::<ProjectAnswer>(),
        delete(PROJECT, "Delete a project and all its data", projects::delete),
        post(
            "/management/v1/projects/{projectId}/webhook-token/rotate",
            "Replace the key that signs a project's webhooks",
            projects::rotate_webhook_token,
        )
        .without_body()
        .repeats(Repeats::Secretly)
        .answers::<ProjectAnswer>(),
        get(WEBHOOKS, "List webhooks", webhooks::list).lists::<Webhook>("data"),
        post(WEBHOOKS, "Create a webhook", webhooks::create).takes::<WebhookInput>().answers::<Webhook>(),
        get(WEBHOOK, "Read a webhook", webhooks::get).answers::<Webhook>(),
        put(WEBHOOK, "Change a webhook", webhooks::update).takes::<WebhookInput>().answers::<Webhook>(),
        delete(WEBHOOK, "Delete a webhook", webhooks::delete),
        post(
            "/management/v1/projects/{projectId}/webhooks/{webhookId}/test",
            "Send a sample event to a webhook",
            webhooks::test,
        )
        .without_body()
        .repeats(Repeats::Harmlessly)
        .answers::<Attempt>(),
        get(SEND_OUTS, "List send-outs, newest first", send_outs::list)
            .query(&[
                LIMIT,
                ("status", "PENDING, RETRYING, SUCCEEDED or FAILED."),
                ("type", "Send-outs of this event type."),
                ("source_id", "Send-outs of this webhook."),
                ("starting_after_id", "Continue behind the send-out with this id."),
            ])
            .lists::<send_outs::SendOutAnswer>("data"),
        get(SEND_OUT, "Read a send-out with its body and attempts", send_outs::get)
            .answers::<send_outs::SendOutAnswer>(),
        post(
            "/management/v1/projects/{projectId}/webhook-sendouts/{sendOutId}/retry",
            "Try a failed send-out once more",
            send_outs::retry,
        )
        .without_body()
        .repeats(Repeats::Harmlessly)
        .answers::<send_outs::SendOutAnswer>(),
        get(SCHEMAS, "List metadata schemas", metadata_schemas::list).lists::<MetadataSchema>("data"),
        post(SCHEMAS, "Create a metadata schema", metadata_schemas::create)
            .takes::<MetadataSchema>()
            .answers::<MetadataSchema>(),
        get(SCHEMA, "Read a metadata schema", metadata_schemas::get).answers::<MetadataSchema>(),
        put(SCHEMA, "Add or replace definitions of a metadata schema", metadata_schemas::update)
            .takes::<MetadataSchema>()
            .answers::<MetadataSchema>(),
        delete(SCHEMA, "Delete a metadata schema", metadata_schemas::delete),
        get(EVENTS, "List schemas of custom events", event_schemas::list).lists::<EventSchema>("data"),
        post(EVENTS, "Create the schema of a custom event", event_schemas::create)
            .takes::<EventSchema>()
            .answers::<EventSchema>(),
        get(EVENT, "Read the schema of a custom event", event_schemas::get).answers::<EventSchema>(),
        put(EVENT, "Add or replace properties of a custom event", event_schemas::update)
            .takes::<EventSchema>()
            .answers::<EventSchema>(),
        delete(EVENT, "Delete the schema of a custom event", event_schemas::delete),
        get(KEYS, "List a project's API keys", api_keys::list).lists::<api_keys::KeyAnswer>("data"),
        post(KEYS, "Create an API key", api_keys::create)
            .takes::<api_keys::KeyInput>()
            .repeats(Repeats::Secretly)
            .answers::<NewKey>(),
        delete("/management/v1/projects/{projectId}/api-keys/{appId}", "Revoke an API key", api_keys::revoke),
    ]
}

fn redemption_routes() -> Vec<Route> {
    const TRACKING_ID: (&str, &str) = ("tracking_id", "Stands for the customer's `source_id`.");
    const ROLLBACK: [(&str, &str); 2] = [("reason", "Why, in words."), TRACKING_ID];
    const PAGE: (&str, &str) = ("page", "The page, 1 to 99.");
    const OF_VOUCHER: [(&str, &str); 2] = [LIMIT, PAGE];
    vec![
        post("/v1/redemptions", "Redeem several redeemables", redemptions::redeem)
            .needs(RedeemablesRedeem)
            .takes::<RedeemablesInput>()
            .answers::<RedemptionsAnswer>(),
        get("/v1/redemptions", "List redemptions and rollbacks", redemptions::list)
            .needs(RedemptionsRead)
            .query(&[
                LIMIT,
                PAGE,
                ("result", "SUCCESS, FAILURE, SUCCEEDED, FAILED or ROLLED_BACK; may be repeated."),
                ("campaign", "Those of the campaign with this name."),
                ("customer", "Those of this customer: an id or `source_id`."),
                ("order", "created_at, id, voucher_code, tracking_id or customer_id, with - for descending."),
                ("created_at[after]", "Later than this."),
                ("created_at[before]", "Earlier than this."),
                ("filters", "Conditions in the filter language; see docs/filters.md."),
            ])
            .lists::<RedemptionAnswer>("redemptions"),
        get("/v1/redemptions/{redemptionId}", "Read a redemption or rollback", redemptions::get)
            .needs(RedemptionsRead)
            .answers::<RedemptionAnswer>(),
        post("/v1/redemptions/{redemptionId}/rollback", "Roll a redemption back", redemptions::roll_back)
            .needs(RedemptionsRollback)
            .query(&ROLLBACK)
            .takes::<RollbackInput>()
            .answers::<RedemptionAnswer>(),
        post(
            "/v1/redemptions/{parentRedemptionId}/rollbacks",
            "Roll back redemptions that were made together",
            redemptions::roll_back_all,
        )
        .needs(RedemptionsRollback)
        .query(&ROLLBACK)
        .takes::<RollbackInput>()
        .answers::<RollbacksAnswer>(),
        get("/v1/vouchers/{code}/redemption", "List a voucher's redemptions", redemptions::list_of_voucher)
            .needs(RedemptionsRead)
            .query(&OF_VOUCHER)
            .answers::<VoucherRedemptions>(),
        get("/v1/vouchers/{code}/redemptions", "List a voucher's redemptions", redemptions::list_of_voucher)
            .needs(RedemptionsRead)
            .query(&OF_VOUCHER)
            .answers::<VoucherRedemptions>(),
        post("/v1/vouchers/{code}/redemption", "Redeem one code", redemptions::redeem_code)
            .needs(VouchersRedeem)
            .query(&[TRACKING_ID])
            .takes::<CodeValidationInput>()
            .answers::<RedemptionAnswer>()
            .deprecated(),
        post("/v1/promotions/tiers/{promotionTierId}/redemption", "Redeem a promotion tier", redemptions::redeem_tier)
            .needs(VouchersRedeem)
            .takes::<SceneInput>()
            .answers::<RedemptionAnswer>()
            .deprecated(),
        post("/client/v1/redemptions", "Redeem from a browser", redemptions::redeem_from_client)
            .needs(RedeemablesRedeem)
            .takes::<RedeemablesInput>()
            .answers::<RedemptionsAnswer>(),
        post("/client/v1/redeem", "Redeem one code from a browser", redemptions::redeem_code_from_client)
            .needs(VouchersRedeem)
            .query(&[("code", "The code."), TRACKING_ID])
            .takes::<CodeValidationInput>()
            .answers::<RedemptionAnswer>()
            .deprecated(),
    ]
}
