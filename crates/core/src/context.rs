//! On whose behalf something is done.

use std::sync::Arc;

use guerdon_model::{
    event::EventSource,
    ids::{BackgroundId, ProjectId, RequestId},
};

/// Who asks, in which project, and under which request id. The first thing every operation is given.
#[derive(Debug, Clone)]
pub struct Context {
    pub project: ProjectId,
    /// The request's id; the `group_id` of every event that it causes.
    pub group_id: Arc<str>,
    pub source: EventSource,
}

impl Context {
    /// A request made with an API key.
    pub fn request(project: ProjectId, request: &RequestId, source: EventSource) -> Self {
        Self { project, group_id: request.as_str().into(), source }
    }

    /// Work of our own.
    pub fn background(project: ProjectId, group: &BackgroundId) -> Self {
        Self { project, group_id: group.as_str().into(), source: EventSource::internal() }
    }
}
