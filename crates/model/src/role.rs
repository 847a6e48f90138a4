//! What the holder of a key or account may do in a project.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A built-in role. `docs/keys-and-roles.md` has the table for users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Everything in the project, its settings included.
    Admin,
    /// Create, edit and export data.
    User,
    /// Read and export only.
    Viewer,
    /// Validate and redeem single incentives, and see what concerns them.
    Merchant,
    /// Like `User`, for the campaigns of the holder's areas and stores.
    UserRestricted,
}

/// What an endpoint asks its caller to be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    CustomersRead,
    CustomersModify,
    ProductsRead,
    ProductsModify,
    ProductsDelete,
    OrdersRead,
    OrdersModify,
    /// To see what was deleted, whatever it was.
    BinRead,
    AsyncActionsRead,
    MetadataSchemasRead,
    MetadataSchemasModify,
    ValidationRulesRead,
    ValidationRulesModify,
    CategoriesRead,
    CategoriesModify,
    CampaignsRead,
    CampaignsModify,
    CampaignsDelete,
    VouchersRead,
    VouchersModify,
    VouchersDelete,
    PublicationsRead,
    VouchersPublish,
    ExportsRead,
    /// To start and delete exports; to start one takes the permission to read the resource, too.
    ExportsModify,
    /// To validate several redeemables at once.
    RedeemablesValidate,
    /// To validate one voucher or promotion tier.
    VouchersValidate,
    RedemptionsRead,
    /// To redeem several redeemables at once.
    RedeemablesRedeem,
    /// To redeem one voucher or promotion tier.
    VouchersRedeem,
    RedemptionsRollback,
}

impl Role {
    /// The names of all roles, as they are written.
    pub const NAMES: [&'static str; 5] = ["ADMIN", "USER", "VIEWER", "MERCHANT", "USER_RESTRICTED"];

    /// Reads a role's name.
    pub fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::from(name)).ok()
    }

    /// The name as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "ADMIN",
            Role::User => "USER",
            Role::Viewer => "VIEWER",
            Role::Merchant => "MERCHANT",
            Role::UserRestricted => "USER_RESTRICTED",
        }
    }

    /// Whether this role includes that permission.
    pub fn allows(self, permission: Permission) -> bool {
        use Permission::*;
        match (self, permission) {
            (Role::Admin, _) => true,
            (Role::User | Role::UserRestricted, MetadataSchemasModify) => false,
            (Role::User | Role::UserRestricted, _) => true,
            (Role::Viewer | Role::Merchant, ValidationRulesRead | CategoriesRead | CampaignsRead | VouchersRead) => {
                true
            }
            (
                Role::Viewer,
                CustomersRead | ProductsRead | OrdersRead | BinRead | AsyncActionsRead | MetadataSchemasRead,
            ) => true,
            (Role::Merchant, CustomersRead | ProductsRead | OrdersRead | MetadataSchemasRead) => true,
            (Role::Viewer | Role::Merchant, PublicationsRead) => true,
            (Role::Viewer, ExportsRead | ExportsModify) => true,
            (Role::Merchant, VouchersValidate) => true,
            (Role::Viewer | Role::Merchant, RedemptionsRead) => true,
            (Role::Merchant, VouchersRedeem | RedemptionsRollback) => true,
            (Role::Viewer | Role::Merchant, _) => false,
        }
    }
}
