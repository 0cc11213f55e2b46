//! Packages and pictures from the repository.

use std::path::{Path, PathBuf};

use amaas_core::tasks::Image;
use amaas_core::{Route, Service};

/// A path below the repository's root.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(relative)
}

/// A route to the package in this folder.
pub(crate) fn load(folder: &str) -> Route {
    let service = Service::builder().build().unwrap();
    service.load(path(folder).to_str().unwrap()).unwrap()
}

/// A picture of the fixtures: red above, blue below.
pub(crate) fn picture(name: &str) -> Image {
    Image::open(path("tests/fixtures/images").join(name)).unwrap()
}
