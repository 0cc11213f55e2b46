//! AI model as a service, inside your own process.
//!
//! A [`Service`] selects a version of a model, loads it through ONNX Runtime and answers requests
//! from any number of threads; a [`Route`] is what [`Service::load`] hands out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::Service;
//!
//! let service = Service::builder().registry("models/").build()?;
//! let reviews = service.load("sentiment@^1")?;
//! let answers = reviews.classify(&["I loved it"])?;
//! println!("{} {:.2}", answers[0].labels[0].label, answers[0].labels[0].score);
//! println!("{} on {}", reviews.describe(), reviews.lease().placement());
//! # Ok(())
//! # }
//! ```
//!
//! # Rooms
//!
//! A request flows one way, and nothing on the right knows who called it from the left:
//!
//! [`model`] (which one) → [`registry`] (verified bytes) → [`runtime`] (instances on devices) →
//! [`scheduler`] (whose turn) → [`service`] (routes) → [`tasks`] (in the user's terms).
//!
//! # The trap
//!
//! ONNX Runtime is found when the service is built, not linked: without one, `build` says where
//! it looked and what to install.

pub mod clock;
mod error;
pub mod model;
pub mod observe;
pub mod privacy;
pub mod registry;
pub mod runtime;
pub mod scheduler;
pub mod service;
mod sync;
pub mod tasks;
pub mod tensor;
pub mod usage;
pub mod work;

pub use error::{Detail, Error, ErrorDetails, ErrorKind, Phase, Result};
pub use scheduler::Priority;
pub use service::{
    Call, LoadSettings, Outputs, Route, Service, ServiceBuilder, Stream, StreamOptions, Ticket,
};
#[cfg(feature = "audio")]
pub use tasks::{
    Audio, DetectSpeechOptions, Heard, Speech, SpeechDetected, SpeechDetection, feed_together,
};
#[cfg(feature = "generation")]
pub use tasks::{Chat, Finish, GenerateOptions, Generated, Generation, TextReady, TextStream};
pub use tasks::{Classification, Classified, ClassifyOptions, EmbedOptions, Embedded, LabelScore};
pub use tasks::{Entity, TagOptions, Tagged, Tagging};
pub use tasks::{RankOptions, Ranked, RankedDocument, ZeroShotOptions};
pub use tasks::{Similarities, SimilarityFunction, SimilarityOptions};
pub use tensor::{Buffer, Dtype, Element, Shape, Tensor};

impl Service {
    /// Starts a service that knows every task of this crate.
    ///
    /// ```no_run
    /// let service = amaas_core::Service::builder().registry("models/").build()?;
    /// # Ok::<(), amaas_core::Error>(())
    /// ```
    pub fn builder() -> ServiceBuilder {
        ServiceBuilder::new(tasks::prepare)
    }
}

/// What hosts rely on: these travel between threads.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Error>();
    shared::<Service>();
    shared::<Route>();
    shared::<Outputs>();
    shared::<Stream>();
    shared::<Ticket<Outputs>>();
    shared::<Tensor>();
    shared::<registry::Registry>();
};

/// The Rust code of the README is compiled with the examples of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

/// So is that of the pages that show some.
#[cfg(all(
    doctest,
    feature = "encrypt",
    feature = "ledger",
    feature = "remote",
    feature = "sign"
))]
mod pages {
    #[doc = include_str!("../../docs/metering.md")]
    mod metering {}
    #[doc = include_str!("../../docs/privacy.md")]
    mod privacy {}
    #[doc = include_str!("../../docs/remote.md")]
    mod remote {}
}
