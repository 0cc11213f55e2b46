//! `docs/amaas.schema.json` and `Manifest::parse` state the same rules: on every manifest here
//! both accept or both refuse. The few rules that a schema cannot state have a list of their own.

#![expect(clippy::unwrap_used, reason = "a test may end there")]

use amaas_core::ErrorKind;
use amaas_core::model::Manifest;
use jsonschema::Validator;

const HEAD: &str =
    "schema = 1\n[package]\nname = \"ner\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n";
const TOKENIZER: &str = "[tokenizer]\nfile = \"tokenizer.json\"\nmax_tokens = 8\n";
const TASK: &str = "[task]\nkind = \"text-classification\"\nlabels = [\"no\", \"yes\"]\n";
const TENSORS: &str = "inputs = { x = { dtype = \"float32\", shape = [1], values = [1.0] } }\n\
                       outputs = { y = { dtype = \"int64\", shape = [], values = [2] } }\n";

fn schema() -> Validator {
    let text = include_str!("../../docs/amaas.schema.json");
    jsonschema::draft202012::new(&serde_json::from_str(text).unwrap()).unwrap()
}

fn schema_accepts(schema: &Validator, text: &str) -> bool {
    let value = toml::from_str::<toml::Table>(text);
    value.is_ok_and(|table| schema.is_valid(&serde_json::to_value(table).unwrap()))
}

fn with(tail: &str) -> String {
    format!("{HEAD}{tail}")
}

fn package(field: &str, value: &str) -> String {
    let other = |line: &&str| !line.starts_with(&format!("{field} ="));
    let kept: Vec<_> = HEAD.lines().filter(other).collect();
    format!("{}\n{field} = {value}\n", kept.join("\n"))
}

fn tokenizer(tail: &str) -> String {
    with(&format!("{TOKENIZER}{tail}"))
}

fn task(tail: &str) -> String {
    with(&format!(
        "{TOKENIZER}[task]\nkind = \"text-classification\"\n{tail}"
    ))
}

fn embedding(tail: &str) -> String {
    with(&format!(
        "{TOKENIZER}[task]\nkind = \"text-embedding\"\n{tail}"
    ))
}

fn writing(defaults: &str) -> String {
    with(&format!(
        "{TOKENIZER}[task]\nkind = \"text-generation\"\nmax_length = 9\neos_ids = [0]\n[task.defaults]\n{defaults}"
    ))
}

fn golden(tail: &str) -> String {
    with(&format!("{TOKENIZER}{TASK}[[golden]]\n{tail}"))
}

fn audio(tail: &str) -> String {
    with(&format!("[audio]\nsampling_rate = 16000\n{tail}"))
}

fn voices(task: &str, tail: &str) -> String {
    audio(&format!(
        "{tail}[task]\nkind = \"voice-activity-detection\"\n{task}"
    ))
}

fn sounds(tail: &str) -> String {
    audio(&format!("[task]\nkind = \"audio-classification\"\n{tail}"))
}

fn state(tail: &str) -> String {
    with(&format!("[[state]]\ninput = \"s\"\noutput = \"t\"\n{tail}"))
}

fn model(path: &str) -> String {
    with(&format!("[model]\nfile = {}\n", toml::Value::from(path)))
}

fn parts(name: &str, path: &str) -> String {
    with(&format!("[parts.{name:?}]\nfile = {path:?}\n"))
}

fn image_task(kind: &str, tail: &str) -> String {
    with(&format!(
        "[task]\nkind = \"{kind}\"\nlabels = [\"a\", \"b\"]\n{tail}"
    ))
}

fn preprocess(tail: &str) -> String {
    with(&format!(
        "[parts.words]\nfile = \"words.onnx\"\n[preprocess]\npart = \"words\"\n{tail}"
    ))
}

fn many_parts() -> String {
    let part = |index| format!("[parts.p{index}]\nfile = \"{index}.onnx\"\n");
    with(&(0..17).map(part).collect::<String>())
}

