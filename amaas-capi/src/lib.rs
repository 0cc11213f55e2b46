//! The C face: every function converts what C passed, calls `amaas_core`, converts the answer.
//!
//! The manual for its users is `include/amaas.h`, which is generated from the documentation
//! here. This page is for those who add a function.
//!
//! - [`boundary`] holds the only ways in: `call` for what can fail, `read` for getters, `free`
//!   for the end of an object. None lets a panic out.
//! - [`arguments`] reads pointers: it refuses NULL and names the parameter, checks UTF-8 and
//!   sizes, and knows nothing of models.
//! - One module a noun, each with the object that C holds and the functions of its name.
//!
//! The trap: a C enum or `bool` that is passed by value may hold any number, which Rust may
//! not. What comes in is an integer or a pointer, and is checked.

#![expect(
    unsafe_code,
    reason = "C passes raw pointers; each block says which promise of the header it relies on"
)]
#![expect(
    non_camel_case_types,
    reason = "the types are named as C spells them, so that code and header read alike"
)]

pub mod alias;
pub mod alias_history;
pub mod arguments;
pub mod audio;
pub mod boundary;
pub mod call;
pub mod chat;
pub mod classification;
pub mod classify_options;
pub mod detect_speech_options;
pub mod detection;
pub mod device_list;
pub mod dtype;
pub mod embed_options;
pub mod embedding;
pub mod error;
pub mod export;
pub mod export_options;
mod fork;
pub mod gc;
pub mod gc_options;
pub mod generate_options;
pub mod generation;
pub mod guard;
pub mod hear;
mod hidden;
mod identity;
pub mod image;
pub mod image_options;
pub mod import;
pub mod import_limits;
pub mod import_options;
pub mod imported;
pub mod invoice;
pub mod kept;
pub mod keys;
pub mod ledger;
pub mod ledger_filter;
pub mod log;
pub mod metrics;
pub mod model_info;
pub mod model_list;
pub mod outputs;
pub mod pairs;
#[cfg(feature = "panic-test")]
pub mod planted;
pub mod port;
pub mod publish_options;
pub mod published;
pub mod rank;
pub mod rank_options;
pub mod ranking;
pub mod reading;
pub mod receipt;
pub mod redaction;
pub mod redactor;
pub mod registry;
pub mod remote;
pub mod remote_model;
pub mod remote_options;
pub mod resolved;
pub mod route;
pub mod sample;
pub mod see;
pub mod service;
pub mod service_options;
pub mod signature;
pub mod similarity;
pub mod speech;
pub mod standing;
pub mod statistics;
pub mod status;
pub mod stream;
pub mod sum_list;
pub mod tag;
pub mod tag_options;
pub mod tagging;
pub mod tenancy;
pub mod tensor;
pub mod text;
pub mod ticket;
mod time;
pub mod transfer;
pub mod transferred;
pub mod trial;
pub mod trial_status;
pub mod trust;
pub mod tune;
pub mod tune_options;
pub mod tuned;
pub mod updated;
pub mod usage;
pub mod verification;
pub mod verify;
pub mod version;
pub mod version_list;
pub mod warm_up;
pub mod watch;
pub mod withdraw;
pub mod zero_shot_options;
