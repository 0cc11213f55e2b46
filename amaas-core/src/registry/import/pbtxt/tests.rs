//! Every construct of the grammar, what is none of it, bombs, and text at random.

use proptest::prelude::*;

use super::*;

fn word(text: &str) -> Value {
    Value::Word(text.to_owned())
}

#[test]
fn lists_are_written_in_four_ways() {
    let texts = [
        "dims: [ 1, -1 ]",
        "dims: 1 dims: -1",
        "dims: 1, dims: - 1;",
        "# two\ndims: [1,\n-1] # of them",
    ];
    for text in texts {
        let message = parse(text).unwrap();
        assert_eq!(
            message.all("dims").collect::<Vec<_>>(),
            [&word("1"), &word("-1")]
        );
    }
    let texts = [
        "input [ { name: 'a' }, { name: 'b' } ]",
        "input: [ { name: 'a' }, < name: 'b' > ]",
        "input { name: \"a\" } input: < name: \"b\" >",
    ];
    for text in texts {
        let message = parse(text).unwrap();
        let names: Vec<_> = message.messages("input").unwrap();
        let names: Vec<_> = names.iter().map(|input| input.text("name")).collect();
        assert_eq!(names, [Ok(Some("a")), Ok(Some("b"))], "{text}");
    }
    assert_eq!(parse("dims: []"), Ok(Message::default()));
}

#[test]
fn texts_are_joined_and_unescaped() {
    let text = r#"name: "a\"\n" 'b\x41\101\u00e9' "\xc3\xa9""#;
    assert_eq!(parse(text).unwrap().text("name"), Ok(Some("a\"\nbAAéé")));
}

#[test]
fn numbers_are_read_as_in_c() {
    let cases = [
        ("12", Some(12)),
        ("0x1F", Some(31)),
        ("-010", Some(-8)),
        ("0", Some(0)),
        ("9223372036854775808", None),
        ("-9223372036854775808", Some(i64::MIN)),
        ("99999999999999999999999999999999999999999", None),
        ("1.5", None),
        ("--1", None),
        ("-+1", None),
        ("0x", None),
        ("09", None),
    ];
    for (text, expected) in cases {
        assert_eq!(integer(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_document_is_refused_with_its_line() {
    let cases = [
        ("a", 1),
        ("a:", 1),
        ("\na: \"x", 2),
        ("a: \"x\n\"", 2),
        ("a {", 1),
        ("a { ]", 1),
        ("a }", 1),
        ("a: [1", 1),
        ("a: [1 2]", 1),
        ("a [1]", 1),
        ("a 1", 1),
        ("1: 1", 1),
        ("[x.y]: 1", 1),
        ("a: '\\q'", 1),
        ("a: '\\x'", 1),
        ("a: '\\777'", 1),
        ("a: '\\xff'", 1),
        ("a: '\\ud800'", 1),
        ("a: '\\u12'", 1),
        ("a: é", 1),
        ("é: 1", 1),
        ("a: [[1]]", 1),
    ];
    for (text, line) in cases {
        let found = parse(text).map_err(|fault| fault.line);
        assert_eq!(found, Err(line), "{text:?}");
    }
}

#[test]
fn bombs_are_refused() {
    for bomb in [
        "a{".repeat(200_000),
        "a:<".repeat(200_000),
        "a[{".repeat(200_000),
    ] {
        assert!(parse(&bomb).unwrap_err().what.contains("deeper"));
    }
    let long = "a:1 ".repeat(MAX_VALUES + 1);
    assert!(parse(&long).unwrap_err().what.contains("values"));
    assert!(parse(&"{".repeat(100_000)).is_err());
}

fn write(message: &Message) -> String {
    let field = |(name, value): &(String, Value)| match value {
        Value::Text(text) => format!("{name}: \"{}\"\n", escaped(text)),
        Value::Word(word) => format!("{name}: {word}\n"),
        Value::Message(message) => format!("{name} {{\n{}}}\n", write(message)),
    };
    message.0.iter().map(field).collect()
}

fn messages() -> impl Strategy<Value = Message> {
    let value = prop_oneof![
        any::<String>().prop_map(Value::Text),
        "[A-Za-z_][A-Za-z0-9_]{0,8}|-?[0-9]{1,9}(\\.[0-9]{1,3})?".prop_map(Value::Word),
    ];
    let of = |value| prop::collection::vec(("[a-z_][a-z0-9_]{0,8}", value), 0..6).prop_map(Message);
    let leaf = of(value.clone().boxed());
    leaf.prop_recursive(4, 64, 6, move |inner| {
        let nested = prop_oneof![value.clone(), inner.prop_map(Value::Message)];
        of(nested.boxed())
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(message in messages()) {
        prop_assert_eq!(parse(&write(&message)), Ok(message));
    }

    #[test]
    fn random_text_never_panics(text in any::<String>()) {
        let _read = parse(&text);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _read = parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn text_of_the_grammar_never_panics(parts in prop::collection::vec(
        prop::sample::select(vec![
            "a", "_", ":", "{", "}", "<", ">", "[", "]", ",", ";", "\"", "'", "\\", "\\x",
            "\\u", "0", "-", "1e9", "#", "\n", " ", "é", "\0",
        ]), 0..64)) {
        let _read = parse(&parts.concat());
    }
}