fn valid() -> Vec<String> {
    let mut cases = vec![
        with(""),
        package("description", "\"Finds names.\""),
        package("authors", "[\"Ada <ada@example.com>\"]"),
        with(TOKENIZER),
        tokenizer(
            "overflow = \"window\"\nstride = 7\npadding = \"fixed\"\npadding_side = \"left\"",
        ),
        tokenizer("truncation_side = \"left\"\npad_id = 4294967295\nadd_special_tokens = false"),
        tokenizer(
            "[tokenizer.inputs]\nids = \"ids\"\nattention_mask = \"mask\"\ntype_ids = \"types\"",
        ),
        with(&format!("{TOKENIZER}{TASK}")),
        task(
            "labels = [\"a\", \"b\", \"c\"]\nfunction_to_apply = \"softmax\"\noutput = \"logits\"",
        ),
        with("[image]"),
        with("[image]\nsize = { shortest_edge = 256 }\ncrop = { height = 224, width = 224 }"),
        with(
            "[image]\nmean = [0.5, 0.4, 0.3]\nstd = [1, 2, 3]\nresample = \"lanczos\"\nfill = 255",
        ),
        with("[image]\nchannels = \"grey\"\nmean = [0.5]\nlayout = \"nhwc\"\ninput = \"x\""),
        with("[image]\nsize = { height = 1, width = 16384 }\nfit = \"pad\"\nmax_pixels = 1"),
        image_task(
            "image-classification",
            "function_to_apply = \"softmax\"\noutput = \"y\"",
        ),
        image_task(
            "image-classification",
            "[[golden]]\nimage = \"a.png\"\nexpect = [{ label = \"a\", score = 1 }]",
        ),
        image_task("object-detection", ""),
        image_task(
            "object-detection",
            "threshold = 0\noverlap = 1\nmax_boxes = 1\nrelative = true\nboxes = \"xyxy\"",
        ),
        image_task(
            "object-detection",
            "outputs = { layout = \"separate\", boxes = \"b\", scores = \"s\" }",
        ),
        image_task(
            "object-detection",
            "outputs = { layout = \"decoded\", boxes = \"b\", scores = \"s\", classes = \"c\" }",
        ),
        image_task(
            "object-detection",
            "outputs = { layout = \"yolo\", transposed = true, objectness = true }",
        ),
        image_task(
            "object-detection",
            "[[golden]]\nimage = \"a.png\"\nexpect = [{ label = \"a\", score = 1, box = [0, 0, 1, 1.5] }]",
        ),
        with("[task]\nkind = \"ocr\""),
        with(
            "[task]\nkind = \"ocr\"\nalphabet = [\"a\"]\nline = { height = 32, width = 100 }\nunclip = 2",
        ),
        with("[task]\nkind = \"ocr\"\n[[golden]]\nimage = \"a.png\"\nlines = [\"one\", \"\"]"),
        with("[parts]"),
        parts("decoder", "decoder.onnx"),
        preprocess(""),
        preprocess("feeds = { x = \"y\", z = \"y\" }\nattention_mask = \"mask\""),
        preprocess(TASK),
        preprocess("[task]\nkind = \"text-embedding\""),
        parts("decoder-with_past2", "onnx/decoder.onnx"),
        parts(&"p".repeat(64), "p.onnx"),
        with("[batching]"),
        with("[batching]\nenabled = false\nmax_rows = 1"),
        with("[metrics]\naccuracy = 0.9\nparameters = 12"),
        with("[labels]\nscores = [\"crane\", \"crane\"]\n\"output 1\" = [\"a\"]"),
        with(&format!("[[golden]]\n{TENSORS}")),
        with(&format!("[[golden]]\n{TENSORS}tolerance = 0")),
        with(&format!("[[golden]]\n{TENSORS}expect = []")),
        golden("text = \"good\"\nexpect = [{ label = \"yes\", score = 1 }]"),
        golden("text = \"good\"\nexpect = [{ label = \"yes\", score = -7.5 }]"),
        golden("text = \"good\"\ninputs = {}\nexpect = [{ label = \"yes\", score = 0.5 }]"),
        golden(TENSORS),
        writing("do_sample = true\ntemperature = 0.5\ntop_k = 0\ntop_p = 1\nmin_p = 0"),
        writing("num_beams = 64\nlength_penalty = -0.5\nearly_stopping = \"never\""),
        writing("do_sample = true\nnum_beams = 1\nno_repeat_ngram_size = 0"),
        writing("prompt_lookup_num_tokens = 64"),
        embedding(""),
        embedding("output = \"vectors\"\npooling = \"cls\"\nnormalize = false\ndimensions = 1"),
        embedding(
            "pooling = \"last\"\ndefault_prompt = \"q\"\nprompts = { q = \"query: \", p = \"\" }",
        ),
        embedding("pooling = \"none\"\nprompts = {}"),
        embedding("[[golden]]\ntext = \"good\"\nembedding = [0.5, -2, 1e3]"),
        embedding("[[golden]]\ntext = \"good\"\nembedding = [0]\nprompt = \"\"\nexpect = []"),
        embedding(
            "prompts = { q = \"\" }\n[[golden]]\ntext = \"a\"\nembedding = [0]\nprompt = \"q\"",
        ),
        embedding(&format!("[[golden]]\n{TENSORS}embedding = []")),
        audio(""),
        audio("channels = 1\nwindow = 512\ncontext = 512\nmax_seconds = 10\nnormalize = true"),
        audio("inputs = {}"),
        audio("[audio.inputs]\nsamples = \"x\"\nsampling_rate = \"sr\""),
        voices("", "window = 1\n"),
        voices(
            "threshold = 1\nrelease = 0.5\nmin_speech_ms = 0\nmin_silence_ms = 1\npadding_ms = 2\noutput = \"p\"",
            "window = 512\ncontext = 64\n",
        ),
        voices(&format!("[[golden]]\n{TENSORS}"), "window = 8\n"),
        sounds("labels = [\"one\"]"),
        sounds("labels = [\"a\", \"b\"]\nfunction_to_apply = \"softmax\"\noutput = \"logits\""),
        state(""),
        state("initial = -1.5\n[[state]]\ninput = \"u\"\noutput = \"v\"\ninitial = 1"),
        with("[batching.axes]\nx = 0\ny = 3"),
    ];
    let names = ["a", "0", "a-b", "a.b_c", &"n".repeat(128)]
        .map(|name| package("name", &format!("{name:?}")));
    let versions = [
        "0.0.0",
        "1.2.3-rc.1",
        "1.2.3+cpu.01",
        "1.2.3-0a.-+b",
        "1.2.3--",
    ];
    let paths = [
        "net.onnx",
        "a/b/c.onnx",
        ".hidden",
        "..a",
        "a b",
        "日本.onnx",
        "...",
        &"p".repeat(255),
    ];
    cases.extend(names);
    cases.extend(versions.map(|version| package("version", &format!("{version:?}"))));
    cases.extend(paths.map(model));
    cases
}

