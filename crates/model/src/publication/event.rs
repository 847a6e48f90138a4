//! What events about publications carry.

use serde::Serialize;

use super::PublicationAnswer;
use crate::{Timestamp, campaign::SimpleCampaign, customer::SimpleCustomer, event::EventUser, voucher::SimpleVoucher};

/// `voucher.published`.
#[derive(Debug, Serialize)]
pub struct PublishedData<'a> {
    pub customer: &'a SimpleCustomer,
    /// Null for a voucher without one.
    pub campaign: Option<&'a SimpleCampaign>,
    pub publication: &'a PublicationAnswer,
    pub voucher: &'a SimpleVoucher,
    pub created_at: Timestamp,
}

/// `publication.succeeded`.
#[derive(Debug, Serialize)]
pub struct PublicationData<'a> {
    pub customer: &'a SimpleCustomer,
    pub campaign: Option<&'a SimpleCampaign>,
    pub publication: &'a PublicationAnswer,
    pub vouchers: &'a [SimpleVoucher],
    /// The first of them.
    pub voucher: &'a SimpleVoucher,
    /// Of the dashboard; null for a key.
    pub user: Option<&'a EventUser>,
}

/// `customer.publication.succeeded`: the publication with its voucher.
#[derive(Debug, Serialize)]
pub struct CustomerPublicationData<'a> {
    pub customer: &'a SimpleCustomer,
    pub campaign: Option<&'a SimpleCampaign>,
    pub publication: &'a PublicationAnswer,
    pub voucher: &'a SimpleVoucher,
}
