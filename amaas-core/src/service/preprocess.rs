//! Preprocessing by a graph: a part whose outputs are inputs of the main graph, in one request.
//!
//! Both graphs are run through their own instances, with one deadline and one flag; the receipt
//! counts the time of both and the bytes of what the caller gave and got, not of what passes between.
//!
//! The trap: what a caller gives and what the main graph takes are two things. A version's
//! signature is that of the whole; [`LoadedModel::main`](super::LoadedModel::main) has the graph's.

mod fit;

use self::fit::{mask, pairs, whole};
use super::call::Begun;
use super::loaded::LoadedModel;
use super::part::Part;
use super::{Call, Interface};
use crate::Result;
use crate::model::{Graphs, Manifest, Port, Preprocess, Signature, fed_twice};
use crate::scheduler::Request;
use crate::tensor::Tensor;
use crate::usage::Usage;

/// Tensors that are given, by name, and names that are asked for.
type Named<'a> = (Vec<(&'a str, &'a Tensor)>, Vec<&'a str>);

/// How the graphs of one version follow each other.
#[derive(Debug)]
pub(crate) struct Preprocessing {
    part: String,
    /// The part's inputs.
    takes: Vec<String>,
    /// The main graph's inputs that callers give.
    rest: Vec<String>,
    /// The part's outputs that are wanted.
    wanted: Vec<String>,
    /// The main graph's inputs, each with the place of what it takes among those outputs.
    feeds: Vec<(String, usize)>,
    /// The place of the attention mask among them.
    mask: Option<usize>,
    /// What callers give and get.
    signature: Signature,
}

/// One request to both graphs.
pub(crate) struct Asked<'a> {
    pub(crate) inputs: &'a [(&'a str, &'a Tensor)],
    pub(crate) outputs: &'a [&'a str],
    pub(crate) begun: &'a Begun,
    /// Whether it is one of several of a call.
    pub(crate) part: bool,
}

/// What came of one.
pub(crate) struct Prepared {
    pub(crate) outputs: Vec<Tensor>,
    /// The attention mask, where the manifest names one.
    pub(crate) mask: Option<Tensor>,
}

impl Preprocessing {
    /// Checks the manifest against the graphs; `None` where nothing is prepared.
    ///
    /// # Errors
    /// `InvalidPackage` when the part, an input or an output is not there, or when an output does
    /// not fit the input that it feeds.
    pub(crate) fn prepare(manifest: &Manifest, graphs: &Graphs<Interface>) -> Result<Option<Self>> {
        let Some(settings) = &manifest.preprocess else {
            return Ok(None);
        };
        let part = graphs.part(&settings.part)?.signature();
        let made = Self::of(settings, part, graphs.main.signature())?;
        let is_fed = |input: &str| made.feeds.iter().any(|(fed, _)| fed == input);
        let mut states = manifest.state.iter().map(|state| state.input.as_str());
        match states.find(|input| is_fed(input)) {
            Some(input) => Err(fed_twice(input)),
            None => Ok(Some(made)),
        }
    }

    fn of(settings: &Preprocess, part: &Signature, main: &Signature) -> Result<Self> {
        let mut wanted: Vec<String> = Vec::new();
        let mut place = |output: &Port| {
            let known = wanted.iter().position(|name| *name == output.name);
            known.unwrap_or_else(|| {
                wanted.push(output.name.clone());
                wanted.len() - 1
            })
        };
        let pairs = pairs(settings, part, main)?;
        let feeds: Vec<_> = pairs
            .iter()
            .map(|(input, output)| (input.name.clone(), place(output)))
            .collect();
        let mask = mask(settings, part)?.map(place);
        let is_fed = |port: &&Port| feeds.iter().any(|(fed, _)| *fed == port.name);
        let rest: Vec<_> = main.inputs.iter().filter(|port| !is_fed(port)).collect();
        Ok(Self {
            part: settings.part.clone(),
            takes: names(&part.inputs),
            signature: whole(part, &rest, main)?,
            rest: rest.into_iter().map(|port| port.name.clone()).collect(),
            feeds,
            mask,
            wanted,
        })
    }

