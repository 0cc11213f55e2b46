//! The conformance driver of the Rust face; tests/conformance.md has the protocol.

mod media;

use std::io::{BufRead, Write};
use std::time::Duration;

use amaas_core::privacy::{Keys, Redactor};
use amaas_core::usage::PriceTable;
use amaas_core::{
    Call, Chat, Classified, ClassifyOptions, Dtype, Entity, Error, ErrorKind, GenerateOptions,
    Generation, LabelScore, Outputs, RankOptions, RankedDocument, Result, Route, Service,
    TagOptions, Tensor, ZeroShotOptions,
};

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let reference = std::env::args().nth(1).unwrap_or_default();
    let route = match Service::builder()
        .build()
        .and_then(|service| service.load(&reference))
    {
        Ok(route) => route,
        Err(error) => return writeln!(out, "{}", failure(&error)),
    };
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let fields: Vec<&str> = line.split('\t').collect();
        let answer = match fields[..] {
            ["classify", top_k, text] => classify(&route, top_k, text),
            ["embed", count, text] => embed(&route, count, text),
            ["generate", most, text] => generate(&route, most, text),
            ["chat", most, messages] => chat(&route, most, messages),
            ["prompt", messages] => prompt(&route, messages),
            ["pieces", most, text] => pieces(&route, most, text),
            ["run", outputs, ref inputs @ ..] => run(&route, outputs, inputs, &Call::default()),
            ["within", time, outputs, ref inputs @ ..] => {
                within(time).and_then(|call| run(&route, outputs, inputs, &call))
            }
            ["tag", aggregation, text] => tag(&route, aggregation, text),
            ["pair", top_k, first, second] => pair(&route, top_k, first, second),
            ["rank", top_k, query, ref documents @ ..] => rank(&route, top_k, query, documents),
            ["zero", several, labels, text] => zero_shot(&route, several, labels, text),
            ["alike", one, other] => alike(&route, one, other),
            ["see", top_k, ref image @ ..] => media::see(&route, top_k, image),
            ["boxes", ref image @ ..] => media::boxes(&route, image),
            ["hear", top_k, ref recording @ ..] => media::hear(&route, top_k, recording),
            ["speech", ref recording @ ..] => media::speech(&route, recording),
            ["listen", rate, ref pieces @ ..] => media::listen(&route, rate, pieces),
            ["follow", outputs, ref inputs @ ..] => follow(&route, outputs, inputs),
            ["redact", text] => redact(text),
            ["served", prices, keys, reference, tenant, text] => {
                served([prices, keys], reference, tenant, text)
            }
            _ => Err(malformed(&line)),
        };
        writeln!(out, "{}", answer.unwrap_or_else(|error| failure(&error)))?;
        out.flush()?;
    }
    Ok(())
}

fn failure(error: &Error) -> String {
    format!(
        "error\t{}\t{}",
        error.kind().name(),
        error.to_string().replace(['\t', '\n'], " ")
    )
}

fn malformed(what: &str) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        format!("the driver cannot read `{what}`"),
    )
}

fn classify(route: &Route, top_k: &str, text: &str) -> Result<String> {
    let options = ClassifyOptions {
        top_k: top_k.parse().ok(),
        ..ClassifyOptions::default()
    };
    Ok(labels(&route.classify_with(&[text], &options)?))
}

fn labels(classified: &Classified) -> String {
    scores(classified.answers.iter().flat_map(|answer| &answer.labels))
}

fn scores<'a>(labels: impl Iterator<Item = &'a LabelScore>) -> String {
    let pairs = labels.map(|best| format!("\t{}={}", best.label, number(best.score)));
    format!("ok{}", pairs.collect::<String>())
}

fn pair(route: &Route, top_k: &str, first: &str, second: &str) -> Result<String> {
    let options = ClassifyOptions {
        top_k: top_k.parse().ok(),
        ..ClassifyOptions::default()
    };
    Ok(labels(
        &route.classify_pairs_with(&[(first, second)], &options)?,
    ))
}

fn zero_shot(route: &Route, several: &str, candidates: &str, text: &str) -> Result<String> {
    let options = ZeroShotOptions {
        multi_label: Some(several == "1"),
        ..ZeroShotOptions::default()
    };
    let candidates = list(candidates);
    Ok(labels(&route.classify_zero_shot_with(
        &[text],
        &candidates,
        &options,
    )?))
}

