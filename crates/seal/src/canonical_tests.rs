use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn one_value_has_one_spelling() {
    let written: Value = serde_json::from_str(
        r#" { "b" : [ 1, 2.5, null ], "a" : { "é" : true, "Z" : "\u0061\n\"" }, "" : {} } "#,
    )
    .unwrap();
    let text = String::from_utf8(canonical_json(&written)).unwrap();
    assert_eq!(
        text,
        r#"{"":{},"a":{"Z":"a\n\"","é":true},"b":[1,2.5,null]}"#
    );
}

#[test]
fn the_order_of_a_list_counts() {
    assert_ne!(
        canonical_json(&json!([1, 2])),
        canonical_json(&json!([2, 1]))
    );
}

#[test]
fn text_and_number_differ() {
    assert_ne!(canonical_json(&json!("1")), canonical_json(&json!(1)));
    assert_ne!(canonical_json(&json!(null)), canonical_json(&json!("null")));
    assert_ne!(canonical_json(&json!({})), canonical_json(&json!([])));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        "[\u{0}-\u{1f}\"\\\\]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("\\PC{0,4}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Writes an object's keys in an order that depends on `turn`, with spaces.
fn shuffled(value: &Value, turn: usize) -> String {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| {
                    format!(
                        "{} : {}",
                        Value::from(key.as_str()),
                        shuffled(value, turn + 1)
                    )
                })
                .collect();
            if turn % 2 == 1 {
                pairs.reverse();
            }
            let by = turn % pairs.len().max(1);
            pairs.rotate_left(by);
            format!("{{ {} }}", pairs.join(" , "))
        }
        Value::Array(items) => format!(
            "[ {} ]",
            items
                .iter()
                .map(|item| shuffled(item, turn))
                .collect::<Vec<_>>()
                .join(" , ")
        ),
        scalar => scalar.to_string(),
    }
}

proptest! {
    #[test]
    fn the_order_of_keys_does_not_count(value in any_value(), turn in 0_usize..7) {
        let again: Value = serde_json::from_str(&shuffled(&value, turn)).unwrap();
        prop_assert_eq!(canonical_json(&again), canonical_json(&value));
    }

    #[test]
    fn what_is_written_reads_as_the_same_value(value in any_value()) {
        prop_assert_eq!(serde_json::from_slice::<Value>(&canonical_json(&value)).unwrap(), value);
    }
}
