//! The people who use the dashboard.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    ids::{ProjectId, UserId},
    role::Role,
};

/// A dashboard user as stored; belongs to the installation, not to a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    /// What the user signs in with, in lower case.
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    /// Argon2id, in PHC string format.
    pub password_hash: String,
    /// Owners may do everything in every project.
    pub is_owner: bool,
    pub projects: BTreeMap<ProjectId, Role>,
    pub created_at: Timestamp,
}
