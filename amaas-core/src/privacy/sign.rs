//! Signatures that say who made a package: OpenSSF Model Signing bundles with a key pair.
//!
//! ```
//! use amaas_core::model::Digest;
//! use amaas_core::privacy::{PublicKey, Signer, verify};
//! # let pem = include_str!("../../tests/privacy/author.key");
//!
//! let signer = Signer::from_pem(pem)?.generation(7);
//! let bundle = signer.sign("sentiment", &[("model.onnx", Digest::of(b"graph"))])?;
//! let statement = verify(&bundle, &[signer.public_key()])?;
//! assert_eq!(statement.files["model.onnx"], Digest::of(b"graph"));
//! assert_eq!(statement.generation, 7);
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! Formats: a Sigstore bundle 0.3 around a DSSE envelope, in which an in-toto statement 1 with the
//! predicate `https://model_signing/signature/v1.0` lists every file with its SHA-256; ECDSA on P-256
//! with SHA-256. Fields of the predicate that are not known are ignored by the format's rule, so the
//! generation is one of them: `"amaas": {"generation": 7}`.
//!
//! The trap: a signature never grows old by itself. What was signed once stays signed, so that an
//! old, bad version can be put in the place of a good one; generations are against that.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use serde::{Deserialize, Serialize};

use crate::model::Digest;
use crate::{Error, ErrorKind, Result};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PAYLOAD: &str = "application/vnd.in-toto+json";
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://model_signing/signature/v1.0";

/// What stands before the 65 bytes of a P-256 point in a `SubjectPublicKeyInfo`: RFC 5480.
const POINT: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// What stands before the secret number, and between it and the point, in an `ECPrivateKey` of
/// P-256: RFC 5915.
const SECRET: [u8; 7] = [0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
const BETWEEN: [u8; 17] = [
    0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42,
    0x00,
];

/// A public key of P-256 that signatures are held against.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// The key in a PEM text, `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    /// `InvalidArgument` when it is no public key of P-256.
    pub fn from_pem(text: &str) -> Result<Self> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes())
            .map_err(|cause| no_key("public").because(cause))?;
        let point = der.strip_prefix(&POINT).filter(|point| point.len() == 65);
        point
            .map(|point| Self(point.to_vec()))
            .ok_or_else(|| no_key("public"))
    }

    /// The key as PEM, in the form in which all tools write it.
    pub fn to_pem(&self) -> String {
        let der = [&POINT[..], &self.0].concat();
        let text = BASE64.encode(der);
        let lines: Vec<_> = text
            .as_bytes()
            .chunks(64)
            .map(String::from_utf8_lossy)
            .collect();
        let lines = lines.join("\n");
        format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n")
    }

    /// How bundles name it: the SHA-256 of its PEM, as hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        Digest::of(self.to_pem().as_bytes()).hex()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

/// A private key of P-256, and the generation it signs.
pub struct Signer {
    pair: EcdsaKeyPair,
    generation: u64,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Signer({}, {})",
            self.public_key().fingerprint(),
            self.generation
        )
    }
}

