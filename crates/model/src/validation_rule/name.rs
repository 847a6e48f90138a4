//! What a rule may look at: the closed list of rule names.

/// Whom a rule is about. It decides the error that a violation is reported with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    Customer,
    Order,
    Redemption,
}

impl Category {
    /// The key of the error when a rule of this category is violated.
    pub const fn violation_key(self) -> &'static str {
        match self {
            Category::Customer => "customer_rules_violated",
            Category::Order => "order_rules_violated",
            Category::Redemption => "redemption_rules_violated",
        }
    }

    /// Its message.
    pub const fn violation_message(self) -> &'static str {
        match self {
            Category::Customer => "customer does not match validation rules",
            Category::Order => "order does not match validation rules",
            Category::Redemption => "redemption does not match validation rules",
        }
    }
}

/// What a rule's conditions compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operand {
    /// Ids of which the subject has any number.
    Ids,
    /// Products, SKUs and product collections.
    Items,
    /// Minor units.
    Money,
    /// A whole number.
    Count,
    Text,
    Flag,
    /// Whatever a metadata key holds; the rule needs a `property`.
    Metadata,
}

/// Where a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// By itself.
    Anywhere,
    /// Inside of a rule about items: it is about the lines that this one has matched.
    Lines,
}

macro_rules! rule_names {
    ($($variant:ident $name:literal $category:ident $operand:ident $place:ident $subject:literal)*) => {
        /// What a rule looks at. `docs/validation-rules.md` explains every name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum RuleName {
            $(#[doc = concat!("`", $name, "`: ", $subject, ".")] $variant,)*
        }

        impl RuleName {
            /// Every name, in the documented order.
            pub const ALL: &'static [RuleName] = &[$(RuleName::$variant),*];

            /// The name as it is written in a rule.
            pub const fn name(self) -> &'static str {
                match self { $(RuleName::$variant => $name,)* }
            }

            /// Whom the rule is about.
            pub const fn category(self) -> Category {
                match self { $(RuleName::$variant => Category::$category,)* }
            }

            /// What its conditions compare.
            pub const fn operand(self) -> Operand {
                match self { $(RuleName::$variant => Operand::$operand,)* }
            }

            /// Where it stands.
            pub const fn place(self) -> Place {
                match self { $(RuleName::$variant => Place::$place,)* }
            }

            /// What it looks at, in words.
            pub const fn subject(self) -> &'static str {
                match self { $(RuleName::$variant => $subject,)* }
            }
        }
    };
}

