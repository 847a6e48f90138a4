//! `/management/v1`: projects and their configuration, with a management key.

pub(crate) mod api_keys;
pub(crate) mod event_schemas;
pub(crate) mod metadata_schemas;
pub(crate) mod projects;
pub(crate) mod send_outs;
pub(crate) mod stacking_rules;
pub(crate) mod webhooks;
