//! What must not leave `libamaas.so`: functions for C that belong to a library below, for which this
//! one is no face.
//!
//! rustc exports each function that is named for C, whoever wrote it. A symbol that one object calls
//! hidden is hidden in all, so this one does, and what nobody calls is then left out.
//!
//! The trap: a name that is new below is not here. The test that compares what leaves the library with
//! `tests/c/symbols.txt` finds it.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

std::arch::global_asm!(
    ".hidden llg_cancel",
    ".hidden llg_clone_cancellation_handle",
    ".hidden llg_clone_constraint",
    ".hidden llg_clone_matcher",
    ".hidden llg_clone_stop_controller",
    ".hidden llg_clone_tokenizer",
    ".hidden llg_commit_token",
    ".hidden llg_compute_mask",
    ".hidden llg_constraint_init_set_defaults",
    ".hidden llg_decode_tokens",
    ".hidden llg_flush_logs",
    ".hidden llg_free_cancellation_handle",
    ".hidden llg_free_constraint",
    ".hidden llg_free_matcher",
    ".hidden llg_free_stop_controller",
    ".hidden llg_free_tokenizer",
    ".hidden llg_get_error",
    ".hidden llg_get_temperature",
    ".hidden llg_get_version",
    ".hidden llg_is_stopped",
    ".hidden llg_matcher_compute_ff_tokens",
    ".hidden llg_matcher_compute_mask",
    ".hidden llg_matcher_compute_mask_into",
    ".hidden llg_matcher_consume_token",
    ".hidden llg_matcher_consume_tokens",
    ".hidden llg_matcher_get_cancellation_handle",
    ".hidden llg_matcher_get_error",
    ".hidden llg_matcher_get_mask",
    ".hidden llg_matcher_get_mask_byte_size",
    ".hidden llg_matcher_is_accepting",
    ".hidden llg_matcher_is_cancelled",
    ".hidden llg_matcher_is_error",
    ".hidden llg_matcher_is_stopped",
    ".hidden llg_matcher_reset",
    ".hidden llg_matcher_rollback",
    ".hidden llg_matcher_validate_tokens",
    ".hidden llg_new_constraint",
    ".hidden llg_new_constraint_any",
    ".hidden llg_new_constraint_json",
    ".hidden llg_new_constraint_lark",
    ".hidden llg_new_constraint_regex",
    ".hidden llg_new_matcher",
    ".hidden llg_new_stop_controller",
    ".hidden llg_new_tokenizer",
    ".hidden llg_new_tokenizer_v2",
    ".hidden llg_par_compute_mask",
    ".hidden llg_stop_commit_token",
    ".hidden llg_stringify_tokens",
    ".hidden llg_tokenize_bytes",
    ".hidden llg_tokenize_bytes_marker",
    ".hidden llg_validate_grammar",
);
