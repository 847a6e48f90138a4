//! What events about orders carry.

use serde::Serialize;

use super::{Order, OrderCustomer};
use crate::{
    customer::{Customer, SimpleCustomer},
    redemption::RedemptionAnswer,
};

/// What events about orders carry.
#[derive(Debug, Serialize)]
pub struct OrderData<'a> {
    customer: SimpleCustomer,
    referrer: Option<SimpleCustomer>,
    order: EventOrder,
    /// By which the order has changed; null if it was none.
    redemption: Option<&'a RedemptionAnswer>,
}

/// An order like everywhere else, but its customers have null for what is told beside it.
#[derive(Debug, Serialize)]
struct EventOrder {
    #[serde(flatten)]
    order: Order,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerStub>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer: Option<CustomerStub>,
}

#[derive(Debug, Serialize)]
struct CustomerStub {
    address: Option<()>,
    summary: Option<()>,
    loyalty: Option<()>,
    referrals: Option<()>,
    #[serde(flatten)]
    customer: OrderCustomer,
}

impl<'a> OrderData<'a> {
    /// What an event about this order of the customer's carries.
    pub fn of(
        order: &Order,
        customer: &Customer,
        referrer: Option<&Customer>,
        redemption: Option<&'a RedemptionAnswer>,
    ) -> Self {
        let mut order = order.clone().into_answer();
        let stub = |customer| CustomerStub { address: None, summary: None, loyalty: None, referrals: None, customer };
        let (own, other) = (order.customer.take().map(stub), order.referrer.take().map(stub));
        Self {
            customer: customer.simple(),
            referrer: referrer.map(Customer::simple),
            order: EventOrder { order, customer: own, referrer: other },
            redemption,
        }
    }
}
