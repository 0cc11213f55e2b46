use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;

/// In the manner of ChatML, with tools.
const CHATML: &str = "\
{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- for tool in tools %}
        {{- tool | tojson }}
        {{- '\\n' }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content.strip() + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
";

fn render(source: &str, messages: &Json, tools: Option<&Json>) -> Result<String> {
    let template = ChatTemplate::compile(source, &[("bos_token", "<s>"), ("eos_token", "</s>")])?;
    template.render(&Chat {
        messages,
        tools,
        add_generation_prompt: true,
        values: &Map::new(),
        now: UNIX_EPOCH + Duration::from_secs(1_772_895_845),
    })
}

fn hello() -> Json {
    json!([{"role": "user", "content": " Hello "}])
}

fn one(source: &str) -> String {
    render(source, &hello(), None).unwrap()
}

#[test]
fn messages_and_tools_become_a_prompt() {
    assert_eq!(
        one(CHATML),
        "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
    );
    let tools =
        json!([{"type": "function", "function": {"name": "wärme", "a<b": [1, 2.5, true, null]}}]);
    let prompt = render(CHATML, &hello(), Some(&tools)).unwrap();
    let wanted =
        r#"{"type": "function", "function": {"name": "wärme", "a<b": [1, 2.5, true, null]}}"#;
    assert!(
        prompt.starts_with(&format!("<|im_start|>system\n{wanted}\n<|im_end|>\n")),
        "{prompt}"
    );
}

#[test]
fn templates_have_what_the_fields_libraries_give_them() {
    for (source, wanted) in [
        ("{{ bos_token }}{{ eos_token }}", "<s></s>"),
        ("{{ strftime_now('%d %b %Y') }}", "07 Mar 2026"),
        ("{{ true }} {{ none }} {{ missing }}", "True None "),
        ("{% generation %}a{% endgeneration %}b", "ab"),
        ("a\n{%- generation -%}\n b\n{%- endgeneration %}", "ab"),
        (
            "{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
            "02",
        ),
        (
            "{{ 'a</think>b'.split('</think>')[-1] }}{{ ' x'.lstrip() }}",
            "bx",
        ),
        (
            "{{ messages[0].get('name', 'no') }}{{ messages[0]['content'][1:3] }}",
            "noHe",
        ),
        (
            "{% set ns = namespace(n=0) %}{% for m in messages[::-1] %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
            "1",
        ),
        ("{% macro f(x) %}[{{ x }}]{% endmacro %}{{ f('a') }}", "[a]"),
        (
            "{{ [1, {'a': []}] | tojson(indent=2) }}",
            "[\n  1,\n  {\n    \"a\": []\n  }\n]",
        ),
        (
            "{{ {'b': 1, 'a': 'é'} | tojson(sort_keys=true, ensure_ascii=true) }}",
            "{\"a\": \"\\u00e9\", \"b\": 1}",
        ),
        ("{{ [1, 2] | tojson(separators=(',', ':')) }}", "[1,2]"),
        ("  {% if true %}\n  x\n  {% endif %}\n", "  x\n"),
        (
            "{{ messages[0].content is string }}{{ messages[0] is mapping }}",
            "TrueTrue",
        ),
        ("{{ '<a>&' }}", "<a>&"),
    ] {
        assert_eq!(one(source), wanted, "{source}");
    }
}

#[test]
fn what_a_caller_passes_stands_before_all_else() {
    let template = ChatTemplate::compile(
        "{{ enable_thinking }}{{ bos_token }}",
        &[("bos_token", "<s>")],
    )
    .unwrap();
    let values = json!({"enable_thinking": false, "bos_token": "[B]"});
    let chat = Chat {
        messages: &hello(),
        tools: None,
        add_generation_prompt: false,
        values: values.as_object().unwrap(),
        now: UNIX_EPOCH,
    };
    assert_eq!(template.render(&chat).unwrap(), "False[B]");
}

#[test]
fn a_refusal_shows_the_templates_words_and_never_the_users() {
    let own = render(
        "{{ raise_exception('Roles must alternate!') }}",
        &hello(),
        None,
    )
    .unwrap_err();
    assert_eq!(own.kind(), ErrorKind::InvalidArgument);
    assert!(
        own.to_string().contains("Roles must alternate!") && own.remedy().is_some(),
        "{own}"
    );
    let secret = json!([{"role": "4111 1111", "content": ""}]);
    for source in [
        "{{ raise_exception('Unknown role ' + messages[0].role) }}",
        "{{ messages[0].role + 1 }}",
        "{{ messages[0].role.nothing.at_all }}",
        "{{ messages[0].role | int }}",
        "{{ messages[0].role() }}",
    ] {
        let error = render(source, &secret, None).unwrap_err();
        assert!(!error.report().contains("4111"), "{}", error.report());
    }
}

#[test]
fn broken_templates_are_the_packages_fault() {
    for source in [
        "{% if %}",
        "{{ 'a",
        "{% for x in %}",
        "{{ x | nothing }}",
        "{{ nothing() }}",
        "{% include 'other' %}",
    ] {
        let error = render(source, &hello(), None).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::InvalidPackage | ErrorKind::InvalidArgument
            ),
            "{error}"
        );
        assert!(error.remedy().is_some());
    }
    let error = ChatTemplate::compile("a\n{% if %}", &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidPackage);
    assert!(error.to_string().contains("line: 2"), "{error}");
    let long = " ".repeat(LONGEST + 1);
    assert_eq!(
        ChatTemplate::compile(&long, &[]).unwrap_err().kind(),
        ErrorKind::InvalidPackage
    );
}

