use proptest::prelude::*;

use super::*;

/// A byte-level tokenizer: every byte, some longer tokens, and `<end>` last.
fn tokenizer() -> Tokenizer {
    let table = byte_level();
    let letter = |byte: u8| {
        let place = table.iter().position(|found| *found == Some(byte)).unwrap();
        char::from_u32(place as u32).unwrap().to_string()
    };
    let spell = |text: &str| text.bytes().map(letter).collect::<String>();
    let mut tokens: Vec<String> = (0..=u8::MAX).map(letter).collect();
    tokens.extend(
        [
            "{\"", "\": ", "name", "true", ", \"", "12", "é\"", "}\n", "  ",
        ]
        .map(spell),
    );
    let vocab: serde_json::Map<_, _> = tokens
        .iter()
        .enumerate()
        .map(|(id, token)| (token.clone(), json!(id)))
        .collect();
    let file = json!({
        "version": "1.0",
        "added_tokens": [{"id": tokens.len(), "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
        "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": vocab, "merges": []},
    });
    Tokenizer::from_bytes(file.to_string()).unwrap()
}

const END: u32 = 256 + 9;

fn vocabulary() -> Vocabulary {
    Vocabulary::new(&tokenizer(), &[END]).unwrap()
}

fn allowed(constraint: &mut Constraint) -> Vec<u32> {
    // Scores beyond the vocabulary, as models with padded embeddings give them.
    let mut logits = vec![0.0; END as usize + 20];
    constraint.mask(&mut logits).unwrap();
    let ids = logits
        .iter()
        .enumerate()
        .filter(|(_, logit)| **logit == 0.0);
    ids.map(|(id, _)| id as u32).collect()
}

/// Follows `text`, token by token; what may come after it.
fn follow(constraint: &mut Constraint, text: &str) -> Vec<u32> {
    for byte in text.bytes() {
        assert!(
            allowed(constraint).contains(&byte.into()),
            "{text}: {}",
            char::from(byte)
        );
        constraint.commit(byte.into()).unwrap();
    }
    allowed(constraint)
}

fn person() -> Value {
    json!({
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 5}, "age": {"type": "integer", "minimum": 0, "maximum": 150}},
        "required": ["name", "age"],
        "additionalProperties": false,
    })
}

#[test]
fn only_what_goes_on_to_a_value_is_allowed() {
    let mut constraint = Constraint::compile(&person(), &vocabulary()).unwrap();
    assert_eq!(allowed(&mut constraint), [u32::from(b'{'), 256]);
    assert!(!constraint.is_complete() && !constraint.is_finished());
    assert!(!follow(&mut constraint, "{\"name\": \"Al").contains(&END));
    let digits = follow(&mut constraint, "i\", \"age\": ");
    let unexpected = digits
        .iter()
        .find(|id| **id != 256 + 5 && !(48..58).contains(*id));
    assert_eq!(unexpected, None);
    follow(&mut constraint, "42");
    assert_eq!(follow(&mut constraint, "}"), [END]);
    assert!(constraint.is_complete());
    constraint.commit(END).unwrap();
    assert!(constraint.is_finished());
    assert_eq!(allowed(&mut constraint), [END]);
    constraint.commit(END).unwrap();
}

#[test]
fn a_copy_goes_its_own_way() {
    let mut one = Constraint::compile(&json!({"enum": ["ab", "ac"]}), &vocabulary()).unwrap();
    follow(&mut one, "\"a");
    let mut other = one.clone();
    follow(&mut one, "b\"");
    follow(&mut other, "c\"");
    assert!(one.is_complete() && other.is_complete());
}

#[test]
fn a_token_that_was_forbidden_is_refused() {
    let mut constraint = Constraint::compile(&json!({"type": "integer"}), &vocabulary()).unwrap();
    allowed(&mut constraint);
    let error = constraint.commit(b'{'.into()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(!constraint.is_complete() && !constraint.is_finished());
}

#[test]
fn references_within_the_schema_are_followed() {
    let tree = json!({
        "$ref": "#/$defs/node",
        "$defs": {"node": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
            "required": ["next"], "additionalProperties": false}},
    });
    let mut constraint = Constraint::compile(&tree, &vocabulary()).unwrap();
    assert_eq!(
        follow(&mut constraint, "{\"next\": {\"next\": null}}"),
        [END]
    );
}

