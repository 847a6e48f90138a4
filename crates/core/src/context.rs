//! On whose behalf something is done.

use std::sync::Arc;

use guerdon_model::{
    Error,
    api_key::ApiKey,
    event::EventSource,
    ids::{BackgroundId, ProjectId, RequestId},
    role::Permission,
};

use crate::{idempotency::KeyedRequest, snapshot::Snapshot};

/// Who asks, in which project, and under which request id. The first thing every operation is given.
#[derive(Debug, Clone)]
pub struct Context {
    pub project: ProjectId,
    /// The request's id; the `group_id` of every event that it causes.
    pub group_id: Arc<str>,
    pub source: EventSource,
    /// Whose key the request came with; none for what is not asked for with one.
    pub caller: Option<Caller>,
    /// Set if the request is to be carried out once however often it is sent.
    pub keyed: Option<KeyedRequest>,
}

/// A key that was accepted, and for what.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Where the key belongs: a management key not to the project that is managed.
    pub project: ProjectId,
    pub key: Arc<ApiKey>,
    pub permission: Option<Permission>,
}

impl Context {
    /// A request made with an API key.
    pub fn request(project: ProjectId, request: &RequestId, source: EventSource) -> Self {
        Self { project, group_id: request.as_str().into(), source, caller: None, keyed: None }
    }

    /// The same, by whoever holds a key.
    pub fn called_by(self, caller: Caller) -> Self {
        Self { caller: Some(caller), ..self }
    }

    /// Work of our own.
    pub fn background(project: ProjectId, group: &BackgroundId) -> Self {
        let source = EventSource::internal();
        Self { project, group_id: group.as_str().into(), source, caller: None, keyed: None }
    }

    /// Whether the caller is still allowed to do this under the latest configuration: the request was
    /// let in by what this node knew, and another one may have blocked its key meanwhile.
    ///
    /// # Errors
    /// `Unauthorized` or `MissingPermission`.
    pub(crate) fn check_caller(&self, config: &Snapshot) -> Result<(), Error> {
        let Some(Caller { project, key, permission }) = &self.caller else { return Ok(()) };
        if *project != self.project {
            // Its configuration is another one; that key was looked up under the latest.
            return Ok(());
        }
        match config.key(&key.app_id) {
            Some(known) if Arc::ptr_eq(known, key) => Ok(()),
            Some(known) if known.kind == key.kind && known.token_hash == key.token_hash && !known.blocked => {
                let is_allowed = permission.is_none_or(|permission| known.role.allows(permission));
                if is_allowed { Ok(()) } else { Err(Error::MissingPermission) }
            }
            _ => Err(Error::Unauthorized),
        }
    }
}