    /// What callers give and get.
    pub(crate) fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Runs the part, and then the main graph on what it gave.
    ///
    /// # Errors
    /// As [`LoadedModel::run`].
    pub(crate) fn run(
        &self,
        model: &LoadedModel,
        asked: &Asked<'_>,
        usage: &mut Usage,
    ) -> Result<Prepared> {
        let (inputs, wanted) = self.first(asked)?;
        let part = model.part(&self.part)?;
        let mut used = model.receipt();
        let made = part.run_request(&asked.request(part, &inputs, &wanted), &mut used)?;
        self.count(used, usage);
        let inputs = self.second(asked, &made);
        let main = model.main();
        let outputs = main.run_request(&asked.request(main, &inputs, asked.outputs), usage)?;
        Ok(self.prepared(outputs, &made))
    }

    /// As [`Preprocessing::run`], without a thread that waits.
    pub(crate) async fn run_later(
        &self,
        model: &LoadedModel,
        asked: &Asked<'_>,
        usage: &mut Usage,
    ) -> Result<Prepared> {
        let part = model.part(&self.part)?;
        let queued = {
            let (inputs, wanted) = self.first(asked)?;
            part.submit_request(&asked.request(part, &inputs, &wanted))?
        };
        let mut used = model.receipt();
        let made = part.receive(queued.await, &mut used)?;
        self.count(used, usage);
        let main = model.main();
        let queued = {
            let inputs = self.second(asked, &made);
            main.submit_request(&asked.request(main, &inputs, asked.outputs))?
        };
        let outputs = main.receive(queued.await, usage)?;
        Ok(self.prepared(outputs, &made))
    }

    /// What the part is given and asked for.
    fn first<'a>(&'a self, asked: &Asked<'a>) -> Result<Named<'a>> {
        self.signature.check(asked.inputs)?;
        self.signature.check_outputs(asked.outputs)?;
        let wanted = self.wanted.iter().map(String::as_str);
        Ok((given(&self.takes, asked.inputs), wanted.collect()))
    }

    /// What the main graph is given.
    fn second<'a>(&'a self, asked: &Asked<'a>, made: &'a [Tensor]) -> Vec<(&'a str, &'a Tensor)> {
        let fed = |(input, place): &'a (String, usize)| Some((input.as_str(), made.get(*place)?));
        let fed = self.feeds.iter().filter_map(fed);
        given(&self.rest, asked.inputs)
            .into_iter()
            .chain(fed)
            .collect()
    }

    /// Adds the part's time to the receipt; what passes between the graphs leaves nobody.
    fn count(&self, mut used: Usage, usage: &mut Usage) {
        used.bytes_out = 0;
        usage.add_run(&used);
    }

    fn prepared(&self, outputs: Vec<Tensor>, made: &[Tensor]) -> Prepared {
        let mask = self.mask.and_then(|place| made.get(place)).cloned();
        Prepared { outputs, mask }
    }
}

impl Asked<'_> {
    fn request<'b>(
        &'b self,
        part: Part<'b>,
        inputs: &'b [(&'b str, &'b Tensor)],
        outputs: &'b [&'b str],
    ) -> Request<'b> {
        Request {
            part: self.part,
            ..part.request(inputs, outputs, self.begun)
        }
    }
}

impl LoadedModel {
    /// Runs the graphs that the manifest lets follow each other, or the only one.
    pub(super) fn run_all(
        &self,
        inputs: &[(&str, &Tensor)],
        outputs: &[&str],
        call: &Call,
        usage: &mut Usage,
    ) -> Result<Vec<Tensor>> {
        let Some(preprocessing) = self.preprocessing() else {
            return self.main().run(inputs, outputs, call, usage);
        };
        let asked = Asked {
            inputs,
            outputs,
            begun: &self.begin(call)?,
            part: false,
        };
        Ok(preprocessing.run(self, &asked, usage)?.outputs)
    }
}