fn tag(route: &Route, aggregation: &str, text: &str) -> Result<String> {
    let options = TagOptions {
        aggregation: match aggregation {
            "-" => None,
            name => Some(name.parse()?),
        },
        ..TagOptions::default()
    };
    let tagged = route.tag_with(&[text], &options)?;
    let span = |entity: &Entity| {
        let Entity {
            label,
            start,
            end,
            start_byte,
            end_byte,
            ..
        } = entity;
        format!(
            "\t{label},{start},{end},{start_byte},{end_byte},{}",
            number(entity.score)
        )
    };
    let spans = tagged
        .answers
        .iter()
        .flat_map(|answer| &answer.entities)
        .map(span);
    Ok(format!("ok{}", spans.collect::<String>()))
}

fn rank(route: &Route, top_k: &str, query: &str, documents: &[&str]) -> Result<String> {
    let options = RankOptions {
        top_k: top_k.parse().ok(),
        ..RankOptions::default()
    };
    let ranked = route.rank_with(query, documents, &options)?;
    let document = |found: &RankedDocument| format!("\t{}={}", found.index, number(found.score));
    Ok(format!(
        "ok{}",
        ranked.documents.iter().map(document).collect::<String>()
    ))
}

fn alike(route: &Route, one: &str, other: &str) -> Result<String> {
    let table = route.similarity(&[one], &[other])?;
    Ok(format!("ok\t{}", number(f64::from(table[[0, 0]]))))
}

fn embed(route: &Route, count: &str, text: &str) -> Result<String> {
    let vectors = route.embed(&[text])?;
    let most = count.parse().map_err(|_| malformed(count))?;
    let numbers = vectors
        .iter()
        .take(most)
        .map(|value| number(f64::from(*value)));
    Ok(format!(
        "ok\t{}\t{}",
        vectors.ncols(),
        numbers.collect::<Vec<_>>().join(",")
    ))
}

fn generate(route: &Route, most: &str, text: &str) -> Result<String> {
    let answers = route.generate_with(&[text], &at_most(most)?)?.answers;
    Ok(written(&answers))
}

fn at_most(tokens: &str) -> Result<GenerateOptions> {
    Ok(GenerateOptions {
        max_new_tokens: Some(tokens.parse().map_err(|_| malformed(tokens))?),
        ..GenerateOptions::default()
    })
}

fn written(answers: &[Generation]) -> String {
    let written = answers
        .iter()
        .map(|answer| format!("\t{}\t{}", answer.finish.name(), answer.text));
    format!("ok{}", written.collect::<String>())
}

fn chat(route: &Route, most: &str, messages: &str) -> Result<String> {
    let chat = Chat::from_json(messages, None)?;
    Ok(written(&route.chat_with(&chat, &at_most(most)?)?.answers))
}

fn prompt(route: &Route, messages: &str) -> Result<String> {
    let prompt = route.chat_prompt(&Chat::from_json(messages, None)?)?;
    Ok(format!("ok\t{prompt}"))
}

fn pieces(route: &Route, most: &str, text: &str) -> Result<String> {
    let mut stream = route.stream_generate(text, &at_most(most)?)?;
    let whole = stream.by_ref().collect::<Result<String>>()?;
    let answers = stream.wait()?.answers;
    let finish = answers.first().map_or("", |answer| answer.finish.name());
    Ok(format!("ok\t{finish}\t{whole}"))
}

/// Each call of one stream, `;` between the inputs of two.
fn follow(route: &Route, outputs: &str, inputs: &[&str]) -> Result<String> {
    let stream = route.stream()?;
    let calls = inputs.split(|field| *field == ";").map(|fields| {
        let tensors = tensors(fields)?;
        let named: Vec<_> = tensors
            .iter()
            .map(|(name, tensor)| (*name, tensor))
            .collect();
        show(&stream.run_with(&named, &list(outputs), &Call::default())?)
    });
    Ok(format!("ok{}", calls.collect::<Result<String>>()?))
}

fn redact(text: &str) -> Result<String> {
    let redaction = Redactor::builder().build()?.redact(text);
    Ok(format!("ok\t{}", redaction.text()))
}

