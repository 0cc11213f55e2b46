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
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use zeroize::Zeroizing;

use super::bundle::{Bundle, Statement, authenticated, malformed};
use crate::model::Digest;
use crate::{Error, ErrorKind, Result};

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

    /// The key in the PEM file at `path`.
    ///
    /// # Errors
    /// `Io` when the file cannot be read; else as [`PublicKey::from_pem`], with the path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::from_pem(&read(path)?).map_err(|error| error.with("file", path.display()))
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

    /// The key in the PEM file at `path`.
    ///
    /// # Errors
    /// `Io` when the file cannot be read; else as [`Signer::from_pem`], with the path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = Zeroizing::new(read(path)?);
        Self::from_pem(&text).map_err(|error| error.with("file", path.display()))
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
        let fingerprint = self.public_key().fingerprint();
        let bundle = Bundle::of(&payload, signature.as_ref(), fingerprint);
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
    let (payload, signature) = Bundle::read(bundle)?;
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
    let statement = Statement::read(&payload)?;
    Ok(Vouched {
        generation: statement.generation(),
        files: statement.files().ok_or_else(malformed)?,
        key: key.clone(),
    })
}

/// The secret number and the point in an `ECPrivateKey`.
fn halves(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (secret, rest) = der.strip_prefix(&SECRET)?.split_at_checked(32)?;
    let point = rest.strip_prefix(&BETWEEN)?;
    (point.len() == 65).then_some((secret, point))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|cause| {
        let message = format!("`{}` cannot be read", path.display());
        Error::new(ErrorKind::Io, message)
            .because(cause)
            .advise("name a PEM file that this process may read")
    })
}

fn no_key(half: &str) -> Error {
    let message = format!("this is no {half} key of P-256");
    Error::new(ErrorKind::InvalidArgument, message)
        .advise("make a pair with `openssl ecparam -name prime256v1 -genkey -noout`")
}

fn failed() -> Error {
    Error::new(ErrorKind::Internal, "the package cannot be signed")
}
