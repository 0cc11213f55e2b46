//! The conformance driver of the Rust face; tests/conformance.md has the protocol.

use std::io::{BufRead, Write};
use std::time::Duration;

use amaas_core::{
    Call, Classified, ClassifyOptions, Dtype, Entity, Error, ErrorKind, GenerateOptions,
    RankOptions, RankedDocument, Result, Route, Service, TagOptions, Tensor, ZeroShotOptions,
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
            ["run", outputs, ref inputs @ ..] => run(&route, outputs, inputs, &Call::default()),
            ["within", time, outputs, ref inputs @ ..] => {
                within(time).and_then(|call| run(&route, outputs, inputs, &call))
            }
            ["tag", aggregation, text] => tag(&route, aggregation, text),
            ["pair", top_k, first, second] => pair(&route, top_k, first, second),
            ["rank", top_k, query, ref documents @ ..] => rank(&route, top_k, query, documents),
            ["zero", several, labels, text] => zero_shot(&route, several, labels, text),
            ["alike", one, other] => alike(&route, one, other),
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
    let labels = classified.answers.iter().flat_map(|answer| &answer.labels);
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
    let options = GenerateOptions {
        max_new_tokens: Some(most.parse().map_err(|_| malformed(most))?),
        ..GenerateOptions::default()
    };
    let answers = route.generate_with(&[text], &options)?.answers;
    let written = answers
        .iter()
        .map(|answer| format!("\t{}\t{}", answer.finish.name(), answer.text));
    Ok(format!("ok{}", written.collect::<String>()))
}

fn within(milliseconds: &str) -> Result<Call> {
    let time = milliseconds.parse().map_err(|_| malformed(milliseconds))?;
    Ok(Call::within(Duration::from_millis(time)))
}

fn run(route: &Route, outputs: &str, inputs: &[&str], call: &Call) -> Result<String> {
    let tensors = inputs
        .chunks(4)
        .map(|input| match input {
            [name, dtype, shape, values] => Ok((*name, tensor(dtype, shape, values)?)),
            _ => Err(malformed(&input.join(" "))),
        })
        .collect::<Result<Vec<_>>>()?;
    let inputs: Vec<_> = tensors
        .iter()
        .map(|(name, tensor)| (*name, tensor))
        .collect();
    let outputs = route.run_with(&inputs, &list(outputs), call)?;
    let fields = outputs.iter().map(|(name, tensor)| print(name, tensor));
    Ok(format!("ok{}", fields.collect::<Result<String>>()?))
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