rule_names! {
    CustomerSegment "customer.segment" Customer Ids Anywhere "the segments that the customer is in"
    CustomerMetadata "customer.metadata" Customer Metadata Anywhere "the customer's metadata"
    CustomerLoyaltyTier "customer.loyalty.tier" Customer Ids Anywhere "the loyalty tiers that the customer holds"
    RedeemableByHolder "publication.redeemable_by_linked_customer" Customer Flag Anywhere
        "whether the customer is the one whom the code was given to"
    OrderAmount "order.amount" Order Money Anywhere "what the order costs before this redeemable and after those applied earlier"
    OrderTotalAmount "order.total_amount" Order Money Anywhere "what the order costs after this redeemable"
    OrderInitialAmount "order.initial_amount" Order Money Anywhere "what the order cost before any redeemable"
    OrderItemsCount "order.items.count" Order Count Anywhere "the units of all lines"
    OrderItemsPriceAny "order.items.price_any" Order Money Anywhere "the unit price of at least one line"
    OrderItemsPriceEach "order.items.price_each" Order Money Anywhere "the unit price of every line"
    OrderItemsMetadataAny "order.items.metadata_any" Order Metadata Anywhere "the metadata of at least one line"
    OrderItemsMetadataEach "order.items.metadata_each" Order Metadata Anywhere "the metadata of every line"
    OrderMetadata "order.metadata" Order Metadata Anywhere "the order's metadata"
    ItemsAny "order.items.any" Order Items Anywhere "whether at least one line is one of the items"
    ItemsEvery "order.items.every" Order Items Anywhere "whether every line is one of the items"
    ItemsNone "order.items.none" Order Items Anywhere "whether no line is one of the items"
    ItemsCheapest "order.items.cheapest" Order Items Anywhere "whether a line with the lowest unit price is one of the items"
    ItemsMostExpensive "order.items.most_expensive" Order Items Anywhere
        "whether a line with the highest unit price is one of the items"
    ItemsQuantity "order.items.quantity" Order Count Lines "the units of one line"
    ItemsAggregatedQuantity "order.items.aggregated_quantity" Order Count Lines "the units of all matched lines"
    ItemsPrice "order.items.price" Order Money Lines "the unit price of one line"
    ItemsAggregatedAmount "order.items.aggregated_amount" Order Money Lines "the amount of all matched lines"
    ItemsMetadata "order.items.metadata" Order Metadata Lines "the metadata of one line"
    ProductId "product.id" Order Items Anywhere "whether a line is one of the products"
    ProductPrice "product.price" Order Money Lines "the unit price of a line of the product"
    ProductQuantity "product.quantity" Order Count Lines "the units of a line of the product"
    ProductDiscountApplicable "product.discount_applicable" Order Flag Lines "a mark without an effect"
    SkuId "sku.id" Order Items Anywhere "whether a line is one of the SKUs"
    SkuPrice "sku.price" Order Money Lines "the unit price of a line of the SKU"
    SkuQuantity "sku.quantity" Order Count Lines "the units of a line of the SKU"
    SkuDiscountApplicable "sku.discount_applicable" Order Flag Lines "a mark without an effect"
    ProductMetadata "product.metadata" Order Metadata Anywhere "the metadata of the product of at least one line"
    ProductMetadataAggregatedQuantity "product.metadata.aggregated_quantity" Order Count Lines
        "the units of all lines with such products"
    ProductMetadataAggregatedAmount "product.metadata.aggregated_amount" Order Money Lines
        "the amount of all lines with such products"
    ProductMetadataDiscountApplicable "product.metadata.discount_applicable" Order Flag Lines "a mark without an effect"
    ProductMetadataMatchAll "product.metadata.match_all" Order Flag Lines "whether every line has such a product"
    CampaignOrdersAmount "campaign.orders.amount" Redemption Money Anywhere
        "the orders of all redemptions of the campaign, this one included"
    CampaignAmountDiscounted "campaign.orders.amount_discounted" Redemption Money Anywhere
        "the discounts of all redemptions of the campaign, this one included"
    CampaignCount "campaign.redemptions.count" Redemption Count Anywhere "the campaign's redemptions"
    CampaignCountDaily "campaign.redemptions.count.daily" Redemption Count Anywhere "the campaign's redemptions today"
    CampaignCountWeekly "campaign.redemptions.count.weekly" Redemption Count Anywhere
        "the campaign's redemptions this week"
    CampaignCountMonthly "campaign.redemptions.count.monthly" Redemption Count Anywhere
        "the campaign's redemptions this month"
    CampaignPerCustomer "campaign.redemptions.customers_count" Redemption Count Anywhere
        "the campaign's redemptions by the customer"
    CampaignPerCustomerDaily "campaign.redemptions.customers_count.daily" Redemption Count Anywhere
        "the campaign's redemptions by the customer today"
    CampaignPerCustomerWeekly "campaign.redemptions.customers_count.weekly" Redemption Count Anywhere
        "the campaign's redemptions by the customer this week"
    CampaignPerCustomerMonthly "campaign.redemptions.customers_count.monthly" Redemption Count Anywhere
        "the campaign's redemptions by the customer this month"
    CountDaily "redemption.count.daily" Redemption Count Anywhere "the redemptions of the code or tier today"
    CountWeekly "redemption.count.weekly" Redemption Count Anywhere "the redemptions of the code or tier this week"
    CountMonthly "redemption.count.monthly" Redemption Count Anywhere "the redemptions of the code or tier this month"
    CountPerCustomer "redemption.count.per_customer" Redemption Count Anywhere
        "the customer's redemptions of the code or tier"
    CountPerCustomerDaily "redemption.count.per_customer.daily" Redemption Count Anywhere
        "the customer's redemptions of the code or tier today"
    CountPerCustomerWeekly "redemption.count.per_customer.weekly" Redemption Count Anywhere
        "the customer's redemptions of the code or tier this week"
    CountPerCustomerMonthly "redemption.count.per_customer.monthly" Redemption Count Anywhere
        "the customer's redemptions of the code or tier this month"
    CountPerUser "redemption.count.per_user" Redemption Count Anywhere
        "the dashboard user's redemptions of the code or tier"
    CountPerApiKey "redemption.count.per_api_key" Redemption Count Anywhere
        "the redemptions of the code or tier through the API key"
    UserLogin "redemption.user.login" Redemption Text Anywhere "the dashboard user who redeems"
    ApiKey "redemption.api_key" Redemption Text Anywhere "the API key that the request came with"
    GiftAmount "redemption.gift.amount" Redemption Money Anywhere
        "the gift credits that the campaign has spent, this redemption included"
    PointsUsed "redemption.reward.pay_with_points.points_used" Redemption Count Anywhere
        "the points that pay for this order"
    RedemptionMetadata "redemption.metadata" Redemption Metadata Anywhere "the redemption's metadata"
    CustomEventMetadata "custom_event.metadata" Redemption Metadata Anywhere
        "the metadata of the custom event that triggered this"
}

impl RuleName {
    /// The rule of that name (case matters).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }

    /// Whether the rule makes no sense without a `property`.
    pub const fn needs_property(self) -> bool {
        matches!(self.operand(), Operand::Metadata)
    }
}
