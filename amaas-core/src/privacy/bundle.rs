//! A signature as a file: a Sigstore bundle around a DSSE envelope around an in-toto statement.
//!
//! Only what Model Signing writes for a key pair is read; fields that are not known are ignored, as
//! the formats ask.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::model::Digest;
use crate::{Error, ErrorKind, Result};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PAYLOAD: &str = "application/vnd.in-toto+json";
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://model_signing/signature/v1.0";

/// What DSSE signs: the pre-authentication encoding.
pub(super) fn authenticated(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD} {} ", PAYLOAD.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

pub(super) fn malformed() -> Error {
    let message = "the signature is no Model Signing bundle of whole files and SHA-256";
    Error::new(ErrorKind::Untrusted, message).advise("sign the package again")
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

impl Bundle {
    /// A bundle of one signature, by the key of this fingerprint.
    pub(super) fn of(payload: &[u8], signature: &[u8], fingerprint: String) -> Self {
        Self {
            media_type: BUNDLE.to_owned(),
            verification_material: Material {
                public_key: Some(Hint { hint: fingerprint }),
                tlog_entries: Vec::new(),
            },
            dsse_envelope: Envelope {
                payload: BASE64.encode(payload),
                payload_type: PAYLOAD.to_owned(),
                signatures: vec![Signature {
                    sig: BASE64.encode(signature),
                    keyid: String::new(),
                }],
            },
        }
    }

    /// The payload and its signature.
    pub(super) fn read(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
        let bundle: Self =
            serde_json::from_slice(bytes).map_err(|cause| malformed().because(cause))?;
        let envelope = &bundle.dsse_envelope;
        let known = (&*bundle.media_type, &*envelope.payload_type) == (BUNDLE, PAYLOAD);
        let ([signature], true) = (&envelope.signatures[..], known) else {
            return Err(malformed());
        };
        let decode = |text: &str| {
            let bytes = BASE64.decode(text);
            bytes.map_err(|cause| malformed().because(cause))
        };
        Ok((decode(&envelope.payload)?, decode(&signature.sig)?))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    public_key: Option<Hint>,
    #[serde(default)]
    tlog_entries: Vec<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct Hint {
    #[serde(default)]
    hint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    sig: String,
    #[serde(default)]
    keyid: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
struct Subject {
    name: String,
    digest: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Predicate {
    serialization: Serialization,
    resources: Vec<Resource>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amaas: Option<Own>,
}

#[derive(Serialize, Deserialize)]
struct Serialization {
    method: String,
    hash_type: String,
    #[serde(default)]
    allow_symlinks: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ignore_paths: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Resource {
    name: String,
    algorithm: String,
    digest: String,
}

#[derive(Serialize, Deserialize)]
struct Own {
    generation: u64,
}

impl Statement {
    pub(super) fn of(name: &str, files: &[(&str, Digest)], generation: u64) -> Self {
        let mut files = files.to_vec();
        files.sort_unstable();
        let all: Vec<u8> = files
            .iter()
            .flat_map(|(_, digest)| digest.bytes())
            .collect();
        let resource = |(path, digest): &(&str, Digest)| Resource {
            name: (*path).to_owned(),
            algorithm: "sha256".to_owned(),
            digest: digest.hex(),
        };
        Self {
            kind: STATEMENT.to_owned(),
            subject: vec![Subject {
                name: name.to_owned(),
                digest: [("sha256".to_owned(), Digest::of(&all).hex())].into(),
            }],
            predicate_type: PREDICATE.to_owned(),
            predicate: Predicate {
                serialization: Serialization {
                    method: "files".to_owned(),
                    hash_type: "sha256".to_owned(),
                    allow_symlinks: false,
                    ignore_paths: Vec::new(),
                },
                resources: files.iter().map(resource).collect(),
                amaas: (generation > 0).then_some(Own { generation }),
            },
        }
    }

    pub(super) fn read(payload: &[u8]) -> Result<Self> {
        serde_json::from_slice(payload).map_err(|cause| malformed().because(cause))
    }

    /// The number that was signed with the files; 0 without one.
    pub(super) fn generation(&self) -> u64 {
        self.predicate
            .amaas
            .as_ref()
            .map_or(0, |own| own.generation)
    }

    /// The files, when all of it hangs together; `None` when it does not.
    pub(super) fn files(&self) -> Option<BTreeMap<String, Digest>> {
        let Self {
            subject, predicate, ..
        } = self;
        let way = &predicate.serialization;
        let is_known = (&*self.kind, &*self.predicate_type) == (STATEMENT, PREDICATE)
            && (&*way.method, &*way.hash_type) == ("files", "sha256");
        let (mut files, mut all) = (BTreeMap::new(), Vec::new());
        for Resource {
            name,
            algorithm,
            digest,
        } in &predicate.resources
        {
            let digest: Digest = format!("{algorithm}:{digest}").parse().ok()?;
            all.extend(digest.bytes());
            if files.insert(name.clone(), digest).is_some() {
                return None;
            }
        }
        let [subject] = &subject[..] else { return None };
        let whole = subject.digest.get("sha256") == Some(&Digest::of(&all).hex());
        (is_known && whole).then_some(files)
    }
}