/// The inputs of these names, in their order.
fn given<'a>(names: &[String], inputs: &[(&'a str, &'a Tensor)]) -> Vec<(&'a str, &'a Tensor)> {
    let find = |name: &String| inputs.iter().find(|(given, _)| given == name).copied();
    names.iter().filter_map(find).collect()
}

fn names(ports: &[Port]) -> Vec<String> {
    ports.iter().map(|port| port.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::model::Dimension;
    use crate::tensor::Dtype;

    fn port(name: &str, dtype: Dtype, dimensions: &[usize]) -> Port {
        let dimension = |length: &usize| match length {
            0 => Dimension::Any,
            length => Dimension::Fixed(*length),
        };
        Port::tensor(
            name,
            dtype,
            dimensions.iter().map(dimension).collect::<Vec<_>>(),
        )
    }

    fn graphs() -> (Signature, Signature) {
        let part = Signature {
            inputs: vec![
                port("photo", Dtype::Uint8, &[0, 4]),
                port("rate", Dtype::Int64, &[]),
            ],
            outputs: vec![
                port("x", Dtype::Float32, &[0, 4]),
                port("mask", Dtype::Int64, &[0, 0]),
            ],
        };
        let main = Signature {
            inputs: vec![
                port("x", Dtype::Float32, &[0, 4]),
                port("rate", Dtype::Int64, &[]),
                port("threshold", Dtype::Float32, &[1]),
            ],
            outputs: vec![port("y", Dtype::Float32, &[0, 2])],
        };
        (part, main)
    }

    fn settings(feeds: &[(&str, &str)], mask: Option<&str>) -> Preprocess {
        let own = |(input, output): &(&str, &str)| ((*input).to_owned(), (*output).to_owned());
        Preprocess {
            part: "pixels".to_owned(),
            feeds: feeds.iter().map(own).collect(),
            attention_mask: mask.map(str::to_owned),
        }
    }

    #[test]
    fn the_whole_takes_what_nothing_feeds_and_what_both_take_once() {
        let (part, main) = graphs();
        let made = Preprocessing::of(&settings(&[], Some("mask")), &part, &main).unwrap();
        assert_eq!(
            names(&made.signature.inputs),
            ["photo", "rate", "threshold"]
        );
        assert_eq!(names(&made.signature.outputs), ["y"]);
        assert_eq!(made.wanted, ["x", "mask"]);
        assert_eq!(
            (made.feeds, made.mask),
            (vec![("x".to_owned(), 0)], Some(1))
        );
    }

    #[test]
    fn what_is_not_there_or_does_not_fit_is_refused() {
        let (part, main) = graphs();
        for (feeds, mask, told) in [
            (&[("z", "x")][..], None, "no input `z`"),
            (&[("x", "z")], None, "no output `z`"),
            (
                &[("rate", "x")],
                None,
                "`x` is float32[?, 4] and goes into `rate`, which is int64[]",
            ),
            (&[("x", "mask")], None, "goes into `x`"),
            (&[], Some("z"), "no output `z`"),
            (&[], Some("x"), "the attention mask `x` is float32[?, 4]"),
        ] {
            let error = Preprocessing::of(&settings(feeds, mask), &part, &main).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidPackage);
            assert!(error.to_string().contains(told), "{error}");
        }
    }

    #[test]
    fn a_part_that_feeds_nothing_is_refused() {
        let (part, mut main) = graphs();
        main.inputs.remove(0);
        let error = Preprocessing::of(&settings(&[], None), &part, &main).unwrap_err();
        assert!(
            error.to_string().contains("the part gives `x`, `mask`"),
            "{error}"
        );
    }

    #[test]
    fn an_input_of_both_graphs_must_be_one_thing() {
        let (part, mut main) = graphs();
        main.inputs[1] = port("rate", Dtype::Int32, &[]);
        let error = Preprocessing::of(&settings(&[], None), &part, &main).unwrap_err();
        assert!(error.to_string().contains("goes into `rate`"), "{error}");
    }
}