fn invalid() -> Vec<String> {
    let mut cases = vec![
        writing("max_new_tokens = 0"),
        writing("temperature = -1"),
        writing("top_p = 0"),
        writing("min_p = 1.5"),
        writing("repetition_penalty = 0"),
        writing("no_repeat_ngram_size = -1"),
        writing("prompt_lookup_num_tokens = 65"),
        writing("num_beams = 0"),
        writing("num_beams = 65"),
        writing("early_stopping = true"),
        writing("seed = 7"),
        with("[audio]"),
        with("[audio]\nsampling_rate = 999"),
        with("[audio]\nsampling_rate = 384001"),
        audio("channels = 2"),
        audio("window = 0"),
        audio("window = 16777217"),
        audio("context = 1"),
        audio("max_seconds = 0"),
        audio("gain = 2"),
        audio("inputs = { mask = \"m\" }"),
        voices("", ""),
        voices("threshold = 0", "window = 1\n"),
        voices("threshold = 1.5", "window = 1\n"),
        voices("padding_ms = -1", "window = 1\n"),
        voices("labels = [\"a\"]", "window = 1\n"),
        voices(
            "[[golden]]\ntext = \"a\"\nexpect = [{ label = \"a\", score = 1 }]",
            "window = 1\n",
        ),
        with("[task]\nkind = \"voice-activity-detection\""),
        with("[task]\nkind = \"audio-classification\"\nlabels = [\"a\"]"),
        sounds(""),
        sounds("labels = []"),
        sounds("labels = [\"a\", \"a\"]"),
        sounds("labels = [\"\"]"),
        with("[[state]]\ninput = \"s\""),
        state("shape = [1]"),
        with("[batching.axes]\nx = -1"),
        "".to_owned(),
        "schema = 1".to_owned(),
        with("[image]\nsize = { height = 8 }"),
        with("[image]\nsize = { height = 8, width = 8, shortest_edge = 8 }"),
        with("[image]\nsize = { height = 0, width = 8 }"),
        with("[image]\nsize = { shortest_edge = 16385 }"),
        with("[image]\nmax_pixels = 0"),
        with("[image]\nrescale = 0"),
        with("[image]\nmean = [0.5]"),
        with("[image]\nstd = [1, 0, 1]"),
        with("[image]\nchannels = \"grey\"\nstd = [1, 1, 1]"),
        with("[image]\nfit = \"pad\"\ncrop = { height = 8, width = 8 }"),
        with("[image]\nresample = \"cubic\""),
        with("[image]\nfill = 256"),
        with("[image]\nnormalize = true"),
        with("[task]\nkind = \"image-classification\"\nlabels = [\"a\"]"),
        with("[task]\nkind = \"object-detection\"\nlabels = []"),
        image_task("object-detection", "threshold = 1.5"),
        image_task("object-detection", "overlap = -0.1"),
        image_task("object-detection", "max_boxes = 0"),
        image_task(
            "object-detection",
            "outputs = { layout = \"separate\", boxes = \"b\" }",
        ),
        image_task(
            "object-detection",
            "outputs = { layout = \"yolo\", boxes = \"b\" }",
        ),
        image_task(
            "object-detection",
            "[[golden]]\nimage = \"a.png\"\nexpect = [{ label = \"a\", score = 1, box = [0, 1] }]",
        ),
        image_task(
            "image-classification",
            "[[golden]]\nimage = \"a.png\"\nexpect = [{ label = \"a\", score = 1, box = [0, 0, 1, 1] }]",
        ),
        image_task(
            "image-classification",
            "[[golden]]\nimage = \"a.png\"\nlines = [\"a\"]",
        ),
        image_task("image-classification", "[[golden]]\nimage = \"a.png\""),
        image_task(
            "image-classification",
            "[[golden]]\nimage = \"../a.png\"\nexpect = [{ label = \"a\", score = 1 }]",
        ),
        image_task(
            "image-classification",
            "[[golden]]\ntext = \"a\"\nexpect = [{ label = \"a\", score = 1 }]",
        ),
        image_task(
            "image-classification",
            &format!("[[golden]]\nimage = \"a.png\"\n{TENSORS}"),
        ),
        with(
            "[task]\nkind = \"ocr\"\n[[golden]]\nimage = \"a.png\"\nexpect = [{ label = \"a\", score = 1 }]",
        ),
        with("[task]\nkind = \"ocr\"\nline = { height = 8, width = 100 }"),
        with("[task]\nkind = \"ocr\"\nunclip = 11"),
        with("[task]\nkind = \"ocr\"\nmax_lines = 0"),
        with("[[golden]]\nimage = \"a.png\"\nlines = [\"a\"]"),
        with("[[golden]]\nlines = [\"a\"]"),
        golden("text = \"good\"\nexpect = [{ label = \"yes\", score = 1, box = [0, 0, 1, 1] }]"),
        with("[parts.decoder]"),
        with("[parts.decoder]\nfile = \"d.onnx\"\nshape = [1]"),
        with("[parts]\ndecoder = \"d.onnx\""),
        parts("decoder", "../d.onnx"),
        with("[preprocess]\npart = \"words\""),
        preprocess("library = \"operators.so\""),
        preprocess("feeds = { x = 1 }"),
        preprocess(TOKENIZER),
        preprocess(&format!("{TOKENIZER}{TASK}")),
        preprocess("[task]\nkind = \"text-ranking\""),
        preprocess("[task]\nkind = \"image-classification\"\nlabels = [\"a\", \"b\"]"),
        parts("", "d.onnx"),
        parts("Decoder", "d.onnx"),
        parts("2nd", "d.onnx"),
        parts("a b", "d.onnx"),
        parts("a.b", "d.onnx"),
        parts(&"p".repeat(65), "p.onnx"),
        many_parts(),
        HEAD.replace("schema = 1", "schema = 2"),
        HEAD.replace("schema = 1", "schema = \"1\""),
        HEAD.replace("schema = 1", ""),
        with("[packages]"),
        package("licence", "\"MIT\""),
        package("license", "\"\""),
        package("license", "\" \\t\""),
        package("description", "7"),
        package("authors", "\"Ada\""),
        HEAD.replace("license = \"MIT\"\n", ""),
        HEAD.replace("version = \"1.0.0\"\n", ""),
        HEAD.replace("name = \"ner\"\n", ""),
        with("[model]"),
        with("[model]\nfile = \"m.onnx\"\nkind = \"onnx\""),
        with("[tokenizer]\nfile = \"tokenizer.json\""),
        with("[tokenizer]\nmax_tokens = 8"),
        with("[tokenizer]\nfile = \"amaas.toml\"\nmax_tokens = 8"),
        with("[tokenizer]\nfile = \"t\"\nmax_tokens = 0"),
        with("[tokenizer]\nfile = \"t\"\nmax_tokens = -1"),
        with("[tokenizer]\nfile = \"t\"\nmax_tokens = 1048577"),
        with("[tokenizer]\nfile = \"t\"\nmax_tokens = 8.5"),
        tokenizer("overflow = \"cut\""),
        tokenizer("stride = -1"),
        tokenizer("padding = \"Longest\""),
        tokenizer("padding_side = \"top\""),
        tokenizer("pad_id = 4294967296"),
        tokenizer("add_special_tokens = \"yes\""),
        tokenizer("truncate = true"),
        tokenizer("[tokenizer.inputs]\nattention_mask = \"mask\""),
        tokenizer("[tokenizer.inputs]\nids = \"a\"\nmask = \"b\""),
        with(TASK),
        with(&format!("{TOKENIZER}[task]\nlabels = [\"a\", \"b\"]")),
        with(&format!(
            "{TOKENIZER}[task]\nkind = \"guessing\"\nlabels = [\"a\", \"b\"]"
        )),
        task(""),
        task("labels = [\"a\"]"),
        task("labels = [\"a\", \"a\"]"),
        task("labels = [\"a\", \"\"]"),
        task("labels = [\"a\", \"b\"]\nfunction_to_apply = \"relu\""),
        task("labels = [\"a\", \"b\"]\nthreshold = 0.5"),
        with("[batching]\nmax_rows = 0"),
        with("[batching]\nmax_row = 8"),
        with("[metrics]\naccuracy = \"high\""),
        with("[labels]\nscores = []"),
        with("[labels]\nscores = [\"\"]"),
        with("[labels]\nscores = \"crane\""),
        with("[labels]\nscores = [1]"),
        with("[metrics]\naccuracy = true"),
        with("[golden]"),
        with("[[golden]]"),
        golden("text = \"good\""),
        golden("text = \"good\"\nexpect = []"),
        golden("expect = [{ label = \"yes\", score = 0.5 }]"),
        golden("text = \"good\"\nexpect = [{ label = \"yes\" }]"),
        golden("text = \"good\"\nexpect = [{ label = \"yes\", score = 0.5, rank = 1 }]"),
        golden(&format!(
            "text = \"good\"\nexpect = [{{ label = \"yes\", score = 0.5 }}]\n{TENSORS}"
        )),
        golden(&format!("text = \"good\"\n{TENSORS}")),
        golden(&format!(
            "expect = [{{ label = \"yes\", score = 0.5 }}]\n{TENSORS}"
        )),
        golden(&format!("{TENSORS}tolerance = -1")),
        golden(&format!("{TENSORS}name = \"first\"")),
        golden(TENSORS.lines().next().unwrap()),
        golden(&TENSORS.replace("int64", "string")),
        golden(&TENSORS.replace("int64", "float16")),
        golden(&TENSORS.replace("shape = []", "shape = [-1]")),
        golden(&TENSORS.replace("[2]", "[\"2\"]")),
        golden(&TENSORS.replace(", values = [2]", "")),
        with("[[golden]]\ntext = \"good\"\nexpect = [{ label = \"yes\", score = 1 }]"),
        with("[task]\nkind = \"text-embedding\""),
        embedding("labels = [\"a\", \"b\"]"),
        embedding("pooling = \"max\""),
        embedding("pooling = \"Mean\""),
        embedding("normalize = 1"),
        embedding("normalise = true"),
        embedding("dimensions = 0"),
        embedding("dimensions = -1"),
        embedding("prompts = { q = 1 }"),
        embedding("prompts = { \"\" = \"query: \" }"),
        embedding("prompts = [\"query: \"]"),
        embedding("default_prompt = \"q\""),
        embedding("[[golden]]\ntext = \"good\"\nembedding = []"),
        embedding("[[golden]]\nembedding = [0.5]"),
        embedding("[[golden]]\ntext = \"good\"\nembedding = [\"0.5\"]"),
        embedding("[[golden]]\ntext = \"good\"\nexpect = [{ label = \"yes\", score = 1 }]"),
        embedding(
            "[[golden]]\ntext = \"a\"\nembedding = [0]\nexpect = [{ label = \"b\", score = 1 }]",
        ),
        embedding("[[golden]]\ntext = \"good\"\nembedding = [0.5]\nprompt = 1"),
        embedding(&format!("[[golden]]\n{TENSORS}embedding = [0.5]")),
        embedding(&format!("[[golden]]\n{TENSORS}prompt = \"\"")),
        golden("text = \"good\"\nembedding = [0.5]"),
        golden("text = \"a\"\nexpect = [{ label = \"yes\", score = 1 }]\nprompt = \"q\""),
        with("[[golden]]\ntext = \"good\"\nembedding = [0.5]"),
    ];
    let long = "n".repeat(129);
    let names = [
        "", "NER", "-a", "a-", "a--b", "a b", "a/b", "..", "né", "a\n", &long,
    ];
    cases.extend(names.map(|name| package("name", &format!("{name:?}"))));
    let long = format!("1.0.0-{}", "a".repeat(123));
    let versions = [
        "", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-01", "1.0.0-", "1.0.0+", "v1.0.0", "1.0.0 ",
        &long,
    ];
    cases.extend(versions.map(|version| package("version", &format!("{version:?}"))));
    let (long, longest) = ("p".repeat(256), ["p"; 513].join("/"));
    let paths = [
        "",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "../a",
        "a/../b",
        "a/.",
        "a\\b",
        "c:a",
        "a\0b",
        "a\nb",
        "a*",
        "a?",
        "a\u{85}b",
        "amaas.toml",
        &long,
        &longest,
    ];
    cases.extend(paths.map(model));
    cases
}

