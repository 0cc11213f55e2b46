//! What feeds what: the outputs of the part against the inputs of the graph behind it.
//!
//! The trap: a graph need not state its shapes. What is refused here can never run; what is not may
//! still be refused when it does.

use crate::model::{Dimension, Port, PortKind, Preprocess, Signature};
use crate::tensor::Dtype;
use crate::{Error, ErrorKind, Result};

/// Each input of the main graph that is fed, with the output that feeds it.
pub(super) fn pairs<'a>(
    settings: &Preprocess,
    part: &'a Signature,
    main: &'a Signature,
) -> Result<Vec<(&'a Port, &'a Port)>> {
    let named: Vec<_> = match settings.feeds.is_empty() {
        true => {
            let is_input = |output: &&Port| main.input(&output.name).is_some();
            let same = part.outputs.iter().filter(is_input);
            same.map(|output| (&output.name, &output.name)).collect()
        }
        false => settings.feeds.iter().collect(),
    };
    if named.is_empty() {
        let message = format!(
            "no output of the part `{}` is an input of the graph",
            settings.part
        );
        return Err(invalid(message).advise(format!(
            "name them in `[preprocess.feeds]`; the part gives {}, the graph takes {}",
            list(&part.outputs),
            list(&main.inputs)
        )));
    }
    let pair = |(input, output): (&String, &String)| {
        let input = find(&main.inputs, input, "the graph has no input")?;
        let output = find(&part.outputs, output, "the part has no output")?;
        fits(output, input).map(|()| (input, output))
    };
    named.into_iter().map(pair).collect()
}

/// The part's output that says what is a token.
pub(super) fn mask<'a>(settings: &Preprocess, part: &'a Signature) -> Result<Option<&'a Port>> {
    let Some(name) = &settings.attention_mask else {
        return Ok(None);
    };
    let port = find(&part.outputs, name, "the part has no output")?;
    match &port.kind {
        PortKind::Tensor(Dtype::Int64 | Dtype::Int32, dimensions)
            if dimensions.as_ref().is_none_or(|all| all.len() == 2) =>
        {
            Ok(Some(port))
        }
        kind => Err(invalid(format!("the attention mask `{name}` is {kind}"))
            .advise("a mask is int64 or int32 of [batch, tokens]")),
    }
}

/// What callers give and get; an input of both graphs is given once.
pub(super) fn whole(part: &Signature, rest: &[&Port], main: &Signature) -> Result<Signature> {
    let mut inputs = part.inputs.clone();
    for port in rest {
        match part.input(&port.name) {
            Some(shared) => fits(shared, port)?,
            None => inputs.push((*port).clone()),
        }
    }
    Ok(Signature {
        inputs,
        outputs: main.outputs.clone(),
    })
}

fn find<'a>(ports: &'a [Port], name: &str, what: &str) -> Result<&'a Port> {
    let found = ports.iter().find(|port| port.name == name);
    found.ok_or_else(|| {
        invalid(format!("{what} `{name}`, which `[preprocess]` names"))
            .advise(format!("name one of: {}", list(ports)))
    })
}

/// Refuses what can never go from one port into the other.
fn fits(from: &Port, to: &Port) -> Result<()> {
    let fits = match (&from.kind, &to.kind) {
        (PortKind::Tensor(given, shape), PortKind::Tensor(wanted, space)) => {
            given == wanted && may_be(shape.as_deref(), space.as_deref())
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let message = format!(
        "`{}` is {} and goes into `{}`, which is {}",
        from.name, from.kind, to.name, to.kind
    );
    Err(invalid(message).advise("let the part end in a `Cast` or `Reshape`, or feed another input"))
}

/// Whether one shape may be the other; what is not said may be anything.
fn may_be(one: Option<&[Dimension]>, other: Option<&[Dimension]>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return true;
    };
    let differ = |pair: (&Dimension, &Dimension)| matches!(pair, (Dimension::Fixed(one), Dimension::Fixed(other)) if one != other);
    one.len() == other.len() && !one.iter().zip(other).any(differ)
}

fn list(ports: &[Port]) -> String {
    let all: Vec<_> = ports
        .iter()
        .map(|port| format!("`{}`", port.name))
        .collect();
    all.join(", ")
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidPackage, message)
}
