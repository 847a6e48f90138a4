//! Sessions: a validation can keep what it has found valid for whoever comes back with its key.
//!
//! A session locks one redemption of each redeemable, and the credits or points that it would spend, until
//! it ends. `docs/validations.md` has the page for users.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

use crate::Timestamp;

/// What a client says about a session.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct SessionInput {
    /// Nothing is locked without it.
    #[serde(rename = "type")]
    pub session_type: Option<SessionType>,
    /// Made if it is left out.
    pub key: Option<String>,
    /// How long the session lasts, in `ttl_unit`s.
    #[schema(value_type = Option<f64>)]
    pub ttl: Option<Number>,
    pub ttl_unit: Option<TtlUnit>,
}

/// A session, as stored and as returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    pub key: String,
    #[serde(rename = "type")]
    pub session_type: SessionType,
    #[schema(value_type = f64)]
    pub ttl: Number,
    pub ttl_unit: TtlUnit,
}

/// What a session does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionType {
    Lock,
}

/// In what a session's time is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TtlUnit {
    Days,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// How long a session lasts if nobody says so, in days.
const DEFAULT_DAYS: u32 = 7;
/// The longest session, in milliseconds: ten years.
const LONGEST: f64 = 10.0 * 366.0 * 86_400_000.0;

impl TtlUnit {
    /// How many milliseconds one is.
    const fn millis(self) -> f64 {
        match self {
            TtlUnit::Days => 86_400_000.0,
            TtlUnit::Hours => 3_600_000.0,
            TtlUnit::Minutes => 60_000.0,
            TtlUnit::Seconds => 1_000.0,
            TtlUnit::Milliseconds => 1.0,
            TtlUnit::Microseconds => 0.001,
            TtlUnit::Nanoseconds => 0.000_001,
        }
    }
}

impl Session {
    /// The session that was asked for; `key` makes one if none was sent.
    pub fn of(input: &SessionInput, key: impl FnOnce() -> String) -> Option<Self> {
        let session_type = input.session_type?;
        let key = input.key.clone().filter(|key| !key.is_empty()).unwrap_or_else(key);
        let (ttl, ttl_unit) = match &input.ttl {
            Some(ttl) => (ttl.clone(), input.ttl_unit.unwrap_or(TtlUnit::Days)),
            None => (DEFAULT_DAYS.into(), TtlUnit::Days),
        };
        Some(Self { key, session_type, ttl, ttl_unit })
    }

    /// When a session that begins now ends. One of less than a millisecond has ended at once.
    pub fn ends_at(&self, now: Timestamp) -> Timestamp {
        let millis = (self.ttl.as_f64().unwrap_or(0.0) * self.ttl_unit.millis()).clamp(0.0, LONGEST);
        now.plus_millis(millis as i64)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn session(json: Value) -> Option<Session> {
        Session::of(&serde_json::from_value(json).expect("an input"), || "ssn_new".into())
    }

    #[test]
    fn a_session_lasts_a_week_unless_it_is_told_otherwise() {
        let now = Timestamp::from_millis(1_000);
        for (json, millis) in [
            (json!({"type": "LOCK"}), 7 * 86_400_000),
            (json!({"type": "LOCK", "ttl_unit": "HOURS"}), 7 * 86_400_000),
            (json!({"type": "LOCK", "ttl": 2}), 2 * 86_400_000),
            (json!({"type": "LOCK", "ttl": 1.5, "ttl_unit": "HOURS"}), 5_400_000),
            (json!({"type": "LOCK", "ttl": 90, "ttl_unit": "SECONDS"}), 90_000),
            (json!({"type": "LOCK", "ttl": 999, "ttl_unit": "MICROSECONDS"}), 0),
            (json!({"type": "LOCK", "ttl": 5_000_000, "ttl_unit": "NANOSECONDS"}), 5),
            (json!({"type": "LOCK", "ttl": -4, "ttl_unit": "MINUTES"}), 0),
        ] {
            let session = session(json.clone()).expect("a session");
            assert_eq!(session.ends_at(now).millis_since(now), millis, "{json}");
        }
        let forever = session(json!({"type": "LOCK", "ttl": 1e300})).expect("a session");
        assert!(forever.ends_at(now).millis_since(now) > 9 * 365 * 86_400_000);
    }

    #[test]
    fn nothing_is_locked_without_a_type_and_a_key_is_made_if_none_is_sent() {
        assert_eq!(session(json!({"key": "mine"})), None);
        let made = session(json!({"type": "LOCK"})).expect("a session");
        assert_eq!(json!(made), json!({"key": "ssn_new", "type": "LOCK", "ttl": 7, "ttl_unit": "DAYS"}));
        assert_eq!(session(json!({"type": "LOCK", "key": "mine"})).expect("a session").key, "mine");
    }
}
