//! Where model versions live: a folder that is also an OCI image layout.
//!
//! ```
//! use amaas_core::model::Selector;
//! use amaas_core::registry::{Registry, read_package};
//! # let home = tempfile::tempdir()?;
//! # let (folder, root) = (home.path().join("sentiment"), home.path().join("models"));
//! # std::fs::create_dir(&folder)?;
//! # std::fs::write(folder.join("model.onnx"), b"\x08\x0a\x3a\x00")?;
//! # std::fs::write(folder.join("amaas.toml"), "schema = 1\n[package]\nname = \"sentiment\"\nversion = \"1.2.0\"\nlicense = \"MIT\"\n")?;
//!
//! let registry = Registry::open(&root)?;
//! let published = registry.publish(&read_package(&folder)?)?;
//!
//! let resolved = registry.resolve(&"sentiment".parse()?, &"^1".parse()?)?;
//! assert_eq!(resolved.digest, published.digest);
//! let package = registry.package(&resolved.digest)?;
//! assert_eq!(package.manifest.package.version.to_string(), "1.2.0");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # On disk
//!
//! | path | holds |
//! |---|---|
//! | `oci-layout` | the version of the layout, as OCI asks |
//! | `index.json` | one entry per model: its name and the digest of its own index. The commit point |
//! | `blobs/sha256/…` | everything else, named by its digest and never changed |
//! | `lock` | held by whoever writes; readers never look at it |
//! | `temporary/` | files on their way; the next writer removes what a crash leaves here, save `….partial`, which a pull goes on with |
//! | `models/<name>/` | a layout per model for other OCI tools, derived and never read by amaas |
//!
//! A model's index is a blob: an OCI index of the manifests of its versions, with the log of its
//! aliases in one annotation. A publish therefore rewrites the index of one model and the list
//! of models, however many versions there are.
//!
//! # After a crash
//!
//! A change that was acknowledged outlasts a power cut. One that was cut off is there whole or not at
//! all. One that ended in an `Io` error is there or not as well, since the last flush may fail after
//! the rename: the error then says that the change was made. Publishing again is safe and makes it
//! last, and so is setting an alias again where no `expected` is given; before a rollback is repeated,
//! look where the alias points.
//!
//! The trap: a digest is a snapshot, a name is not. Resolve once, then keep the digest.

mod alias;
mod archive;
mod change;
mod clean;
mod contained;
mod disk;
#[cfg(feature = "encrypt")]
mod encrypted;
mod entry;
pub mod files;
mod folder;
mod gc;
mod import;
mod index;
mod known;
#[cfg(feature = "watch")]
mod listen;
mod moves;
mod oci;
mod pack;
mod pages;
#[cfg(feature = "remote")]
mod partial;
mod policy;
mod ports;
mod reach;
mod read;
mod reason;
#[cfg(feature = "remote")]
pub mod remote;
mod select;
#[cfg(feature = "sign")]
mod signed;
mod statistics;
mod store;
mod suggest;
mod time;
mod top;
mod unpack;
mod verify;
mod view;
mod withdraw;

pub use self::archive::{
    ExportOptions, ExportedArchive, ImportLimits, ImportedAlias, ImportedArchive, Pick, is_archive,
};
pub use self::entry::{
    AliasChange, AliasEntry, ModelEntry, Notice, Published, Resolved, VersionEntry, Yanked,
};
pub use self::folder::read_package;
pub use self::gc::{GcOptions, GcReport};
pub use self::import::{Exported, Format, ImportOptions, Imported, export_triton, import};
#[cfg(feature = "watch")]
pub use self::listen::ChangeListener;
pub use self::moves::{Guard, MoveOptions};
pub use self::pack::seal;
pub use self::policy::Policy;
pub use self::select::{exact, highest};
pub use self::statistics::{Statistics, VersionStatistics};
pub(crate) use self::store::HOME;
pub use self::store::Registry;
pub(crate) use self::verify::proceed;
pub use self::verify::{Damage, Needed, Progress, VerifyReport};
