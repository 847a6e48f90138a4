//! What a rule can't be evaluated without.

/// Something that a request lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    Customer,
    Order,
    /// The order's amount.
    Amount,
    /// Lines of the order.
    OrderItems,
}

impl Need {
    /// The error's key, message and details.
    pub const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Need::Customer => ("missing_customer", "Missing customer", "Customer is required to validate rules"),
            Need::Order => ("missing_order", "Missing order", "Order is required to validate rules"),
            Need::Amount => ("missing_amount", "Missing amount", "Order amount is required to validate rules"),
            Need::OrderItems => {
                ("missing_order_items", "Missing order items", "Order items are required to validate rules")
            }
        }
    }
}