#[test]
fn both_accept_what_is_valid() {
    let schema = schema();
    for text in valid() {
        let parsed = Manifest::parse(&text);
        assert!(parsed.is_ok(), "{}\n{text}", parsed.unwrap_err().report());
        assert!(schema_accepts(&schema, &text), "the schema refuses\n{text}");
    }
}

#[test]
fn both_refuse_what_is_not() {
    let schema = schema();
    for text in invalid() {
        let error = Manifest::parse(&text).expect_err(&text);
        assert_eq!(error.kind(), ErrorKind::InvalidPackage, "{text}");
        assert!(error.remedy().is_some(), "{error}");
        assert!(
            !schema_accepts(&schema, &text),
            "the schema accepts\n{text}"
        );
    }
}

#[test]
fn what_only_the_parser_refuses_has_a_reason() {
    let schema = schema();
    let cases = [
        (
            "a schema compares no two values",
            writing("do_sample = true\nnum_beams = 2"),
        ),
        (
            "a schema compares no two values",
            tokenizer("overflow = \"window\"\nstride = 8"),
        ),
        (
            "a schema multiplies nothing",
            golden(&TENSORS.replace("[1.0]", "[1.0, 2.0]")),
        ),
        (
            "a schema multiplies nothing",
            golden(&TENSORS.replace("shape = [1]", "shape = [9223372036854775807, 9]")),
        ),
        (
            "a schema compares no two values",
            with(&format!("[model]\nfile = \"tokenizer.json\"\n{TOKENIZER}")),
        ),
        (
            "a schema compares no two values",
            parts("decoder", "model.onnx"),
        ),
        (
            "a schema knows no names but its own",
            embedding("default_prompt = \"q\"\nprompts = { p = \"\" }"),
        ),
        (
            "a schema knows no names but its own",
            embedding("[[golden]]\ntext = \"good\"\nembedding = [0.5]\nprompt = \"q\""),
        ),
        (
            "a schema's numbers have no width",
            package("version", "\"1.0.99999999999999999999\""),
        ),
        (
            "a schema counts characters, the parser bytes",
            model(&"日".repeat(86)),
        ),
    ];
    let sound = [
        (
            "release above threshold",
            voices("release = 0.6", "window = 1\n"),
        ),
        (
            "context beyond the window",
            audio("window = 4\ncontext = 5"),
        ),
        (
            "more samples than 32 bits count",
            audio("max_seconds = 300000"),
        ),
        (
            "a part that is not there",
            preprocess("").replace("part = \"words\"", "part = \"pixels\""),
        ),
        (
            "an input that is fed twice",
            preprocess("feeds = { s = \"y\" }\n[[state]]\ninput = \"s\"\noutput = \"t\""),
        ),
        (
            "state named twice",
            state("[[state]]\ninput = \"s\"\noutput = \"v\""),
        ),
    ];
    for (reason, text) in cases.into_iter().chain(sound) {
        assert!(Manifest::parse(&text).is_err(), "{reason}\n{text}");
        assert!(schema_accepts(&schema, &text), "{reason}\n{text}");
    }
    // JSON has no numbers for these.
    for value in ["nan", "inf"] {
        assert!(Manifest::parse(&writing(&format!("length_penalty = {value}"))).is_err());
        assert!(Manifest::parse(&with(&format!("[metrics]\naccuracy = {value}"))).is_err());
        let text = embedding(&format!("[[golden]]\ntext = \"a\"\nembedding = [{value}]"));
        assert!(Manifest::parse(&text).is_err());
    }
}

#[test]
fn what_is_written_reads_back() {
    for text in valid() {
        let manifest = Manifest::parse(&text).unwrap();
        let written = manifest.to_toml().unwrap();
        assert_eq!(Manifest::parse(&written).unwrap(), manifest, "{written}");
    }
}
