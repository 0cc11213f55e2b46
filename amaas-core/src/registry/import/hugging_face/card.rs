//! The front matter of a model card: licence and description.
//!
//! The trap: the hub's licence ids are lower-case and partly of its own making; they are no SPDX
//! expressions yet.

use serde::Deserialize;
use serde_json::Value;

use super::super::super::contained::Folder;
use super::super::ImportOptions;
use super::super::draft::Draft;
use super::super::read::{text, yaml_of};
use crate::Result;

const FILE: &str = "README.md";

/// The hub's id and the SPDX licence, where they differ in more than nothing.
const LICENSES: [(&str, &str); 20] = [
    ("afl-3.0", "AFL-3.0"),
    ("agpl-3.0", "AGPL-3.0-only"),
    ("apache-2.0", "Apache-2.0"),
    ("artistic-2.0", "Artistic-2.0"),
    ("bsd-2-clause", "BSD-2-Clause"),
    ("bsd-3-clause", "BSD-3-Clause"),
    ("bsl-1.0", "BSL-1.0"),
    ("cc-by-4.0", "CC-BY-4.0"),
    ("cc-by-nc-4.0", "CC-BY-NC-4.0"),
    ("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
    ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
    ("cc0-1.0", "CC0-1.0"),
    ("gpl-3.0", "GPL-3.0-only"),
    ("isc", "ISC"),
    ("lgpl-3.0", "LGPL-3.0-only"),
    ("mit", "MIT"),
    ("mpl-2.0", "MPL-2.0"),
    ("ms-pl", "MS-PL"),
    ("unlicense", "Unlicense"),
    ("zlib", "Zlib"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Card {
    license: Value,
    license_name: Option<String>,
    description: Option<String>,
}

/// Takes over what the card says; a card that cannot be read is left out, with a note.
pub(super) fn read(folder: &Folder, draft: &mut Draft, options: &ImportOptions) -> Result<()> {
    let Some(text) = text(folder, FILE)? else {
        return Ok(());
    };
    let Some(front) = front_matter(&text) else {
        return Ok(());
    };
    let card = match yaml_of::<Card>(front) {
        Ok(card) => card,
        Err(cause) => {
            draft.note(format!(
                "not carried over: the front matter of `{FILE}`: {cause}"
            ));
            return Ok(());
        }
    };
    let license = card.spdx();
    let info = &mut draft.manifest.package;
    info.description = card.description.filter(|text| !text.trim().is_empty());
    if let Some(license) = license.filter(|_| options.license.is_none()) {
        info.license.clone_from(&license);
        draft.note(format!(
            "carried over: the licence `{license}`, from `{FILE}`"
        ));
    }
    Ok(())
}

fn front_matter(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('\u{feff}').strip_prefix("---")?;
    let end = rest.find("\n---")?;
    rest.get(..end)
}

impl Card {
    /// What the hub's id is in SPDX; a reference to what SPDX does not list.
    fn spdx(&self) -> Option<String> {
        let ids: Vec<&str> = match &self.license {
            Value::String(id) => vec![id],
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        let names: Vec<_> = ids.into_iter().map(|id| self.spdx_of(id)).collect();
        (!names.is_empty()).then(|| names.join(" OR "))
    }

    fn spdx_of(&self, id: &str) -> String {
        if let Some((_, spdx)) = LICENSES.iter().find(|(known, _)| *known == id) {
            return (*spdx).to_owned();
        }
        let name = match (id, &self.license_name) {
            ("other", Some(name)) => name,
            _ => id,
        };
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        };
        let name: String = name.chars().map(plain).take(100).collect();
        format!("LicenseRef-{name}")
    }
}
