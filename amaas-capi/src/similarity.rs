//! How alike texts are, by their vectors.

use std::ffi::c_char;

use amaas_core::{EmbedOptions, Result, SimilarityFunction, SimilarityOptions};

use crate::arguments::{Place, object, refuse, texts};
use crate::boundary::{call, give};
use crate::embed_options::amaas_embed_options;
use crate::embedding::amaas_embedding;
use crate::error::amaas_error;
use crate::route::amaas_route;
use crate::status::amaas_status;

/// How two vectors are compared: one of `AMAAS_SIMILARITY_…`.
pub type amaas_similarity = i32;
/// The cosine of their angle, -1 to 1.
pub const AMAAS_SIMILARITY_COSINE: amaas_similarity = 0;
/// Their dot product.
pub const AMAAS_SIMILARITY_DOT: amaas_similarity = 1;

/// Compares each of `count` texts with each of `other_count` others by their vectors. Blocks until all are
/// read.
///
/// Texts are passed as to `amaas_route_classify`, and `options` may be NULL; `other_lengths` may be NULL too. `out` has a row for each text, whose numbers
/// are one for each of the others: `amaas_embedding_dimensions` is `other_count`. The caller owns it.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task than embedding.
///
/// # Safety
/// `route` is live, `options` is NULL or live, the texts and lengths point to as much as stated, `out`
/// can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_similarity(
    route: *const amaas_route,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    others: *const *const c_char,
    other_lengths: *const usize,
    other_count: usize,
    function: amaas_similarity,
    options: *const amaas_embed_options,
    out: *mut *mut amaas_embedding,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let ask = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let texts = self::texts(texts, lengths, count, "texts")?;
        let others = self::texts(others, other_lengths, other_count, "others")?;
        let none = EmbedOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let options = SimilarityOptions {
            function: parse(function)?,
            embed: options.clone(),
        };
        let found = route.similarity_with(&texts, &others, &options)?;
        out.write(give(amaas_embedding::of_table(found)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, ask) }
}

fn parse(function: amaas_similarity) -> Result<SimilarityFunction> {
    match function {
        AMAAS_SIMILARITY_COSINE => Ok(SimilarityFunction::Cosine),
        AMAAS_SIMILARITY_DOT => Ok(SimilarityFunction::Dot),
        other => Err(refuse(
            "function",
            &format!("is `{other}`"),
            "use one of `AMAAS_SIMILARITY_…`",
        )),
    }
}
