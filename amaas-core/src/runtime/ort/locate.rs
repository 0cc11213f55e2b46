//! Where ONNX Runtime may lie, in the order in which amaas looks.
//!
//! 1. the path that the host states
//! 2. the path in `AMAAS_ORT_LIB`
//! 3. what is loaded in this process already, and then nothing else
//! 4. the hints of the face, such as the folder of Python's package `onnxruntime`
//! 5. beside the file that amaas itself lies in
//! 6. what the system loader finds
//!
//! The trap: the first two are orders, not offers. Whoever states a path gets that one or an
//! error, never silently another; and since two copies in one process disturb each other, a path
//! that is not the copy that the host has loaded is refused before it is opened.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The environment variable that names the library.
pub(super) const VARIABLE: &str = "AMAAS_ORT_LIB";

/// What the system loader is asked for, most exact name first.
const NAMES: &[&str] = if cfg!(windows) {
    &["onnxruntime.dll"]
} else if cfg!(target_os = "macos") {
    &["libonnxruntime.1.dylib", "libonnxruntime.dylib"]
} else {
    &["libonnxruntime.so.1", "libonnxruntime.so"]
};

/// All that the search depends on, gathered before it starts.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    pub(super) explicit: Option<PathBuf>,
    pub(super) variable: Option<OsString>,
    pub(super) hints: Vec<PathBuf>,
    pub(super) loaded: Vec<PathBuf>,
    pub(super) beside: Option<PathBuf>,
}

/// One place to look in, and who proposed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) origin: &'static str,
    pub(super) place: Place,
}

/// A place to look in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A library, or a folder that holds one.
    Path(PathBuf),
    /// A name for the system loader.
    Name(&'static str),
}

impl Search {
    /// The places in order. An empty variable counts as none, as it does in a shell.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        if let Some((origin, path)) = self.stated() {
            return vec![at(origin, path)];
        }
        if !self.loaded.is_empty() {
            let loaded = self.loaded.iter();
            return loaded.map(|path| at("loaded already", path)).collect();
        }
        let hints = self.hints.iter().map(|path| at("hint", path));
        let beside = self.beside.iter().map(|path| at("beside amaas", path));
        let system = NAMES.iter().map(|name| Candidate {
            origin: "system loader",
            place: Place::Name(name),
        });
        hints.chain(beside).chain(system).collect()
    }

    /// The only place that counts, and who says so.
    pub(super) fn stated(&self) -> Option<(&'static str, &Path)> {
        let variable = self.variable.as_ref().filter(|value| !value.is_empty());
        let variable = variable.map(|path| (VARIABLE, Path::new(path)));
        let explicit = self.explicit.as_deref();
        explicit.map(|path| ("explicit path", path)).or(variable)
    }
}

fn at(origin: &'static str, path: &Path) -> Candidate {
    Candidate {
        origin,
        place: Place::Path(path.to_owned()),
    }
}

/// The libraries in `folder`, in its `capi` (where Python's package keeps it) and in its `lib`.
pub(super) fn in_folder(folder: &Path) -> Vec<PathBuf> {
    let folders = [folder.to_owned(), folder.join("capi"), folder.join("lib")];
    folders
        .iter()
        .flat_map(|folder| libraries(folder))
        .collect()
}

fn libraries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let named = |path: &PathBuf| {
        path.file_name()
            .and_then(|name| name.to_str())
            .is_some_and(is_library)
    };
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(named)
        .collect();
    found.sort();
    found
}

/// Whether a file of this name is ONNX Runtime itself, and none of its providers.
fn is_library(name: &str) -> bool {
    name == "onnxruntime.dll"
        || name == "libonnxruntime.so"
        || name.starts_with("libonnxruntime.so.")
        || (name.starts_with("libonnxruntime.") && name.ends_with(".dylib"))
}

/// The files of ONNX Runtime in a listing of `/proc/<pid>/maps`, each once.
pub(super) fn in_maps(maps: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in maps
        .lines()
        .filter_map(|line| line.find('/').map(|start| Path::new(&line[start..])))
    {
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(is_library) && found.iter().all(|known| known != path) {
            found.push(path.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(search: &Search) -> Vec<&'static str> {
        let mut origins: Vec<_> = search
            .candidates()
            .iter()
            .map(|found| found.origin)
            .collect();
        origins.dedup();
        origins
    }

    fn full() -> Search {
        Search {
            explicit: Some("/explicit".into()),
            variable: Some("/variable".into()),
            hints: vec!["/hint".into()],
            loaded: vec!["/loaded".into()],
            beside: Some("/beside".into()),
        }
    }

    #[test]
    fn what_is_stated_is_the_only_place() {
        assert_eq!(origins(&full()), ["explicit path"]);
        let unstated = Search {
            explicit: None,
            ..full()
        };
        assert_eq!(origins(&unstated), [VARIABLE]);
    }

    #[test]
    fn an_empty_variable_is_no_order() {
        let search = Search {
            explicit: None,
            variable: Some(OsString::new()),
            ..full()
        };
        assert_eq!(origins(&search), ["loaded already"]);
    }

    #[test]
    fn where_nothing_is_loaded_the_offers_come_in_order() {
        let search = Search {
            explicit: None,
            variable: None,
            loaded: Vec::new(),
            ..full()
        };
        assert_eq!(origins(&search), ["hint", "beside amaas", "system loader"]);
    }

    #[test]
    fn only_the_runtime_itself_counts() {
        for name in [
            "libonnxruntime.so",
            "libonnxruntime.so.1.32.0",
            "libonnxruntime.1.dylib",
            "onnxruntime.dll",
        ] {
            assert!(is_library(name), "{name}");
        }
        for name in [
            "libonnxruntime_providers_shared.so",
            "onnxruntime.py",
            "libonnxruntime4j_jni.so",
        ] {
            assert!(!is_library(name), "{name}");
        }
    }

    #[test]
    fn maps_name_each_file_once() {
        let maps = "7f0 r--p 0 08:01 1   /opt/a b/libonnxruntime.so.1\n7f1 r-xp 0 08:01 1   /opt/a b/libonnxruntime.so.1\n7f2 rw-p 0 00:00 0 [heap]\n7f3 r-xp 0 08:01 2 /lib/libc.so.6\n";
        assert_eq!(
            in_maps(maps),
            [PathBuf::from("/opt/a b/libonnxruntime.so.1")]
        );
    }

    #[test]
    fn a_package_folder_is_searched_inside() {
        let folder = tempfile::tempdir().unwrap();
        let capi = folder.path().join("capi");
        std::fs::create_dir(&capi).unwrap();
        std::fs::write(capi.join("libonnxruntime.so.1.32.0"), "").unwrap();
        std::fs::write(capi.join("libonnxruntime_providers_shared.so"), "").unwrap();
        assert_eq!(
            in_folder(folder.path()),
            [capi.join("libonnxruntime.so.1.32.0")]
        );
    }
}
