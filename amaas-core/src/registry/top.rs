//! `index.json`: the list of models, each with the digest of its own index.
//!
//! Other tools may add entries of their own (a copy into the layout does); these are kept as they
//! are and are no models.
//!
//! The trap: this file is the one that changes. Read it once per call and follow digests from
//! there, or two reads may see two states.

use super::oci::{self, Descriptor, Index, corrupt};
use super::suggest;
use crate::Result;
use crate::model::ModelName;

/// The list of models.
#[derive(Debug, Clone)]
pub(super) struct Top {
    models: Vec<(ModelName, Descriptor)>,
    others: Vec<Descriptor>,
    index: Index,
}

impl Top {
    pub(super) fn new() -> Self {
        Self {
            models: Vec::new(),
            others: Vec::new(),
            index: Index::new(oci::REGISTRY),
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut index: Index = oci::read(bytes, "`index.json`")?;
        if !index.is(oci::REGISTRY) {
            return Err(
                corrupt("`index.json` is no list of models").with("expected", oci::REGISTRY)
            );
        }
        let (models, others) = std::mem::take(&mut index.manifests)
            .into_iter()
            .partition::<Vec<_>, _>(is_model);
        let mut models = models.into_iter().map(named).collect::<Result<Vec<_>>>()?;
        models.sort_by(|(one, _), (other, _)| one.cmp(other));
        match models.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(corrupt(format!("`index.json` lists `{}` twice", pair[0].0))),
            None => Ok(Self {
                models,
                others,
                index,
            }),
        }
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        let models = self.models.iter().map(|(_, descriptor)| descriptor);
        let mut index = self.index.clone();
        index.manifests = models.chain(&self.others).cloned().collect();
        oci::write(&index, oci::MAX_TOP)
    }

    pub(super) fn models(&self) -> impl Iterator<Item = (&ModelName, &Descriptor)> {
        self.models
            .iter()
            .map(|(name, descriptor)| (name, descriptor))
    }

    pub(super) fn get(&self, name: &ModelName) -> Option<&Descriptor> {
        self.position(name)
            .ok()
            .and_then(|place| self.models.get(place))
            .map(|(_, entry)| entry)
    }

    /// As [`Top::get`], with an error that lists what is there.
    pub(super) fn find(&self, name: &ModelName) -> Result<&Descriptor> {
        self.get(name)
            .ok_or_else(|| suggest::no_model(name, self.models().map(|(name, _)| name)))
    }

    /// Lists the model `name` with the index that has these bytes.
    pub(super) fn put(&mut self, name: &ModelName, index: &[u8]) {
        let entry = Descriptor::of(oci::INDEX, index)
            .typed(oci::VERSIONS)
            .annotated(oci::TYPE, &oci::VERSIONS)
            .annotated(oci::REF_NAME, name);
        match self.position(name) {
            Ok(place) => self.models[place].1 = entry,
            Err(place) => self.models.insert(place, (name.clone(), entry)),
        }
    }

    /// Takes the model `name` off the list.
    pub(super) fn remove(&mut self, name: &ModelName) {
        if let Ok(place) = self.position(name) {
            self.models.remove(place);
        }
    }

    /// What other tools listed here.
    pub(super) fn others(&self) -> &[Descriptor] {
        &self.others
    }

    fn position(&self, name: &ModelName) -> Result<usize, usize> {
        self.models.binary_search_by(|(known, _)| known.cmp(name))
    }
}

fn is_model(entry: &Descriptor) -> bool {
    entry
        .annotations
        .get(oci::TYPE)
        .is_some_and(|found| found == oci::VERSIONS)
}

fn named(entry: Descriptor) -> Result<(ModelName, Descriptor)> {
    let name = entry.annotation(oci::REF_NAME)?.parse();
    let name =
        name.map_err(|cause| corrupt("`index.json` lists a model without a name").because(cause))?;
    if entry.media_type == oci::INDEX {
        return Ok((name, entry));
    }
    Err(
        corrupt(format!("`index.json` lists `{name}` as something else"))
            .with("entry", entry.digest),
    )
}
