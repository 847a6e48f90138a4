//! `/management/v1/projects/{projectId}/api-keys`: an extension. A self-hosted engine has no page of
//! somebody else's to make keys on.

use guerdon_core::{keys, projects};
use guerdon_model::{
    Timestamp,
    api_key::{ApiKey, KeyKind},
    list::List,
    role::Role,
};
use serde::{Deserialize, Serialize};

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

/// A new key.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub(crate) struct KeyInput {
    name: String,
    /// `server` (the default) or `client`.
    #[serde(default)]
    kind: ProjectKeyKind,
    /// `ADMIN` by default.
    role: Option<Role>,
    /// Whether it is for an integration: it may publish by `GET /v1/publications/create`, too.
    #[serde(default)]
    is_integration: bool,
}

/// The kinds of keys that belong to a project.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum ProjectKeyKind {
    #[default]
    Server,
    Client,
}

/// A key without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct KeyAnswer {
    app_id: String,
    name: String,
    #[schema(value_type = String)]
    kind: KeyKind,
    role: Role,
    is_integration: bool,
    /// The last characters of the secret.
    token_hint: String,
    blocked: bool,
    created_at: Timestamp,
}

impl KeyAnswer {
    fn of(key: &ApiKey) -> Self {
        Self {
            app_id: key.app_id.clone(),
            name: key.name.clone(),
            kind: key.kind,
            role: key.role,
            is_integration: key.is_integration,
            token_hint: key.token_hint.clone(),
            blocked: key.blocked,
            created_at: key.created_at,
        }
    }
}

pub(crate) async fn list(call: Call) -> Answer {
    let keys = call.read(|tx| {
        projects::require_existing(tx)?;
        let mut keys: Vec<KeyAnswer> = tx.config().keys().map(|key| KeyAnswer::of(key)).collect();
        keys.sort_by(|one, other| (one.created_at, &one.app_id).cmp(&(other.created_at, &other.app_id)));
        Ok(keys)
    });
    json(&List::whole("data", keys.await?))
}

pub(crate) async fn create(call: Call) -> Answer {
    let input: KeyInput = call.payload()?;
    let kind = match input.kind {
        ProjectKeyKind::Server => KeyKind::Server,
        ProjectKeyKind::Client => KeyKind::Client,
    };
    let made = call.execute(Vec::new(), move |tx| {
        projects::require_existing(tx)?;
        let key = keys::create(tx, kind, &input.name, input.role.unwrap_or(Role::Admin))?;
        if input.is_integration {
            keys::mark_as_integration(tx, &key.app_id)?;
        }
        Ok(key)
    });
    json(&made.await?)
}

pub(crate) async fn revoke(call: Call) -> Answer {
    let app_id = call.param("appId").to_owned();
    call.execute(Vec::new(), move |tx| {
        projects::require_existing(tx)?;
        keys::revoke(tx, &app_id)
    })
    .await?;
    no_content()
}
