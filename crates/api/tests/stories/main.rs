//! What users of the API live through, told through HTTP.

mod activity;
mod app;
mod async_actions;
mod bad_input;
mod bin;
mod campaigns;
mod categories;
mod customers;
mod imports;
mod lists;
mod management;
mod metadata;
mod nodes;
mod order_events;
mod order_imports;
mod order_items;
mod order_summaries;
mod orders;
mod platform;
mod product_imports;
mod product_lists;
mod products;
mod skus;
mod validation_rules;
mod webhooks;
