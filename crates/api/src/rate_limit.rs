//! Limits on requests: per key and minute if the operator wants one, per address for client keys.

use std::{collections::HashMap, net::IpAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use guerdon_model::{Error, Timestamp};
use parking_lot::Mutex;

/// What clients are told when there is no limit: some clients expect a number.
const UNLIMITED: u64 = 1_000_000;
/// The published limit of client keys: so many requests in so many milliseconds per address.
const CLIENT_REQUESTS: u32 = 5;
const CLIENT_WINDOW: i64 = 5_000;
/// When this many addresses are remembered, those whose window is over are forgotten.
const MAX_ADDRESSES: usize = 100_000;

/// How a request stands with its limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// When the next request is possible, in seconds since 1970.
    pub(crate) retry: i64,
}

impl Allowance {
    /// Writes the three headers that every answer carries.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        headers.insert(HeaderName::from_static("x-rate-limit-limit"), HeaderValue::from(self.limit));
        headers.insert(HeaderName::from_static("x-rate-limit-remaining"), HeaderValue::from(self.remaining));
        headers.insert(HeaderName::from_static("x-rate-limit-retry"), HeaderValue::from(self.retry));
    }
}

/// Requests per calendar minute and key.
pub(crate) struct KeyLimit {
    per_minute: Option<u64>,
    used: Mutex<HashMap<String, (i64, u64)>>,
}

impl KeyLimit {
    pub(crate) fn new(per_minute: Option<u64>) -> Self {
        Self { per_minute, used: Mutex::default() }
    }

    /// What a request without a key, or without a limit, is told.
    pub(crate) fn unlimited(now: Timestamp) -> Allowance {
        Allowance { limit: UNLIMITED, remaining: UNLIMITED, retry: now.as_seconds() }
    }

    /// Counts a request of this key.
    pub(crate) fn count(&self, app_id: &str, now: Timestamp) -> (Allowance, Result<(), Error>) {
        let Some(limit) = self.per_minute else { return (Self::unlimited(now), Ok(())) };
        let minute = now.as_seconds().div_euclid(60);
        let mut used = self.used.lock();
        if !used.contains_key(app_id) {
            used.insert(app_id.to_owned(), (minute, 0));
        }
        let Some(entry) = used.get_mut(app_id) else { return (Self::unlimited(now), Ok(())) };
        if entry.0 != minute {
            *entry = (minute, 0);
        }
        let next_minute = (minute + 1) * 60;
        if entry.1 >= limit {
            let retry_after_seconds = (next_minute - now.as_seconds()).max(1).unsigned_abs();
            let allowance = Allowance { limit, remaining: 0, retry: next_minute };
            return (allowance, Err(Error::TooManyRequests { retry_after_seconds }));
        }
        entry.1 += 1;
        let remaining = limit - entry.1;
        let retry = if remaining > 0 { now.as_seconds() } else { next_minute };
        (Allowance { limit, remaining, retry }, Ok(()))
    }
}

/// Requests with client keys per address.
#[derive(Default)]
pub(crate) struct ClientLimit {
    windows: Mutex<HashMap<IpAddr, (Timestamp, u32)>>,
}

impl ClientLimit {
    /// Counts a request from this address.
    pub(crate) fn count(&self, address: IpAddr, now: Timestamp) -> Result<(), Error> {
        let mut windows = self.windows.lock();
        if windows.len() >= MAX_ADDRESSES {
            windows.retain(|_, (start, _)| now.millis_since(*start) < CLIENT_WINDOW);
        }
        let (start, count) = windows.entry(address).or_insert((now, 0));
        if now.millis_since(*start) >= CLIENT_WINDOW {
            (*start, *count) = (now, 0);
        }
        if *count >= CLIENT_REQUESTS {
            let left = CLIENT_WINDOW - now.millis_since(*start);
            return Err(Error::TooManyRequests { retry_after_seconds: left.unsigned_abs().div_ceil(1_000).max(1) });
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn the_sixth_client_request_within_five_seconds_waits() {
        let limit = ClientLimit::default();
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for millis in [0, 1, 2, 3, 4_000] {
            assert_eq!(limit.count(one, at(millis)), Ok(()));
        }
        assert_eq!(limit.count(one, at(4_999)), Err(Error::TooManyRequests { retry_after_seconds: 1 }));
        assert_eq!(limit.count(other, at(4_999)), Ok(()));
        assert_eq!(limit.count(one, at(5_000)), Ok(()));
    }

    #[test]
    fn a_key_has_its_requests_back_with_the_next_minute() {
        let limit = KeyLimit::new(Some(2));
        assert_eq!(limit.count("a", at(1_000)).0.remaining, 1);
        assert_eq!(limit.count("a", at(1_000)).0.remaining, 0);
        let (allowance, refused) = limit.count("a", at(45_000));
        assert_eq!(refused, Err(Error::TooManyRequests { retry_after_seconds: 15 }));
        assert_eq!(allowance.retry, 60);
        assert_eq!(limit.count("b", at(45_000)).1, Ok(()));
        assert_eq!(limit.count("a", at(60_000)).1, Ok(()));
    }
}
