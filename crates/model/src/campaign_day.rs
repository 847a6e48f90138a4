//! What happened in a campaign on one day: counted in the commits in which it happens.

use serde::{Deserialize, Serialize};

use crate::{campaign::CampaignType, ids::CampaignId};

macro_rules! counters {
    ($($name:ident $of:ident $meaning:literal)*) => {
        /// The counters of a campaign and a day. `X` of which there is an `X_succeeded` and an `X_failed` is
        /// their sum, and not counted itself.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct CampaignDay {
            /// `<campaign>:<day>`.
            pub id: String,
            pub campaign_id: String,
            /// `yyyy-mm-dd`, in the project's time zone.
            pub day: String,
            $(
                #[doc = $meaning]
                #[serde(skip_serializing_if = "is_zero")]
                pub $name: i64,
            )*
        }

        impl CampaignDay {
            /// The counters that the summary of a campaign of this type shows, in order.
            pub fn counters(&self, campaign_type: CampaignType) -> impl Iterator<Item = (&'static str, i64)> {
                let all = [$((stringify!($name), Of::$of, self.$name)),*];
                all.into_iter().filter(move |(_, of, _)| of.fits(campaign_type)).map(|(name, _, count)| (name, count))
            }

            /// Adds what happened on another day.
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

counters! {
    redemptions_succeeded Every "Redemptions that went through."
    redemptions_failed Every "Redemptions that were refused."
    rollbacks_succeeded Every "Redemptions that were rolled back."
    rollbacks_failed Every "Rollbacks that were refused."
    validations_succeeded Every "Validations of what could be redeemed."
    validations_failed Every "Validations of what could not be."
    orders_amount Every "What was ordered with redemptions, in minor units; rollbacks don't lower it."
    orders_rolledback_amount Every "What was ordered with redemptions that were rolled back, in minor units."
    vouchers_created Vouchers "Vouchers that were generated, added or imported."
    vouchers_deleted Vouchers "Vouchers that were deleted, whether or not they went into the bin."
    publications_succeeded Vouchers "Publications."
    publications_failed Vouchers "Publications that were refused."
    discounted_amount Discounts "Discounts in minor units; rollbacks don't lower it."
    rolledback_discounted_amount Discounts "Discounts that were rolled back, in minor units."
    created_vouchers_amount Gift "What new cards began with, in minor units."
    amount_added Gift "What was put on cards later, in minor units."
    amount_deleted Gift "What was left on deleted cards, in minor units."
    amount_redeemed Gift "What was redeemed, in minor units; rollbacks don't lower it."
    amount_rolledback Gift "What was given back by rollbacks, in minor units."
    amount_subtracted Gift "What was taken off cards, in minor units."
    created_vouchers_points Loyalty "What new cards began with."
    points_deleted Loyalty "What was left on deleted cards."
    points_subtracted Loyalty "What was taken off cards."
    points_added Loyalty "What was put on cards later."
    points_rewarded Loyalty "What was earned."
    points_redeemed Loyalty "What was spent on rewards."
    points_rolledback Loyalty "What was given back by rollbacks."
    points_expired Loyalty "What has expired."
    points_transferred_out Loyalty "What was moved away from cards."
    points_transferred_in Loyalty "What was moved to cards."
    pending_points_added Loyalty "Points that wait."
    pending_points_subtracted Loyalty "Waiting points that were taken away."
    pending_points_activated Loyalty "Waiting points that were put on cards."
    pending_points_canceled Loyalty "Waiting points that never came."
    referred_customers Referral "Customers who were referred."
}

/// The sums of a succeeded and a failed counter.
const SUMS: [(&str, &str, &str); 4] = [
    ("redemptions", "redemptions_succeeded", "redemptions_failed"),
    ("rollbacks", "rollbacks_succeeded", "rollbacks_failed"),
    ("validations", "validations_succeeded", "validations_failed"),
    ("publications", "publications_succeeded", "publications_failed"),
];

/// In which campaigns something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Every,
    /// All that have vouchers.
    Vouchers,
    Discounts,
    Gift,
    Loyalty,
    Referral,
}

impl Of {
    fn fits(self, campaign_type: CampaignType) -> bool {
        use CampaignType::*;
        match self {
            Of::Every => true,
            Of::Vouchers => campaign_type != Promotion,
            Of::Discounts => matches!(campaign_type, DiscountCoupons | Promotion),
            Of::Gift => campaign_type == GiftVouchers,
            Of::Loyalty => campaign_type == LoyaltyProgram,
            Of::Referral => campaign_type == ReferralProgram,
        }
    }
}

impl CampaignDay {
    /// Nothing has happened yet.
    pub fn new(campaign_id: &CampaignId, day: String) -> Self {
        Self { id: Self::id(campaign_id, &day), campaign_id: campaign_id.to_string(), day, ..Self::default() }
    }

    /// The id of the counters of a campaign and a day.
    pub fn id(campaign_id: &CampaignId, day: &str) -> String {
        format!("{campaign_id}:{day}")
    }

    /// What the summary of a campaign of this type shows: [`CampaignDay::counters`] with their sums.
    pub fn summary(&self, campaign_type: CampaignType) -> Vec<(&'static str, i64)> {
        let counters: Vec<_> = self.counters(campaign_type).collect();
        let value = |name: &str| counters.iter().find(|(counter, _)| *counter == name).map_or(0, |(_, value)| *value);
        let mut summary = Vec::with_capacity(counters.len() + SUMS.len());
        for (name, count) in &counters {
            if let Some((sum, _, failed)) = SUMS.iter().find(|(_, succeeded, _)| succeeded == name) {
                summary.push((*sum, count + value(failed)));
            }
            summary.push((*name, *count));
        }
        summary
    }
}

fn is_zero(count: &i64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_what_fits_the_type_and_sums() {
        let day = CampaignDay { redemptions_succeeded: 8, redemptions_failed: 2, ..CampaignDay::default() };
        let of = |campaign_type| day.summary(campaign_type);
        let names = |campaign_type| of(campaign_type).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(
            of(CampaignType::Promotion)[..3],
            [("redemptions", 10), ("redemptions_succeeded", 8), ("redemptions_failed", 2)]
        );
        for (campaign_type, count) in [
            (CampaignType::DiscountCoupons, 18),
            (CampaignType::Promotion, 13),
            (CampaignType::GiftVouchers, 22),
            (CampaignType::LoyaltyProgram, 30),
            (CampaignType::ReferralProgram, 17),
        ] {
            assert_eq!(names(campaign_type).len(), count, "{campaign_type:?}");
        }
    }

    #[test]
    fn days_add_up() {
        let mut sum = CampaignDay { vouchers_created: 1, points_expired: 5, ..CampaignDay::default() };
        sum.add(&CampaignDay { vouchers_created: 2, referred_customers: 3, ..CampaignDay::default() });
        assert_eq!((sum.vouchers_created, sum.points_expired, sum.referred_customers), (3, 5, 3));
        let json = serde_json::to_value(&sum).expect("json");
        assert_eq!(json.get("amount_added"), None, "zeros take no space");
        assert_eq!(serde_json::from_value::<CampaignDay>(json).expect("a day"), sum);
    }
}