#[test]
fn schemas_that_cannot_be_met_or_read_are_refused_with_a_remedy() {
    let deep = (0..DEEPEST).fold(
        json!({"type": "null"}),
        |inner, _| json!({"type": "array", "items": inner, "minItems": 1}),
    );
    for schema in [
        json!(false),
        json!(7),
        json!("text"),
        json!({"type": "strin"}),
        json!({"type": 7}),
        json!({"enum": []}),
        json!({"type": "string", "pattern": "("}),
        json!({"allOf": [{"type": "string"}, {"type": "number"}]}),
        json!({"type": "integer", "minimum": 3, "maximum": 2}),
        json!({"type": "string", "minLength": 3, "maxLength": 2}),
        json!({"$ref": "#/$defs/nothing"}),
        json!({"$ref": "https://example.com/schema.json"}),
        json!({"not": {"type": "string"}}),
        json!({"type": "object", "required": ["a"], "properties": {"a": false}}),
        json!({"description": "x".repeat(LONGEST)}),
        deep,
    ] {
        let shown: String = schema.to_string().chars().take(200).collect();
        let error = Constraint::compile(&schema, &vocabulary()).err();
        assert!(error.is_some(), "{shown} was taken");
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(
            error.remedy().is_some() && error.to_string().len() < 700,
            "{error}"
        );
    }
}

#[test]
fn a_vocabulary_needs_an_end() {
    for ends in [vec![], vec![END + 1]] {
        let error = Vocabulary::new(&tokenizer(), &ends).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidPackage);
    }
}

#[test]
fn tokens_read_as_their_decoder_writes_them() {
    let level = Reader::Level(byte_level());
    assert_eq!(level.read("Ġcaf").unwrap(), b" caf");
    assert_eq!(level.read("Ã").unwrap(), [0xC3]);
    assert_eq!(level.read("日").unwrap(), "日".as_bytes());
    let steps: DecoderWrapper = serde_json::from_value(json!({"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ]})).unwrap();
    let fallback = Reader::of(Some(&steps));
    assert_eq!(fallback.read("▁a").unwrap(), b" a");
    assert_eq!(fallback.read("<0xE2>").unwrap(), [0xE2]);
    let wordpiece: DecoderWrapper =
        serde_json::from_value(json!({"type": "WordPiece", "prefix": "##", "cleanup": true}))
            .unwrap();
    assert_eq!(Reader::of(Some(&wordpiece)).read("##s").unwrap(), b"s");
    assert_eq!(Reader::of(Some(&wordpiece)).read("s").unwrap(), b" s");
    assert_eq!(Reader::of(None).read("s").unwrap(), b" s");
}

fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "null"})),
        Just(json!({"type": "string", "maxLength": 4})),
        Just(json!({"type": "string", "pattern": "^[a-c]{2,3}$"})),
        Just(json!({"enum": ["é", 12, null]})),
        (-20_i32..20, 0_i32..20).prop_map(
            |(least, more)| json!({"type": "integer", "minimum": least, "maximum": least + more})
        ),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), 0_usize..3).prop_map(|(items, most)| json!({"type": "array", "items": items, "maxItems": most})),
            prop::collection::btree_map("[a-c]{1,3}", inner.clone(), 0..3).prop_map(|properties| {
                let required: Vec<_> = properties.keys().take(1).cloned().collect();
                json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
            }),
            prop::collection::vec(inner, 1..3).prop_map(|ways| json!({"anyOf": ways})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_chosen_meets_the_schema(schema in schemas(), mut choice: u64) {
        let tokenizer = tokenizer();
        let mut constraint = Constraint::compile(&schema, &vocabulary()).unwrap();
        let mut tokens = Vec::new();
        while tokens.len() < 400 {
            let ways = allowed(&mut constraint);
            choice = choice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let token = ways[(choice >> 33) as usize % ways.len()];
            constraint.commit(token).unwrap();
            if token == END {
                break;
            }
            tokens.push(token);
        }
        prop_assert!(constraint.is_finished());
        let text = tokenizer.decode(&tokens, true).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert!(jsonschema::is_valid(&schema, &value), "{schema}: {text}");
    }
}