impl Signer {
    /// The key in a PEM text, in PKCS #8 or as OpenSSL's `ecparam -genkey` writes it, without a
    /// passphrase.
    ///
    /// # Errors
    /// `InvalidArgument` when it is no private key of P-256. The text is not shown.
    pub fn from_pem(text: &str) -> Result<Self> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let der = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| no_key("private"))?;
        let pair = match &der {
            PrivateKeyDer::Pkcs8(der) => {
                EcdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der(), &random)
            }
            PrivateKeyDer::Sec1(der) => {
                let (secret, point) =
                    halves(der.secret_sec1_der()).ok_or_else(|| no_key("private"))?;
                EcdsaKeyPair::from_private_key_and_public_key(algorithm, secret, point, &random)
            }
            _ => return Err(no_key("private")),
        };
        let pair = pair.map_err(|_| no_key("private"))?;
        Ok(Self {
            pair,
            generation: 0,
        })
    }

    /// Signs this generation: a number that grows from version to version of a model, by which
    /// services see that they are given an older one than before.
    #[must_use]
    pub fn generation(mut self, generation: u64) -> Self {
        self.generation = generation;
        self
    }

    /// The other half of the key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.pair.public_key().as_ref().to_vec())
    }

    /// A bundle that vouches for files of these digests, by path.
    ///
    /// # Errors
    /// `Internal` when the system has no randomness.
    pub fn sign(&self, name: &str, files: &[(&str, Digest)]) -> Result<Vec<u8>> {
        let payload = serde_json::to_vec(&Statement::of(name, files, self.generation))
            .map_err(|cause| failed().because(cause))?;
        let signature = self
            .pair
            .sign(&SystemRandom::new(), &authenticated(&payload));
        let signature = signature.map_err(|_| failed())?;
        let bundle = Bundle {
            media_type: BUNDLE.to_owned(),
            verification_material: Material {
                public_key: Some(Hint {
                    hint: self.public_key().fingerprint(),
                }),
                tlog_entries: Vec::new(),
            },
            dsse_envelope: Envelope {
                payload: BASE64.encode(&payload),
                payload_type: PAYLOAD.to_owned(),
                signatures: vec![Signature {
                    sig: BASE64.encode(signature.as_ref()),
                    keyid: String::new(),
                }],
            },
        };
        serde_json::to_vec(&bundle).map_err(|cause| failed().because(cause))
    }
}

/// What a bundle vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Every file that was signed, by path.
    pub files: BTreeMap<String, Digest>,
    /// The generation; 0 where none was signed.
    pub generation: u64,
    /// The key that signed it.
    pub key: PublicKey,
}

/// What `bundle` vouches for, once one of `keys` has been found to have signed it.
///
/// # Errors
/// `Untrusted` when none of them did, or the bundle is no such bundle.
pub fn verify(bundle: &[u8], keys: &[PublicKey]) -> Result<Vouched> {
    let bundle: Bundle =
        serde_json::from_slice(bundle).map_err(|cause| malformed().because(cause))?;
    let envelope = &bundle.dsse_envelope;
    let ([signature], BUNDLE, PAYLOAD) = (
        &envelope.signatures[..],
        &*bundle.media_type,
        &*envelope.payload_type,
    ) else {
        return Err(malformed());
    };
    let decode = |text: &str| {
        BASE64
            .decode(text)
            .map_err(|cause| malformed().because(cause))
    };
    let (payload, signature) = (decode(&envelope.payload)?, decode(&signature.sig)?);
    let message = authenticated(&payload);
    let signed = |key: &&PublicKey| {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &key.0);
        key.verify(&message, &signature).is_ok()
    };
    let key = keys.iter().find(signed).ok_or_else(|| {
        Error::new(ErrorKind::Untrusted, "no trusted key signed it")
            .with("trusted", keys.len())
            .advise("ask its author for the public key, and trust that if you do")
    })?;
    let statement: Statement =
        serde_json::from_slice(&payload).map_err(|cause| malformed().because(cause))?;
    Ok(Vouched {
        generation: statement
            .predicate
            .amaas
            .as_ref()
            .map_or(0, |own| own.generation),
        files: statement.files().ok_or_else(malformed)?,
        key: key.clone(),
    })
}

/// What DSSE signs: the pre-authentication encoding.
fn authenticated(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD} {} ", PAYLOAD.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// The secret number and the point in an `ECPrivateKey`.
fn halves(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (secret, rest) = der.strip_prefix(&SECRET)?.split_at_checked(32)?;
    let point = rest.strip_prefix(&BETWEEN)?;
    (point.len() == 65).then_some((secret, point))
}

fn no_key(half: &str) -> Error {
    let message = format!("this is no {half} key of P-256");
    Error::new(ErrorKind::InvalidArgument, message)
        .advise("make a pair with `openssl ecparam -name prime256v1 -genkey -noout`")
}

fn failed() -> Error {
    Error::new(ErrorKind::Internal, "the package cannot be signed")
}

fn malformed() -> Error {
    let message = "the signature is no Model Signing bundle of whole files and SHA-256";
    Error::new(ErrorKind::Untrusted, message).advise("sign the package again")
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
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
struct Statement {
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
    fn of(name: &str, files: &[(&str, Digest)], generation: u64) -> Self {
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

    /// The files, when all of it hangs together; `None` when it does not.
    fn files(&self) -> Option<BTreeMap<String, Digest>> {
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
