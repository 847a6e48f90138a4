//! What is secret, and how it is kept: API tokens as hashes, signing keys sealed.

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::Aead};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ids::IdGenerator;

/// The installation's secret key: seals what is stored encrypted, and signs download links.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Reads a configured key: 64 hexadecimal digits are taken as they are, any other text of at
    /// least 16 characters is hashed into a key.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() == 64
            && let Ok(bytes) = hex::decode(text)
            && let Ok(key) = bytes.try_into()
        {
            return Some(Self(key));
        }
        (text.len() >= 16).then(|| Self(Sha256::digest(text.as_bytes()).into()))
    }

    /// Makes a new key.
    pub fn generate(ids: &IdGenerator) -> Self {
        Self(ids.bytes())
    }

    /// The key as 64 hexadecimal digits, for a key file.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Encrypts a text for storage.
    pub fn seal(&self, plain: &str, ids: &IdGenerator) -> String {
        let nonce: [u8; 24] = ids.bytes();
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), plain.as_bytes())
            .expect("encrypting in memory fails only beyond 256 GB");
        STANDARD.encode([&nonce[..], &sealed].concat())
    }

    /// Decrypts what [`SecretKey::seal`] made; `None` with another key or for anything else.
    pub fn open(&self, sealed: &str) -> Option<String> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(24)?;
        let plain = self.cipher().decrypt(XNonce::from_slice(nonce), sealed).ok()?;
        String::from_utf8(plain).ok()
    }

    /// A token that only this installation can make for `purpose`.
    pub fn token_for(&self, purpose: &str) -> String {
        sign(&hex::encode(self.0), purpose.as_bytes())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&self.0).into())
    }
}

/// Never shows the key.
impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

/// The hash under which an API token is stored. Tokens are random and long, so a fast hash is safe.
pub fn hash_token(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Compares two texts without telling by its duration where they differ.
pub fn equal(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// The signature of a webhook: lower-case hexadecimal HMAC-SHA256 of the body.
pub fn sign(key: &str, body: &[u8]) -> String {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_as_receivers_compute_them() {
        for (body, signature) in [
            (r#"{"a":1}"#, "a17d2ac229d1ebbb5f10e839c7985c4818e5986eab297f7e5979196d4d7d3ed2"),
            (r#"{"a\"b":1}"#, "f7cf97814a03146abedb9793f56e1dec34f618f82d10395310d053f749483ffb"),
            ("  message  ", "53ff92957e1427ce23ad5bda9d0c5f2f4ff384d0806b83eeacb510c842d3a358"),
        ] {
            assert_eq!(sign("secretKey", body.as_bytes()), signature, "{body}");
        }
    }

    /// The payload of `customer.updated` that this project was founded on, byte for byte.
    const FOUNDING_PAYLOAD: &str = concat!(
        r#"{"customer":{"id":"cust_A9f32Khs91","name":"Ariana Patel","email":"ariana.patel@example.org","#,
        r#""object":"customer","address":{"city":"Toronto","state":"Ontario","#,
        r#""line_1":"125 Maple Leaf Road","country":"Canada","postal_code":"M4B 2L1"},"#,
        r#""loyalty":{"points":45,"campaigns":{"holiday_2025":{"redeemed_points":10,"points_to_go":40}},"#,
        r#""referred_customers":1},"summary":{"orders":{"total_count":3,"total_amount":24900,"#,
        r#""average_amount":8300,"last_order_amount":9100},"redemptions":{"gift":{"amount_to_go":0,"#,
        r#""redeemed_amount":0},"loyalty_card":{"points_to_go":5,"redeemed_points":40},"total_failed":0,"#,
        r#""total_redeemed":1,"total_succeeded":1,"total_rolled_back":0,"total_rollback_failed":0,"#,
        r#""total_rollback_succeeded":0}},"birthdate":"1990-07-14","referrals":{"total":1,"#,
        r#""campaigns":["summer_savings_2024"]},"source_id":"ariana-patel","#,
        r#""created_at":"2024-09-21T13:12:44.000Z","updated_at":"2025-01-28T16:48:09.000Z","#,
        r#""description":"Subscribed newsletter user","system_metadata":{}}}"#,
    );

    #[test]
    fn the_founding_payload_is_canonical_and_signed_as_expected() {
        assert_eq!(FOUNDING_PAYLOAD.len(), 965);
        let signature = "cba284733023e5abe4b56ea17d4a1173b980008c57869ad36251146f964186c2";
        assert_eq!(sign("secretKey", FOUNDING_PAYLOAD.as_bytes()), signature);
        let json = serde_json::from_str(FOUNDING_PAYLOAD).expect("JSON");
        let canonical = guerdon_model::canonical_json::to_canonical_bytes(&json);
        assert_eq!(String::from_utf8_lossy(&canonical), FOUNDING_PAYLOAD);
    }

    #[test]
    fn what_is_sealed_opens_only_with_the_same_key() {
        let ids = IdGenerator::seeded(1);
        let (key, other) = (SecretKey::generate(&ids), SecretKey::generate(&ids));
        let sealed = key.seal("whsec", &ids);
        assert!(!sealed.contains("whsec"));
        assert_eq!(key.open(&sealed).as_deref(), Some("whsec"));
        assert_eq!(other.open(&sealed), None);
        assert_eq!(key.open("garbage"), None);
    }

    #[test]
    fn a_configured_key_is_hexadecimal_or_a_long_enough_text() {
        assert!(SecretKey::parse(&"ab".repeat(32)).is_some());
        assert!(SecretKey::parse("a passphrase of some length").is_some());
        assert!(SecretKey::parse("too short").is_none());
    }
}
