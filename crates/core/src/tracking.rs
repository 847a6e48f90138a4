//! Tracking ids: what stands for a customer's `source_id` in answers that strangers may read.
//!
//! A tracking id is the `source_id` itself, enciphered: the same one has the same id at any time and on any
//! node, and whoever sends it back is known by it without a look-up. Blocks of eight bytes go through a
//! permutation that only the secret of the installation opens, each mixed with the one before. An id tells
//! how long the `source_id` is, and whether two begin alike; nothing else. `docs/validations.md` has the page
//! for users.

use base64::{Engine, engine::general_purpose::STANDARD};
use guerdon_model::ids::ProjectId;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::secrets::SecretKey;

const PREFIX: &str = "track_";
/// Bytes of a block.
const BLOCK: usize = 8;
/// How often the halves of a block are mixed. From four on, nobody can tell the result from chance.
const ROUNDS: u8 = 6;

/// Makes the tracking ids of one project and reads them.
#[derive(Debug, Clone)]
pub(crate) struct TrackingIds {
    key: Hmac<Sha256>,
}

impl TrackingIds {
    /// With the key that follows from an installation's secret.
    pub(crate) fn of_project(secret: &SecretKey, project: &ProjectId) -> Self {
        let key = secret.token_for(&format!("tracking:{project}"));
        Self { key: <Hmac<Sha256> as Mac>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length") }
    }

    /// The tracking id of a `source_id`.
    pub(crate) fn of(&self, source_id: &str) -> String {
        let mut bytes = source_id.as_bytes().to_vec();
        // Each byte of the padding says how long it is; there is always some.
        let padding = BLOCK - bytes.len() % BLOCK;
        bytes.resize(bytes.len() + padding, padding as u8);
        let mut last = 0;
        for block in bytes.chunks_exact_mut(BLOCK) {
            last = self.permuted(number(block) ^ last);
            block.copy_from_slice(&last.to_be_bytes());
        }
        format!("{PREFIX}{}", STANDARD.encode(bytes))
    }

    /// The `source_id` behind a tracking id; none if it is not one of ours.
    pub(crate) fn read(&self, id: &str) -> Option<String> {
        let mut bytes = STANDARD.decode(id.strip_prefix(PREFIX)?).ok()?;
        if bytes.is_empty() || bytes.len() % BLOCK != 0 {
            return None;
        }
        let mut last = 0;
        for block in bytes.chunks_exact_mut(BLOCK) {
            let enciphered = number(block);
            block.copy_from_slice(&(self.restored(enciphered) ^ last).to_be_bytes());
            last = enciphered;
        }
        let padding = usize::from(*bytes.last()?);
        let length = bytes.len().checked_sub(padding).filter(|_| (1..=BLOCK).contains(&padding))?;
        let is_padding = bytes[length..].iter().all(|byte| usize::from(*byte) == padding);
        bytes.truncate(length);
        String::from_utf8(bytes).ok().filter(|_| is_padding)
    }

    /// A Feistel network: whatever the rounds come to, it can be walked back.
    fn permuted(&self, block: u64) -> u64 {
        let (mut left, mut right) = ((block >> 32) as u32, block as u32);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.round(round, right));
        }
        (u64::from(left) << 32) | u64::from(right)
    }

    fn restored(&self, block: u64) -> u64 {
        let (mut left, mut right) = ((block >> 32) as u32, block as u32);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.round(round, left), left);
        }
        (u64::from(left) << 32) | u64::from(right)
    }

    fn round(&self, round: u8, half: u32) -> u32 {
        let bytes = self.key.clone().chain_update([round]).chain_update(half.to_be_bytes()).finalize().into_bytes();
        bytes.iter().take(4).fold(0, |number, byte| (number << 8) | u32::from(*byte))
    }
}

fn number(block: &[u8]) -> u64 {
    block.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_project(project: &str) -> TrackingIds {
        let secret = SecretKey::parse("the secret of all nodes").expect("a key");
        TrackingIds::of_project(&secret, &ProjectId::from(project))
    }

    #[test]
    fn a_tracking_id_is_read_back_and_as_long_as_its_source_id_asks() {
        let ids = of_project("proj_1");
        for (source_id, blocks) in [
            ("", 1),
            ("abcdef", 1),
            ("jck-wbhk", 2),
            ("fifteen-letters", 2),
            ("nineteen-characters", 3),
            ("08dd9b5a-26de-44aa-a1d4-d9adfa9e8ec2", 5),
            ("zażółć", 2),
        ] {
            let id = ids.of(source_id);
            assert_eq!(ids.read(&id).as_deref(), Some(source_id), "{id}");
            assert_eq!(id, ids.of(source_id));
            let bytes = STANDARD.decode(&id[PREFIX.len()..]).expect("base64");
            assert_eq!(bytes.len(), blocks * BLOCK, "{source_id}");
            assert_ne!(of_project("proj_2").of(source_id), id);
        }
    }

    #[test]
    fn what_is_not_a_tracking_id_of_the_project_is_not_read() {
        let ids = of_project("proj_1");
        for id in ["", "track_", "track_x", "track_AAAAAAAAAAA=", "jck-wbhk", &of_project("proj_2").of("jck-wbhk")] {
            assert_eq!(ids.read(id), None, "{id}");
        }
    }
}
