//! What users of the API live through, told through HTTP.

mod activity;
mod app;
mod async_actions;
mod bad_input;
mod bin;
mod campaigns;
mod customers;
mod gift_cards;
mod imports;
mod lists;
mod management;
mod metadata;
mod nodes;
mod platform;
mod product_imports;
mod product_lists;
mod products;
mod skus;
mod voucher_images;
mod voucher_imports;
mod voucher_lists;
mod vouchers;
mod webhooks;
