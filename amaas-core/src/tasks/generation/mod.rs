//! Text that a model writes: what stands around the graph, without the graph.
//!
//! Each file is one pure piece, so that a step of generation reads: a [`constraint`] masks the scores
//! that a run gave, a [`sampler`] (or a [`beam`]) chooses a token of them, [`delta`] makes text of
//! it, and [`stop`] says whether that was the end. A [`template`] made the prompt.
#![cfg_attr(
    not(test),
    expect(dead_code, reason = "the runner that uses these pieces stands on them")
)]

pub(crate) mod beam;
pub(crate) mod constraint;
pub(crate) mod delta;
pub(crate) mod sampler;
pub(crate) mod stop;
pub(crate) mod template;