#[test]
fn hostile_templates_run_out_of_steps_or_room() {
    let nested = format!(
        "{}x{}",
        "{% if true %}".repeat(5000),
        "{% endif %}".repeat(5000)
    );
    let parens = format!("{{{{ {}1{} }}}}", "(".repeat(20_000), ")".repeat(20_000));
    for source in [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% macro f(x) %}{{ f(x) }}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        "{% set ns = namespace(s='xxxxxxxxxxxxxxxx') %}{% for a in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
        "{{ 'x' * 100000000000 }}",
        "{% for a in range(10000) %}{{ 'xxxxxxxxxxxxxxxx' * 1000 }}{% endfor %}",
        "{{ [[1] * 100000] * 100000 }}",
        "{{ '%099999999999d' | format(1) }}",
        "{{ [1] | tojson(indent=1000000) }}",
        "{{ 'a'.replace('', 'x' * 1000) * 100000 }}",
        &nested,
        &parens,
    ] {
        let error = render(source, &hello(), None).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::InvalidPackage | ErrorKind::InvalidArgument
            ),
            "{error}"
        );
    }
}

#[test]
fn too_much_to_say_is_refused_before_it_is_rendered() {
    let long = json!([{"role": "user", "content": "x".repeat(MOST_OUTPUT)}]);
    assert_eq!(
        render(CHATML, &long, None).unwrap_err().kind(),
        ErrorKind::InputTooLong
    );
}

proptest! {
    #[test]
    fn whatever_users_write_stands_in_the_prompt_as_it_is(texts in prop::collection::vec("\\PC{0,20}", 0..4)) {
        let messages: Vec<_> = texts.iter().map(|text| json!({"role": "user", "content": text})).collect();
        let prompt = render("{% for m in messages %}[{{ m.content }}]{% endfor %}", &Json::from(messages), None).unwrap();
        let wanted: String = texts.iter().map(|text| format!("[{text}]")).collect();
        prop_assert_eq!(prompt, wanted);
    }

    #[test]
    fn no_template_breaks_the_reader(source in "(\\{[{%#]|[%#}]\\}|[a-z|.()'\\[\\] 0-9-]|if |for |set ){0,40}") {
        let _ = render(&source, &hello(), None);
    }

    #[test]
    fn tojson_reads_back(value in prop::collection::btree_map("\\PC{0,4}", (any::<bool>(), any::<i32>(), "\\PC{0,6}"), 0..4)) {
        for source in ["{{ messages | tojson }}", "{{ messages | tojson(indent=1) }}", "{{ messages | tojson(ensure_ascii=true) }}"] {
            let value = json!(value);
            let text = render(source, &value, None).unwrap();
            prop_assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), value);
        }
    }
}
