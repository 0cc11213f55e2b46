//! A package in memory: the manifest and the files it names, verified.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::{Arc, Weak};

use super::{Digest, Graph, Graphs, Manifest, PackagePath, onnx};
use crate::tensor::Buffer;
use crate::{Error, ErrorKind, Result};

/// One immutable model version, with every byte it needs.
#[derive(Debug, Clone)]
pub struct Package {
    /// What the author wrote.
    pub manifest: Manifest,
    /// The address of the whole package: the digest of its OCI manifest.
    pub digest: Digest,
    /// The files, by their path inside the package; `amaas.toml`, as its author wrote it, is one.
    pub files: BTreeMap<PackagePath, Arc<dyn Buffer>>,
    pub(crate) hashed: Hashed,
    /// The signature, as its author made it; part of the package's address, no file of the model.
    pub(crate) bundle: Option<Arc<dyn Buffer>>,
}

/// The digests of buffers, so that nothing is hashed twice.
///
/// A buffer is known by its address, which stays taken while it is remembered here. `Arc` lets nobody
/// change a buffer while it is, and what is shared does not change by itself: so the digest is that
/// of the bytes it holds now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hashed(Vec<(Weak<dyn Buffer>, Digest)>);

impl Hashed {
    pub(crate) fn add(&mut self, buffer: &Arc<dyn Buffer>, digest: Digest) {
        self.0.push((Arc::downgrade(buffer), digest));
    }

    /// The digest of what the buffer holds, where it is known already.
    pub(crate) fn known(&self, buffer: &Arc<dyn Buffer>) -> Option<Digest> {
        let is_same = |known: &Weak<dyn Buffer>| ptr::addr_eq(known.as_ptr(), Arc::as_ptr(buffer));
        let known = self.0.iter().find(|(known, _)| is_same(known));
        known.map(|(_, digest)| *digest)
    }

    /// The digest of what the buffer holds.
    pub(crate) fn digest(&self, buffer: &Arc<dyn Buffer>) -> Digest {
        self.known(buffer)
            .unwrap_or_else(|| Digest::of(buffer.bytes()))
    }
}

impl Package {
    /// A file's bytes.
    ///
    /// # Errors
    /// `InvalidPackage` when the package has no such file.
    pub fn file(&self, path: &PackagePath) -> Result<&Arc<dyn Buffer>> {
        self.files.get(path).ok_or_else(|| {
            let there: Vec<_> = self.files.keys().map(PackagePath::as_str).collect();
            Error::new(
                ErrorKind::InvalidPackage,
                format!("the package has no file `{path}`"),
            )
            .with("package", &self.manifest.package.name)
            .advise(format!("add it, or name one of: {}", there.join(", ")))
        })
    }

    /// The Model Signing bundle that came with the package, unverified: `model.sig` in a folder.
    pub fn bundle(&self) -> Option<&[u8]> {
        self.bundle.as_ref().map(|bundle| bundle.bytes())
    }

    /// Every file and its digest.
    #[cfg(feature = "sign")]
    pub(crate) fn digests(&self) -> impl Iterator<Item = (&PackagePath, Digest)> {
        let files = self.files.iter();
        files.map(|(path, file)| (path, self.hashed.digest(file)))
    }

    /// The main graph and the weights it refers to.
    ///
    /// # Errors
    /// `InvalidPackage` when the graph cannot be read or names weights that are not there.
    pub fn graph(&self) -> Result<Graph> {
        self.graph_at(&self.manifest.model.file)
    }

    /// A part's graph and the weights it refers to.
    ///
    /// # Errors
    /// As [`Package::graph`], and `InvalidPackage` when the package has no such part.
    pub fn graph_of(&self, part: &str) -> Result<Graph> {
        let file = self.manifest.part(part)?;
        self.graph_at(file)
            .map_err(|error| error.with("part", part))
    }

    /// Every graph.
    ///
    /// # Errors
    /// As [`Package::graph`].
    pub fn graphs(&self) -> Result<Graphs<Graph>> {
        let names = self.manifest.parts.keys();
        let parts = names.map(|name| Ok((name.clone(), self.graph_of(name)?)));
        Ok(Graphs {
            main: self.graph()?,
            parts: parts.collect::<Result<_>>()?,
        })
    }

    fn graph_at(&self, file: &PackagePath) -> Result<Graph> {
        let model = Arc::clone(self.file(file)?);
        let locations = onnx::external_locations(model.bytes())?;
        let weights = locations
            .into_iter()
            .map(|location| {
                let path = file.sibling(&location)?;
                Ok((location, Arc::clone(self.file(&path)?)))
            })
            .collect::<Result<_>>()?;
        let mut graph = Graph {
            model,
            weights,
            digests: None,
        };
        graph.digests = graph
            .buffers()
            .map(|buffer| self.hashed.known(buffer))
            .collect();
        Ok(graph)
    }
}
