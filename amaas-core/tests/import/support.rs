//! Folders to import from, and a service to run what was imported.

use std::fs;
use std::path::{Path, PathBuf};

use amaas_core::registry::{ImportOptions, Imported, Registry, import};
use amaas_core::{Result, Route, Service, Tensor};
use tempfile::TempDir;

/// A folder that is gone when it is dropped.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, inside: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// Copies `tests/fixtures/<fixture>`.
    pub(crate) fn copy(&self, fixture: &str, inside: &str) -> &Self {
        self.write(inside, read(fixture))
    }

    pub(crate) fn remove(&self, inside: &str) {
        fs::remove_file(self.path(inside)).unwrap();
    }

    pub(crate) fn import(&self, inside: &str) -> Result<Vec<Imported>> {
        import(&self.path(inside), &ImportOptions::default())
    }

    /// Imports what gives one package.
    pub(crate) fn one(&self, inside: &str) -> Imported {
        self.one_with(inside, &ImportOptions::default())
    }

    pub(crate) fn one_with(&self, inside: &str, options: &ImportOptions) -> Imported {
        let imported = import(&self.path(inside), options).unwrap();
        let [one] = <[Imported; 1]>::try_from(imported).unwrap();
        one
    }

    /// Publishes a package and loads it from the registry.
    pub(crate) fn serve(&self, imported: &Imported) -> Route {
        let root = self.path("registry");
        let published = Registry::open(&root)
            .unwrap()
            .publish(&imported.package)
            .unwrap();
        let service = Service::builder().registry(root).build().unwrap();
        let info = &imported.package.manifest.package;
        let route = service
            .load(&format!("{}@={}", info.name, info.version))
            .unwrap();
        assert_eq!(route.digest(), published.digest);
        route
    }
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures")
}

pub(crate) fn read(fixture: &str) -> Vec<u8> {
    fs::read(fixtures().join(fixture)).unwrap()
}

/// What a graph of one input `x` of two numbers a row answers for one row.
pub(crate) fn answer(route: &Route, row: [f32; 2]) -> Vec<f32> {
    let input = Tensor::from_vec([1, 2], row.to_vec()).unwrap();
    let outputs = route.run(&[("x", &input)]).unwrap();
    let (_, output) = outputs.iter().next().unwrap();
    output.view::<f32>().unwrap().iter().copied().collect()
}

/// Whether a note has these words.
pub(crate) fn notes(imported: &Imported, words: &str) -> bool {
    imported.notes.iter().any(|note| note.contains(words))
}
