//! What holds for every card, whatever happens to it.

use guerdon_model::{
    Timestamp,
    voucher::{GiftCard, LoyaltyCard, Uses},
};
use proptest::prelude::*;

use super::*;

fn card(value: VoucherValue) -> Voucher {
    Voucher {
        id: "v_1".into(),
        code: "CARD".into(),
        folded_code: None,
        campaign_id: None,
        value,
        category_id: None,
        limits: Default::default(),
        active: true,
        additional_info: None,
        metadata: Default::default(),
        is_referral_code: false,
        created_at: Timestamp::from_millis(0),
        updated_at: None,
        holder_id: None,
        referrer_id: None,
        publication_id: None,
        redemption: Uses::default(),
        usage: Default::default(),
        locked: Default::default(),
        validation_rules_assignments: Default::default(),
        is_binned: false,
    }
}

fn gift_card(amount: i64) -> Voucher {
    card(VoucherValue::Gift { gift: GiftCard { amount, ..GiftCard::default() } })
}

fn loyalty_card(points: i64) -> Voucher {
    card(VoucherValue::Loyalty { loyalty_card: LoyaltyCard { points, ..LoyaltyCard::default() } })
}

#[test]
fn a_ledger_adds_up_step_by_step() {
    use TransactionType::*;
    let mut voucher = gift_card(125_000);
    for (kind, amount, total, balance) in [
        (CreditsAddition, 5_000, 130_000, 130_000),
        (CreditsRedemption, -7_000, 130_000, 123_000),
        (CreditsRemoval, -2_000, 128_000, 121_000),
        (CreditsRedemption, -44, 128_000, 120_956),
        (CreditsRefund, 44, 128_000, 121_000),
        (CreditsAddition, 2_000, 130_000, 123_000),
        (CreditsAddition, 20, 130_020, 123_020),
        (CreditsRemoval, -2_000, 128_020, 121_020),
    ] {
        let booked = book(&mut voucher, &Entry::of(kind, amount)).expect("a balance");
        assert_eq!((booked.amount, booked.total, booked.balance), (Some(amount), total, balance), "{kind:?}");
    }
    let VoucherValue::Gift { gift } = &voucher.value else { panic!("a gift card") };
    assert_eq!((gift.amount, gift.subtracted_amount, voucher.redemption.redeemed_amount), (132_020, 4_000, 7_000));
    assert_eq!(voucher.balance(), Some(121_020));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    use TransactionType::*;
    for (voucher, kind, amount, key) in [
        (gift_card(100), CreditsRemoval, -101, "gift_amount_exceeded"),
        (gift_card(100), CreditsRedemption, -101, "gift_amount_exceeded"),
        (gift_card(100), CreditsRemoval, i64::MIN, "invalid_amount"),
        (gift_card(i64::MAX), CreditsAddition, 1, "invalid_amount"),
        (gift_card(100), CreditsRefund, 1, "invalid_amount"),
        (gift_card(100), PointsAddition, 1, "invalid_voucher"),
        (loyalty_card(100), PointsRemoval, -101, "loyalty_card_points_exceeded"),
        (loyalty_card(100), PointsExpiration, -101, "loyalty_card_points_exceeded"),
        (loyalty_card(i64::MAX), PointsAccrual, i64::MAX, "invalid_amount"),
        (loyalty_card(100), CreditsAddition, 1, "invalid_voucher"),
    ] {
        let mut changed = voucher.clone();
        let refused = book(&mut changed, &Entry::of(kind, amount)).expect_err("a refusal");
        assert_eq!(refused.describe(guerdon_model::error::Dialect::Should).key, Some(key), "{kind:?} {amount}");
        assert_eq!(changed, voucher);
    }
}

proptest! {
    #[test]
    fn the_entries_and_what_a_card_began_with_are_its_balance(
        start in 0..=i64::MAX,
        is_gift: bool,
        changes in prop::collection::vec((0..TransactionType::ALL.len(), prop_oneof![-1_000..1_000i64, any::<i64>()]), 0..40),
    ) {
        let mut voucher = if is_gift { gift_card(start) } else { loyalty_card(start) };
        let mut sum = i128::from(start);
        for (kind, amount) in changes {
            let before = voucher.clone();
            match book(&mut voucher, &Entry::of(TransactionType::ALL[kind], amount)) {
                Ok(balance) => {
                    sum += i128::from(amount);
                    prop_assert_eq!(i128::from(balance.balance), sum);
                    prop_assert!(balance.balance >= 0 && balance.total >= balance.balance);
                }
                Err(_) => prop_assert_eq!(&voucher, &before),
            }
            prop_assert_eq!(voucher.balance().map(i128::from), Some(sum));
        }
    }
}
