//! JSON as JavaScript writes it, so that a receiver can check a signature over what it re-serialises.
//!
//! Webhook receivers often parse a body and hash `JSON.stringify` of the result. These bytes survive
//! that: no space, numbers as JavaScript prints doubles, and keys in JavaScript's order, which is
//! integer-like keys ascending and then the others as they were inserted.

use serde_json::{Map, Number, Value};

/// The bytes of `value`, for which `JSON.stringify(JSON.parse(bytes))` gives the same bytes.
pub fn to_canonical_bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write_canonical(value, &mut out);
    out
}

/// Appends the bytes of `value` to `out`. The stack grows with the depth of `value`, which the
/// parser of request bodies limits.
pub fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_canonical(item, out);
            }
            out.push(b']');
        }
        Value::Object(map) => write_object(map, out),
    }
}

fn write_object(map: &Map<String, Value>, out: &mut Vec<u8>) {
    let mut first = true;
    let mut write_entry = |key: &str, value: &Value| {
        out.push(if first { b'{' } else { b',' });
        first = false;
        write_string(key, out);
        out.push(b':');
        write_canonical(value, out);
    };
    // Stays unallocated in the common case that no key is a number.
    let mut indices: Vec<(u32, &String, &Value)> =
        map.iter().filter_map(|(key, value)| Some((array_index(key)?, key, value))).collect();
    indices.sort_unstable_by_key(|(index, ..)| *index);
    for (_, key, value) in &indices {
        write_entry(key, value);
    }
    for (key, value) in map.iter().filter(|(key, _)| indices.is_empty() || array_index(key).is_none()) {
        write_entry(key, value);
    }
    if first {
        out.push(b'{');
    }
    out.push(b'}');
}

/// What JavaScript takes for an array index: a decimal from 0 to 2³² − 2 without leading zeros.
fn array_index(key: &str) -> Option<u32> {
    match key.as_bytes() {
        [b'0'] => Some(0),
        [b'1'..=b'9', rest @ ..] if rest.len() < 10 && rest.iter().all(u8::is_ascii_digit) => {
            key.parse().ok().filter(|index| *index != u32::MAX)
        }
        _ => None,
    }
}

fn write_number(number: &Number, out: &mut Vec<u8>) {
    match number.as_f64() {
        Some(double) if double.is_finite() => {
            out.extend_from_slice(ryu_js::Buffer::new().format_finite(double).as_bytes());
        }
        // Can't come from parsed JSON; JSON.stringify writes null for what is no number.
        _ => out.extend_from_slice(b"null"),
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut written = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        let short = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            0x09 => b't',
            0x0a => b'n',
            0x0c => b'f',
            0x0d => b'r',
            0x00..0x20 => b'u',
            _ => continue,
        };
        out.extend_from_slice(&bytes[written..index]);
        out.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            out.extend_from_slice(&[b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        written = index + 1;
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    use proptest::{
        prelude::*,
        strategy::ValueTree,
        test_runner::{Config, TestRunner},
    };

    use super::*;

    fn canonical(value: &Value) -> String {
        String::from_utf8(to_canonical_bytes(value)).expect("utf-8")
    }

    #[test]
    fn json_is_written_as_javascript_writes_it() {
        for (json, written) in [
            ("{ }", "{}"),
            ("[ ]", "[]"),
            (r#"{ "a" : [ 1 , true , null ] }"#, r#"{"a":[1,true,null]}"#),
            (r#"{"b":1,"10":2,"a":3,"9":4,"logic":5}"#, r#"{"9":4,"10":2,"b":1,"a":3,"logic":5}"#),
            (r#"{"01":1,"-1":2,"1.5":3,"":4,"0":5,"1e3":6}"#, r#"{"0":5,"01":1,"-1":2,"1.5":3,"":4,"1e3":6}"#),
            (
                r#"{"4294967295":1,"4294967294":2,"99999999999":3,"7":4}"#,
                r#"{"7":4,"4294967294":2,"4294967295":1,"99999999999":3}"#,
            ),
            ("[10.0,-0.0,0,1.50,-7]", "[10,0,0,1.5,-7]"),
            ("[9007199254740993,18446744073709551615]", "[9007199254740992,18446744073709552000]"),
            ("[1e20,1e21,1e-6,1e-7,123456.789e3]", "[100000000000000000000,1e+21,0.000001,1e-7,123456789]"),
            (r#""\u0041\/\u00e9\u2028\u007f""#, "\"A/é\u{2028}\u{7f}\""),
            (r#""\"\\\b\f\n\r\t\u0000\u001f""#, r#""\"\\\b\f\n\r\t\u0000\u001f""#),
        ] {
            let value = serde_json::from_str(json).expect("json");
            assert_eq!(canonical(&value), written, "{json}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let number = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1_000_000i64..1_000_000).prop_map(|n| Value::from(n as f64 / 100.0)),
            any::<f64>().prop_map(Value::from),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            number,
            any::<String>().prop_map(Value::from),
            "[\u{0}-\u{ff}]{0,8}".prop_map(Value::from),
        ];
        let key = prop_oneof!["[0-9]{1,11}", "[a-z_]{0,6}", any::<String>()];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    /// Equal but for the order of keys, the representation of numbers and the last bit that serde's
    /// parser of doubles may lose.
    fn same(left: &Value, right: &Value) -> bool {
        match (left, right) {
            (Value::Number(left), Value::Number(right)) => {
                let (left, right) = (left.as_f64().expect("a double"), right.as_f64().expect("a double"));
                (left - right).abs() <= 4.0 * f64::EPSILON * left.abs() + f64::MIN_POSITIVE
            }
            (Value::Array(left), Value::Array(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
            }
            (Value::Object(left), Value::Object(right)) => {
                left.len() == right.len()
                    && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
            }
            _ => left == right,
        }
    }

    proptest! {
        #[test]
        fn canonical_json_says_the_same(value in json()) {
            let written = canonical(&value);
            let read: Value = serde_json::from_str(&written).expect("json");
            prop_assert!(same(&value, &read), "{value} became {written}");
        }
    }

    #[test]
    fn node_writes_the_same_bytes() {
        const SCRIPT: &str = "const lines = require('fs').readFileSync(0, 'utf8').split('\\n'); \
            process.stdout.write(lines.map(line => JSON.stringify(JSON.parse(line))).join('\\n'))";
        let spawned = Command::new("node").args(["-e", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut node) = spawned else {
            eprintln!("node is not installed: nothing was compared");
            return;
        };
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().new_rng());
        let values: Vec<Value> = (0..2_000).map(|_| json().new_tree(&mut runner).expect("a value").current()).collect();
        // Both as serde writes it, which JavaScript would not, and as we do.
        let sent: Vec<String> = values.iter().flat_map(|value| [value.to_string(), canonical(value)]).collect();
        node.stdin.take().expect("a pipe").write_all(sent.join("\n").as_bytes()).expect("node reads");
        let output = node.wait_with_output().expect("node ends");
        let answered = String::from_utf8(output.stdout).expect("utf-8");
        let answers: Vec<&str> = answered.split('\n').collect();
        assert_eq!(answers.len(), sent.len());
        for (answers, value) in answers.chunks(2).zip(&values) {
            assert_eq!(answers, [canonical(value), canonical(value)]);
        }
    }
}
