//! What users of the API live through, told through HTTP.

mod activity;
mod app;
mod async_actions;
mod bad_input;
mod bin;
mod campaigns;
mod customers;
mod imports;
mod lists;
mod management;
mod metadata;
mod nodes;
mod platform;
mod product_imports;
mod product_lists;
mod products;
mod publication_lists;
mod publication_races;
mod publications;
mod referrals;
mod skus;
mod webhooks;