/// The best label and the receipt of a call of a service with a price table and keys.
fn served(files: [&str; 2], reference: &str, tenant: &str, text: &str) -> Result<String> {
    let mut builder = Service::builder();
    let [prices, keys] = files;
    if prices != "-" {
        builder = builder.prices(PriceTable::open(prices)?);
    }
    if keys != "-" {
        builder = builder.keys(Keys::from_file(keys));
    }
    let options = ClassifyOptions {
        call: Call {
            tenant: Some(tenant.into()),
            ..Call::default()
        },
        ..ClassifyOptions::default()
    };
    let route = builder.build()?.load(reference)?;
    let Classified { answers, usage, .. } = route.classify_with(&[text], &options)?;
    let best = answers.first().and_then(|answer| answer.labels.first());
    let label = best.map_or("-", |best| &best.label);
    let tenant = usage.tenant.as_deref().unwrap_or("-");
    let (price, currency) = match &usage.price {
        Some(price) => (price.amount.to_string(), &*price.terms.currency),
        None => ("-".to_owned(), "-"),
    };
    let rows = usage.rows;
    Ok(format!(
        "ok\t{label}\t{tenant}\t{rows}\t{price}\t{currency}"
    ))
}

fn within(milliseconds: &str) -> Result<Call> {
    let time = milliseconds.parse().map_err(|_| malformed(milliseconds))?;
    Ok(Call::within(Duration::from_millis(time)))
}

fn run(route: &Route, outputs: &str, inputs: &[&str], call: &Call) -> Result<String> {
    let tensors = tensors(inputs)?;
    let inputs: Vec<_> = tensors
        .iter()
        .map(|(name, tensor)| (*name, tensor))
        .collect();
    let outputs = route.run_with(&inputs, &list(outputs), call)?;
    Ok(format!("ok{}", show(&outputs)?))
}

fn tensors<'a>(inputs: &[&'a str]) -> Result<Vec<(&'a str, Tensor)>> {
    let each = inputs.chunks(4).map(|input| match input {
        [name, dtype, shape, values] => Ok((*name, tensor(dtype, shape, values)?)),
        _ => Err(malformed(&input.join(" "))),
    });
    each.collect()
}

fn show(outputs: &Outputs) -> Result<String> {
    let each = outputs.iter().map(|(name, tensor)| print(name, tensor));
    each.collect()
}

fn list(text: &str) -> Vec<&str> {
    if text == "-" {
        Vec::new()
    } else {
        text.split(',').collect()
    }
}

fn tensor(dtype: &str, shape: &str, values: &str) -> Result<Tensor> {
    let shape = list(shape)
        .into_iter()
        .map(|length| length.parse().map_err(|_| malformed(length)));
    let shape = shape.collect::<Result<Vec<usize>>>()?;
    let values = list(values);
    macro_rules! parse {
        ($($dtype:ident => $rust:ty),*) => {
            match dtype.parse()? {
                Dtype::String => Tensor::from_strings(shape, values),
                Dtype::Bool => Tensor::from_vec(shape, values.iter().map(|v| *v == "1").collect()),
                $(Dtype::$dtype => {
                    let parsed = values.iter().map(|v| v.parse::<$rust>().map_err(|_| malformed(v)));
                    Tensor::from_vec(shape, parsed.collect::<Result<Vec<_>>>()?)
                })*
                _ => Err(malformed(dtype)),
            }
        };
    }
    parse!(Int8 => i8, Int16 => i16, Int32 => i32, Int64 => i64, Uint8 => u8, Uint16 => u16,
           Uint32 => u32, Uint64 => u64, Float32 => f32, Float64 => f64)
}

fn print(name: &str, tensor: &Tensor) -> Result<String> {
    macro_rules! render {
        ($($dtype:ident => $rust:ty),*) => {
            match tensor.dtype() {
                Dtype::String => tensor.strings()?.to_vec(),
                Dtype::Bool => tensor.as_slice::<bool>()?.iter().map(|v| u8::from(*v).to_string()).collect(),
                Dtype::Float32 => tensor.as_slice::<f32>()?.iter().map(|v| number(f64::from(*v))).collect(),
                Dtype::Float64 => tensor.as_slice::<f64>()?.iter().map(|v| number(*v)).collect(),
                $(Dtype::$dtype => tensor.as_slice::<$rust>()?.iter().map(ToString::to_string).collect(),)*
                other => return Err(malformed(other.name())),
            }
        };
    }
    let values: Vec<String> = render!(Int8 => i8, Int16 => i16, Int32 => i32, Int64 => i64, Uint8 => u8,
        Uint16 => u16, Uint32 => u32, Uint64 => u64);
    let join = |parts: Vec<String>| {
        if parts.is_empty() {
            "-".to_owned()
        } else {
            parts.join(",")
        }
    };
    let shape = join(tensor.shape().iter().map(ToString::to_string).collect());
    Ok(format!(
        "\t{name}\t{}\t{shape}\t{}",
        tensor.dtype(),
        join(values)
    ))
}

/// Nine significant digits: enough to tell any two float32 apart.
fn number(value: f64) -> String {
    format!("{value:.8e}")
}
