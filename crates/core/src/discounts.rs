//! What is checked about a discount before it is stored.

use guerdon_engine::discount::check_formulas;
use guerdon_model::{
    Error,
    discount::Discount,
    error::{Path, Rule},
    ids::{PrefixedId, ProductId},
    product::Product,
    sku::Sku,
    voucher::VoucherValue,
};

use crate::tx::{Result, Tx};

/// Refuses formulas that can't be read and free units of what the shop does not sell; `path` is where the
/// discount was sent.
pub(crate) fn check(tx: &mut Tx, discount: &Discount, path: &Path) -> Result<()> {
    check_formulas(discount, path)?;
    for unit in discount.unit_types() {
        let is_known = if unit.starts_with(ProductId::PREFIX) {
            tx.peek::<Product>(unit)?.is_some()
        } else {
            tx.peek::<Sku>(unit)?.is_some()
        };
        if !is_known {
            let rule = Rule::Other(format!("is not the id of a product or SKU: '{unit}'"));
            return Err(Error::invalid_payload(path.clone().key("unit_type"), rule).into());
        }
    }
    Ok(())
}

/// The same for whatever a voucher is worth; `path` is where the voucher was sent.
pub(crate) fn check_value(tx: &mut Tx, value: &VoucherValue, path: &Path) -> Result<()> {
    match value {
        VoucherValue::Discount { discount } => check(tx, discount, &path.clone().key("discount")),
        VoucherValue::Gift { .. } | VoucherValue::Loyalty { .. } => Ok(()),
    }
}
