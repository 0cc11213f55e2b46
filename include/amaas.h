/*
 * amaas: AI model as a service, inside your own process.
 *
 * GENERATED from amaas-capi/src by `cargo run -p amaas-capi --example header`. Do not edit.
 *
 *     amaas_service *service = NULL;
 *     amaas_route *reviews = NULL;
 *     amaas_classification *answer = NULL;
 *     amaas_error *error = NULL;
 *     const char *texts[] = {"I loved it"};
 *
 *     if (amaas_service_new(NULL, &service, &error) ||
 *         amaas_service_load(service, "sentiment@^1", &reviews, &error) ||
 *         amaas_route_classify(reviews, texts, NULL, 1, NULL, &answer, &error)) {
 *         fprintf(stderr, "%s\n", amaas_error_report(error));
 *     } else {
 *         printf("%s %.2f\n", amaas_classification_label(answer, 0, 0),
 *                amaas_classification_score(answer, 0, 0));
 *     }
 *     amaas_classification_free(answer);
 *     amaas_route_free(reviews);
 *     amaas_service_free(service);
 *     amaas_error_free(error);
 *
 * What follows holds for every function, unless it says otherwise.
 *
 * OBJECTS AND WHO OWNS THEM
 *   A type without fields is an object of amaas: C holds a pointer to it and never looks inside.
 *   What a function writes to `out` belongs to the caller, who ends it with the `_free` of its
 *   type, once, in any order: a route keeps what it needs of its service. Every `_free` takes
 *   NULL. What a getter returns is a view into the object that was asked: it is not freed, and is
 *   valid until that object is. `const` objects never change. A pointer that was freed is not one
 *   any more, and no function can tell it from one that is: set it to NULL, which every `_free`
 *   takes, or leave that to the handles of amaas.hpp.
 *
 * ARGUMENTS
 *   Arguments are borrowed for the call: when it returns they are the caller's again, to change
 *   or free. Only `amaas_tensor_borrow` and what it says about its memory is different. Names,
 *   paths and references end in NUL. What users wrote comes with its length in bytes, or ends in
 *   NUL where the array of lengths is NULL. All text is UTF-8, and is checked. NULL is an error
 *   unless the function says that it may be NULL; an array of 0 elements may be NULL. The count
 *   of an array follows it; the room of a buffer that is written to stands before it. Counts, flags,
 *   dtypes and dimensions may be anything: they are checked before memory is touched.
 *
 * RESULTS
 *   What can fail returns an `amaas_status`, which is 0 for success. Outputs come last and are
 *   written only on success: otherwise they keep their value. Getters cannot fail: for NULL, or
 *   for an index that is out of range, they return what their description says, most often NULL
 *   or 0. `amaas_tensor_copy` and `amaas_embedding_copy` put numbers into memory of the host's.
 *
 * ERRORS
 *   The last parameter of what can fail may be NULL. If not, `*error` is written only on failure,
 *   to a new error that belongs to the caller. What it held before is not freed: start with NULL
 *   and free after each failure. A bug in amaas that would end a Rust program comes back as
 *   AMAAS_STATUS_INTERNAL; the process goes on. `amaas_error_details` tells all of it in JSON.
 *
 * THREADS
 *   Any thread may call any function. One object may be used by any number of threads at once,
 *   except that options are set by one thread at a time, and that nobody may use an object while
 *   or after it is freed. Calls that load, run or read a registry block; getters do not.
 *
 * STRUCTS AND VERSIONS
 *   A struct that begins with `size` may grow at its end: set `size` to its `sizeof` before the
 *   call. Numbers of statuses, dtypes and options never change their meaning; later releases may
 *   add some. AMAAS_ABI_VERSION is the number in the library's name, libamaas.so.0.
 *
 * LOG
 *   `amaas_log_set` hands events of amaas and of ONNX Runtime to a function of the host. Until it is
 *   called nothing is logged, and nothing is ever printed.
 *
 * ENDING
 *   Nothing has to be freed before the process ends. The library cannot be unloaded. In a child of
 *   fork whose parent had started a service, whatever can fail returns AMAAS_STATUS_CLOSED and
 *   nothing is freed; results that are there can be read. Such a child ends with _exit, as children
 *   of a program with threads should: at exit ONNX Runtime waits for threads that only the parent
 *   has. fork and exec is not concerned.
 */

#ifndef AMAAS_H
#define AMAAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The most dimensions that a tensor can be made with.
 */
#define AMAAS_TENSOR_MAX_RANK 64

/**
 * The version of the binary interface, which is the number in `libamaas.so.0` too. It moves
 * when a function changes or goes; functions that are added, and fields at the end of a struct
 * that begins with `size`, leave it as it is.
 */
#define AMAAS_ABI_VERSION 0

/**
 * The moves of an alias, the oldest first, up to the last 4,096, as they were when it was asked.
 *
 * Made by `amaas_service_alias_history`, owned by its caller, ended with
 * `amaas_alias_history_free`. It never changes: any number of threads may read it. Everything it
 * answers with is valid until it is freed. Moves are counted from 0.
 */
typedef struct amaas_alias_history amaas_alias_history;

/**
 * A recording, or a piece of one.
 *
 * Made by `amaas_audio_…`, owned by its caller, ended with `amaas_audio_free`. It never changes: any
 * number of threads may use it.
 */
typedef struct amaas_audio amaas_audio;

/**
 * What any call may say, whatever it asks of the model. What is not set is as the service says.
 *
 * Made by `amaas_call_new`, owned by its caller, ended with `amaas_call_free`. While one thread
 * sets it no other may use it; from then on any number of threads may call with it, each for a
 * time of its own.
 */
typedef struct amaas_call amaas_call;

/**
 * The answers to the texts of one call, in their order, and the receipt.
 *
 * Made by `amaas_route_classify` or `amaas_route_classify_images`, owned by its caller, ended with `amaas_classification_free`.
 * It never changes: any number of threads may read it. Everything it answers with is valid
 * until it is freed.
 */
typedef struct amaas_classification amaas_classification;

/**
 * Options of `amaas_route_classify`. What is not set is as the package says.
 *
 * Made by `amaas_classify_options_new`, owned by its caller, ended with
 * `amaas_classify_options_free`. While one thread sets it no other may use it; from then on any
 * number of threads may classify with it.
 */
typedef struct amaas_classify_options amaas_classify_options;

/**
 * Options of `amaas_route_detect_speech` and `amaas_route_listen`. What is not set is as the package
 * says.
 *
 * Made by `amaas_detect_speech_options_new`, owned by its caller, ended with
 * `amaas_detect_speech_options_free`. While one thread sets it no other may use it; from then on any
 * number of threads may.
 */
typedef struct amaas_detect_speech_options amaas_detect_speech_options;

/**
 * What was found on the images of one call, in their order, and the receipt.
 *
 * Made by `amaas_route_detect`, owned by its caller, ended with `amaas_detection_free`. It never
 * changes: any number of threads may read it. Everything it answers with is valid until it is freed.
 */
typedef struct amaas_detection amaas_detection;

/**
 * The devices that the runtime found.
 *
 * Made by `amaas_service_devices`, owned by its caller, ended with `amaas_device_list_free`. It
 * never changes: any number of threads may read it. Everything it answers with is valid until it
 * is freed. Devices are counted from 0.
 */
typedef struct amaas_device_list amaas_device_list;

/**
 * Options of `amaas_route_embed`. What is not set is as the package says.
 *
 * Made by `amaas_embed_options_new`, owned by its caller, ended with
 * `amaas_embed_options_free`. While one thread sets it no other may use it; from then on any
 * number of threads may embed with it.
 */
typedef struct amaas_embed_options amaas_embed_options;

/**
 * The vectors of the texts of one call, in their order, and the receipt.
 *
 * Made by `amaas_route_embed`, owned by its caller, ended with `amaas_embedding_free`. It never
 * changes: any number of threads may read it. Everything it answers with is valid until it is
 * freed.
 */
typedef struct amaas_embedding amaas_embedding;

/**
 * Why a call failed. Made by the call that failed, owned by its caller, ended with
 * `amaas_error_free`; one that a getter returns belongs to the object that was asked.
 *
 * It never changes: any number of threads may read it.
 */
typedef struct amaas_error amaas_error;

/**
 * Options of `amaas_service_export_archive`.
 *
 * Made by `amaas_export_options_new`, owned by its caller, ended with
 * `amaas_export_options_free`. While one thread sets it no other may use it; from then on any
 * number of threads may.
 */
typedef struct amaas_export_options amaas_export_options;

/**
 * Options of `amaas_service_gc`.
 *
 * Made by `amaas_gc_options_new`, owned by its caller, ended with `amaas_gc_options_free`. While
 * one thread sets it no other may use it; from then on any number of threads may.
 */
typedef struct amaas_gc_options amaas_gc_options;

/**
 * What a clean-up removed, or would remove.
 *
 * Made by `amaas_service_gc`, owned by its caller, ended with `amaas_gc_report_free`. It never
 * changes: any number of threads may read it. Everything it answers with is valid until it is
 * freed. Blobs are counted from 0.
 */
typedef struct amaas_gc_report amaas_gc_report;

/**
 * Options of `amaas_route_generate`, `amaas_route_chat` and `amaas_route_stream_generate`. What is not set
 * is as the package says.
 *
 * Made by `amaas_generate_options_new`, owned by its caller, ended with
 * `amaas_generate_options_free`. While one thread sets it no other may use it; from then on any
 * number of threads may generate with it.
 */
typedef struct amaas_generate_options amaas_generate_options;

/**
 * The texts that were written after the prompts of one call, in their order, and the receipt.
 *
 * Made by `amaas_route_generate`, `amaas_route_chat`, `amaas_route_stream_…` and `amaas_ticket_generation`,
 * owned by its caller, ended with `amaas_generation_free`. It never changes: any number of threads may read it.
 * Everything it answers with is valid until it is freed.
 */
typedef struct amaas_generation amaas_generation;

/**
 * What a version on trial may do worse than the present one, until it is taken back.
 *
 * Made by `amaas_guard_new`, owned by its caller, ended with `amaas_guard_free`; a trial that was
 * begun with it does not need it any more. While one thread sets it no other may use it; from then
 * on any number of threads may.
 */
typedef struct amaas_guard amaas_guard;

/**
 * An image: the bytes of a PNG, JPEG, WebP or BMP file, or pixels.
 *
 * Made by `amaas_image_encoded`, `amaas_image_open` or `amaas_image_pixels`, owned by its caller,
 * ended with `amaas_image_free`. It never changes: any number of threads may use it.
 */
typedef struct amaas_image amaas_image;

/**
 * Options of `amaas_route_classify_images`, `amaas_route_detect` and `amaas_route_read_images`. What
 * is not set is as the package says, and what a call has no use for does not count there.
 *
 * Made by `amaas_image_options_new`, owned by its caller, ended with `amaas_image_options_free`.
 * While one thread sets it no other may use it; from then on any number of threads may.
 */
typedef struct amaas_image_options amaas_image_options;

/**
 * Limits of `amaas_service_import_archive`, checked before anything is written.
 *
 * Made by `amaas_import_limits_new`, owned by its caller, ended with `amaas_import_limits_free`.
 * While one thread sets it no other may use it; from then on any number of threads may.
 */
typedef struct amaas_import_limits amaas_import_limits;

/**
 * Options of `amaas_service_import_model`. What is not set is as the source says.
 *
 * Made by `amaas_import_options_new`, owned by its caller, ended with
 * `amaas_import_options_free`. While one thread sets it no other may use it; from then on any
 * number of threads may.
 */
typedef struct amaas_import_options amaas_import_options;

/**
 * The versions and aliases that an import brought.
 *
 * Made by `amaas_service_import_archive` and `amaas_service_import_model`, owned by its caller,
 * ended with `amaas_imported_free`. It never changes: any number of threads may read it.
 * Everything it answers with is valid until it is freed. Versions, their notes, and aliases are
 * counted from 0.
 */
typedef struct amaas_imported amaas_imported;

/**
 * What a tenant owes for some days.
 *
 * Made by `amaas_ledger_invoice`, owned by its caller, ended with `amaas_invoice_free`. It never
 * changes: any number of threads may read it. Totals, one a currency, are counted from 0.
 */
typedef struct amaas_invoice amaas_invoice;

/**
 * Keeps versions of one model loaded for as long as it lives. Routes to them share their
 * instances.
 *
 * Made by `amaas_service_keep_…`, owned by its caller, ended with `amaas_kept_free`. Any number of
 * threads may use one at once; none may use it while or after it is freed. It keeps its service
 * alive.
 */
typedef struct amaas_kept amaas_kept;

/**
 * The keys that a callback gives. It belongs to the library, and is there while the callback runs.
 */
typedef struct amaas_key_ring amaas_key_ring;

/**
 * Receipts on disk.
 *
 * Made by `amaas_ledger_open` or `amaas_ledger_read`, owned by its caller, ended with
 * `amaas_ledger_free`. Any number of threads may use one ledger at once, and any number of processes
 * one file.
 */
typedef struct amaas_ledger amaas_ledger;

/**
 * Which receipts are meant; all of them, where nothing is set.
 *
 * Made by `amaas_ledger_filter_new`, owned by its caller, ended with `amaas_ledger_filter_free`. Used
 * by one thread at a time.
 */
typedef struct amaas_ledger_filter amaas_ledger_filter;

/**
 * The sums of a service as they were when it was asked, model by model, in the order of their
 * names. They only ever grow: routes that were freed stay in them.
 *
 * Made by `amaas_service_metrics`, owned by its caller, ended with `amaas_metrics_free`. It never
 * changes: any number of threads may read it. Everything it answers with is valid until it is
 * freed. Models are counted from 0.
 */
typedef struct amaas_metrics amaas_metrics;

/**
 * The version that a route served when it was asked: its names, its place, its signature.
 *
 * Made by `amaas_route_info`, owned by its caller, ended with `amaas_model_info_free`. It is a
 * copy: it does not keep the version loaded and does not follow the route. It never changes:
 * any number of threads may read it. Everything it answers with is valid until it is freed.
 */
typedef struct amaas_model_info amaas_model_info;

/**
 * The models of a registry with their versions and aliases, as they were when it was asked.
 *
 * Made by `amaas_service_models` and `amaas_service_model`, owned by its caller, ended with
 * `amaas_model_list_free`. It never changes: any number of threads may read it. Everything it
 * answers with is valid until
 * it is freed. Models, versions and aliases are counted from 0.
 */
typedef struct amaas_model_list amaas_model_list;

/**
 * Named tensors in the order asked for, and the receipt.
 *
 * Made by `amaas_route_run`, owned by its caller, ended with `amaas_outputs_free`. It never
 * changes: any number of threads may read it. Everything it answers with is valid until it is
 * freed, even after the route has moved to another version.
 */
typedef struct amaas_outputs amaas_outputs;

/**
 * One input or output of a model. Belongs to the `amaas_model_info` or `amaas_signature` that was
 * asked and is valid as long.
 *
 * It never changes: any number of threads may read it.
 */
typedef struct amaas_port amaas_port;

/**
 * Options of `amaas_service_publish_with`.
 *
 * Made by `amaas_publish_options_new`, owned by its caller, ended with
 * `amaas_publish_options_free`. Used by one thread at a time.
 */
typedef struct amaas_publish_options amaas_publish_options;

/**
 * The version that `amaas_service_publish` stored.
 *
 * Owned by its caller, ended with `amaas_published_free`. It never changes: any number of
 * threads may read it. Everything it answers with is valid until it is freed.
 */
typedef struct amaas_published amaas_published;

/**
 * Options of `amaas_route_rank`. What is not set is as the package says.
 *
 * Made by `amaas_rank_options_new`, owned by its caller, ended with
 * `amaas_rank_options_free`. While one thread sets it no other may use it; from then on any
 * number of threads may use it for calls.
 */
typedef struct amaas_rank_options amaas_rank_options;

/**
 * The documents of one call, best first, and the receipt.
 *
 * Made by `amaas_route_rank`, owned by its caller, ended with `amaas_ranking_free`. It never changes:
 * any number of threads may read it.
 */
typedef struct amaas_ranking amaas_ranking;

/**
 * The lines of text on the images of one call, in their order, and the receipt.
 *
 * Made by `amaas_route_read_images`, owned by its caller, ended with `amaas_reading_free`. It never
 * changes: any number of threads may read it. Everything it answers with is valid until it is freed.
 */
typedef struct amaas_reading amaas_reading;

/**
 * A receipt that belongs to no answer. Made by `amaas_tenancy_settle`, owned by its caller, ended with
 * `amaas_receipt_free`. It never changes: any number of threads may read it.
 */
typedef struct amaas_receipt amaas_receipt;

/**
 * A text that was redacted, and the way back for what placeholders stand for: it holds what was
 * sensitive, and should live no longer than the answer takes.
 *
 * Made by `amaas_redactor_redact`, owned by its caller, ended with `amaas_redaction_free`, which wipes
 * it. It never changes: any number of threads may read it. What was found is counted from 0.
 */
typedef struct amaas_redaction amaas_redaction;

/**
 * Takes what is sensitive out of texts.
 *
 * Made by `amaas_redactor_new`, owned by its caller, ended with `amaas_redactor_free`. Any number of
 * threads may use it at once.
 */
typedef struct amaas_redactor amaas_redactor;

/**
 * What a redactor does; everything is looked for and masked, unless said otherwise.
 *
 * Made by `amaas_redactor_options_new`, owned by its caller, ended with
 * `amaas_redactor_options_free`. Used by one thread at a time.
 */
typedef struct amaas_redactor_options amaas_redactor_options;

/**
 * A namespace of an OCI registry.
 *
 * Made by `amaas_remote_open`, owned by its caller, ended with `amaas_remote_free`. Any number of
 * threads may use one remote at once, and share its connections; none may use it while or after
 * it is freed.
 */
typedef struct amaas_remote amaas_remote;

/**
 * The versions and aliases of a model on a remote, as they were when it was asked.
 *
 * Made by `amaas_remote_list`, owned by its caller, ended with `amaas_remote_model_free`. It
 * never changes: any number of threads may read it. Everything it answers with is valid until it
 * is freed. Versions and aliases are counted from 0.
 */
typedef struct amaas_remote_model amaas_remote_model;

/**
 * Options of `amaas_remote_open`.
 *
 * Made by `amaas_remote_options_new`, owned by its caller, ended with
 * `amaas_remote_options_free`; a remote that was opened with it does not need it any more. Used
 * by one thread at a time.
 */
typedef struct amaas_remote_options amaas_remote_options;

/**
 * The version that a reference selected when it was asked.
 *
 * Made by `amaas_service_resolve` and `amaas_remote_resolve`, owned by its caller, ended with
 * `amaas_resolved_free`. It never changes: any number of threads may read it. Everything it
 * answers with is valid until it is freed. Notices are counted from 0.
 */
typedef struct amaas_resolved amaas_resolved;

/**
 * Follows a reference and answers requests, each on one version from start to end.
 *
 * Made by `amaas_service_load`, owned by its caller, ended with `amaas_route_free`. Any number
 * of threads may use one route at once; none may use it while or after it is freed. It keeps
 * its service alive.
 */
typedef struct amaas_route amaas_route;

/**
 * Routes to the versions that were kept when it was asked, the highest first.
 *
 * Made by `amaas_kept_routes`, owned by its caller, ended with `amaas_route_list_free`. It never
 * changes: any number of threads may read it. Its versions stay loaded until it is freed, also those
 * that are not kept any more. Routes are counted from 0.
 */
typedef struct amaas_route_list amaas_route_list;

/**
 * Requests for `amaas_service_tune`: texts for a model with a task, or named tensors.
 *
 * Made by `amaas_sample_new`, owned by its caller, ended with `amaas_sample_free`. While one thread
 * adds to it no other may use it; from then on any number of threads may tune with it.
 */
typedef struct amaas_sample amaas_sample;

/**
 * Owns the runtime, the registry and the loaded versions.
 *
 * Made by `amaas_service_new`, owned by its caller, ended with `amaas_service_free`. Any number
 * of threads may use one service at once; none may use it while or after it is freed.
 */
typedef struct amaas_service amaas_service;

/**
 * Options of `amaas_service_new` and `amaas_service_load_with`.
 *
 * Made by `amaas_service_options_new`, owned by its caller, ended with
 * `amaas_service_options_free`; a service that was made with it does not need it any more.
 * Used by one thread at a time.
 */
typedef struct amaas_service_options amaas_service_options;

/**
 * The inputs and outputs of a version, as they were recorded when it was published.
 *
 * Made by `amaas_service_signature`, owned by its caller, ended with `amaas_signature_free`. It
 * never changes: any number of threads may read it. Everything it answers with is valid until
 * it is freed. Ports are counted from 0.
 */
typedef struct amaas_signature amaas_signature;

/**
 * The speech in the recordings of one call, in their order, or in what a stream was fed with, which is
 * one recording; and the receipt.
 *
 * Made by `amaas_route_detect_speech` and `amaas_stream_…`, owned by its caller, ended with
 * `amaas_speech_free`. It never changes: any number of threads may read it. Recordings and stretches
 * are counted from 0.
 */
typedef struct amaas_speech amaas_speech;

/**
 * What a tenant used so far today and this month, in UTC. Made by `amaas_service_standing`, owned by
 * its caller, ended with `amaas_standing_free`. It never changes: any number of threads may read it.
 */
typedef struct amaas_standing amaas_standing;

/**
 * How much a registry held when it was asked.
 *
 * Made by `amaas_service_statistics`, owned by its caller, ended with `amaas_statistics_free`.
 * It never changes: any number of threads may read it. Everything it answers with is valid until
 * it is freed. Versions of all models are counted from 0, by model and version.
 */
typedef struct amaas_statistics amaas_statistics;

/**
 * A flag that one thread raises to cancel the calls of others.
 *
 * Made by `amaas_stop_new`, owned by its caller, ended with `amaas_stop_free`; a call that was
 * given it goes on with a share of its own. Any number of threads may use it at once.
 */
typedef struct amaas_stop amaas_stop;

/**
 * Calls that follow each other, each with the state that the one before left. A call that fails
 * leaves it as it was.
 *
 * Made by `amaas_route_stream` or `amaas_route_listen`, owned by its caller, ended with
 * `amaas_stream_free`. Any number of streams share a model. Any number of threads may use one stream,
 * which has one call at a time: others are refused with `AMAAS_STATUS_CONFLICT`. It keeps its route
 * and its version alive.
 */
typedef struct amaas_stream amaas_stream;

/**
 * The sums of receipts as they were when the ledger was asked.
 *
 * Made by `amaas_ledger_sums`, owned by its caller, ended with `amaas_sum_list_free`. It never changes:
 * any number of threads may read it. Sums are counted from 0.
 */
typedef struct amaas_sum_list amaas_sum_list;

/**
 * Options of `amaas_route_tag`. What is not set is as the package says.
 *
 * Made by `amaas_tag_options_new`, owned by its caller, ended with
 * `amaas_tag_options_free`. While one thread sets it no other may use it; from then on any
 * number of threads may use it for calls.
 */
typedef struct amaas_tag_options amaas_tag_options;

/**
 * The spans of the texts of one call, in their order, and the receipt.
 *
 * Made by `amaas_route_tag`, owned by its caller, ended with `amaas_tagging_free`. It never changes:
 * any number of threads may read it. Everything it answers with is valid until it is freed.
 */
typedef struct amaas_tagging amaas_tagging;

/**
 * Keeps what a route serves in memory on behalf of a tenant, who pays for the time.
 *
 * Made by `amaas_route_keep_for`, owned by its caller, ended with `amaas_tenancy_free`, which charges
 * for what was not settled. Any number of threads may use it at once.
 */
typedef struct amaas_tenancy amaas_tenancy;

/**
 * A dense, row-major array of one dtype: what goes into a model and what comes out.
 *
 * Owned by whoever made it and ended with `amaas_tensor_free`; the tensors of an
 * `amaas_outputs` belong to it and are not freed. A tensor never changes: any number of threads
 * may read it and run models on it.
 */
typedef struct amaas_tensor amaas_tensor;

/**
 * A text that a function answers with. Owned by the caller, ended with `amaas_text_free`.
 *
 * It never changes: any number of threads may read it.
 */
typedef struct amaas_text amaas_text;

/**
 * A request under way. It takes a place in the queue and no thread.
 *
 * Made by `amaas_route_submit…` and `amaas_stream_submit…`, owned by its caller, ended with
 * `amaas_ticket_free`, which cancels what is not done. Any number of threads may use one ticket at once;
 * none may use it while or after it is freed. It keeps its route and its version alive.
 */
typedef struct amaas_ticket amaas_ticket;

/**
 * The version that a push sent or a pull fetched.
 *
 * Made by `amaas_remote_push` and `amaas_remote_pull`, owned by its caller, ended with
 * `amaas_transferred_free`. It never changes: any number of threads may read it. Everything it
 * answers with is valid until it is freed.
 */
typedef struct amaas_transferred amaas_transferred;

/**
 * The trial of a route as it was when it was asked.
 *
 * Made by `amaas_route_trial_status`, owned by its caller, ended with `amaas_trial_status_free`. It
 * never changes: any number of threads may read it. Everything it answers with is valid until it
 * is freed.
 */
typedef struct amaas_trial_status amaas_trial_status;

/**
 * A version as a Triton server finds it.
 *
 * Made by `amaas_service_export_triton`, owned by its caller, ended with `amaas_triton_free`. It
 * never changes: any number of threads may read it. Everything it answers with is valid until it
 * is freed. Notes are counted from 0.
 */
typedef struct amaas_triton amaas_triton;

/**
 * Options of `amaas_service_tune`.
 *
 * Made by `amaas_tune_options_new`, owned by its caller, ended with `amaas_tune_options_free`.
 * While one thread sets it no other may use it; from then on any number of threads may.
 */
typedef struct amaas_tune_options amaas_tune_options;

/**
 * What tuning found.
 *
 * Made by `amaas_service_tune`, owned by its caller, ended with `amaas_tuned_free`. It never
 * changes: any number of threads may read it. Arrangements are counted from 0, the best first.
 */
typedef struct amaas_tuned amaas_tuned;

/**
 * What an update did.
 *
 * Made by `amaas_service_update`, owned by its caller, ended with `amaas_updated_free`; one that a
 * watcher tells of belongs to the watcher. It never changes: any number of threads may read it.
 * Everything it answers with is valid until it is freed. What moved, what is kept and what failed
 * are counted from 0 each.
 */
typedef struct amaas_updated amaas_updated;

/**
 * What a check found: blobs that are damaged, and versions that must not serve.
 *
 * Made by `amaas_service_verify…`, owned by its caller, ended with `amaas_verification_free`. It
 * never changes: any number of threads may read it. Everything it answers with, errors included,
 * belongs to it and is valid until it is freed. Damages, versions and who needs a blob are
 * counted from 0.
 */
typedef struct amaas_verification amaas_verification;

/**
 * The versions of a service as they were when it was asked, in the order in which they were first
 * loaded.
 *
 * Made by `amaas_service_versions`, owned by its caller, ended with `amaas_version_list_free`. It
 * never changes: any number of threads may read it. Everything it answers with is valid until it
 * is freed. Versions and their routes are counted from 0.
 */
typedef struct amaas_version_list amaas_version_list;

/**
 * Options of `amaas_service_watch`.
 *
 * Made by `amaas_watch_options_new`, owned by its caller, ended with `amaas_watch_options_free`; a
 * watcher that was started with it does not need it any more. Used by one thread at a time.
 */
typedef struct amaas_watch_options amaas_watch_options;

/**
 * Updates a service whenever its registry may have changed, until it is freed.
 *
 * Made by `amaas_service_watch`, owned by its caller, ended with `amaas_watcher_free`. Any number
 * of threads may use one at once; none may use it while or after it is freed. It does not keep
 * its service alive.
 */
typedef struct amaas_watcher amaas_watcher;

/**
 * Options of `amaas_route_classify_zero_shot`. What is not set is as the package says.
 *
 * Made by `amaas_zero_shot_options_new`, owned by its caller, ended with
 * `amaas_zero_shot_options_free`. While one thread sets it no other may use it; from then on any
 * number of threads may use it for calls.
 */
typedef struct amaas_zero_shot_options amaas_zero_shot_options;

/**
 * How a call ended: `AMAAS_STATUS_OK` or the kind of the error.
 *
 * Later releases may add numbers: treat one that you do not know as `AMAAS_STATUS_INTERNAL`.
 */
typedef int32_t amaas_status;

/**
 * How urgent a call is beside others that wait for the same model: one of `AMAAS_PRIORITY_…`.
 */
typedef int32_t amaas_priority;

/**
 * What one request used.
 *
 * Set `size` to `sizeof(amaas_usage)` before it is passed:
 * `amaas_usage usage = {sizeof usage};`. Later releases may add fields at the end and fill as
 * many as `size` has room for. The texts belong to the result that was asked, and are valid
 * until it is freed.
 */
typedef struct {
    /**
     * `sizeof(amaas_usage)` as the host was compiled.
     */
    size_t size;
    /**
     * The model that answered.
     */
    const char *model;
    /**
     * The version that answered, from start to end, as `1.2.0`.
     */
    const char *version;
    /**
     * The package that answered, as `sha256:…`.
     */
    const char *digest;
    /**
     * Rows: texts, or the first dimension of the first input; 1 for a scalar.
     */
    uint64_t rows;
    /**
     * Tokens that the model read, padding not counted; 0 where no tokenizer took part.
     */
    uint64_t tokens;
    /**
     * Nanoseconds spent waiting for a free instance.
     */
    uint64_t queued_ns;
    /**
     * Nanoseconds spent running the model.
     */
    uint64_t computed_ns;
    /**
     * For whom it was; NULL when the call did not say.
     */
    const char *tenant;
    /**
     * The task that read the answer; NULL where tensors were asked for.
     */
    const char *task;
    /**
     * The providers that ran it, joined by `+`.
     */
    const char *placement;
    /**
     * Tokens that the model wrote; 0 where it writes none.
     */
    uint64_t tokens_out;
    /**
     * Bytes of the texts or tensors that were asked.
     */
    uint64_t bytes_in;
    /**
     * Bytes of the tensors that the model answered.
     */
    uint64_t bytes_out;
    /**
     * The most requests that ran together with this one, itself included.
     */
    uint64_t together;
    /**
     * What it costs, as decimal digits; NULL without a price table, or where no rate fits.
     */
    const char *price;
    /**
     * The currency of `price`, or NULL.
     */
    const char *currency;
    /**
     * The rate of `price`, or NULL.
     */
    const char *rate;
    /**
     * The version of the price table, or NULL.
     */
    const char *price_table;
    /**
     * Whether its idempotency key was charged before, so that this receipt is not.
     */
    bool repeated;
    /**
     * Answered requests: 1, or 0 on a receipt for time that a version was kept loaded.
     */
    uint64_t requests;
    /**
     * Nanoseconds that the version was kept loaded for the tenant; 0 on the receipt of a request.
     */
    uint64_t loaded_ns;
} amaas_usage;

/**
 * What turns raw outputs into scores: one of `AMAAS_FUNCTION_…`.
 */
typedef int32_t amaas_function;

/**
 * What happens to a text with more tokens than the model takes: one of `AMAAS_OVERFLOW_…`.
 */
typedef int32_t amaas_overflow;

/**
 * Which text of a pair is cut when both are too long together: one of `AMAAS_PAIR_TRUNCATION_…`.
 */
typedef int32_t amaas_pair_truncation;

/**
 * The type of a tensor's elements: one of `AMAAS_DTYPE_…`, the numbers of ONNX.
 */
typedef int32_t amaas_dtype;

/**
 * How far a request had come when it was cancelled or its time was up: one of `AMAAS_PHASE_…`.
 */
typedef int32_t amaas_phase;

/**
 * What an export wrote into an archive.
 *
 * Set `size` to `sizeof(amaas_exported)` before it is passed, as with `amaas_usage`.
 */
typedef struct {
    /**
     * `sizeof(amaas_exported)` as the host was compiled.
     */
    size_t size;
    /**
     * How many versions.
     */
    uint64_t versions;
    /**
     * How many blobs, documents included.
     */
    uint64_t blobs;
    /**
     * How many bytes these have.
     */
    uint64_t bytes;
} amaas_exported;

/**
 * Called with each piece of a text as it is written: `length` bytes of UTF-8, no character split, and
 * the `data` that was given along with it. It runs on the calling thread, and must not throw or
 * jump out. A number other than 0 gives the rest of the text up.
 */
typedef int32_t (*amaas_piece_callback)(const char *piece, size_t length, void *data);

/**
 * Why a text ended: one of `AMAAS_FINISH_…`.
 */
typedef int32_t amaas_finish;

/**
 * What a model lies in: one of `AMAAS_FORMAT_…`. Later releases may add numbers.
 */
typedef int32_t amaas_format;

/**
 * How the vectors of tokens become the vector of a text: one of `AMAAS_POOLING_…`.
 */
typedef int32_t amaas_pooling;

/**
 * Which package a key is wanted for. Later releases may add fields at its end: `size` says how much
 * of it the library knows.
 */
typedef struct {
    /**
     * The `sizeof(amaas_key_request)` of the library.
     */
    size_t size;
    /**
     * The model.
     */
    const char *model;
    /**
     * The version, as `1.2.0`.
     */
    const char *version;
    /**
     * The encrypted package, as `sha256:…`.
     */
    const char *digest;
} amaas_key_request;

/**
 * Asked for keys to a package, with the `context` that was given along with it: it adds them to
 * `ring`, or none, and returns `AMAAS_STATUS_OK`. With another status the load ends with
 * `AMAAS_STATUS_KEY_DENIED`.
 *
 * It is called on whatever thread loads, by several at once; `request` and `ring` are valid while it
 * runs. It must not throw or jump out.
 */
typedef amaas_status (*amaas_keys_callback)(void *context,
                                            const amaas_key_request *request,
                                            amaas_key_ring *ring);

/**
 * How bad an event is: one of `AMAAS_LOG_…`.
 */
typedef int32_t amaas_log_level;

/**
 * An event. It never carries what models were given or have answered. Later releases may add
 * fields at its end: `size` says how much of it the library knows.
 */
typedef struct {
    /**
     * The `sizeof(amaas_log_event)` of the library.
     */
    size_t size;
    /**
     * How bad it is: one of `AMAAS_LOG_…`.
     */
    amaas_log_level level;
    /**
     * Who says it: `amaas`, or `onnxruntime` for what that logs itself.
     */
    const char *target;
    /**
     * What happened, as `model loaded`.
     */
    const char *message;
    /**
     * About what, as `model="sentiment" version="1.0.0"`; empty where there is nothing to add.
     */
    const char *fields;
} amaas_log_event;

/**
 * Told of each event, with the `data` that was given along with it.
 *
 * It is called on whatever thread is at work, by several at once; `event` is valid while it runs.
 * Whoever caused the event waits for it. It may call amaas, except `amaas_log_set`; what is logged
 * meanwhile on its thread is not told. It must not throw or jump out, nor wait for a thread that
 * calls `amaas_log_set`.
 */
typedef void (*amaas_log)(void *data, const amaas_log_event *event);

/**
 * What the requests of a route used together.
 *
 * Set `size` to `sizeof(amaas_totals)` before it is passed, as with `amaas_usage`.
 */
typedef struct {
    /**
     * `sizeof(amaas_totals)` as the host was compiled.
     */
    size_t size;
    /**
     * Requests that were answered.
     */
    uint64_t requests;
    /**
     * Requests that ended in an error.
     */
    uint64_t failures;
    /**
     * Rows of the answered requests.
     */
    uint64_t rows;
    /**
     * Tokens of the answered requests.
     */
    uint64_t tokens;
    /**
     * Nanoseconds that the answered requests waited for an instance.
     */
    uint64_t queued_ns;
    /**
     * Nanoseconds that the answered requests ran.
     */
    uint64_t computed_ns;
} amaas_totals;

/**
 * Told of a receipt, with the `context` that was given along with it; `usage` and its texts are valid
 * while it runs, and its `size` is that of the library.
 *
 * It is called on whatever thread settles, by several at once, and the answer waits for it. It must not
 * throw or jump out.
 */
typedef void (*amaas_receipts_callback)(void *context, const amaas_usage *usage);

/**
 * What is looked for: one of `AMAAS_SENSITIVE_…`.
 */
typedef int32_t amaas_sensitive;

/**
 * What becomes of what was found: one of `AMAAS_ACTION_…`.
 */
typedef int32_t amaas_action;

/**
 * How far a transfer is. A blob that is there already counts as done at once. Later releases may
 * add fields at its end: `size` says how much of it the library knows.
 */
typedef struct {
    /**
     * The `sizeof(amaas_transfer)` of the library.
     */
    size_t size;
    /**
     * The blob that this is about, as `sha256:…`.
     */
    const char *digest;
    /**
     * How many of its bytes are there.
     */
    uint64_t done;
    /**
     * How many bytes it has.
     */
    uint64_t total;
    /**
     * How many bytes of all blobs of this transfer are there.
     */
    uint64_t all_done;
    /**
     * How many bytes they have.
     */
    uint64_t all_total;
} amaas_transfer;

/**
 * Told how far a push or pull is, with the `data` that was given along with it.
 *
 * It is called by several threads, also at once, and no more when the push or pull has returned;
 * `transfer` is valid while it runs. The transfer waits for it. It may call amaas, and must not
 * throw or jump out. What it returns is nothing: to cancel the transfer it raises the flag of
 * `amaas_remote_options_set_stop`.
 */
typedef void (*amaas_transfer_progress)(void *data, const amaas_transfer *transfer);

/**
 * What there is to know of a version that does not keep it from being used: one of
 * `AMAAS_NOTICE_…`. Later releases may add numbers.
 */
typedef int32_t amaas_notice;

/**
 * How two vectors are compared: one of `AMAAS_SIMILARITY_…`.
 */
typedef int32_t amaas_similarity;

/**
 * What is charged for: one of `AMAAS_UNIT_…`.
 */
typedef int32_t amaas_unit;

/**
 * The sum of some receipts. Amounts of several currencies are never one sum.
 *
 * Set `size` to `sizeof(amaas_sum)` before it is passed, as with `amaas_usage`. The texts belong to
 * the list, and are valid until it is freed.
 */
typedef struct {
    /**
     * `sizeof(amaas_sum)` as the host was compiled.
     */
    size_t size;
    /**
     * The tenant, where sums are told apart by it; else NULL.
     */
    const char *tenant;
    /**
     * The model, where sums are told apart by it; else NULL.
     */
    const char *model;
    /**
     * The day as `2026-01-31`, where sums are told apart by it; else NULL.
     */
    const char *day;
    /**
     * The rate, where sums are told apart by it; else NULL.
     */
    const char *rate;
    /**
     * Answered requests.
     */
    uint64_t requests;
    /**
     * Rows.
     */
    uint64_t rows;
    /**
     * Tokens read.
     */
    uint64_t tokens_in;
    /**
     * Tokens written.
     */
    uint64_t tokens_out;
    /**
     * Bytes asked.
     */
    uint64_t bytes_in;
    /**
     * Bytes answered.
     */
    uint64_t bytes_out;
    /**
     * Nanoseconds of waiting.
     */
    uint64_t queued_ns;
    /**
     * Nanoseconds of running.
     */
    uint64_t computed_ns;
    /**
     * Nanoseconds of being kept loaded.
     */
    uint64_t loaded_ns;
    /**
     * Money, as decimal digits.
     */
    const char *amount;
    /**
     * Of which currency; empty where nothing had a price.
     */
    const char *currency;
} amaas_sum;

/**
 * What a label is of: one of `AMAAS_AGGREGATION_…`.
 */
typedef int32_t amaas_aggregation;

/**
 * Called with the `data` that was given along with it. It runs on a thread of amaas's own, or on that of
 * the call that finished the request, so it should be short. It may call amaas, and must not throw or
 * jump out.
 */
typedef void (*amaas_callback)(void *data);

/**
 * How a version is tried: one of `AMAAS_TRIAL_…`.
 */
typedef int32_t amaas_trial_kind;

/**
 * How a trial ended: one of `AMAAS_OUTCOME_…`.
 */
typedef int32_t amaas_outcome;

/**
 * What was counted in the present window of a trial, or in the one it ended in.
 *
 * Set `size` to `sizeof(amaas_tally)` before it is passed, as with `amaas_usage`. Requests that
 * the caller got wrong or gave up do not count.
 */
typedef struct {
    /**
     * `sizeof(amaas_tally)` as the host was compiled.
     */
    size_t size;
    /**
     * Requests that ended on the version that the route answers from.
     */
    uint64_t current_requests;
    /**
     * Those among them that failed.
     */
    uint64_t current_errors;
    /**
     * Rows of the others.
     */
    uint64_t current_rows;
    /**
     * Nanoseconds that they ran.
     */
    uint64_t current_computed_ns;
    /**
     * Requests that ended on the version on trial.
     */
    uint64_t tried_requests;
    /**
     * Those among them that failed.
     */
    uint64_t tried_errors;
    /**
     * Rows of the others.
     */
    uint64_t tried_rows;
    /**
     * Nanoseconds that they ran.
     */
    uint64_t tried_computed_ns;
    /**
     * Requests that both answered and a shadow compared.
     */
    uint64_t compared;
    /**
     * The sum over those of how far the answers lie apart.
     */
    double apart;
    /**
     * The greatest of it.
     */
    double furthest;
} amaas_tally;

/**
 * What becomes of a version that no trusted key vouches for: one of `AMAAS_TRUST_…`.
 */
typedef int32_t amaas_trust_policy;

/**
 * How far tuning has come. Later releases may add fields at its end: `size` says how much of it the
 * library knows.
 */
typedef struct {
    /**
     * The `sizeof(amaas_tune_state)` of the library.
     */
    size_t size;
    /**
     * The part of the budget that has passed, from 0 to 1.
     */
    double share;
    /**
     * Arrangements that are still in the race.
     */
    size_t candidates;
} amaas_tune_state;

/**
 * Told after each turn how far tuning has come, with the `data` that was given along with it.
 *
 * It is called on the thread of the call, before that returns; `state` is valid while it runs. It
 * may call amaas, and must not throw or jump out. To give up, it raises the flag of
 * `amaas_tune_options_set_stop`.
 */
typedef void (*amaas_tune_progress)(void *data, const amaas_tune_state *state);

/**
 * One arrangement, and what was measured of it: medians over its turns.
 *
 * Set `size` to `sizeof(amaas_tune_row)` before it is passed, as with `amaas_usage`.
 */
typedef struct {
    /**
     * `sizeof(amaas_tune_row)` as the host was compiled.
     */
    size_t size;
    /**
     * Instances; 0 for those of two widths that options with nothing set give.
     */
    size_t instances;
    /**
     * Threads of each instance; 0 as above.
     */
    size_t threads;
    /**
     * The most rows that run together.
     */
    size_t rows;
    /**
     * Requests sent at once.
     */
    size_t clients;
    /**
     * Requests answered.
     */
    size_t requests;
    /**
     * Requests answered in a second.
     */
    double requests_per_second;
    /**
     * Half of the requests took no longer than so many nanoseconds.
     */
    uint64_t p50_ns;
    /**
     * 99 of 100 requests took no longer than so many nanoseconds.
     */
    uint64_t p99_ns;
} amaas_tune_row;

/**
 * How far a check has come. The documents, which are read before, do not count. Where versions are
 * deleted meanwhile it may begin anew. Later releases may add fields at its end: `size` says how
 * much of it the library knows.
 */
typedef struct {
    /**
     * The `sizeof(amaas_verified)` of the library.
     */
    size_t size;
    /**
     * Blobs that were read.
     */
    uint64_t blobs;
    /**
     * Blobs to read.
     */
    uint64_t all_blobs;
    /**
     * Bytes that were read.
     */
    uint64_t bytes;
    /**
     * Bytes to read.
     */
    uint64_t all_bytes;
} amaas_verified;

/**
 * Told after each blob, and before each version is loaded, how far a check has come, with the `data`
 * that was given along with it.
 *
 * It is called on the thread of the call, before that returns; `verified` is valid while it runs.
 * It may call amaas, and must not throw or jump out. What it returns is nothing: to cancel the check
 * it raises the `stop` that the call was given.
 */
typedef void (*amaas_verify_progress)(void *data, const amaas_verified *verified);

/**
 * Where a version is in its life: one of `AMAAS_STATE_…`.
 */
typedef int32_t amaas_state;

/**
 * Told, with the `data` that was given along with it, what came of a look at the registry: of
 * `updated` and `error` one is NULL. `updated` says what moved, and what failed to. `error` says
 * why changes of the folder cannot be heard, or the time cannot be kept; the watcher goes on with
 * what is left.
 *
 * It is called on the thread of the watcher, never by two at once; both are valid while it runs.
 * It may call amaas, and must not throw or jump out.
 */
typedef void (*amaas_watch_told)(void *data, const amaas_updated *updated, const amaas_error *error);

/**
 * After all others; it is never left behind for good.
 */
#define AMAAS_PRIORITY_LOW 0

/**
 * What a call has that says nothing.
 */
#define AMAAS_PRIORITY_NORMAL 1

/**
 * Before all others.
 */
#define AMAAS_PRIORITY_HIGH 2

/**
 * The graph ends in scores already.
 */
#define AMAAS_FUNCTION_NONE 0

/**
 * `exp(x) / sum(exp(x))` over the labels: exactly one label holds.
 */
#define AMAAS_FUNCTION_SOFTMAX 1

/**
 * `1 / (1 + exp(-x))` of each output: labels hold independently, or there are two labels and
 * one output.
 */
#define AMAAS_FUNCTION_SIGMOID 2

/**
 * It is refused with `AMAAS_STATUS_INPUT_TOO_LONG`.
 */
#define AMAAS_OVERFLOW_ERROR 0

/**
 * It is cut, and the answer says how many tokens were lost.
 */
#define AMAAS_OVERFLOW_TRUNCATE 1

/**
 * It is read in overlapping windows, whose scores are averaged by their tokens.
 */
#define AMAAS_OVERFLOW_WINDOW 2

/**
 * The longer one, token by token.
 */
#define AMAAS_PAIR_TRUNCATION_LONGEST_FIRST 0

/**
 * The second one.
 */
#define AMAAS_PAIR_TRUNCATION_ONLY_SECOND 1

/**
 * No dtype: what a getter answers where there is none.
 */
#define AMAAS_DTYPE_UNDEFINED 0

/**
 * Floating-point number of 32 bits.
 */
#define AMAAS_DTYPE_FLOAT32 1

/**
 * Unsigned integer of 8 bits.
 */
#define AMAAS_DTYPE_UINT8 2

/**
 * Signed integer of 8 bits.
 */
#define AMAAS_DTYPE_INT8 3

/**
 * Unsigned integer of 16 bits.
 */
#define AMAAS_DTYPE_UINT16 4

/**
 * Signed integer of 16 bits.
 */
#define AMAAS_DTYPE_INT16 5

/**
 * Signed integer of 32 bits.
 */
#define AMAAS_DTYPE_INT32 6

/**
 * Signed integer of 64 bits.
 */
#define AMAAS_DTYPE_INT64 7

/**
 * UTF-8 text.
 */
#define AMAAS_DTYPE_STRING 8

/**
 * One byte, 0 or 1.
 */
#define AMAAS_DTYPE_BOOL 9

/**
 * IEEE 754 half precision.
 */
#define AMAAS_DTYPE_FLOAT16 10

/**
 * Floating-point number of 64 bits.
 */
#define AMAAS_DTYPE_FLOAT64 11

/**
 * Unsigned integer of 32 bits.
 */
#define AMAAS_DTYPE_UINT32 12

/**
 * Unsigned integer of 64 bits.
 */
#define AMAAS_DTYPE_UINT64 13

/**
 * Two float32: real, imaginary.
 */
#define AMAAS_DTYPE_COMPLEX64 14

/**
 * Two float64: real, imaginary.
 */
#define AMAAS_DTYPE_COMPLEX128 15

/**
 * The upper half of a float32.
 */
#define AMAAS_DTYPE_BFLOAT16 16

/**
 * Floating-point number of 8 bits, `float8_e4m3fn`.
 */
#define AMAAS_DTYPE_FLOAT8_E4M3FN 17

/**
 * Floating-point number of 8 bits, `float8_e4m3fnuz`.
 */
#define AMAAS_DTYPE_FLOAT8_E4M3FNUZ 18

/**
 * Floating-point number of 8 bits, `float8_e5m2`.
 */
#define AMAAS_DTYPE_FLOAT8_E5M2 19

/**
 * Floating-point number of 8 bits, `float8_e5m2fnuz`.
 */
#define AMAAS_DTYPE_FLOAT8_E5M2FNUZ 20

/**
 * Unsigned integer of 4 bits, packed, lowest bits first.
 */
#define AMAAS_DTYPE_UINT4 21

/**
 * Signed integer of 4 bits, packed, lowest bits first.
 */
#define AMAAS_DTYPE_INT4 22

/**
 * Floating-point number of 4 bits, `float4_e2m1fn`, packed, lowest bits first.
 */
#define AMAAS_DTYPE_FLOAT4_E2M1FN 23

/**
 * Floating-point number of 8 bits, `float8_e8m0fnu`.
 */
#define AMAAS_DTYPE_FLOAT8_E8M0FNU 24

/**
 * Unsigned integer of 2 bits, packed, lowest bits first.
 */
#define AMAAS_DTYPE_UINT2 25

/**
 * Signed integer of 2 bits, packed, lowest bits first.
 */
#define AMAAS_DTYPE_INT2 26

/**
 * The error is of another kind.
 */
#define AMAAS_PHASE_NONE 0

/**
 * It waited for an instance: the model has not seen it.
 */
#define AMAAS_PHASE_QUEUE 1

/**
 * The model ran it.
 */
#define AMAAS_PHASE_RUN 2

/**
 * The model ended it, or a stop text did.
 */
#define AMAAS_FINISH_STOP 0

/**
 * It has as many tokens as it may.
 */
#define AMAAS_FINISH_LENGTH 1

/**
 * None, or one that this release has no number for.
 */
#define AMAAS_FORMAT_NONE 0

/**
 * A folder with an `amaas.toml`.
 */
#define AMAAS_FORMAT_PACKAGE 1

/**
 * One `.onnx` file.
 */
#define AMAAS_FORMAT_ONNX 2

/**
 * A snapshot of a Hugging Face repository.
 */
#define AMAAS_FORMAT_HUGGING_FACE 3

/**
 * A folder that MLflow wrote.
 */
#define AMAAS_FORMAT_MLFLOW 4

/**
 * A Triton model repository, or a model in one.
 */
#define AMAAS_FORMAT_TRITON 5

/**
 * Folders called by numbers, as TensorFlow Serving has them.
 */
#define AMAAS_FORMAT_SERVING 6

/**
 * Their mean, special tokens included.
 */
#define AMAAS_POOLING_MEAN 0

/**
 * The first token's.
 */
#define AMAAS_POOLING_CLS 1

/**
 * The last token's.
 */
#define AMAAS_POOLING_LAST 2

/**
 * The graph pools already.
 */
#define AMAAS_POOLING_NONE 3

/**
 * Something failed.
 */
#define AMAAS_LOG_ERROR 1

/**
 * Something to know about, as a device that takes no part.
 */
#define AMAAS_LOG_WARNING 2

/**
 * Versions come and go.
 */
#define AMAAS_LOG_INFO 3

/**
 * What ONNX Runtime tells of its work.
 */
#define AMAAS_LOG_DEBUG 4

/**
 * All of that.
 */
#define AMAAS_LOG_TRACE 5

/**
 * Nothing: what a getter answers where there is none.
 */
#define AMAAS_SENSITIVE_NONE 0

/**
 * A name that the host gave.
 */
#define AMAAS_SENSITIVE_NAME 1

/**
 * An e-mail address.
 */
#define AMAAS_SENSITIVE_EMAIL 2

/**
 * A phone number.
 */
#define AMAAS_SENSITIVE_PHONE 3

/**
 * The number of a payment card, with a right check digit.
 */
#define AMAAS_SENSITIVE_CARD 4

/**
 * An IBAN, with right check digits.
 */
#define AMAAS_SENSITIVE_IBAN 5

/**
 * A social security number of the US.
 */
#define AMAAS_SENSITIVE_SSN 6

/**
 * An identity number of China.
 */
#define AMAAS_SENSITIVE_CHINA_ID 7

/**
 * An address of IPv4 or IPv6.
 */
#define AMAAS_SENSITIVE_IP 8

/**
 * `[EMAIL]`: nothing of it stays.
 */
#define AMAAS_ACTION_MASK 0

/**
 * `[EMAIL:…]` with a keyed hash: equal values stay equal.
 */
#define AMAAS_ACTION_HASH 1

/**
 * `<EMAIL_1>`, which can be turned back.
 */
#define AMAAS_ACTION_PLACEHOLDER 2

/**
 * It stays.
 */
#define AMAAS_ACTION_KEEP 3

/**
 * Nothing, or nothing that this release has a number for: read the text.
 */
#define AMAAS_NOTICE_NONE 0

/**
 * It was withdrawn: no range picks it; its version, an alias and its digest do.
 */
#define AMAAS_NOTICE_YANKED 1

/**
 * It is a pre-release: no range picks it that does not name one of its number.
 */
#define AMAAS_NOTICE_PRE_RELEASE 2

/**
 * The cosine of their angle, -1 to 1.
 */
#define AMAAS_SIMILARITY_COSINE 0

/**
 * Their dot product.
 */
#define AMAAS_SIMILARITY_DOT 1

/**
 * Answered requests.
 */
#define AMAAS_UNIT_REQUEST 0

/**
 * Rows.
 */
#define AMAAS_UNIT_ROW 1

/**
 * Tokens read.
 */
#define AMAAS_UNIT_TOKENS_IN 2

/**
 * Tokens written.
 */
#define AMAAS_UNIT_TOKENS_OUT 3

/**
 * Nanoseconds of compute.
 */
#define AMAAS_UNIT_COMPUTE 4

/**
 * Nanoseconds of being kept loaded.
 */
#define AMAAS_UNIT_LOADED 5

/**
 * The call succeeded and its outputs are written.
 */
#define AMAAS_STATUS_OK 0

/**
 * The call is wrong: a name, dtype, shape, option or reference. Fix the call.
 */
#define AMAAS_STATUS_INVALID_ARGUMENT 1

/**
 * A text is longer than the model takes. Shorten it or choose an overflow.
 */
#define AMAAS_STATUS_INPUT_TOO_LONG 2

/**
 * Nothing is there under this name, version, alias, digest or path.
 */
#define AMAAS_STATUS_NOT_FOUND 3

/**
 * The version exists already with other content. Publish a new version.
 */
#define AMAAS_STATUS_ALREADY_EXISTS 4

/**
 * Somebody else moved it first. Read the present state and decide again.
 */
#define AMAAS_STATUS_CONFLICT 5

/**
 * A package or its manifest breaks the rules. The author must fix it.
 */
#define AMAAS_STATUS_INVALID_PACKAGE 6

/**
 * Stored bytes are not those that were published. Restore the store from a good copy.
 */
#define AMAAS_STATUS_CORRUPT 7

/**
 * No usable ONNX Runtime was found. Install one or name its path.
 */
#define AMAAS_STATUS_RUNTIME_UNAVAILABLE 8

/**
 * The required device cannot take the model. Install what is missing or relax the policy.
 */
#define AMAAS_STATUS_DEVICE_UNAVAILABLE 9

/**
 * ONNX Runtime refuses the model. Check the export.
 */
#define AMAAS_STATUS_LOAD_FAILED 10

/**
 * The model was run and failed. Other requests are not affected.
 */
#define AMAAS_STATUS_INFERENCE_FAILED 11

/**
 * The model answered, but not as its golden examples say. Do not serve it here.
 */
#define AMAAS_STATUS_GOLDEN_MISMATCH 12

/**
 * The deadline passed. Retry with more time, or when there is less load.
 */
#define AMAAS_STATUS_DEADLINE_EXCEEDED 13

/**
 * The caller cancelled the request.
 */
#define AMAAS_STATUS_CANCELLED 14

/**
 * Too much is waiting. Retry a little later.
 */
#define AMAAS_STATUS_OVERLOADED 15

/**
 * The service or route was closed. Open a new one.
 */
#define AMAAS_STATUS_CLOSED 16

/**
 * This build or this model cannot do that. The message says what can.
 */
#define AMAAS_STATUS_UNSUPPORTED 17

/**
 * The operating system refused.
 */
#define AMAAS_STATUS_IO 18

/**
 * A bug in amaas. Please report it.
 */
#define AMAAS_STATUS_INTERNAL 19

/**
 * A remote registry wants other credentials. Log in to it.
 */
#define AMAAS_STATUS_ACCESS_DENIED 20

/**
 * A remote registry cannot be reached or fails. Retry a little later.
 */
#define AMAAS_STATUS_REMOTE_UNAVAILABLE 21

/**
 * The package is encrypted, and no key at hand opens it. Give one that does.
 */
#define AMAAS_STATUS_KEY_DENIED 22

/**
 * The package is not signed by a key that this service trusts, or older than one it has seen.
 */
#define AMAAS_STATUS_UNTRUSTED 23

/**
 * The tenant used as much as it may for now. Retry after the time that is named.
 */
#define AMAAS_STATUS_QUOTA_EXCEEDED 24

/**
 * The tenant spent its money for the day or month. Raise the budget or wait for the next.
 */
#define AMAAS_STATUS_BUDGET_EXHAUSTED 25

/**
 * The alias points elsewhere than the caller believed. Read where it points and decide again.
 */
#define AMAAS_STATUS_ALIAS_CONFLICT 26

/**
 * Each token by itself.
 */
#define AMAAS_AGGREGATION_NONE 0

/**
 * Each run of tokens whose labels go on from each other.
 */
#define AMAAS_AGGREGATION_SIMPLE 1

/**
 * As simple, of whole words, each with the label of its first token.
 */
#define AMAAS_AGGREGATION_FIRST 2

/**
 * As simple, of whole words, each with the label that its tokens have on average.
 */
#define AMAAS_AGGREGATION_AVERAGE 3

/**
 * As simple, of whole words, each with the label of its surest token.
 */
#define AMAAS_AGGREGATION_MAX 4

/**
 * There is no trial.
 */
#define AMAAS_TRIAL_NONE 0

/**
 * It answers its share of the requests.
 */
#define AMAAS_TRIAL_CANARY 1

/**
 * It runs copies of its share of the requests.
 */
#define AMAAS_TRIAL_SHADOW 2

/**
 * It goes on, or there is none.
 */
#define AMAAS_OUTCOME_NONE 0

/**
 * The guard took the version back.
 */
#define AMAAS_OUTCOME_REVERTED 1

/**
 * The route answers from the version now.
 */
#define AMAAS_OUTCOME_PROMOTED 2

/**
 * Somebody ended it, or began another.
 */
#define AMAAS_OUTCOME_ABORTED 3

/**
 * Nobody looks, as when nothing is set.
 */
#define AMAAS_TRUST_OFF 0

/**
 * It runs, and an event says so.
 */
#define AMAAS_TRUST_WARN 1

/**
 * It is refused.
 */
#define AMAAS_TRUST_REQUIRE 2

/**
 * There is no such version.
 */
#define AMAAS_STATE_NONE 0

/**
 * Its instances are being made.
 */
#define AMAAS_STATE_LOADING 1

/**
 * They are there, and it is seen whether they answer as they should.
 */
#define AMAAS_STATE_CHECKING 2

/**
 * It serves.
 */
#define AMAAS_STATE_READY 3

/**
 * It is to be unloaded, and requests that began on it are still at it.
 */
#define AMAAS_STATE_DRAINING 4

/**
 * Its instances are gone; the next request loads it again.
 */
#define AMAAS_STATE_UNLOADED 5

/**
 * It could not be loaded again; the next request tries once more.
 */
#define AMAAS_STATE_FAILED 6

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Points an alias of a model at a version.
 *
 * `expected` guards against somebody else who moves it at the same time: the version that the
 * alias must point at now, or an empty text when there must be no such alias yet; otherwise
 * `AMAAS_STATUS_ALIAS_CONFLICT` and nothing is changed. NULL for `expected` is no guard. `reason` is kept in
 * the alias's history; NULL for `reason` is none. Routes that follow the alias move with `amaas_route_update`.
 *
 * The caller sees to it that `service` is live, the texts end in NUL.
 */
amaas_status amaas_service_set_alias(const amaas_service *service,
                                     const char *model,
                                     const char *alias,
                                     const char *version,
                                     const char *expected,
                                     const char *reason,
                                     amaas_error **error);

/**
 * Takes an alias away. Its history stays, and `amaas_service_rollback` brings it back.
 *
 * As for `amaas_service_set_alias`, `expected` and `reason` may be NULL.
 *
 * `AMAAS_STATUS_NOT_FOUND` when there is no such alias.
 *
 * The caller sees to it that `service` is live, the texts end in NUL.
 */
amaas_status amaas_service_remove_alias(const amaas_service *service,
                                        const char *model,
                                        const char *alias,
                                        const char *expected,
                                        const char *reason,
                                        amaas_error **error);

/**
 * Points an alias back at the version it pointed at before; again, one step further back.
 *
 * `AMAAS_STATUS_CONFLICT` when it has not pointed elsewhere before.
 *
 * `reason` is kept in the alias's history; NULL for `reason` is none. `out` gets that version, as `1.2.0`,
 * and belongs to the caller.
 *
 * The caller sees to it that `service` is live, the texts end in NUL, `out` can be written to.
 */
amaas_status amaas_service_rollback(const amaas_service *service,
                                    const char *model,
                                    const char *alias,
                                    const char *reason,
                                    amaas_text **out,
                                    amaas_error **error);

/**
 * Lists the moves of an alias, also of one that was removed. The caller owns `out`.
 *
 * `AMAAS_STATUS_NOT_FOUND` lists the aliases that are there.
 *
 * The caller sees to it that `service` is live, the texts end in NUL, `out` can be written to.
 */
amaas_status amaas_service_alias_history(const amaas_service *service,
                                         const char *model,
                                         const char *alias,
                                         amaas_alias_history **out,
                                         amaas_error **error);

/**
 * How many moves there are; 0 for NULL.
 *
 * The caller sees to it that `history` is NULL or live.
 */
size_t amaas_alias_history_count(const amaas_alias_history *history);

/**
 * Where the alias pointed from then on, as `1.2.0`. NULL when it was removed, where there is no
 * such move and for NULL.
 *
 * The caller sees to it that `history` is NULL or live.
 */
const char *amaas_alias_history_version(const amaas_alias_history *history, size_t index);

/**
 * When it was moved, in seconds since 1970-01-01 UTC; 0 where there is no such move and for NULL.
 *
 * The caller sees to it that `history` is NULL or live.
 */
int64_t amaas_alias_history_at(const amaas_alias_history *history, size_t index);

/**
 * Why it was moved; NULL where nobody said so, where there is no such move and for NULL.
 *
 * The caller sees to it that `history` is NULL or live.
 */
const char *amaas_alias_history_reason(const amaas_alias_history *history, size_t index);

/**
 * Whether it was moved back by `amaas_service_rollback`; false where there is no such move and for
 * NULL.
 *
 * The caller sees to it that `history` is NULL or live.
 */
bool amaas_alias_history_rollback(const amaas_alias_history *history, size_t index);

/**
 * Ends a history, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `history` is NULL or live, and is not used again.
 */
void amaas_alias_history_free(amaas_alias_history *history);

/**
 * Takes a copy of the `length` bytes of a WAV, FLAC, MP3 or Ogg Vorbis file. They are decoded when
 * they are used. The caller owns `out`.
 *
 * The caller sees to it that `bytes` points to as much as stated, `out` can be written to.
 */
amaas_status amaas_audio_file(const void *bytes,
                              size_t length,
                              amaas_audio **out,
                              amaas_error **error);

/**
 * Reads a file. The caller owns `out`.
 *
 * `AMAAS_STATUS_IO` when it cannot be read.
 *
 * The caller sees to it that `path` ends in NUL, `out` can be written to.
 */
amaas_status amaas_audio_open(const char *path, amaas_audio **out, amaas_error **error);

/**
 * Takes a copy of samples from -1 to 1: `frames` times `channels` of them, frame by frame, at
 * `sampling_rate` frames a second. The caller owns `out`.
 *
 * The caller sees to it that `samples` points to as much as stated, `out` can be written to.
 */
amaas_status amaas_audio_samples(const float *samples,
                                 size_t frames,
                                 size_t channels,
                                 uint32_t sampling_rate,
                                 amaas_audio **out,
                                 amaas_error **error);

/**
 * As `amaas_audio_samples`, of samples from -32768 to 32767.
 *
 * The caller sees to it that As `amaas_audio_samples`.
 */
amaas_status amaas_audio_integers(const int16_t *samples,
                                  size_t frames,
                                  size_t channels,
                                  uint32_t sampling_rate,
                                  amaas_audio **out,
                                  amaas_error **error);

/**
 * Ends a recording; NULL is allowed.
 *
 * The caller sees to it that `audio` is NULL or live, and is not used again.
 */
void amaas_audio_free(amaas_audio *audio);

/**
 * Makes a flag that is down. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_stop_new(amaas_stop **out, amaas_error **error);

/**
 * Cancels every call that was given the flag, and each that is given it later: they end with
 * `AMAAS_STATUS_CANCELLED`. NULL is allowed.
 *
 * The caller sees to it that `stop` is NULL or live.
 */
void amaas_stop_raise(const amaas_stop *stop);

/**
 * Ends a flag, without raising it; NULL is allowed.
 *
 * The caller sees to it that `stop` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_stop_free(amaas_stop *stop);

/**
 * Makes a call with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_call_new(amaas_call **out, amaas_error **error);

/**
 * Sets how long it may take from its start to its answer, waiting included. After that it ends with
 * `AMAAS_STATUS_DEADLINE_EXCEEDED`, in the queue as in its run.
 *
 * The caller sees to it that `call` is live and used by no other thread.
 */
amaas_status amaas_call_set_timeout(amaas_call *call, uint64_t milliseconds, amaas_error **error);

/**
 * Sets how urgent it is: one of `AMAAS_PRIORITY_…`.
 *
 * The caller sees to it that `call` is live and used by no other thread.
 */
amaas_status amaas_call_set_priority(amaas_call *call,
                                     amaas_priority priority,
                                     amaas_error **error);

/**
 * Sets the flag that cancels it. The call keeps a share of the flag, so that may be freed.
 *
 * The caller sees to it that `call` is live and used by no other thread, `stop` is live.
 */
amaas_status amaas_call_set_stop(amaas_call *call, const amaas_stop *stop, amaas_error **error);

/**
 * Sets who pays for it, and whose quota it uses; in the queue tenants take turns.
 *
 * The caller sees to it that `call` is live and used by no other thread, `tenant` ends in NUL.
 */
amaas_status amaas_call_set_tenant(amaas_call *call, const char *tenant, amaas_error **error);

/**
 * Sets who or what it is for: while a canary is under way, calls with one key meet one version.
 * Without a key they are taken in turn.
 *
 * The caller sees to it that `call` is live and used by no other thread, `key` ends in NUL.
 */
amaas_status amaas_call_set_key(amaas_call *call, const char *key, amaas_error **error);

/**
 * Sets what tells it from the tenant's other calls: of all calls with one key one is charged.
 *
 * The caller sees to it that `call` is live and used by no other thread, `key` ends in NUL.
 */
amaas_status amaas_call_set_idempotency(amaas_call *call, const char *key, amaas_error **error);

/**
 * Ends a call; NULL is allowed. What was called with it goes on.
 *
 * The caller sees to it that `call` is NULL or live, and is not used again.
 */
void amaas_call_free(amaas_call *call);

/**
 * As `amaas_route_chat`, without waiting: the messages, the tools and `options` are copied before it
 * returns. What comes of them comes through the ticket, by `amaas_ticket_generation`; the error here is
 * of the arguments alone, JSON that is no chat included. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_chat`.
 */
amaas_status amaas_route_submit_chat(const amaas_route *route,
                                     const char *messages,
                                     const char *tools,
                                     const amaas_generate_options *options,
                                     amaas_ticket **out,
                                     amaas_error **error);

/**
 * The text that the model would go on from in a chat: what the package's template makes of the messages
 * and the tools, which are passed as to `amaas_route_chat`. Nothing is written and nothing counted. The
 * caller owns `out`.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task or the package no chat template;
 * `AMAAS_STATUS_INVALID_ARGUMENT` for JSON that is no chat, and for what the template refuses.
 *
 * The caller sees to it that `route` is live, `messages` and `tools` end in NUL, `tools` may be NULL, `out` can be written to.
 */
amaas_status amaas_route_chat_prompt(const amaas_route *route,
                                     const char *messages,
                                     const char *tools,
                                     amaas_text **out,
                                     amaas_error **error);

/**
 * How many texts were classified; 0 for NULL.
 *
 * The caller sees to it that `classification` is NULL or live.
 */
size_t amaas_classification_count(const amaas_classification *classification);

/**
 * How many labels the text at `text` has; 0 where there is no such text and for NULL.
 *
 * The caller sees to it that `classification` is NULL or live.
 */
size_t amaas_classification_label_count(const amaas_classification *classification, size_t text);

/**
 * The label at `rank` of the text at `text`: rank 0 is the best. NULL where there is none and
 * for NULL.
 *
 * The caller sees to it that `classification` is NULL or live.
 */
const char *amaas_classification_label(const amaas_classification *classification,
                                       size_t text,
                                       size_t rank);

/**
 * The score of that label: 0 to 1 after softmax or sigmoid, with no function whatever the graph
 * gives. Not a number where there is none and for NULL.
 *
 * The caller sees to it that `classification` is NULL or live.
 */
double amaas_classification_score(const amaas_classification *classification,
                                  size_t text,
                                  size_t rank);

/**
 * How many tokens of the text at `text` were cut off because it was too long; 0 where all was
 * read, where there is no such text and for NULL.
 *
 * The caller sees to it that `classification` is NULL or live.
 */
size_t amaas_classification_truncated(const amaas_classification *classification, size_t text);

/**
 * How many windows the text at `text` was read in: 1 unless it was long and the overflow is
 * `AMAAS_OVERFLOW_WINDOW`; 0 where there is no such text and for NULL.
 *
 * The caller sees to it that `classification` is NULL or live.
 */
size_t amaas_classification_windows(const amaas_classification *classification, size_t text);

/**
 * Writes what the call used to `usage`, whose `size` must be set.
 *
 * The caller sees to it that `classification` is live, `usage` can be written to.
 */
amaas_status amaas_classification_usage(const amaas_classification *classification,
                                        amaas_usage *usage,
                                        amaas_error **error);

/**
 * Ends a classification, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `classification` is NULL or live, and is not used again.
 */
void amaas_classification_free(amaas_classification *classification);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_classify_options_new(amaas_classify_options **out, amaas_error **error);

/**
 * Sets how many labels of each text are given, best first; at least 1. All when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_classify_options_set_top_k(amaas_classify_options *options,
                                              size_t top_k,
                                              amaas_error **error);

/**
 * Sets what turns raw outputs into scores. The package's function when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_classify_options_set_function(amaas_classify_options *options,
                                                 amaas_function function,
                                                 amaas_error **error);

/**
 * Sets what happens to texts that are too long. The package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_classify_options_set_overflow(amaas_classify_options *options,
                                                 amaas_overflow overflow,
                                                 amaas_error **error);

/**
 * Sets which text of a pair is cut. The package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_classify_options_set_pair_truncation(amaas_classify_options *options,
                                                        amaas_pair_truncation truncation,
                                                        amaas_error **error);

/**
 * Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
 * is set in `call` later does not count. Nothing of that when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `call` is live.
 */
amaas_status amaas_classify_options_set_call(amaas_classify_options *options,
                                             const amaas_call *call,
                                             amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_classify_options_free(amaas_classify_options *options);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_detect_speech_options_new(amaas_detect_speech_options **out,
                                             amaas_error **error);

/**
 * Sets the probability at or above which speech begins; above 0 and up to 1.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_detect_speech_options_set_threshold(amaas_detect_speech_options *options,
                                                       double probability,
                                                       amaas_error **error);

/**
 * Sets the probability below which speech ends; above 0 and no higher than the threshold. 0.15 below
 * the threshold when only that is set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_detect_speech_options_set_release(amaas_detect_speech_options *options,
                                                     double probability,
                                                     amaas_error **error);

/**
 * Sets how short speech is left out.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_detect_speech_options_set_min_speech(amaas_detect_speech_options *options,
                                                        uint32_t milliseconds,
                                                        amaas_error **error);

/**
 * Sets over how short silence speech goes on.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_detect_speech_options_set_min_silence(amaas_detect_speech_options *options,
                                                         uint32_t milliseconds,
                                                         amaas_error **error);

/**
 * Sets how much is added before and after speech.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_detect_speech_options_set_padding(amaas_detect_speech_options *options,
                                                     uint32_t milliseconds,
                                                     amaas_error **error);

/**
 * Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
 * is set in `call` later does not count. Nothing of that when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `call` is live.
 */
amaas_status amaas_detect_speech_options_set_call(amaas_detect_speech_options *options,
                                                  const amaas_call *call,
                                                  amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_detect_speech_options_free(amaas_detect_speech_options *options);

/**
 * How many images were looked at; 0 for NULL.
 *
 * The caller sees to it that `detection` is NULL or live.
 */
size_t amaas_detection_count(const amaas_detection *detection);

/**
 * How many things were found on the image at `image`; 0 where there is no such image and for NULL.
 *
 * The caller sees to it that `detection` is NULL or live.
 */
size_t amaas_detection_box_count(const amaas_detection *detection, size_t image);

/**
 * The label of the thing at `index` on the image at `image`, best first. NULL where there is none
 * and for NULL.
 *
 * The caller sees to it that `detection` is NULL or live.
 */
const char *amaas_detection_label(const amaas_detection *detection, size_t image, size_t index);

/**
 * Its score, 0 to 1. Not a number where there is none and for NULL.
 *
 * The caller sees to it that `detection` is NULL or live.
 */
double amaas_detection_score(const amaas_detection *detection, size_t image, size_t index);

/**
 * One of its edges in pixels of the image: 0 the left, 1 the top, 2 the right, 3 the bottom one. Not
 * a number where there is none and for NULL.
 *
 * The caller sees to it that `detection` is NULL or live.
 */
double amaas_detection_edge(const amaas_detection *detection,
                            size_t image,
                            size_t index,
                            size_t edge);

/**
 * Writes what the call used to `usage`, whose `size` must be set.
 *
 * The caller sees to it that `detection` is live, `usage` can be written to.
 */
amaas_status amaas_detection_usage(const amaas_detection *detection,
                                   amaas_usage *usage,
                                   amaas_error **error);

/**
 * Ends a detection, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `detection` is NULL or live, and is not used again.
 */
void amaas_detection_free(amaas_detection *detection);

/**
 * Lists the devices that models can be placed on. The caller owns `out`.
 *
 * The caller sees to it that `service` is live, `out` can be written to.
 */
amaas_status amaas_service_devices(const amaas_service *service,
                                   amaas_device_list **out,
                                   amaas_error **error);

/**
 * How many devices there are; 0 for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
size_t amaas_device_list_count(const amaas_device_list *list);

/**
 * ONNX Runtime's name of a device's provider, as `CPUExecutionProvider`; NULL where there is none
 * and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_device_list_provider(const amaas_device_list *list, size_t index);

/**
 * `cpu`, `gpu` or `npu`; NULL where there is no such device and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_device_list_kind(const amaas_device_list *list, size_t index);

/**
 * Who made a device, as its provider says; NULL where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_device_list_vendor(const amaas_device_list *list, size_t index);

/**
 * Ends a list, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `list` is NULL or live, and is not used again.
 */
void amaas_device_list_free(amaas_device_list *list);

/**
 * The name of a dtype as numpy and ONNX users know it: `float32`.
 *
 * NULL for a number that is no dtype; valid for ever. Any thread.
 */
const char *amaas_dtype_name(amaas_dtype dtype);

/**
 * The dtype of a name; `AMAAS_DTYPE_UNDEFINED` for any other text and for NULL. Any thread.
 *
 * The caller sees to it that `dtype` is NULL or ends in NUL.
 */
amaas_dtype amaas_dtype_from_name(const char *dtype);

/**
 * The bits that one element takes; 0 for `AMAAS_DTYPE_STRING` and for what is no dtype. Any
 * thread.
 */
size_t amaas_dtype_bits(amaas_dtype dtype);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_embed_options_new(amaas_embed_options **out, amaas_error **error);

/**
 * Sets the name of the prompt that is put before each text, one of the package's; an empty name
 * for none. The package's default when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `prompt` ends in NUL.
 */
amaas_status amaas_embed_options_set_prompt(amaas_embed_options *options,
                                            const char *prompt,
                                            amaas_error **error);

/**
 * Sets how many numbers are kept from the front of each vector; at least 1. As many as the
 * package says when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_embed_options_set_dimensions(amaas_embed_options *options,
                                                size_t dimensions,
                                                amaas_error **error);

/**
 * Sets whether vectors are scaled to length 1: 0 for no, 1 for yes. The
 * package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_embed_options_set_normalize(amaas_embed_options *options,
                                               int32_t normalize,
                                               amaas_error **error);

/**
 * Sets what happens to texts that are too long; the vectors of windows are averaged by their
 * tokens. The package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_embed_options_set_overflow(amaas_embed_options *options,
                                              amaas_overflow overflow,
                                              amaas_error **error);

/**
 * Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
 * is set in `call` later does not count. Nothing of that when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `call` is live.
 */
amaas_status amaas_embed_options_set_call(amaas_embed_options *options,
                                          const amaas_call *call,
                                          amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_embed_options_free(amaas_embed_options *options);

/**
 * How many texts were embedded; 0 for NULL.
 *
 * The caller sees to it that `embedding` is NULL or live.
 */
size_t amaas_embedding_count(const amaas_embedding *embedding);

/**
 * How many numbers each vector has; 0 for NULL.
 *
 * The caller sees to it that `embedding` is NULL or live.
 */
size_t amaas_embedding_dimensions(const amaas_embedding *embedding);

/**
 * All vectors, one after the other without a gap: `amaas_embedding_count` times
 * `amaas_embedding_dimensions` numbers. NULL for NULL, and where there is no text.
 *
 * The caller sees to it that `embedding` is NULL or live.
 */
const float *amaas_embedding_data(const amaas_embedding *embedding);

/**
 * The vector of the text at `text`: `amaas_embedding_dimensions` numbers. NULL where there is no
 * such text and for NULL.
 *
 * The caller sees to it that `embedding` is NULL or live.
 */
const float *amaas_embedding_vector(const amaas_embedding *embedding, size_t text);

/**
 * Copies all vectors, one after the other without a gap, into memory of the host's.
 *
 * `count` is how many numbers `buffer` has room for, at least `amaas_embedding_count` times
 * `amaas_embedding_dimensions`; where it is less the call fails and nothing is written. `buffer`
 * may be NULL where there is no text.
 *
 * The caller sees to it that `embedding` is live; `buffer` can be written to for `count` numbers.
 */
amaas_status amaas_embedding_copy(const amaas_embedding *embedding,
                                  size_t count,
                                  float *buffer,
                                  amaas_error **error);

/**
 * How many tokens of the text at `text` were cut off because it was too long; 0 where all was
 * read, where there is no such text and for NULL.
 *
 * The caller sees to it that `embedding` is NULL or live.
 */
size_t amaas_embedding_truncated(const amaas_embedding *embedding, size_t text);

/**
 * Writes what the call used to `usage`, whose `size` must be set.
 *
 * The caller sees to it that `embedding` is live, `usage` can be written to.
 */
amaas_status amaas_embedding_usage(const amaas_embedding *embedding,
                                   amaas_usage *usage,
                                   amaas_error **error);

/**
 * Ends an embedding, with all its vectors; NULL is allowed.
 *
 * The caller sees to it that `embedding` is NULL or live, and neither it nor what it answered with is used again.
 */
void amaas_embedding_free(amaas_embedding *embedding);

/**
 * The status that the failed call returned; `AMAAS_STATUS_OK` for NULL.
 *
 * The caller sees to it that `error` is NULL or live.
 */
amaas_status amaas_error_status(const amaas_error *error);

/**
 * What happened, in one line of lower case: for branching use the status.
 *
 * NULL for NULL. Valid until the error is freed.
 *
 * The caller sees to it that `error` is NULL or live.
 */
const char *amaas_error_message(const amaas_error *error);

/**
 * What to do about it; NULL when the error does not know, and for NULL.
 *
 * Valid until the error is freed.
 *
 * The caller sees to it that `error` is NULL or live.
 */
const char *amaas_error_remedy(const amaas_error *error);

/**
 * All there is to say: message, facts, remedy and, each on a line of its own, the causes.
 *
 * NULL for NULL. Valid until the error is freed.
 *
 * The caller sees to it that `error` is NULL or live.
 */
const char *amaas_error_report(const amaas_error *error);

/**
 * The same for programs to read: one JSON object with `kind`, `message`, `details` (a list of `name`
 * and `value`), `causes`, `remedy` and `retryable`.
 *
 * NULL for NULL. Valid until the error is freed.
 *
 * The caller sees to it that `error` is NULL or live.
 */
const char *amaas_error_details(const amaas_error *error);

/**
 * Whether the same call may succeed a little later without any change; false for NULL.
 *
 * The caller sees to it that `error` is NULL or live.
 */
bool amaas_error_retryable(const amaas_error *error);

/**
 * How far the request had come when it was cancelled or its time was up; `AMAAS_PHASE_NONE` for other
 * errors and for NULL.
 *
 * The caller sees to it that `error` is NULL or live.
 */
amaas_phase amaas_error_phase(const amaas_error *error);

/**
 * After how many microseconds to try again; 0 where that cannot be told, and for NULL.
 *
 * An estimate from how long recent runs took and how many wait.
 *
 * The caller sees to it that `error` is NULL or live.
 */
uint64_t amaas_error_retry_after(const amaas_error *error);

/**
 * Ends an error; NULL is allowed.
 *
 * The caller sees to it that `error` is NULL or live, and is not used again.
 */
void amaas_error_free(amaas_error *error);

/**
 * Writes models with their versions and aliases into one tar at `path`, which other OCI tools read
 * and `amaas_service_import_archive` takes over. Every blob is verified on its way. The file is
 * there whole or not at all; one that was there is replaced. Blocks meanwhile.
 *
 * `options` may be NULL, which exports everything. `out` gets what was written; its `size` must be
 * set.
 *
 * `AMAAS_STATUS_NOT_FOUND` when the options pick what is not there.
 *
 * The caller sees to it that `service` is live, `path` ends in NUL, `options` is NULL or live, `out` can be written to.
 */
amaas_status amaas_service_export_archive(const amaas_service *service,
                                          const char *path,
                                          const amaas_export_options *options,
                                          amaas_exported *out,
                                          amaas_error **error);

/**
 * Writes the version that `reference` selects, as for `amaas_service_resolve`, into the Triton
 * model repository at `repository`, which is made where it is not. A model that is there already
 * gets one more version if its configuration is the same. The caller owns `out`.
 *
 * `AMAAS_STATUS_ALREADY_EXISTS` when the version, or the model with another configuration, is
 * there; `AMAAS_STATUS_UNSUPPORTED` for what no configuration can say.
 *
 * The caller sees to it that `service` is live, the texts end in NUL, `out` can be written to.
 */
amaas_status amaas_service_export_triton(const amaas_service *service,
                                         const char *reference,
                                         const char *repository,
                                         amaas_triton **out,
                                         amaas_error **error);

/**
 * The folder of the model in the repository; NULL for NULL.
 *
 * The caller sees to it that `triton` is NULL or live.
 */
const char *amaas_triton_folder(const amaas_triton *triton);

/**
 * The number of the version there: the major version, at least 1; 0 for NULL.
 *
 * The caller sees to it that `triton` is NULL or live.
 */
uint64_t amaas_triton_version(const amaas_triton *triton);

/**
 * How many notes there are; 0 for NULL.
 *
 * The caller sees to it that `triton` is NULL or live.
 */
size_t amaas_triton_note_count(const amaas_triton *triton);

/**
 * What was carried over, or could not be: a sentence; NULL where there is none and for NULL.
 *
 * The caller sees to it that `triton` is NULL or live.
 */
const char *amaas_triton_note(const amaas_triton *triton, size_t index);

/**
 * Ends it, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `triton` is NULL or live, and is not used again.
 */
void amaas_triton_free(amaas_triton *triton);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_export_options_new(amaas_export_options **out, amaas_error **error);

/**
 * Sets whether aliases that point at what is exported go along, with their history: 0 for no, any
 * other number for yes. Yes when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_export_options_set_aliases(amaas_export_options *options,
                                              int32_t aliases,
                                              amaas_error **error);

/**
 * Adds a model to what is exported: the version that `selector` picks, or all where it is NULL.
 * May be called again, for others. Everything is exported when it is never called.
 *
 * The caller sees to it that `options` is live and used by no other thread, `model` ends in NUL, `selector` is NULL or
 * ends in NUL.
 */
amaas_status amaas_export_options_add(amaas_export_options *options,
                                      const char *model,
                                      const char *selector,
                                      amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_export_options_free(amaas_export_options *options);

/**
 * Removes from the registry's disk what no version needs, and files of writes that were cut off.
 * Safe beside publishers, readers and routes; blocks meanwhile.
 *
 * `options` may be NULL, which is as options with nothing set. The caller owns `out`.
 *
 * `AMAAS_STATUS_CORRUPT` when something that may need more blobs cannot be read, and then nothing
 * was removed.
 *
 * The caller sees to it that `service` is live, `options` is NULL or live, `out` can be written to.
 */
amaas_status amaas_service_gc(const amaas_service *service,
                              const amaas_gc_options *options,
                              amaas_gc_report **out,
                              amaas_error **error);

/**
 * How many blobs were removed; 0 for NULL.
 *
 * The caller sees to it that `report` is NULL or live.
 */
size_t amaas_gc_report_removed_count(const amaas_gc_report *report);

/**
 * The digest of a blob that was removed, as `sha256:…`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `report` is NULL or live.
 */
const char *amaas_gc_report_removed(const amaas_gc_report *report, size_t index);

/**
 * How many bytes that freed, those of temporary files included; 0 for NULL.
 *
 * The caller sees to it that `report` is NULL or live.
 */
uint64_t amaas_gc_report_bytes(const amaas_gc_report *report);

/**
 * How many blobs are needed; 0 for NULL.
 *
 * The caller sees to it that `report` is NULL or live.
 */
uint64_t amaas_gc_report_kept(const amaas_gc_report *report);

/**
 * How many blobs are not needed, but not for long enough; 0 for NULL.
 *
 * The caller sees to it that `report` is NULL or live.
 */
uint64_t amaas_gc_report_spared(const amaas_gc_report *report);

/**
 * How many files of writes that were cut off were removed; 0 for NULL.
 *
 * The caller sees to it that `report` is NULL or live.
 */
uint64_t amaas_gc_report_temporaries(const amaas_gc_report *report);

/**
 * Ends a report, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `report` is NULL or live, and is not used again.
 */
void amaas_gc_report_free(amaas_gc_report *report);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_gc_options_new(amaas_gc_options **out, amaas_error **error);

/**
 * Sets how many seconds something must have lain unneeded before it is removed; 0 for none. An
 * hour when it is not set. Whoever holds the digest of a version that was deleted since has that
 * long to load it.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_gc_options_set_grace(amaas_gc_options *options,
                                        uint64_t seconds,
                                        amaas_error **error);

/**
 * Sets whether only to say what would be removed: 0 for no, 1 for yes. No when it
 * is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_gc_options_set_dry_run(amaas_gc_options *options,
                                          int32_t dry_run,
                                          amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_gc_options_free(amaas_gc_options *options);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_generate_options_new(amaas_generate_options **out, amaas_error **error);

/**
 * Sets the most tokens of the answer; at least 1. As many as the package says, or as there is room
 * for, when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_max_new_tokens(amaas_generate_options *options,
                                                       size_t max_new_tokens,
                                                       amaas_error **error);

/**
 * Sets whether tokens are drawn, 1, or the most probable one is taken, 0.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_do_sample(amaas_generate_options *options,
                                                  int32_t do_sample,
                                                  amaas_error **error);

/**
 * Sets what scores are divided by before drawing; 0 takes the most probable token.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_temperature(amaas_generate_options *options,
                                                    float temperature,
                                                    amaas_error **error);

/**
 * Draws only from the fewest tokens whose probabilities reach this sum, over 0 and up to 1.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_top_p(amaas_generate_options *options,
                                              float top_p,
                                              amaas_error **error);

/**
 * Draws only from tokens at least this share as probable as the most probable one, 0 to 1.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_min_p(amaas_generate_options *options,
                                              float min_p,
                                              amaas_error **error);

/**
 * Sets how much tokens that stand in the text already are held back; 1 for not at all.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_repetition_penalty(amaas_generate_options *options,
                                                           float repetition_penalty,
                                                           amaas_error **error);

/**
 * Sets the power of the length by which scores of beams are divided; when it is not set, as the package
 * says, or else 1.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_length_penalty(amaas_generate_options *options,
                                                       float length_penalty,
                                                       amaas_error **error);

/**
 * Draws only from so many of the most probable tokens; 0 for all.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_top_k(amaas_generate_options *options,
                                              size_t top_k,
                                              amaas_error **error);

/**
 * Lets no run of so many tokens stand in the text twice; 0 for no such rule.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_no_repeat_ngram_size(amaas_generate_options *options,
                                                             size_t size,
                                                             amaas_error **error);

/**
 * Lets at most so many tokens be guessed at once, for a text that is written alone: of what its schema
 * forces, or what stands in the text already. Up to 64; 0 for no guesses. What is written does not depend
 * on it.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_prompt_lookup_num_tokens(amaas_generate_options *options,
                                                                 size_t tokens,
                                                                 amaas_error **error);

/**
 * Sets the seed of the draws: the same one draws the same tokens.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_seed(amaas_generate_options *options,
                                             uint64_t seed,
                                             amaas_error **error);

/**
 * Searches for the most probable text with so many beams; at least 1, which is none. When it is not set,
 * as many as the package says.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_num_beams(amaas_generate_options *options,
                                                  size_t num_beams,
                                                  amaas_error **error);

/**
 * Ends the answer at this text, which is not part of it; may be called several times.
 *
 * The caller sees to it that `options` is live and used by no other thread, `stop` ends in NUL.
 */
amaas_status amaas_generate_options_add_stop(amaas_generate_options *options,
                                             const char *stop,
                                             amaas_error **error);

/**
 * Sets the JSON schema that the answer follows, as JSON text.
 *
 * The caller sees to it that `options` is live and used by no other thread, `schema` ends in NUL.
 */
amaas_status amaas_generate_options_set_schema(amaas_generate_options *options,
                                               const char *schema,
                                               amaas_error **error);

/**
 * Sets what happens to a prompt that is too long: it is refused or cut; windows there are none.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_generate_options_set_overflow(amaas_generate_options *options,
                                                 amaas_overflow overflow,
                                                 amaas_error **error);

/**
 * Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
 * is set in `call` later does not count. Nothing of that when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `call` is live.
 */
amaas_status amaas_generate_options_set_call(amaas_generate_options *options,
                                             const amaas_call *call,
                                             amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_generate_options_free(amaas_generate_options *options);

/**
 * Writes a text after each of `count` prompts, all of them at once. Blocks until all have ended.
 *
 * Prompts and `options` are passed as texts and options to `amaas_route_classify`. The caller owns
 * `out`.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task; `AMAAS_STATUS_INPUT_TOO_LONG` for a
 * prompt that leaves no room; `AMAAS_STATUS_INVALID_ARGUMENT` for options out of range and a schema
 * that nothing meets; `AMAAS_STATUS_QUOTA_EXCEEDED` also in the middle of a text.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, `prompts` and `lengths` point to as much as stated,
 * `out` can be written to.
 */
amaas_status amaas_route_generate(const amaas_route *route,
                                  const char *const *prompts,
                                  const size_t *lengths,
                                  size_t count,
                                  const amaas_generate_options *options,
                                  amaas_generation **out,
                                  amaas_error **error);

/**
 * Writes the answer to a chat. Blocks until it has ended.
 *
 * `messages` is JSON: a list of `{"role": …, "content": …}`; `tools`, which may be NULL, a list of
 * JSON schemas of functions. `options` may be NULL. The caller owns `out`.
 *
 * As `amaas_route_generate`; `AMAAS_STATUS_UNSUPPORTED` also when the package has no chat template.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, `messages` and `tools` end in NUL, `tools` may be NULL,
 * `out` can be written to.
 */
amaas_status amaas_route_chat(const amaas_route *route,
                              const char *messages,
                              const char *tools,
                              const amaas_generate_options *options,
                              amaas_generation **out,
                              amaas_error **error);

/**
 * Writes a text after `prompt` and calls `callback` with each piece. Blocks until it has ended; `out`
 * is then the whole of it.
 *
 * `length` is the prompt's in bytes. `options` may be NULL. The caller owns `out`.
 *
 * As `amaas_route_generate`; `AMAAS_STATUS_CANCELLED` when the callback gave the text up.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, `prompt` points to `length` bytes, `callback` may be
 * called with `data`, `out` can be written to.
 */
amaas_status amaas_route_stream_generate(const amaas_route *route,
                                         const char *prompt,
                                         size_t length,
                                         const amaas_generate_options *options,
                                         amaas_piece_callback callback,
                                         void *data,
                                         amaas_generation **out,
                                         amaas_error **error);

/**
 * As `amaas_route_stream_generate`, for the answer to a chat as `amaas_route_chat` takes it.
 *
 * The caller sees to it that As for `amaas_route_chat`; `callback` may be called with `data`.
 */
amaas_status amaas_route_stream_chat(const amaas_route *route,
                                     const char *messages,
                                     const char *tools,
                                     const amaas_generate_options *options,
                                     amaas_piece_callback callback,
                                     void *data,
                                     amaas_generation **out,
                                     amaas_error **error);

/**
 * How many prompts were answered; 0 for NULL.
 *
 * The caller sees to it that `generation` is NULL or live.
 */
size_t amaas_generation_count(const amaas_generation *generation);

/**
 * The text that was written after the prompt at `prompt`, without it, in UTF-8 and ending in NUL.
 * NULL where there is none and for NULL.
 *
 * The caller sees to it that `generation` is NULL or live.
 */
const char *amaas_generation_text(const amaas_generation *generation, size_t prompt);

/**
 * Why it ended: one of `AMAAS_FINISH_…`; -1 where there is none and for NULL.
 *
 * The caller sees to it that `generation` is NULL or live.
 */
amaas_finish amaas_generation_finish(const amaas_generation *generation, size_t prompt);

/**
 * How many tokens of the prompt at `prompt` were cut off because it was too long; 0 where all was
 * read, where there is none and for NULL.
 *
 * The caller sees to it that `generation` is NULL or live.
 */
size_t amaas_generation_truncated(const amaas_generation *generation, size_t prompt);

/**
 * Writes what the call used to `usage`, whose `size` must be set.
 *
 * The caller sees to it that `generation` is live, `usage` can be written to.
 */
amaas_status amaas_generation_usage(const amaas_generation *generation,
                                    amaas_usage *usage,
                                    amaas_error **error);

/**
 * Ends a generation, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `generation` is NULL or live, and is not used again.
 */
void amaas_generation_free(amaas_generation *generation);

/**
 * Makes a guard with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_guard_new(amaas_guard **out, amaas_error **error);

/**
 * Sets the greatest share of its requests that may fail, errors of the caller not counted; 0 to 1,
 * and infinity for whatever. 0.05 when it is not set.
 *
 * The caller sees to it that `guard` is live and used by no other thread.
 */
amaas_status amaas_guard_set_max_error_rate(amaas_guard *guard, double rate, amaas_error **error);

/**
 * Sets how many times the time of the present version its runs may take for a row, on average;
 * infinity for whatever. 2 when it is not set.
 *
 * The caller sees to it that `guard` is live and used by no other thread.
 */
amaas_status amaas_guard_set_max_latency_ratio(amaas_guard *guard,
                                               double ratio,
                                               amaas_error **error);

/**
 * Sets how far the answers to the same request may lie apart on average, where a shadow compares
 * them: for labels the share of texts with another first label, for numbers the greatest
 * difference. Infinity for whatever, as when it is not set.
 *
 * The caller sees to it that `guard` is live and used by no other thread.
 */
amaas_status amaas_guard_set_max_disagreement(amaas_guard *guard,
                                              double distance,
                                              amaas_error **error);

/**
 * Sets how many requests there must be before any of this is judged. 100 when it is not set.
 *
 * The caller sees to it that `guard` is live and used by no other thread.
 */
amaas_status amaas_guard_set_min_requests(amaas_guard *guard, uint64_t count, amaas_error **error);

/**
 * Sets after how many milliseconds counting begins anew; at least 1. Ten minutes when it is not
 * set.
 *
 * The caller sees to it that `guard` is live and used by no other thread.
 */
amaas_status amaas_guard_set_window(amaas_guard *guard, uint64_t milliseconds, amaas_error **error);

/**
 * Ends a guard; NULL is allowed.
 *
 * The caller sees to it that `guard` is NULL or live, and is not used again.
 */
void amaas_guard_free(amaas_guard *guard);

/**
 * As `amaas_route_detect_speech`, without waiting; the recordings and `options` may be freed at once.
 * What comes of them comes through the ticket, also that one is damaged, by `amaas_ticket_speech`. The
 * caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_detect_speech`.
 */
amaas_status amaas_route_submit_detect_speech(const amaas_route *route,
                                              const amaas_audio *const *audio,
                                              size_t count,
                                              const amaas_detect_speech_options *options,
                                              amaas_ticket **out,
                                              amaas_error **error);

/**
 * As `amaas_route_classify_audio`, without waiting; the recordings and `options` may be freed at once.
 * What comes of them comes through the ticket, also that one is damaged, by
 * `amaas_ticket_classification`. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_classify_audio`.
 */
amaas_status amaas_route_submit_classify_audio(const amaas_route *route,
                                               const amaas_audio *const *audio,
                                               size_t count,
                                               const amaas_classify_options *options,
                                               amaas_ticket **out,
                                               amaas_error **error);

/**
 * As `amaas_stream_feed`, without waiting; the piece and `call` may be freed at once. The stream is busy
 * until the ticket is done: what is asked of it before is refused with `AMAAS_STATUS_CONFLICT`. A ticket
 * that is cancelled or freed before leaves the stream as it was. What is heard comes through
 * `amaas_ticket_speech`. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_stream_feed`.
 */
amaas_status amaas_stream_submit_feed(const amaas_stream *stream,
                                      const amaas_audio *audio,
                                      const amaas_call *call,
                                      amaas_ticket **out,
                                      amaas_error **error);

/**
 * As `amaas_stream_finish`, without waiting; the stream is busy as after `amaas_stream_submit_feed`. What
 * is heard comes through `amaas_ticket_speech`. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_stream_finish`.
 */
amaas_status amaas_stream_submit_finish(const amaas_stream *stream,
                                        const amaas_call *call,
                                        amaas_ticket **out,
                                        amaas_error **error);

/**
 * Blocks until the ticket of `amaas_route_submit_detect_speech`, `amaas_stream_submit_feed` or
 * `amaas_stream_submit_finish` is done and takes its answers, once. The caller owns `out`.
 *
 * The caller sees to it that `ticket` is live, `out` can be written to.
 */
amaas_status amaas_ticket_speech(const amaas_ticket *ticket,
                                 amaas_speech **out,
                                 amaas_error **error);

/**
 * Makes an image from a copy of the `byte_length` bytes of a file. They are not looked at before
 * a model reads them. The caller owns `out`.
 *
 * The caller sees to it that `data` points to as much as stated, `out` can be written to.
 */
amaas_status amaas_image_encoded(const uint8_t *data,
                                 size_t byte_length,
                                 amaas_image **out,
                                 amaas_error **error);

/**
 * Reads the file at `path`, which is UTF-8, as an image. The caller owns `out`.
 *
 * The caller sees to it that `path` ends in NUL, `out` can be written to.
 */
amaas_status amaas_image_open(const char *path, amaas_image **out, amaas_error **error);

/**
 * Makes an image from a copy of its pixels, row by row, each of `channels` bytes: 1 for
 * brightness, 3 for red, green and blue, 4 for those and alpha, which is dropped. `data` are `height`
 * times `width` times `channels` bytes. The caller owns `out`.
 *
 * The caller sees to it that `data` points to as much as stated, `out` can be written to.
 */
amaas_status amaas_image_pixels(const uint8_t *data,
                                size_t height,
                                size_t width,
                                size_t channels,
                                amaas_image **out,
                                amaas_error **error);

/**
 * Ends an image; NULL is allowed.
 *
 * The caller sees to it that `image` is NULL or live, and is not used again.
 */
void amaas_image_free(amaas_image *image);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_image_options_new(amaas_image_options **out, amaas_error **error);

/**
 * Sets how many labels of each image are given, best first; at least 1. All when it is not set. For
 * `amaas_route_classify_images`.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_image_options_set_top_k(amaas_image_options *options,
                                           size_t top_k,
                                           amaas_error **error);

/**
 * Sets what turns raw outputs into scores. The package's function when it is not set. For
 * `amaas_route_classify_images`.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_image_options_set_function(amaas_image_options *options,
                                              amaas_function function,
                                              amaas_error **error);

/**
 * Sets below which score, 0 to 1, boxes or lines are left out. The package's threshold when it is
 * not set. For `amaas_route_detect` and `amaas_route_read_images`.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_image_options_set_threshold(amaas_image_options *options,
                                               double threshold,
                                               amaas_error **error);

/**
 * Sets by more than which share of their union, 0 to 1, two boxes of one label are taken for one
 * thing. The package's when it is not set. For `amaas_route_detect`.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_image_options_set_overlap(amaas_image_options *options,
                                             double overlap,
                                             amaas_error **error);

/**
 * Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
 * is set in `call` later does not count. Nothing of that when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `call` is live.
 */
amaas_status amaas_image_options_set_call(amaas_image_options *options,
                                          const amaas_call *call,
                                          amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_image_options_free(amaas_image_options *options);

/**
 * Takes over every version of the tar at `path`, which `amaas_service_export_archive` or an OCI
 * tool wrote, and the aliases that are unheard of here. Doing it again changes nothing. Everything
 * in it is checked before the first byte is written; no version is loaded. Blocks meanwhile.
 *
 * `limits` may be NULL, which is as limits with nothing set. The caller owns `out`.
 *
 * `AMAAS_STATUS_ALREADY_EXISTS` when a version is there with other content,
 * `AMAAS_STATUS_INVALID_PACKAGE` for an archive that holds anything but models,
 * `AMAAS_STATUS_CORRUPT` for a damaged one, `AMAAS_STATUS_UNSUPPORTED` for a compressed one.
 *
 * The caller sees to it that `service` is live, `path` ends in NUL, `limits` is NULL or live, `out` can be written to.
 */
amaas_status amaas_service_import_archive(const amaas_service *service,
                                          const char *path,
                                          const amaas_import_limits *limits,
                                          amaas_imported **out,
                                          amaas_error **error);

/**
 * Makes packages of the models at `path`, which another tool wrote, and publishes each as
 * `amaas_service_publish` does. Nothing of theirs is executed. Blocks meanwhile.
 *
 * `options` may be NULL, which is as options with nothing set. The caller owns `out`, which holds
 * a version for each that lay there, with notes. If one cannot be published those before it stay;
 * doing it again is safe.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when there is no ONNX graph in it.
 *
 * The caller sees to it that `service` is live, `path` ends in NUL, `options` is NULL or live, `out` can be written to.
 */
amaas_status amaas_service_import_model(const amaas_service *service,
                                        const char *path,
                                        const amaas_import_options *options,
                                        amaas_imported **out,
                                        amaas_error **error);

/**
 * Makes limits with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_import_limits_new(amaas_import_limits **out, amaas_error **error);

/**
 * Sets how many members it may have; at least 1. 100 000 when it is not set.
 *
 * The caller sees to it that `limits` is live and used by no other thread.
 */
amaas_status amaas_import_limits_set_entries(amaas_import_limits *limits,
                                             uint64_t entries,
                                             amaas_error **error);

/**
 * Sets how many bytes all members may have together; at least 1. 1 TiB when it is not set.
 *
 * The caller sees to it that `limits` is live and used by no other thread.
 */
amaas_status amaas_import_limits_set_bytes(amaas_import_limits *limits,
                                           uint64_t bytes,
                                           amaas_error **error);

/**
 * Ends limits; NULL is allowed.
 *
 * The caller sees to it that `limits` is NULL or live, and is not used again.
 */
void amaas_import_limits_free(amaas_import_limits *limits);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_import_options_new(amaas_import_options **out, amaas_error **error);

/**
 * Sets the model's name.
 *
 * The caller sees to it that `options` is live and used by no other thread, `model` ends in NUL.
 */
amaas_status amaas_import_options_set_name(amaas_import_options *options,
                                           const char *model,
                                           amaas_error **error);

/**
 * Sets the version. Where the source says none either it is 1.0.0.
 *
 * The caller sees to it that `options` is live and used by no other thread, `version` ends in NUL.
 */
amaas_status amaas_import_options_set_version(amaas_import_options *options,
                                              const char *version,
                                              amaas_error **error);

/**
 * Sets the licence, an SPDX expression.
 *
 * The caller sees to it that `options` is live and used by no other thread, `license` ends in NUL.
 */
amaas_status amaas_import_options_set_license(amaas_import_options *options,
                                              const char *license,
                                              amaas_error **error);

/**
 * Sets what the source is: one of `AMAAS_FORMAT_…` but `AMAAS_FORMAT_NONE`. What the files tell
 * when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_import_options_set_format(amaas_import_options *options,
                                             amaas_format format,
                                             amaas_error **error);

/**
 * Sets which graph of a Hugging Face snapshot is taken, as `onnx/model_quantized.onnx`.
 *
 * The caller sees to it that `options` is live and used by no other thread, `graph` ends in NUL.
 */
amaas_status amaas_import_options_set_graph(amaas_import_options *options,
                                            const char *graph,
                                            amaas_error **error);

/**
 * Makes a text embedding of a Hugging Face snapshot that does not say how it pools.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_import_options_set_pooling(amaas_import_options *options,
                                              amaas_pooling pooling,
                                              amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_import_options_free(amaas_import_options *options);

/**
 * How many versions came, those that were there already included; 0 for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
size_t amaas_imported_version_count(const amaas_imported *imported);

/**
 * The model of a version; NULL where there is none and for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
const char *amaas_imported_version_model(const amaas_imported *imported, size_t index);

/**
 * A version, as `1.2.0`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
const char *amaas_imported_version(const amaas_imported *imported, size_t index);

/**
 * The digest of a version, as `sha256:…`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
const char *amaas_imported_version_digest(const amaas_imported *imported, size_t index);

/**
 * Whether a version was new; false when the registry had it already, where there is none and for
 * NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
bool amaas_imported_version_created(const amaas_imported *imported, size_t index);

/**
 * What a version was made of; `AMAAS_FORMAT_NONE` for one of an archive, where there is none and
 * for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
amaas_format amaas_imported_version_format(const amaas_imported *imported, size_t index);

/**
 * How many notes there are on a version; 0 where there is none and for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
size_t amaas_imported_version_note_count(const amaas_imported *imported, size_t index);

/**
 * What was carried over, guessed, or could not be carried over: a sentence; NULL where there is
 * none and for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
const char *amaas_imported_version_note(const amaas_imported *imported, size_t index, size_t note);

/**
 * How many aliases an archive had; 0 for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
size_t amaas_imported_alias_count(const amaas_imported *imported);

/**
 * The model of an alias; NULL where there is none and for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
const char *amaas_imported_alias_model(const amaas_imported *imported, size_t index);

/**
 * An alias; NULL where there is none and for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
const char *amaas_imported_alias(const amaas_imported *imported, size_t index);

/**
 * Whether an alias was taken over: one that is known here stays as it is; false where there is
 * none and for NULL.
 *
 * The caller sees to it that `imported` is NULL or live.
 */
bool amaas_imported_alias_created(const amaas_imported *imported, size_t index);

/**
 * Ends it, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `imported` is NULL or live, and is not used again.
 */
void amaas_imported_free(amaas_imported *imported);

/**
 * How many currencies it has totals in; 0 for NULL.
 *
 * The caller sees to it that `invoice` is NULL or live.
 */
size_t amaas_invoice_total_count(const amaas_invoice *invoice);

/**
 * The total at `index`, as decimal digits; NULL where there is none and for NULL. Valid until the
 * invoice is freed.
 *
 * The caller sees to it that `invoice` is NULL or live.
 */
const char *amaas_invoice_total(const amaas_invoice *invoice, size_t index);

/**
 * The currency of the total at `index`; NULL where there is none and for NULL. Valid until the invoice
 * is freed.
 *
 * The caller sees to it that `invoice` is NULL or live.
 */
const char *amaas_invoice_currency(const amaas_invoice *invoice,
                                   size_t index);

/**
 * The lines as CSV, with names above. The caller owns `out`.
 *
 * The caller sees to it that `invoice` is live, `out` can be written to.
 */
amaas_status amaas_invoice_csv(const amaas_invoice *invoice, amaas_text **out, amaas_error **error);

/**
 * A page in HTML that people can read and print. The caller owns `out`.
 *
 * The caller sees to it that `invoice` is live, `out` can be written to.
 */
amaas_status amaas_invoice_html(const amaas_invoice *invoice,
                                amaas_text **out,
                                amaas_error **error);

/**
 * Writes the invoice to `path`, as its ending says: a page as `.html`, or `.csv`.
 *
 * The caller sees to it that `invoice` is live, `path` ends in NUL.
 */
amaas_status amaas_invoice_write(const amaas_invoice *invoice,
                                 const char *path,
                                 amaas_error **error);

/**
 * Ends an invoice; NULL is allowed.
 *
 * The caller sees to it that `invoice` is NULL or live, and is not used again.
 */
void amaas_invoice_free(amaas_invoice *invoice);

/**
 * Loads the highest `count` versions of a model and keeps them loaded; at least 1. Pre-releases
 * and what was yanked do not count. Blocks meanwhile. The caller owns `out`.
 *
 * `AMAAS_STATUS_NOT_FOUND` when there is no such model; else as `amaas_service_load`.
 *
 * The caller sees to it that `service` is live, `model` ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_keep_latest(const amaas_service *service,
                                       const char *model,
                                       size_t count,
                                       amaas_kept **out,
                                       amaas_error **error);

/**
 * Loads every version of a model and keeps them loaded, save pre-releases and what was yanked;
 * else as `amaas_service_keep_latest`.
 *
 * The caller sees to it that `service` is live, `model` ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_keep_all(const amaas_service *service,
                                    const char *model,
                                    amaas_kept **out,
                                    amaas_error **error);

/**
 * Loads `count` versions of a model, each as `1.2.0`, and keeps them loaded, yanked or not; else
 * as `amaas_service_keep_latest`.
 *
 * The caller sees to it that `service` is live, `versions` points to `count` texts, these and `model` end in NUL, `out` can
 * be written to.
 */
amaas_status amaas_service_keep_versions(const amaas_service *service,
                                         const char *model,
                                         const char *const *versions,
                                         size_t count,
                                         amaas_kept **out,
                                         amaas_error **error);

/**
 * Looks again which versions are to be kept: loads what is new, then lets go of the rest. If one
 * cannot be loaded everything stays as it was. Blocks meanwhile, and takes the memory of both.
 * `changed` says whether that changed anything; NULL is allowed.
 *
 * The caller sees to it that `kept` is live, `changed` is NULL or can be written to.
 */
amaas_status amaas_kept_update(const amaas_kept *kept, bool *changed, amaas_error **error);

/**
 * Lists a route to each version that is kept now; each is pinned to its version. The caller owns
 * `out`.
 *
 * The caller sees to it that `kept` is live, `out` can be written to.
 */
amaas_status amaas_kept_routes(const amaas_kept *kept, amaas_route_list **out, amaas_error **error);

/**
 * Ends it: its versions are unloaded once no route serves them; NULL is allowed.
 *
 * The caller sees to it that `kept` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_kept_free(amaas_kept *kept);

/**
 * How many routes there are; 0 for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
size_t amaas_route_list_count(const amaas_route_list *list);

/**
 * The route at `index`; NULL where there is none and for NULL. It belongs to the list: it is not
 * freed, and `amaas_route_clone` makes a handle of it that outlives the list.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const amaas_route *amaas_route_list_route(const amaas_route_list *list, size_t index);

/**
 * Ends a list with its handles to routes; NULL is allowed.
 *
 * The caller sees to it that `list` is NULL or live, and is not used again.
 */
void amaas_route_list_free(amaas_route_list *list);

/**
 * Asks `callback` for keys, with `context`, each time an encrypted package is read; in place of what
 * was set before.
 *
 * The caller sees to it that `options` is live and used by no other thread. `callback` may be called with `context` from any
 * thread, also by several at once, until the options and the last service made with them are gone.
 */
amaas_status amaas_service_options_set_keys(amaas_service_options *options,
                                            amaas_keys_callback callback,
                                            void *context,
                                            amaas_error **error);

/**
 * Takes keys from the file at `path`, which holds identities as `age-keygen -o` writes them; it is
 * read anew each time an encrypted package is.
 *
 * The caller sees to it that `options` is live and used by no other thread, `path` ends in NUL.
 */
amaas_status amaas_service_options_set_keys_file(amaas_service_options *options,
                                                 const char *path,
                                                 amaas_error **error);

/**
 * Takes keys from the environment variable `variable`, one identity a line, each time an encrypted
 * package is read.
 *
 * The caller sees to it that `options` is live and used by no other thread, `variable` ends in NUL.
 */
amaas_status amaas_service_options_set_keys_environment(amaas_service_options *options,
                                                        const char *variable,
                                                        amaas_error **error);

/**
 * Opens packages that were encrypted with this passphrase. It stays in memory for as long as the
 * options and the services that were made with them.
 *
 * The caller sees to it that `options` is live and used by no other thread, `passphrase` ends in NUL.
 */
amaas_status amaas_service_options_set_passphrase(amaas_service_options *options,
                                                  const char *passphrase,
                                                  amaas_error **error);

/**
 * Adds the identities in `text`, one a line, as `age-keygen` writes them. The text is copied.
 *
 * `AMAAS_STATUS_KEY_DENIED` when there is none.
 *
 * The caller sees to it that `ring` is that of a callback that runs, `text` ends in NUL.
 */
amaas_status amaas_key_ring_add_identities(amaas_key_ring *ring,
                                           const char *text,
                                           amaas_error **error);

/**
 * Adds a passphrase. The text is copied.
 *
 * The caller sees to it that `ring` is that of a callback that runs, `passphrase` ends in NUL.
 */
amaas_status amaas_key_ring_add_passphrase(amaas_key_ring *ring,
                                           const char *passphrase,
                                           amaas_error **error);

/**
 * Opens the ledger at `path`, which is made when it is not there; with `strict`, `1`, each receipt is
 * settled before its answer, else together with others, `0`. The caller owns `out`.
 *
 * The caller sees to it that `path` ends in NUL, `out` can be written to.
 */
amaas_status amaas_ledger_open(const char *path,
                               int32_t strict,
                               amaas_ledger **out,
                               amaas_error **error);

/**
 * Opens a ledger that is there, to be read and not written. The caller owns `out`.
 *
 * The caller sees to it that `path` ends in NUL, `out` can be written to.
 */
amaas_status amaas_ledger_read(const char *path, amaas_ledger **out, amaas_error **error);

/**
 * Ends a handle to a ledger, with the last of which everything is settled; NULL is allowed.
 *
 * The caller sees to it that `ledger` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_ledger_free(amaas_ledger *ledger);

/**
 * Has every receipt kept in `ledger`, of which the options keep a share.
 *
 * The caller sees to it that `options` is live and used by no other thread, `ledger` is live.
 */
amaas_status amaas_service_options_use_ledger(amaas_service_options *options,
                                              const amaas_ledger *ledger,
                                              amaas_error **error);

/**
 * Settles all receipts that came so far.
 *
 * The caller sees to it that `ledger` is live.
 */
amaas_status amaas_ledger_flush(const amaas_ledger *ledger, amaas_error **error);

/**
 * Sums the receipts that `filter` means; NULL for `filter` means all. They are told apart by currency
 * and by `count` of `tenant`, `model`, `day` and `rate`. The caller owns `out`.
 *
 * The caller sees to it that `ledger` is live, `filter` is NULL or live, `by` points to `count` texts that end in NUL, `out` can
 * be written to.
 */
amaas_status amaas_ledger_sums(const amaas_ledger *ledger,
                               const amaas_ledger_filter *filter,
                               const char *const *by,
                               size_t count,
                               amaas_sum_list **out,
                               amaas_error **error);

/**
 * Writes the receipts that `filter` means to `path`, as its ending says: `.csv`, `.json` or
 * `.parquet`; NULL for `filter` means all. How many there were is written to `out`.
 *
 * The caller sees to it that `ledger` is live, `filter` is NULL or live, `path` ends in NUL, `out` can be written to.
 */
amaas_status amaas_ledger_export(const amaas_ledger *ledger,
                                 const amaas_ledger_filter *filter,
                                 const char *path,
                                 uint64_t *out,
                                 amaas_error **error);

/**
 * What `tenant` owes for the days from `from` up to and without `until`, in UTC, as `2026-01-31`. The
 * caller owns `out`.
 *
 * The caller sees to it that `ledger` is live, `tenant`, `from` and `until` end in NUL, `out` can be written to.
 */
amaas_status amaas_ledger_invoice(const amaas_ledger *ledger,
                                  const char *tenant,
                                  const char *from,
                                  const char *until,
                                  amaas_invoice **out,
                                  amaas_error **error);

/**
 * Makes a filter with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_ledger_filter_new(amaas_ledger_filter **out, amaas_error **error);

/**
 * Means receipts of this tenant; an empty name those that name none.
 *
 * The caller sees to it that `filter` is live and used by no other thread, `tenant` ends in NUL.
 */
amaas_status amaas_ledger_filter_set_tenant(amaas_ledger_filter *filter,
                                            const char *tenant,
                                            amaas_error **error);

/**
 * Means receipts of this model.
 *
 * The caller sees to it that `filter` is live and used by no other thread, `model` ends in NUL.
 */
amaas_status amaas_ledger_filter_set_model(amaas_ledger_filter *filter,
                                           const char *model,
                                           amaas_error **error);

/**
 * Means receipts from this day on, in UTC, as `2026-01-31`.
 *
 * The caller sees to it that `filter` is live and used by no other thread, `from` ends in NUL.
 */
amaas_status amaas_ledger_filter_set_from(amaas_ledger_filter *filter,
                                          const char *from,
                                          amaas_error **error);

/**
 * Means receipts before this day, in UTC, as `2026-01-31`.
 *
 * The caller sees to it that `filter` is live and used by no other thread, `until` ends in NUL.
 */
amaas_status amaas_ledger_filter_set_until(amaas_ledger_filter *filter,
                                           const char *until,
                                           amaas_error **error);

/**
 * Ends a filter; NULL is allowed.
 *
 * The caller sees to it that `filter` is NULL or live, and is not used again.
 */
void amaas_ledger_filter_free(amaas_ledger_filter *filter);

/**
 * Has `log` called with `data`, which may be NULL, for every event of this process that is as bad as
 * `level` says or worse; in place of what was set before, which is not called any more when this
 * returns. NULL for `log` ends it. Any thread.
 *
 * `AMAAS_STATUS_CONFLICT` when a log callback calls it.
 *
 * The caller sees to it that `log` is NULL or may be called with `data` from any thread, also by several at once, until it is
 * replaced or the process ends.
 */
amaas_status amaas_log_set(amaas_log log,
                           void *data,
                           amaas_log_level level,
                           amaas_error **error);

/**
 * Sums up what the routes of a service have answered, for each model by the name that it was loaded
 * under. The caller owns `out`.
 *
 * Requests under way on other threads may be in some sums and not yet in others.
 *
 * The caller sees to it that `service` is live, `out` can be written to.
 */
amaas_status amaas_service_metrics(const amaas_service *service,
                                   amaas_metrics **out,
                                   amaas_error **error);

/**
 * Tells what the routes of a service have answered and what is in memory, in the text format of
 * Prometheus. Neither inputs nor tenants are in it. The caller owns `out`.
 *
 * The caller sees to it that `service` is live, `out` can be written to.
 */
amaas_status amaas_service_metrics_text(const amaas_service *service,
                                        amaas_text **out,
                                        amaas_error **error);

/**
 * How many models there are; 0 for NULL.
 *
 * The caller sees to it that `metrics` is NULL or live.
 */
size_t amaas_metrics_count(const amaas_metrics *metrics);

/**
 * The name of the model at `index`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `metrics` is NULL or live.
 */
const char *amaas_metrics_model(const amaas_metrics *metrics, size_t index);

/**
 * Writes the sums of the model at `index` to `totals`, whose `size` must be set.
 *
 * `AMAAS_STATUS_INVALID_ARGUMENT` where there is none.
 *
 * The caller sees to it that `metrics` is live, `totals` can be written to.
 */
amaas_status amaas_metrics_totals(const amaas_metrics *metrics,
                                  size_t index,
                                  amaas_totals *totals,
                                  amaas_error **error);

/**
 * Ends what was summed up; NULL is allowed.
 *
 * The caller sees to it that `metrics` is NULL or live, and is not used again.
 */
void amaas_metrics_free(amaas_metrics *metrics);

/**
 * The model's name; NULL for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
const char *amaas_model_info_name(const amaas_model_info *info);

/**
 * The version, as `1.2.0`; NULL for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
const char *amaas_model_info_version(const amaas_model_info *info);

/**
 * The digest of the package, as `sha256:` and 64 hexadecimal digits; NULL for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
const char *amaas_model_info_digest(const amaas_model_info *info);

/**
 * Which execution provider runs how many nodes, and which preferred device takes no part and
 * why, as `CPUExecutionProvider: 5 nodes`; NULL for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
const char *amaas_model_info_placement(const amaas_model_info *info);

/**
 * The kind of its task, as `text-classification`; NULL for a model without one and for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
const char *amaas_model_info_task(const amaas_model_info *info);

/**
 * Whether requests that wait run together, and what there is to know about it; it begins with
 * `together` or `apart`. NULL for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
const char *amaas_model_info_batching(const amaas_model_info *info);

/**
 * How many bytes of its weights lie in one place for all its instances; 0 for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
uint64_t amaas_model_info_shared_bytes(const amaas_model_info *info);

/**
 * How many bytes of its weights each of its instances holds for itself; 0 for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
uint64_t amaas_model_info_unique_bytes(const amaas_model_info *info);

/**
 * How many inputs it takes; 0 for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
size_t amaas_model_info_input_count(const amaas_model_info *info);

/**
 * The input at `index`, in the model's own order; NULL where there is none and for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
const amaas_port *amaas_model_info_input(const amaas_model_info *info, size_t index);

/**
 * How many outputs it gives; 0 for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
size_t amaas_model_info_output_count(const amaas_model_info *info);

/**
 * The output at `index`, in the model's own order; NULL where there is none and for NULL.
 *
 * The caller sees to it that `info` is NULL or live.
 */
const amaas_port *amaas_model_info_output(const amaas_model_info *info, size_t index);

/**
 * Ends an info, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `info` is NULL or live, and is not used again.
 */
void amaas_model_info_free(amaas_model_info *info);

/**
 * How many models there are; 0 for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
size_t amaas_model_list_count(const amaas_model_list *list);

/**
 * The name of a model; NULL where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_model_list_name(const amaas_model_list *list, size_t model);

/**
 * How many versions a model has; 0 where there is no such model and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
size_t amaas_model_list_version_count(const amaas_model_list *list, size_t model);

/**
 * A version of a model, as `1.2.0`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_model_list_version(const amaas_model_list *list, size_t model, size_t version);

/**
 * The digest of a version, as `sha256:…`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_model_list_version_digest(const amaas_model_list *list,
                                            size_t model,
                                            size_t version);

/**
 * How many bytes a version takes; 0 where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
uint64_t amaas_model_list_version_bytes(const amaas_model_list *list, size_t model, size_t version);

/**
 * When a version was published, in seconds since 1970-01-01 UTC; 0 where there is none and for
 * NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
int64_t amaas_model_list_version_published(const amaas_model_list *list,
                                           size_t model,
                                           size_t version);

/**
 * Whether a version was withdrawn, so that no range picks it; false where there is none and for
 * NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
bool amaas_model_list_version_is_yanked(const amaas_model_list *list, size_t model, size_t version);

/**
 * When a version was withdrawn, in seconds since 1970-01-01 UTC; 0 for one that was not, where
 * there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
int64_t amaas_model_list_version_yanked(const amaas_model_list *list, size_t model, size_t version);

/**
 * Why a version was withdrawn; NULL where nobody said so, for one that was not, where there is
 * none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_model_list_version_yank_reason(const amaas_model_list *list,
                                                 size_t model,
                                                 size_t version);

/**
 * How many aliases a model has; 0 where there is no such model and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
size_t amaas_model_list_alias_count(const amaas_model_list *list, size_t model);

/**
 * An alias of a model; NULL where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_model_list_alias(const amaas_model_list *list, size_t model, size_t alias);

/**
 * The version that an alias points at; NULL where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_model_list_alias_version(const amaas_model_list *list,
                                           size_t model,
                                           size_t alias);

/**
 * Ends a listing, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `list` is NULL or live, and is not used again.
 */
void amaas_model_list_free(amaas_model_list *list);

/**
 * How many there are; 0 for NULL.
 *
 * The caller sees to it that `outputs` is NULL or live.
 */
size_t amaas_outputs_count(const amaas_outputs *outputs);

/**
 * The name of the output at `index`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `outputs` is NULL or live.
 */
const char *amaas_outputs_name(const amaas_outputs *outputs, size_t index);

/**
 * The output at `index`; NULL where there is none and for NULL. It belongs to `outputs`: do not
 * free it; `amaas_tensor_clone` keeps it longer.
 *
 * The caller sees to it that `outputs` is NULL or live.
 */
const amaas_tensor *amaas_outputs_tensor(const amaas_outputs *outputs, size_t index);

/**
 * The output of this name; NULL where there is none and for NULL. It belongs to `outputs`: do
 * not free it; `amaas_tensor_clone` keeps it longer.
 *
 * The caller sees to it that `outputs` is NULL or live; `output` is NULL or ends in NUL.
 */
const amaas_tensor *amaas_outputs_find(const amaas_outputs *outputs, const char *output);

/**
 * Writes what the run used to `usage`, whose `size` must be set.
 *
 * The caller sees to it that `outputs` is live, `usage` can be written to.
 */
amaas_status amaas_outputs_usage(const amaas_outputs *outputs,
                                 amaas_usage *usage,
                                 amaas_error **error);

/**
 * Ends outputs, with their tensors; NULL is allowed.
 *
 * The caller sees to it that `outputs` is NULL or live, and neither it nor what it answered with is used again.
 */
void amaas_outputs_free(amaas_outputs *outputs);

/**
 * Classifies `count` pairs of texts, of which pair `i` is `firsts[i]` and `seconds[i]`, each read as one
 * row. Blocks until all have their answer.
 *
 * Texts and `options` are passed as to `amaas_route_classify`: `first_lengths` may be NULL and
 * `second_lengths` may be NULL where texts end in NUL. The caller owns `out`.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, the texts and lengths point to as much as stated, `out`
 * can be written to.
 */
amaas_status amaas_route_classify_pairs(const amaas_route *route,
                                        const char *const *firsts,
                                        const size_t *first_lengths,
                                        const char *const *seconds,
                                        const size_t *second_lengths,
                                        size_t count,
                                        const amaas_classify_options *options,
                                        amaas_classification **out,
                                        amaas_error **error);

/**
 * As `amaas_route_classify_pairs`, without waiting: the texts are copied and tokenised before it
 * returns. What comes of them comes through the ticket, by `amaas_ticket_classification`. The caller
 * owns `out`.
 *
 * The caller sees to it that As for `amaas_route_classify_pairs`.
 */
amaas_status amaas_route_submit_classify_pairs(const amaas_route *route,
                                               const char *const *firsts,
                                               const size_t *first_lengths,
                                               const char *const *seconds,
                                               const size_t *second_lengths,
                                               size_t count,
                                               const amaas_classify_options *options,
                                               amaas_ticket **out,
                                               amaas_error **error);

/**
 * Scores each of `label_count` labels for each of `count` texts, best first. Blocks until all have their
 * answer.
 *
 * Texts and `options` are passed as to `amaas_route_classify`; labels end in NUL. The caller owns `out`.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, `texts`, `lengths` and `labels` point to as much as stated,
 * `out` can be written to.
 */
amaas_status amaas_route_classify_zero_shot(const amaas_route *route,
                                            const char *const *texts,
                                            const size_t *lengths,
                                            size_t count,
                                            const char *const *labels,
                                            size_t label_count,
                                            const amaas_zero_shot_options *options,
                                            amaas_classification **out,
                                            amaas_error **error);

/**
 * As `amaas_route_classify_zero_shot`, without waiting: the texts are copied and tokenised before it
 * returns. What comes of them comes through the ticket, by `amaas_ticket_classification`. The caller
 * owns `out`.
 *
 * The caller sees to it that As for `amaas_route_classify_zero_shot`.
 */
amaas_status amaas_route_submit_classify_zero_shot(const amaas_route *route,
                                                   const char *const *texts,
                                                   const size_t *lengths,
                                                   size_t count,
                                                   const char *const *labels,
                                                   size_t label_count,
                                                   const amaas_zero_shot_options *options,
                                                   amaas_ticket **out,
                                                   amaas_error **error);

/**
 * The name that `amaas_route_run` knows it by; NULL for NULL. Valid as long as the port.
 *
 * The caller sees to it that `port` is NULL or live.
 */
const char *amaas_port_name(const amaas_port *port);

/**
 * What passes through it, for a person to read: `float32[batch, 2]`; NULL for NULL. Valid as
 * long as the port.
 *
 * The caller sees to it that `port` is NULL or live.
 */
const char *amaas_port_kind(const amaas_port *port);

/**
 * The dtype; `AMAAS_DTYPE_UNDEFINED` for a sequence or map, which `amaas_route_run` does not
 * take, and for NULL.
 *
 * The caller sees to it that `port` is NULL or live.
 */
amaas_dtype amaas_port_dtype(const amaas_port *port);

/**
 * How many dimensions a tensor must have; -1 when the model does not say, and for NULL.
 *
 * The caller sees to it that `port` is NULL or live.
 */
int64_t amaas_port_rank(const amaas_port *port);

/**
 * How long the dimension at `index` must be; -1 for any length, for a dimension that is not
 * there and for NULL.
 *
 * The caller sees to it that `port` is NULL or live.
 */
int64_t amaas_port_dimension(const amaas_port *port, size_t index);

/**
 * The name of the dimension at `index`: equal names need equal lengths. NULL for one without a
 * name, for one that is not there and for NULL. Valid as long as the port.
 *
 * The caller sees to it that `port` is NULL or live.
 */
const char *amaas_port_dimension_name(const amaas_port *port, size_t index);

/**
 * Makes options with nothing set: the package is stored in the clear, and nobody vouches for it. The
 * caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_publish_options_new(amaas_publish_options **out,
                                       amaas_error **error);

/**
 * Encrypts the package for the holder of the identity that belongs to `recipient`, an X25519 key as
 * `age1…`, beside those that were added before.
 *
 * The caller sees to it that `options` is live and used by no other thread, `recipient` ends in NUL.
 */
amaas_status amaas_publish_options_add_recipient(amaas_publish_options *options,
                                                 const char *recipient,
                                                 amaas_error **error);

/**
 * Encrypts the package for whoever knows this passphrase, which may be the only one and stands beside
 * no recipient.
 *
 * The caller sees to it that `options` is live and used by no other thread, `passphrase` ends in NUL.
 */
amaas_status amaas_publish_options_set_passphrase(amaas_publish_options *options,
                                                  const char *passphrase,
                                                  amaas_error **error);

/**
 * Signs the package with a private key of P-256, the text of a PEM file without a passphrase, and
 * this generation: a number that grows from version to version of a model; 0 signs none.
 *
 * The caller sees to it that `options` is live and used by no other thread, `key` ends in NUL.
 */
amaas_status amaas_publish_options_set_signer(amaas_publish_options *options,
                                              const char *key,
                                              uint64_t generation,
                                              amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_publish_options_free(amaas_publish_options *options);

/**
 * As `amaas_service_publish`, with a say in how the package is stored.
 *
 * The caller sees to it that `service` and `options` are live, `path` ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_publish_with(const amaas_service *service,
                                        const char *path,
                                        const amaas_publish_options *options,
                                        amaas_published **out,
                                        amaas_error **error);

/**
 * The model's name; NULL for NULL.
 *
 * The caller sees to it that `published` is NULL or live.
 */
const char *amaas_published_name(const amaas_published *published);

/**
 * The version, as `1.2.0`; NULL for NULL.
 *
 * The caller sees to it that `published` is NULL or live.
 */
const char *amaas_published_version(const amaas_published *published);

/**
 * The digest of the package, as `sha256:` and 64 hexadecimal digits; NULL for NULL.
 *
 * The caller sees to it that `published` is NULL or live.
 */
const char *amaas_published_digest(const amaas_published *published);

/**
 * Whether it was new; false when the registry had this content already, and for NULL.
 *
 * The caller sees to it that `published` is NULL or live.
 */
bool amaas_published_created(const amaas_published *published);

/**
 * Ends it, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `published` is NULL or live, and is not used again.
 */
void amaas_published_free(amaas_published *published);

/**
 * Ranks `count` documents by how well they answer `query`, best first. Blocks until all are read.
 *
 * `query_length` is NULL or points to the length of `query` in bytes; without one it ends in NUL. Documents
 * and `options` are passed as texts to `amaas_route_classify`. The caller owns `out`.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, `query`, `query_length`, `documents` and `lengths` point to
 * as much as stated, `out` can be written to.
 */
amaas_status amaas_route_rank(const amaas_route *route,
                              const char *query,
                              const size_t *query_length,
                              const char *const *documents,
                              const size_t *lengths,
                              size_t count,
                              const amaas_rank_options *options,
                              amaas_ranking **out,
                              amaas_error **error);

/**
 * As `amaas_route_rank`, without waiting: the texts are copied and tokenised before it returns. What
 * comes of them comes through the ticket. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_rank`.
 */
amaas_status amaas_route_submit_rank(const amaas_route *route,
                                     const char *query,
                                     const size_t *query_length,
                                     const char *const *documents,
                                     const size_t *lengths,
                                     size_t count,
                                     const amaas_rank_options *options,
                                     amaas_ticket **out,
                                     amaas_error **error);

/**
 * Blocks until the ticket of `amaas_route_submit_rank` is done and takes its answer, once. The caller
 * owns `out`.
 *
 * The caller sees to it that `ticket` is live, `out` can be written to.
 */
amaas_status amaas_ticket_ranking(const amaas_ticket *ticket,
                                  amaas_ranking **out,
                                  amaas_error **error);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_rank_options_new(amaas_rank_options **out, amaas_error **error);

/**
 * Sets how many documents are given, best first; at least 1. All when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_rank_options_set_top_k(amaas_rank_options *options,
                                          size_t top_k,
                                          amaas_error **error);

/**
 * Sets what turns raw outputs into scores. The package's function when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_rank_options_set_function(amaas_rank_options *options,
                                             amaas_function function,
                                             amaas_error **error);

/**
 * Sets what happens to texts that are too long. The package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_rank_options_set_overflow(amaas_rank_options *options,
                                             amaas_overflow overflow,
                                             amaas_error **error);

/**
 * Sets which text of a pair is cut. The package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_rank_options_set_pair_truncation(amaas_rank_options *options,
                                                    amaas_pair_truncation truncation,
                                                    amaas_error **error);

/**
 * Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
 * is set in `call` later does not count. Nothing of that when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `call` is live.
 */
amaas_status amaas_rank_options_set_call(amaas_rank_options *options,
                                         const amaas_call *call,
                                         amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_rank_options_free(amaas_rank_options *options);

/**
 * How many documents it has; 0 for NULL.
 *
 * The caller sees to it that `ranking` is NULL or live.
 */
size_t amaas_ranking_count(const amaas_ranking *ranking);

/**
 * The place among the documents that were passed of that at `rank`: rank 0 is the best. `SIZE_MAX`
 * where there is none and for NULL.
 *
 * The caller sees to it that `ranking` is NULL or live.
 */
size_t amaas_ranking_index(const amaas_ranking *ranking, size_t rank);

/**
 * The score of that document, the greater the better. Not a number where there is none and for NULL.
 *
 * The caller sees to it that `ranking` is NULL or live.
 */
double amaas_ranking_score(const amaas_ranking *ranking,
                           size_t rank);

/**
 * How many tokens were cut off because query and document were too long together; 0 where all was
 * read, where there is none and for NULL.
 *
 * The caller sees to it that `ranking` is NULL or live.
 */
size_t amaas_ranking_truncated(const amaas_ranking *ranking, size_t rank);

/**
 * Writes what the call used to `usage`, whose `size` must be set.
 *
 * The caller sees to it that `ranking` is live, `usage` can be written to.
 */
amaas_status amaas_ranking_usage(const amaas_ranking *ranking,
                                 amaas_usage *usage,
                                 amaas_error **error);

/**
 * Ends a ranking, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `ranking` is NULL or live, and is not used again.
 */
void amaas_ranking_free(amaas_ranking *ranking);

/**
 * How many images were read; 0 for NULL.
 *
 * The caller sees to it that `reading` is NULL or live.
 */
size_t amaas_reading_count(const amaas_reading *reading);

/**
 * How many lines the image at `image` has; 0 where there is no such image and for NULL.
 *
 * The caller sees to it that `reading` is NULL or live.
 */
size_t amaas_reading_line_count(const amaas_reading *reading, size_t image);

/**
 * What the line at `line` of the image at `image` says, from top to bottom; UTF-8. NULL where there
 * is none and for NULL.
 *
 * The caller sees to it that `reading` is NULL or live.
 */
const char *amaas_reading_text(const amaas_reading *reading, size_t image, size_t line);

/**
 * The mean probability of its characters, 0 to 1. Not a number where there is none and for NULL.
 *
 * The caller sees to it that `reading` is NULL or live.
 */
double amaas_reading_score(const amaas_reading *reading, size_t image, size_t line);

/**
 * One of its corners in pixels of the image: `corner` counts clockwise from 0, the upper left one;
 * `axis` is 0 for how far it is from the left, 1 for how far from the top. Not a number where there
 * is none and for NULL.
 *
 * The caller sees to it that `reading` is NULL or live.
 */
double amaas_reading_corner(const amaas_reading *reading,
                            size_t image,
                            size_t line,
                            size_t corner,
                            size_t axis);

/**
 * Writes what the call used to `usage`, whose `size` must be set.
 *
 * The caller sees to it that `reading` is live, `usage` can be written to.
 */
amaas_status amaas_reading_usage(const amaas_reading *reading,
                                 amaas_usage *usage,
                                 amaas_error **error);

/**
 * Ends a reading, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `reading` is NULL or live, and is not used again.
 */
void amaas_reading_free(amaas_reading *reading);

/**
 * Writes the receipt to `usage`, whose `size` must be set. Its texts are valid until the receipt is
 * freed.
 *
 * The caller sees to it that `receipt` is live, `usage` can be written to.
 */
amaas_status amaas_receipt_usage(const amaas_receipt *receipt,
                                 amaas_usage *usage,
                                 amaas_error **error);

/**
 * Ends a receipt; NULL is allowed.
 *
 * The caller sees to it that `receipt` is NULL or live, and is not used again.
 */
void amaas_receipt_free(amaas_receipt *receipt);

/**
 * Has `callback` called with `context` for each receipt once it is settled: of every answer, of a text
 * that ended early, and of time that a version was kept loaded; in place of what was set before.
 *
 * The caller sees to it that `options` is live and used by no other thread. `callback` may be called with `context` from any
 * thread, also by several at once, until the options and the last service made with them are gone.
 */
amaas_status amaas_service_options_set_receipts(amaas_service_options *options,
                                                amaas_receipts_callback callback,
                                                void *context,
                                                amaas_error **error);

/**
 * The text, as it may be shown; NULL for NULL. Valid until the redaction is freed.
 *
 * The caller sees to it that `redaction` is NULL or live.
 */
const char *amaas_redaction_text(const amaas_redaction *redaction);

/**
 * How much was found; 0 for NULL.
 *
 * The caller sees to it that `redaction` is NULL or live.
 */
size_t amaas_redaction_count(const amaas_redaction *redaction);

/**
 * What was found at `index`: one of `AMAAS_SENSITIVE_…`; `AMAAS_SENSITIVE_NONE` where nothing was and
 * for NULL.
 *
 * The caller sees to it that `redaction` is NULL or live.
 */
amaas_sensitive amaas_redaction_kind(const amaas_redaction *redaction,
                                     size_t index);

/**
 * Where in the text that was given it begins, in bytes; 0 where nothing was and for NULL.
 *
 * The caller sees to it that `redaction` is NULL or live.
 */
size_t amaas_redaction_begin(const amaas_redaction *redaction, size_t index);

/**
 * Where in the text that was given it ends, in bytes; 0 where nothing was and for NULL.
 *
 * The caller sees to it that `redaction` is NULL or live.
 */
size_t amaas_redaction_end(const amaas_redaction *redaction, size_t index);

/**
 * Turns every placeholder of this text in `output` back into what it stood for. The caller owns `out`.
 *
 * The caller sees to it that `redaction` is live, `output` ends in NUL, `out` can be written to.
 */
amaas_status amaas_redaction_restore(const amaas_redaction *redaction,
                                     const char *output,
                                     amaas_text **out,
                                     amaas_error **error);

/**
 * Ends a redaction; NULL is allowed.
 *
 * The caller sees to it that `redaction` is NULL or live, and is not used again.
 */
void amaas_redaction_free(amaas_redaction *redaction);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_redactor_options_new(amaas_redactor_options **out, amaas_error **error);

/**
 * Looks for this name too, as whole words, in capitals or not (for letters of ASCII).
 *
 * The caller sees to it that `options` is live and used by no other thread, `text` ends in NUL.
 */
amaas_status amaas_redactor_options_add_name(amaas_redactor_options *options,
                                             const char *text,
                                             amaas_error **error);

/**
 * Sets what becomes of a kind, one of `AMAAS_SENSITIVE_…`: one of `AMAAS_ACTION_…`.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_redactor_options_set_action(amaas_redactor_options *options,
                                               amaas_sensitive kind,
                                               amaas_action action,
                                               amaas_error **error);

/**
 * Sets what becomes of every kind: one of `AMAAS_ACTION_…`.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_redactor_options_set_actions(amaas_redactor_options *options,
                                                amaas_action action,
                                                amaas_error **error);

/**
 * Sets the secret that hashes are made with: `length` bytes, which are copied.
 *
 * The caller sees to it that `options` is live and used by no other thread, `key` points to `length` bytes.
 */
amaas_status amaas_redactor_options_set_key(amaas_redactor_options *options,
                                            const void *key,
                                            size_t length,
                                            amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_redactor_options_free(amaas_redactor_options *options);

/**
 * Makes a redactor. `options` may be NULL, which masks everything but names. The caller owns `out`.
 *
 * `AMAAS_STATUS_INVALID_ARGUMENT` for an empty name, and for hashes without a key.
 *
 * The caller sees to it that `options` is NULL or live, `out` can be written to.
 */
amaas_status amaas_redactor_new(const amaas_redactor_options *options,
                                amaas_redactor **out,
                                amaas_error **error);

/**
 * Takes what is sensitive out of `text`. The caller owns `out`.
 *
 * The caller sees to it that `redactor` is live, `text` ends in NUL, `out` can be written to.
 */
amaas_status amaas_redactor_redact(const amaas_redactor *redactor,
                                   const char *text,
                                   amaas_redaction **out,
                                   amaas_error **error);

/**
 * Ends a redactor; NULL is allowed. Services that were made with it keep a share of it.
 *
 * The caller sees to it that `redactor` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_redactor_free(amaas_redactor *redactor);

/**
 * Has texts redacted before any model sees them, those in tensors of strings among them; placeholders
 * in texts that a model answers are turned back.
 *
 * The caller sees to it that `options` is live and used by no other thread, `redactor` is live.
 */
amaas_status amaas_service_options_set_redactor(amaas_service_options *options,
                                                const amaas_redactor *redactor,
                                                amaas_error **error);

/**
 * Checks the package at `path` (a folder or an `.onnx` file), runs its golden examples and
 * stores it in the registry. Publishing the same content again changes nothing.
 *
 * Blocks meanwhile. The caller owns `out`.
 *
 * `AMAAS_STATUS_ALREADY_EXISTS` when the version is there with other content.
 *
 * The caller sees to it that `service` is live, `path` ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_publish(const amaas_service *service,
                                   const char *path,
                                   amaas_published **out,
                                   amaas_error **error);

/**
 * Lists the models of the registry with their versions and aliases. The caller owns `out`.
 *
 * The caller sees to it that `service` is live, `out` can be written to.
 */
amaas_status amaas_service_models(const amaas_service *service,
                                  amaas_model_list **out,
                                  amaas_error **error);

/**
 * Lists one model with its versions and aliases: it is at index 0 of `out`, which the caller owns.
 *
 * `AMAAS_STATUS_NOT_FOUND` lists the names that are there, the closest first.
 *
 * The caller sees to it that `service` is live, `model` ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_model(const amaas_service *service,
                                 const char *model,
                                 amaas_model_list **out,
                                 amaas_error **error);

/**
 * Says which version of the registry `reference` selects now, as `name` or `name@` and a selector;
 * a path is refused. Nothing is loaded. The caller owns `out`.
 *
 * `AMAAS_STATUS_NOT_FOUND` lists what is there.
 *
 * The caller sees to it that `service` is live, `reference` ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_resolve(const amaas_service *service,
                                   const char *reference,
                                   amaas_resolved **out,
                                   amaas_error **error);

/**
 * Says what a version takes and gives, as it was recorded when it was published; nothing is
 * loaded. `reference` is as for `amaas_service_resolve`. The caller owns `out`, which becomes NULL
 * for a version that was stored without, as by a pull.
 *
 * The caller sees to it that `service` is live, `reference` ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_signature(const amaas_service *service,
                                     const char *reference,
                                     amaas_signature **out,
                                     amaas_error **error);

/**
 * Makes a remote of the namespace at `oci://host[:port]/namespace`. Credentials and certificates
 * are read; the remote itself is not asked yet.
 *
 * `options` may be NULL, which is as options with nothing set; they are borrowed for the call
 * only. The caller owns `out`.
 *
 * `AMAAS_STATUS_ACCESS_DENIED` when a credential helper fails.
 *
 * The caller sees to it that `address` ends in NUL, `options` is NULL or live, `out` can be written to.
 */
amaas_status amaas_remote_open(const char *address,
                               const amaas_remote_options *options,
                               amaas_remote **out,
                               amaas_error **error);

/**
 * Sends the version that `reference` selects in the registry of `service`, as for
 * `amaas_service_resolve`. What the remote has is not sent again; pushing the same version again
 * changes nothing. Blocks meanwhile; after a cut it goes on where it was. The caller owns `out`.
 *
 * `AMAAS_STATUS_NOT_FOUND` when the registry has no such version, `AMAAS_STATUS_ALREADY_EXISTS`
 * when the remote has another package under it, `AMAAS_STATUS_ACCESS_DENIED`,
 * `AMAAS_STATUS_REMOTE_UNAVAILABLE` when it cannot be reached, `AMAAS_STATUS_CORRUPT` naming a
 * blob that is damaged here, `AMAAS_STATUS_CANCELLED` when the flag was raised.
 *
 * The caller sees to it that `remote` and `service` are live, `reference` ends in NUL, `out` can be written to.
 */
amaas_status amaas_remote_push(const amaas_remote *remote,
                               const amaas_service *service,
                               const char *reference,
                               amaas_transferred **out,
                               amaas_error **error);

/**
 * Fetches the version that `reference` selects on the remote, as for `amaas_service_resolve`, into
 * the registry of `service`. What is here is not fetched again, unless it is damaged; pulling the
 * same version again changes nothing. What comes is checked; it is not loaded. Blocks meanwhile.
 * The parts of a pull that was cut off are kept for the next. The caller owns `out`.
 *
 * `AMAAS_STATUS_NOT_FOUND` with what is there, `AMAAS_STATUS_ALREADY_EXISTS` when the registry has
 * another package under that version, `AMAAS_STATUS_CORRUPT` naming what came damaged,
 * `AMAAS_STATUS_INVALID_PACKAGE` when it is no package; else as `amaas_remote_push`.
 *
 * The caller sees to it that `remote` and `service` are live, `reference` ends in NUL, `out` can be written to.
 */
amaas_status amaas_remote_pull(const amaas_remote *remote,
                               const amaas_service *service,
                               const char *reference,
                               amaas_transferred **out,
                               amaas_error **error);

/**
 * Lists the versions and aliases of a model on the remote. Blocks meanwhile. The caller owns
 * `out`.
 *
 * `AMAAS_STATUS_NOT_FOUND` when there is no such model; else as `amaas_remote_pull`.
 *
 * The caller sees to it that `remote` is live, `model` ends in NUL, `out` can be written to.
 */
amaas_status amaas_remote_list(const amaas_remote *remote,
                               const char *model,
                               amaas_remote_model **out,
                               amaas_error **error);

/**
 * Says which version `reference` selects on the remote now, as for `amaas_service_resolve`;
 * nothing is fetched. Blocks meanwhile. The caller owns `out`. A remote knows of no yanks, so
 * there are no notices.
 *
 * The caller sees to it that `remote` is live, `reference` ends in NUL, `out` can be written to.
 */
amaas_status amaas_remote_resolve(const amaas_remote *remote,
                                  const char *reference,
                                  amaas_resolved **out,
                                  amaas_error **error);

/**
 * Points an alias on the remote at the version that `selector` picks there: a version, a range,
 * another alias or a digest. A remote keeps no history of its aliases. Blocks meanwhile. `out`
 * gets that version, as `1.2.0`, and belongs to the caller.
 *
 * `AMAAS_STATUS_NOT_FOUND` with what is there; else as `amaas_remote_push`.
 *
 * The caller sees to it that `remote` is live, the texts end in NUL, `out` can be written to.
 */
amaas_status amaas_remote_set_alias(const amaas_remote *remote,
                                    const char *model,
                                    const char *alias,
                                    const char *selector,
                                    amaas_text **out,
                                    amaas_error **error);

/**
 * Ends a remote; NULL is allowed.
 *
 * The caller sees to it that `remote` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_remote_free(amaas_remote *remote);

/**
 * How many versions there are; 0 for NULL.
 *
 * The caller sees to it that `model` is NULL or live.
 */
size_t amaas_remote_model_version_count(const amaas_remote_model *model);

/**
 * A version, as `1.2.0`, the lowest first; NULL where there is none and for NULL.
 *
 * The caller sees to it that `model` is NULL or live.
 */
const char *amaas_remote_model_version(const amaas_remote_model *model, size_t index);

/**
 * How many aliases there are; 0 for NULL.
 *
 * The caller sees to it that `model` is NULL or live.
 */
size_t amaas_remote_model_alias_count(const amaas_remote_model *model);

/**
 * An alias, by name; NULL where there is none and for NULL. Where it points says
 * `amaas_remote_resolve`.
 *
 * The caller sees to it that `model` is NULL or live.
 */
const char *amaas_remote_model_alias(const amaas_remote_model *model, size_t index);

/**
 * Ends a listing, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `model` is NULL or live, and is not used again.
 */
void amaas_remote_model_free(amaas_remote_model *model);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_remote_options_new(amaas_remote_options **out, amaas_error **error);

/**
 * Sets who asks: a user with a password, or with an access token in its place. When neither this
 * nor another source is set: what `docker login` or `podman login` has left. Both are copied, and
 * appear in no error and no log.
 *
 * The caller sees to it that `options` is live and used by no other thread, the texts end in NUL.
 */
amaas_status amaas_remote_options_set_credentials(amaas_remote_options *options,
                                                  const char *user,
                                                  const char *password,
                                                  amaas_error **error);

/**
 * Asks without credentials, whatever the files say.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_remote_options_set_anonymous(amaas_remote_options *options, amaas_error **error);

/**
 * Sets the file with credentials, in the form of Docker's `config.json`. Credentials that are set
 * go first.
 *
 * The caller sees to it that `options` is live and used by no other thread, `path` ends in NUL.
 */
amaas_status amaas_remote_options_set_credentials_file(amaas_remote_options *options,
                                                       const char *path,
                                                       amaas_error **error);

/**
 * Sets a file with the certificates (PEM) to trust, in place of the public authorities.
 *
 * The caller sees to it that `options` is live and used by no other thread, `path` ends in NUL.
 */
amaas_status amaas_remote_options_set_certificates(amaas_remote_options *options,
                                                   const char *path,
                                                   amaas_error **error);

/**
 * Sets whether to speak plain HTTP: 0 for no, 1 for yes. When it is not set: with
 * this machine alone, and only where no certificates are set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_remote_options_set_plain_http(amaas_remote_options *options,
                                                 int32_t plain,
                                                 amaas_error **error);

/**
 * Sets how many blobs are on their way at once; at least 1, and 64 at most count. 4 when it is not
 * set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_remote_options_set_parallel(amaas_remote_options *options,
                                               size_t count,
                                               amaas_error **error);

/**
 * Sets how many bytes are sent in one request; at least 1. 4 MiB when it is not set, and more
 * where the remote asks for more.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_remote_options_set_chunk(amaas_remote_options *options,
                                            uint64_t bytes,
                                            amaas_error **error);

/**
 * Sets how many bytes a package may have that is pulled; at least 1. 1 TiB when it is not set. It is
 * checked before the first blob is asked for.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_remote_options_set_limit(amaas_remote_options *options,
                                            uint64_t bytes,
                                            amaas_error **error);

/**
 * Sets how many milliseconds the remote may be silent; at least 1. 30 seconds when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_remote_options_set_silence(amaas_remote_options *options,
                                              uint64_t milliseconds,
                                              amaas_error **error);

/**
 * Has `progress` called with `data`, which may be NULL, while pushes and pulls of remotes that are
 * opened with these options run. `data` must be valid until the last of them has returned.
 *
 * The caller sees to it that `options` is live and used by no other thread; `progress` may be called with `data` from any
 * thread, also by several at once.
 */
amaas_status amaas_remote_options_set_progress(amaas_remote_options *options,
                                               amaas_transfer_progress progress,
                                               void *data,
                                               amaas_error **error);

/**
 * Sets the flag that cancels: once it is raised, pushes and pulls of remotes that are opened with
 * these options end with `AMAAS_STATUS_CANCELLED`. The options keep a share of the flag, so that
 * may be freed.
 *
 * The caller sees to it that `options` is live and used by no other thread, `stop` is live.
 */
amaas_status amaas_remote_options_set_stop(amaas_remote_options *options,
                                           const amaas_stop *stop,
                                           amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_remote_options_free(amaas_remote_options *options);

/**
 * The model's name; NULL for NULL.
 *
 * The caller sees to it that `resolved` is NULL or live.
 */
const char *amaas_resolved_name(const amaas_resolved *resolved);

/**
 * The version, as `1.2.0`; NULL for NULL.
 *
 * The caller sees to it that `resolved` is NULL or live.
 */
const char *amaas_resolved_version(const amaas_resolved *resolved);

/**
 * The digest of the package, as `sha256:` and 64 hexadecimal digits; NULL for NULL.
 *
 * The caller sees to it that `resolved` is NULL or live.
 */
const char *amaas_resolved_digest(const amaas_resolved *resolved);

/**
 * How many notices there are, mostly none; 0 for NULL.
 *
 * The caller sees to it that `resolved` is NULL or live.
 */
size_t amaas_resolved_notice_count(const amaas_resolved *resolved);

/**
 * What a notice is about; `AMAAS_NOTICE_NONE` where there is none and for NULL.
 *
 * The caller sees to it that `resolved` is NULL or live.
 */
amaas_notice amaas_resolved_notice(const amaas_resolved *resolved, size_t index);

/**
 * A notice for a person to read, with the time and reason of a yank; NULL where there is none and
 * for NULL.
 *
 * The caller sees to it that `resolved` is NULL or live.
 */
const char *amaas_resolved_notice_text(const amaas_resolved *resolved, size_t index);

/**
 * Ends it, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `resolved` is NULL or live, and is not used again.
 */
void amaas_resolved_free(amaas_resolved *resolved);

/**
 * A second handle to the same route, for another owner. Nothing is loaded. The caller owns
 * `out`.
 *
 * The caller sees to it that `route` is live, `out` can be written to.
 */
amaas_status amaas_route_clone(const amaas_route *route, amaas_route **out, amaas_error **error);

/**
 * Ends a handle to a route; NULL is allowed. With the last handle, once no request is under
 * way, the version is unloaded.
 *
 * The caller sees to it that `route` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_route_free(amaas_route *route);

/**
 * The reference that the route follows, as `sentiment@^1`; NULL for NULL. Valid until the
 * handle is freed.
 *
 * The caller sees to it that `route` is NULL or live.
 */
const char *amaas_route_reference(const amaas_route *route);

/**
 * Describes the version that the route serves now: name, version, digest, placement, signature.
 * The caller owns `out`.
 *
 * The caller sees to it that `route` is live, `out` can be written to.
 */
amaas_status amaas_route_info(const amaas_route *route,
                              amaas_model_info **out,
                              amaas_error **error);

/**
 * Resolves the reference again and moves the route to the version that it selects now.
 *
 * Blocks while that version is loaded and checked; requests go on meanwhile, and those under
 * way end on the version they began with. If anything fails the old version goes on serving.
 * `changed` says whether it is another version; NULL is allowed.
 *
 * The caller sees to it that `route` is live, `changed` is NULL or can be written to.
 */
amaas_status amaas_route_update(const amaas_route *route, bool *changed, amaas_error **error);

/**
 * Sets whether the version that the route serves stays in memory whatever idle time and memory
 * budget say: 0 for no, 1 for yes. It says nothing about which version that is.
 *
 * The caller sees to it that `route` is live.
 */
amaas_status amaas_route_pin(const amaas_route *route, int32_t pinned, amaas_error **error);

/**
 * Writes the sums over all requests of the route to `totals`, whose `size` must be set.
 *
 * Requests under way on other threads may be in some sums and not yet in others.
 *
 * The caller sees to it that `route` is live, `totals` can be written to.
 */
amaas_status amaas_route_totals(const amaas_route *route,
                                amaas_totals *totals,
                                amaas_error **error);

/**
 * Classifies `count` texts. Blocks until all have their answer.
 *
 * `lengths` are their lengths in bytes, or NULL where each text ends in NUL. The texts are
 * UTF-8; one of length 0 may be NULL. `options` may be NULL for what the package says. All are
 * borrowed for the call only. The caller owns `out`.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, `texts` and `lengths` point to as much as stated,
 * `out` can be written to.
 */
amaas_status amaas_route_classify(const amaas_route *route,
                                  const char *const *texts,
                                  const size_t *lengths,
                                  size_t count,
                                  const amaas_classify_options *options,
                                  amaas_classification **out,
                                  amaas_error **error);

/**
 * Embeds `count` texts. Blocks until all have their vector.
 *
 * Texts and `options` are passed as to `amaas_route_classify`. The caller owns `out`.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task; `AMAAS_STATUS_INVALID_ARGUMENT`
 * for a prompt the package does not have, or for more dimensions than the model has.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, `texts` and `lengths` point to as much as stated,
 * `out` can be written to.
 */
amaas_status amaas_route_embed(const amaas_route *route,
                               const char *const *texts,
                               const size_t *lengths,
                               size_t count,
                               const amaas_embed_options *options,
                               amaas_embedding **out,
                               amaas_error **error);

/**
 * As `amaas_route_run`, by when, how urgent and until what `call` says; NULL says nothing.
 *
 * `AMAAS_STATUS_DEADLINE_EXCEEDED` when its time was up, `AMAAS_STATUS_CANCELLED` when its flag was
 * raised.
 *
 * The caller sees to it that As for `amaas_route_run`; `call` is NULL or live.
 */
amaas_status amaas_route_run_with(const amaas_route *route,
                                  const char *const *input_names,
                                  const amaas_tensor *const *inputs,
                                  size_t input_count,
                                  const char *const *output_names,
                                  size_t output_count,
                                  const amaas_call *call,
                                  amaas_outputs **out,
                                  amaas_error **error);

/**
 * Runs the model once. Blocks until it has answered.
 *
 * Input `i` of `input_count` is the tensor `inputs[i]` under the name `input_names[i]`, in any
 * order. `output_names` are the `output_count` outputs wanted; NULL and 0 for all, in the
 * model's order. All are borrowed for the call only. The caller owns `out`.
 *
 * `AMAAS_STATUS_INVALID_ARGUMENT` names the input that is missing, unknown, or of the wrong
 * dtype, rank or dimension.
 *
 * The caller sees to it that `route` and the inputs are live, the arrays hold as much as stated, `out` can be written to.
 */
amaas_status amaas_route_run(const amaas_route *route,
                             const char *const *input_names,
                             const amaas_tensor *const *inputs,
                             size_t input_count,
                             const char *const *output_names,
                             size_t output_count,
                             amaas_outputs **out,
                             amaas_error **error);

/**
 * Makes a sample without a request. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_sample_new(amaas_sample **out, amaas_error **error);

/**
 * Adds `count` requests of one text each. Texts and `lengths` are passed as to
 * `amaas_route_classify`; they are copied.
 *
 * The caller sees to it that `sample` is live and used by no other thread, `texts` and `lengths` point to as much as stated.
 */
amaas_status amaas_sample_add_texts(amaas_sample *sample,
                                    const char *const *texts,
                                    const size_t *lengths,
                                    size_t count,
                                    amaas_error **error);

/**
 * Adds one request of named tensors, which are passed as to `amaas_route_run` and may be freed at
 * once.
 *
 * The caller sees to it that `sample` is live and used by no other thread, the inputs are live, the arrays hold as much as
 * stated.
 */
amaas_status amaas_sample_add_inputs(amaas_sample *sample,
                                     const char *const *input_names,
                                     const amaas_tensor *const *inputs,
                                     size_t input_count,
                                     amaas_error **error);

/**
 * Ends a sample; NULL is allowed.
 *
 * The caller sees to it that `sample` is NULL or live, and is not used again.
 */
void amaas_sample_free(amaas_sample *sample);

/**
 * Classifies `count` images. Blocks until all have their answer.
 *
 * `options` may be NULL for what the package says. All are borrowed for the call only. The caller
 * owns `out`; where it speaks of texts it means images, of which none is cut off.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task; `AMAAS_STATUS_INVALID_ARGUMENT` for what
 * is no image or a broken one, naming it by its place; `AMAAS_STATUS_INPUT_TOO_LONG` for one with too
 * many pixels.
 *
 * The caller sees to it that `route` and the images are live, `images` holds as many as stated, `options` is NULL or live,
 * `out` can be written to.
 */
amaas_status amaas_route_classify_images(const amaas_route *route,
                                         const amaas_image *const *images,
                                         size_t count,
                                         const amaas_image_options *options,
                                         amaas_classification **out,
                                         amaas_error **error);

/**
 * Finds things on `count` images. Blocks until all have their answer.
 *
 * Images, `options` and what goes wrong are as for `amaas_route_classify_images`. The caller owns
 * `out`.
 *
 * The caller sees to it that As for `amaas_route_classify_images`.
 */
amaas_status amaas_route_detect(const amaas_route *route,
                                const amaas_image *const *images,
                                size_t count,
                                const amaas_image_options *options,
                                amaas_detection **out,
                                amaas_error **error);

/**
 * Reads the text on `count` images. Blocks until all have their answer.
 *
 * Images, `options` and what goes wrong are as for `amaas_route_classify_images`. The caller owns
 * `out`.
 *
 * The caller sees to it that As for `amaas_route_classify_images`.
 */
amaas_status amaas_route_read_images(const amaas_route *route,
                                     const amaas_image *const *images,
                                     size_t count,
                                     const amaas_image_options *options,
                                     amaas_reading **out,
                                     amaas_error **error);

/**
 * As `amaas_route_classify_images`, without waiting: the images are decoded on threads of amaas's own, and
 * they and `options` may be freed at once. What comes of them comes through the ticket, also that one
 * is broken, by `amaas_ticket_classification`. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_classify_images`.
 */
amaas_status amaas_route_submit_classify_images(const amaas_route *route,
                                                const amaas_image *const *images,
                                                size_t count,
                                                const amaas_image_options *options,
                                                amaas_ticket **out,
                                                amaas_error **error);

/**
 * As `amaas_route_detect`, without waiting: the images are decoded on threads of amaas's own, and
 * they and `options` may be freed at once. What comes of them comes through the ticket, also that one
 * is broken, by `amaas_ticket_detection`. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_classify_images`.
 */
amaas_status amaas_route_submit_detect(const amaas_route *route,
                                       const amaas_image *const *images,
                                       size_t count,
                                       const amaas_image_options *options,
                                       amaas_ticket **out,
                                       amaas_error **error);

/**
 * As `amaas_route_read_images`, without waiting: the images are decoded on threads of amaas's own, and
 * they and `options` may be freed at once. What comes of them comes through the ticket, also that one
 * is broken, by `amaas_ticket_reading`. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_classify_images`.
 */
amaas_status amaas_route_submit_read_images(const amaas_route *route,
                                            const amaas_image *const *images,
                                            size_t count,
                                            const amaas_image_options *options,
                                            amaas_ticket **out,
                                            amaas_error **error);

/**
 * Blocks until the ticket of `amaas_route_submit_detect` is done and takes its answers, once. The
 * caller owns `out`.
 *
 * The caller sees to it that `ticket` is live, `out` can be written to.
 */
amaas_status amaas_ticket_detection(const amaas_ticket *ticket,
                                    amaas_detection **out,
                                    amaas_error **error);

/**
 * Blocks until the ticket of `amaas_route_submit_read_images` is done and takes its answers, once. The
 * caller owns `out`.
 *
 * The caller sees to it that `ticket` is live, `out` can be written to.
 */
amaas_status amaas_ticket_reading(const amaas_ticket *ticket,
                                  amaas_reading **out,
                                  amaas_error **error);

/**
 * Starts a service: finds ONNX Runtime and opens the registry.
 *
 * `options` may be NULL, which is as options with nothing set; they are borrowed for the call
 * only. The caller owns `out`. Blocks while the runtime is loaded.
 *
 * `AMAAS_STATUS_RUNTIME_UNAVAILABLE` says where ONNX Runtime was looked for and what to install.
 *
 * The caller sees to it that `options` is NULL or live, `out` can be written to.
 */
amaas_status amaas_service_new(const amaas_service_options *options,
                               amaas_service **out,
                               amaas_error **error);

/**
 * Ends a handle to a service; NULL is allowed. Routes that it loaded go on serving until they
 * are freed.
 *
 * The caller sees to it that `service` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_service_free(amaas_service *service);

/**
 * Loads what `reference` says: `name`, `name@` and a selector (a semver range, a version, an
 * alias or a digest), or the path of a package folder or an `.onnx` file.
 *
 * Blocks while the version is verified, loaded and checked against its golden examples. Two
 * routes to one version share it. The caller owns `out`.
 *
 * `AMAAS_STATUS_NOT_FOUND` lists what is there.
 *
 * The caller sees to it that `service` is live, `reference` ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_load(const amaas_service *service,
                                const char *reference,
                                amaas_route **out,
                                amaas_error **error);

/**
 * As `amaas_service_load`, with settings of its own: `options` says where and how the version
 * runs, in place of the options that the service was made with. Its registry, its library of ONNX
 * Runtime, its memory budget and what comes first in an update do not count here. Routes to one version share it where their settings are equal.
 *
 * The caller sees to it that `service` and `options` are live, `reference` ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_load_with(const amaas_service *service,
                                     const char *reference,
                                     const amaas_service_options *options,
                                     amaas_route **out,
                                     amaas_error **error);

/**
 * Names the inference engine, as `onnxruntime 1.32.0`. The caller owns `out`.
 *
 * The caller sees to it that `service` is live, `out` can be written to.
 */
amaas_status amaas_service_runtime(const amaas_service *service,
                                   amaas_text **out,
                                   amaas_error **error);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_service_options_new(amaas_service_options **out, amaas_error **error);

/**
 * Sets the folder of the registry, which is made when it is not there. When it is not set: the
 * folder that the environment variable `AMAAS_HOME` names; without that only paths can be
 * loaded.
 *
 * The caller sees to it that `options` is live and used by no other thread, `path` ends in NUL.
 */
amaas_status amaas_service_options_set_registry(amaas_service_options *options,
                                                const char *path,
                                                amaas_error **error);

/**
 * Reads the price table at `path`: every receipt then has a price.
 *
 * The caller sees to it that `options` is live and used by no other thread, `path` ends in NUL.
 */
amaas_status amaas_service_options_set_prices(amaas_service_options *options,
                                              const char *path,
                                              amaas_error **error);

/**
 * Opens the ledger at `path`, which is made when it is not there and keeps every receipt: each
 * before its answer with `strict`, `1`, else together with others, within a tenth of a second, `0`. It
 * is closed with the options and with the last service that was made with them.
 *
 * The caller sees to it that `options` is live and used by no other thread, `path` ends in NUL.
 */
amaas_status amaas_service_options_set_ledger(amaas_service_options *options,
                                              const char *path,
                                              int32_t strict,
                                              amaas_error **error);

/**
 * Reads the quota table at `path`: what tenants may use.
 *
 * A tenant that used enough gets `AMAAS_STATUS_QUOTA_EXCEEDED`, one whose money is spent
 * `AMAAS_STATUS_BUDGET_EXHAUSTED`; `amaas_error_retry_after` says when to try again.
 *
 * The caller sees to it that `options` is live and used by no other thread, `path` ends in NUL.
 */
amaas_status amaas_service_options_set_quotas(amaas_service_options *options,
                                              const char *path,
                                              amaas_error **error);

/**
 * Sets where models may run: `cpu`, `cuda:0`, `plugin:/path/to/library.so`. `+` joins devices
 * that are required together, `,` lists a preference: `cuda:0,cpu`. The CPU when it is not set.
 *
 * A device that is required and not there is `AMAAS_STATUS_DEVICE_UNAVAILABLE` at the load,
 * never a silent fall-back.
 *
 * The caller sees to it that `options` is live and used by no other thread, `policy` ends in NUL.
 */
amaas_status amaas_service_options_set_devices(amaas_service_options *options,
                                               const char *policy,
                                               amaas_error **error);

/**
 * Sets how many requests to one model run at once; at least 1.
 *
 * When neither this nor the threads are set, on the CPU: one with all processors for a request
 * that is alone, and one with a single thread for each processor for a crowd. With another
 * device, or when only the threads are set: one.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_instances(amaas_service_options *options,
                                                 size_t instances,
                                                 amaas_error **error);

/**
 * Sets whether the instances for a crowd are made before a version serves, `1`, rather than when the
 * first crowd comes, `0`, as they are when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_eager(amaas_service_options *options,
                                             int32_t eager,
                                             amaas_error **error);

/**
 * Sets how many threads one run may use, the calling thread included; at least 1. When only the
 * instances are set, the processors of the process are divided among them.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_threads(amaas_service_options *options,
                                               size_t threads,
                                               amaas_error **error);

/**
 * Sets how many milliseconds a call may take that does not say so itself. For ever when it is not
 * set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_timeout(amaas_service_options *options,
                                               uint64_t milliseconds,
                                               amaas_error **error);

/**
 * Sets how many microseconds a request waits for others to run with though an instance is free. Not at
 * all when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_window(amaas_service_options *options,
                                              uint64_t microseconds,
                                              amaas_error **error);

/**
 * Sets how many callers may wait for one model; one more gets `AMAAS_STATUS_OVERLOADED`. 1024
 * when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_waiting(amaas_service_options *options,
                                               size_t waiting,
                                               amaas_error **error);

/**
 * Sets how many rows run together at most; at least 1. 64 when it is not set, and never more than the
 * package says.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_rows(amaas_service_options *options,
                                            size_t rows,
                                            amaas_error **error);

/**
 * Sets how many tokens run together at most, padding included; at least 1. 8192 when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_tokens(amaas_service_options *options,
                                              size_t tokens,
                                              amaas_error **error);

/**
 * Sets the library of ONNX Runtime, or the folder that holds it: this one and no other. When it
 * is not set: the path in the environment variable `AMAAS_ORT_LIB`; without that, what the
 * process has loaded, what lies beside libamaas, what the system finds.
 *
 * The caller sees to it that `options` is live and used by no other thread, `path` ends in NUL.
 */
amaas_status amaas_service_options_set_runtime_library(amaas_service_options *options,
                                                       const char *path,
                                                       amaas_error **error);

/**
 * Adds the library of custom operators at `path`, for graphs that need more than ONNX's own, as the
 * tokenizers of onnxruntime-extensions. It runs with the rights of the process and stays loaded; a
 * package never brings one. What is wrong with it `amaas_service_new` says, with
 * `AMAAS_STATUS_RUNTIME_UNAVAILABLE`.
 *
 * The caller sees to it that `options` is live and used by no other thread, `path` ends in NUL.
 */
amaas_status amaas_service_options_add_operators(amaas_service_options *options,
                                                 const char *path,
                                                 amaas_error **error);

/**
 * Sets after how many milliseconds without a request the instances of a version are let go; the
 * next request loads them again. Never when it is not set. Versions that were loaded from a path,
 * and those of pinned routes, stay.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_idle_unload(amaas_service_options *options,
                                                   uint64_t milliseconds,
                                                   amaas_error **error);

/**
 * Sets how many bytes of models a service may have in memory before the least recently used are
 * let go, until their next request; counted by the size of graph and weights on disk, which an
 * instance exceeds. No bound when it is not set. Versions that were loaded from a path, those of
 * pinned routes and those with requests under way stay, so that it may be exceeded; that is
 * logged.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_memory_budget(amaas_service_options *options,
                                                     uint64_t bytes,
                                                     amaas_error **error);

/**
 * Has the old version unloaded before the new one is loaded where a route moves, so that memory for
 * one of them is enough. Requests meanwhile end with `AMAAS_STATUS_OVERLOADED`, which says to
 * retry. Requests under way may take `drain_milliseconds` to end; if they take longer, nothing
 * moves. When it is not set, the new version is loaded beside the old one.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_memory_first(amaas_service_options *options,
                                                    uint64_t drain_milliseconds,
                                                    amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_service_options_free(amaas_service_options *options);

/**
 * How many inputs there are; 0 for NULL.
 *
 * The caller sees to it that `signature` is NULL or live.
 */
size_t amaas_signature_input_count(const amaas_signature *signature);

/**
 * The input at `index`; NULL where there is none and for NULL. Belongs to the signature.
 *
 * The caller sees to it that `signature` is NULL or live.
 */
const amaas_port *amaas_signature_input(const amaas_signature *signature, size_t index);

/**
 * How many outputs there are; 0 for NULL.
 *
 * The caller sees to it that `signature` is NULL or live.
 */
size_t amaas_signature_output_count(const amaas_signature *signature);

/**
 * The output at `index`; NULL where there is none and for NULL. Belongs to the signature.
 *
 * The caller sees to it that `signature` is NULL or live.
 */
const amaas_port *amaas_signature_output(const amaas_signature *signature, size_t index);

/**
 * Ends a signature, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `signature` is NULL or live, and is not used again.
 */
void amaas_signature_free(amaas_signature *signature);

/**
 * Compares each of `count` texts with each of `other_count` others by their vectors. Blocks until all are
 * read.
 *
 * Texts are passed as to `amaas_route_classify`, and `options` may be NULL; `other_lengths` may be NULL too. `out` has a row for each text, whose numbers
 * are one for each of the others: `amaas_embedding_dimensions` is `other_count`. The caller owns it.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task than embedding.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, the texts and lengths point to as much as stated, `out`
 * can be written to.
 */
amaas_status amaas_route_similarity(const amaas_route *route,
                                    const char *const *texts,
                                    const size_t *lengths,
                                    size_t count,
                                    const char *const *others,
                                    const size_t *other_lengths,
                                    size_t other_count,
                                    amaas_similarity function,
                                    const amaas_embed_options *options,
                                    amaas_embedding **out,
                                    amaas_error **error);

/**
 * Finds the speech in `count` recordings. Blocks until all have their answer. `options` may be NULL
 * for what the package says. The caller owns `out`.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task; `AMAAS_STATUS_INVALID_ARGUMENT` for a
 * recording that is empty, damaged or no sound; `AMAAS_STATUS_INPUT_TOO_LONG` for one over the
 * package's limit.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, `audio` points to `count` live recordings, `out` can be
 * written to.
 */
amaas_status amaas_route_detect_speech(const amaas_route *route,
                                       const amaas_audio *const *audio,
                                       size_t count,
                                       const amaas_detect_speech_options *options,
                                       amaas_speech **out,
                                       amaas_error **error);

/**
 * Classifies `count` recordings. Blocks until all have their answer. `options` may be NULL for what
 * the package says; an overflow is about texts and refused. The caller owns `out`.
 *
 * Statuses are those of `amaas_route_detect_speech`.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, `audio` points to `count` live recordings, `out` can be
 * written to.
 */
amaas_status amaas_route_classify_audio(const amaas_route *route,
                                        const amaas_audio *const *audio,
                                        size_t count,
                                        const amaas_classify_options *options,
                                        amaas_classification **out,
                                        amaas_error **error);

/**
 * How many recordings were listened to; 0 for NULL.
 *
 * The caller sees to it that `speech` is NULL or live.
 */
size_t amaas_speech_count(const amaas_speech *speech);

/**
 * How many stretches of speech the recording has; 0 where there is no such recording and for NULL.
 *
 * The caller sees to it that `speech` is NULL or live.
 */
size_t amaas_speech_stretch_count(const amaas_speech *speech, size_t recording);

/**
 * Where a stretch begins, in seconds; NaN where there is none and for NULL.
 *
 * The caller sees to it that `speech` is NULL or live.
 */
double amaas_speech_start(const amaas_speech *speech, size_t recording, size_t index);

/**
 * Where a stretch ends, in seconds; NaN where there is none and for NULL.
 *
 * The caller sees to it that `speech` is NULL or live.
 */
double amaas_speech_end(const amaas_speech *speech, size_t recording, size_t index);

/**
 * The mean probability of a stretch, from 0 to 1; NaN where there is none and for NULL.
 *
 * The caller sees to it that `speech` is NULL or live.
 */
double amaas_speech_score(const amaas_speech *speech, size_t recording, size_t index);

/**
 * How many windows of the recording were listened to; 0 where there is no such recording and for
 * NULL.
 *
 * The caller sees to it that `speech` is NULL or live.
 */
size_t amaas_speech_window_count(const amaas_speech *speech, size_t recording);

/**
 * The probability of speech in each window of the recording, `amaas_speech_window_count` numbers.
 * NULL where there are none and for NULL. Valid until the object is freed.
 *
 * The caller sees to it that `speech` is NULL or live.
 */
const float *amaas_speech_probabilities(const amaas_speech *speech, size_t recording);

/**
 * Whether speech is going on in a stream; false for whole recordings and for NULL.
 *
 * The caller sees to it that `speech` is NULL or live.
 */
bool amaas_speech_is_going_on(const amaas_speech *speech);

/**
 * Writes what the call used to `usage`, whose `size` must be set.
 *
 * The caller sees to it that `speech` is live, `usage` can be written to.
 */
amaas_status amaas_speech_usage(const amaas_speech *speech,
                                amaas_usage *usage,
                                amaas_error **error);

/**
 * Ends it; NULL is allowed.
 *
 * The caller sees to it that `speech` is NULL or live, and neither it nor what it answered with is used again.
 */
void amaas_speech_free(amaas_speech *speech);

/**
 * What `tenant` used so far today and this month, by the ledger and the price table; NULL for `tenant`
 * asks for all calls that name none. The caller owns `out`.
 *
 * The caller sees to it that `service` is live, `tenant` is NULL or ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_standing(const amaas_service *service,
                                    const char *tenant,
                                    amaas_standing **out,
                                    amaas_error **error);

/**
 * Rows of answered requests today; 0 for NULL.
 *
 * The caller sees to it that `standing` is NULL or live.
 */
uint64_t amaas_standing_rows_today(const amaas_standing *standing);

/**
 * Money spent today, as decimal digits; NULL for NULL. Valid until the standing is freed.
 *
 * The caller sees to it that `standing` is NULL or live.
 */
const char *amaas_standing_spent_today(const amaas_standing *standing);

/**
 * Money spent this month, as decimal digits; NULL for NULL. Valid until the standing is freed.
 *
 * The caller sees to it that `standing` is NULL or live.
 */
const char *amaas_standing_spent_this_month(const amaas_standing *standing);

/**
 * How many rates something was used of this month; 0 for NULL.
 *
 * The caller sees to it that `standing` is NULL or live.
 */
size_t amaas_standing_rate_count(const amaas_standing *standing);

/**
 * The name of the rate at `index`; NULL where there is none and for NULL. Valid until the standing is
 * freed.
 *
 * The caller sees to it that `standing` is NULL or live.
 */
const char *amaas_standing_rate(const amaas_standing *standing,
                                size_t index);

/**
 * Writes to `out` how much of `unit`, one of `AMAAS_UNIT_…`, was used this month by the rate at
 * `index`.
 *
 * `AMAAS_STATUS_INVALID_ARGUMENT` where there is no such rate.
 *
 * The caller sees to it that `standing` is live, `out` can be written to.
 */
amaas_status amaas_standing_used(const amaas_standing *standing,
                                 size_t index,
                                 amaas_unit unit,
                                 uint64_t *out,
                                 amaas_error **error);

/**
 * Ends a standing; NULL is allowed.
 *
 * The caller sees to it that `standing` is NULL or live, and is not used again.
 */
void amaas_standing_free(amaas_standing *standing);

/**
 * Counts the models, versions, blobs and bytes of the registry. The caller owns `out`.
 *
 * The caller sees to it that `service` is live, `out` can be written to.
 */
amaas_status amaas_service_statistics(const amaas_service *service,
                                      amaas_statistics **out,
                                      amaas_error **error);

/**
 * How many models there are; 0 for NULL.
 *
 * The caller sees to it that `statistics` is NULL or live.
 */
uint64_t amaas_statistics_models(const amaas_statistics *statistics);

/**
 * How many blobs lie on the disk, needed or not; 0 for NULL.
 *
 * The caller sees to it that `statistics` is NULL or live.
 */
uint64_t amaas_statistics_blobs(const amaas_statistics *statistics);

/**
 * How many bytes these have; 0 for NULL.
 *
 * The caller sees to it that `statistics` is NULL or live.
 */
uint64_t amaas_statistics_bytes(const amaas_statistics *statistics);

/**
 * How many bytes more than one version needs, each counted once; 0 for NULL.
 *
 * The caller sees to it that `statistics` is NULL or live.
 */
uint64_t amaas_statistics_shared(const amaas_statistics *statistics);

/**
 * How many versions all models have together; 0 for NULL.
 *
 * The caller sees to it that `statistics` is NULL or live.
 */
size_t amaas_statistics_version_count(const amaas_statistics *statistics);

/**
 * The model of a version; NULL where there is none and for NULL.
 *
 * The caller sees to it that `statistics` is NULL or live.
 */
const char *amaas_statistics_version_model(const amaas_statistics *statistics, size_t index);

/**
 * A version, as `1.2.0`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `statistics` is NULL or live.
 */
const char *amaas_statistics_version(const amaas_statistics *statistics, size_t index);

/**
 * How many bytes no other version needs, which is what deleting this one would free; 0 where there
 * is none and for NULL.
 *
 * The caller sees to it that `statistics` is NULL or live.
 */
uint64_t amaas_statistics_version_unique(const amaas_statistics *statistics, size_t index);

/**
 * How many bytes of a version others need too; 0 where there is none and for NULL.
 *
 * The caller sees to it that `statistics` is NULL or live.
 */
uint64_t amaas_statistics_version_shared(const amaas_statistics *statistics, size_t index);

/**
 * Ends statistics, with all they answered with; NULL is allowed.
 *
 * The caller sees to it that `statistics` is NULL or live, and is not used again.
 */
void amaas_statistics_free(amaas_statistics *statistics);

/**
 * The name of a status, as logs and the other languages spell it: `not_found`.
 *
 * Never NULL, `unknown` for a number that is no status; valid for ever. Any thread.
 */
const char *amaas_status_name(amaas_status status);

/**
 * A stream that begins now, on the version that answers now. With `follow` 1 rather than 0 it goes on,
 * before each call, with the version that the route serves then, if that keeps the same state. The
 * caller owns `out`.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model keeps no state between calls.
 *
 * The caller sees to it that `route` is live, `out` can be written to.
 */
amaas_status amaas_route_stream(const amaas_route *route,
                                int32_t follow,
                                amaas_stream **out,
                                amaas_error **error);

/**
 * As `amaas_route_stream`, of sound in which speech is found as `options` say; `options` may be NULL
 * for what the package says.
 *
 * The caller sees to it that As `amaas_route_stream`; `options` is NULL or live.
 */
amaas_status amaas_route_listen(const amaas_route *route,
                                const amaas_detect_speech_options *options,
                                int32_t follow,
                                amaas_stream **out,
                                amaas_error **error);

/**
 * Runs the next call, as `amaas_route_run_with`. The state is neither given nor returned.
 *
 * The caller sees to it that `stream` and the inputs are live, the arrays hold as much as stated, `call` is NULL or live, `out`
 * can be written to.
 */
amaas_status amaas_stream_run(const amaas_stream *stream,
                              const char *const *input_names,
                              const amaas_tensor *const *inputs,
                              size_t input_count,
                              const char *const *output_names,
                              size_t output_count,
                              const amaas_call *call,
                              amaas_outputs **out,
                              amaas_error **error);

/**
 * As `amaas_stream_run`, without waiting; the tensors and `call` may be freed at once. The stream is busy
 * until the ticket is done: what is asked of it before is refused with `AMAAS_STATUS_CONFLICT`. A ticket
 * that is cancelled or freed before leaves the stream as it was. What comes of it comes through
 * `amaas_ticket_outputs`. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_stream_run`.
 */
amaas_status amaas_stream_submit(const amaas_stream *stream,
                                 const char *const *input_names,
                                 const amaas_tensor *const *inputs,
                                 size_t input_count,
                                 const char *const *output_names,
                                 size_t output_count,
                                 const amaas_call *call,
                                 amaas_ticket **out,
                                 amaas_error **error);

/**
 * Takes the next piece of sound in: samples of any length, at the model's own rate. Blocks until it is
 * heard. What is certain now is in `out`, of one recording; seconds count from the first piece. The
 * caller owns `out`.
 *
 * The caller sees to it that `stream` and `audio` are live, `call` is NULL or live, `out` can be written to.
 */
amaas_status amaas_stream_feed(const amaas_stream *stream,
                               const amaas_audio *audio,
                               const amaas_call *call,
                               amaas_speech **out,
                               amaas_error **error);

/**
 * Takes the next piece of each of `count` streams in, all in one call: the windows of different
 * streams run together. `out` is an array of `count` places, which the caller owns what is in
 * afterwards. If it fails all streams are as they were, and nothing is written.
 *
 * The caller sees to it that `streams` and `audio` point to `count` live objects each, `call` is NULL or live, `out` can be
 * written to `count` times.
 */
amaas_status amaas_streams_feed(const amaas_stream *const *streams,
                                const amaas_audio *const *audio,
                                size_t count,
                                const amaas_call *call,
                                amaas_speech **out,
                                amaas_error **error);

/**
 * Ends the recording: the rest of the speech is certain, and the stream begins anew. The caller owns
 * `out`.
 *
 * The caller sees to it that `stream` is live, `call` is NULL or live, `out` can be written to.
 */
amaas_status amaas_stream_finish(const amaas_stream *stream,
                                 const amaas_call *call,
                                 amaas_speech **out,
                                 amaas_error **error);

/**
 * Goes on with the version that the route serves now, and carries the state over. `changed` says
 * whether it is another version; NULL is allowed for `changed`.
 *
 * `AMAAS_STATUS_UNSUPPORTED`, saying why, when that version does not keep the same state: the stream
 * then goes on with its own.
 *
 * The caller sees to it that `stream` is live, `changed` is NULL or can be written to.
 */
amaas_status amaas_stream_update(const amaas_stream *stream,
                                 bool *changed,
                                 amaas_error **error);

/**
 * The version that answers the stream's next call, unless it moves before. The caller owns `out`.
 *
 * `AMAAS_STATUS_CONFLICT` while a call is under way.
 *
 * The caller sees to it that `stream` is live, `out` can be written to.
 */
amaas_status amaas_stream_version(const amaas_stream *stream,
                                  amaas_text **out,
                                  amaas_error **error);

/**
 * Begins anew, on the version that the route serves now.
 *
 * The caller sees to it that `stream` is live.
 */
amaas_status amaas_stream_reset(const amaas_stream *stream, amaas_error **error);

/**
 * Another stream that goes on from where this one is. The caller owns `out`.
 *
 * The caller sees to it that `stream` is live, `out` can be written to.
 */
amaas_status amaas_stream_fork(const amaas_stream *stream, amaas_stream **out, amaas_error **error);

/**
 * Ends a stream; NULL is allowed.
 *
 * The caller sees to it that `stream` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_stream_free(amaas_stream *stream);

/**
 * How many sums there are; 0 for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
size_t amaas_sum_list_count(const amaas_sum_list *list);

/**
 * Writes the sum at `index` to `sum`, whose `size` must be set.
 *
 * `AMAAS_STATUS_INVALID_ARGUMENT` where there is none.
 *
 * The caller sees to it that `list` is live, `sum` can be written to.
 */
amaas_status amaas_sum_list_get(const amaas_sum_list *list,
                                size_t index,
                                amaas_sum *sum,
                                amaas_error **error);

/**
 * Ends a list of sums; NULL is allowed.
 *
 * The caller sees to it that `list` is NULL or live, and is not used again.
 */
void amaas_sum_list_free(amaas_sum_list *list);

/**
 * Finds the spans of `count` texts. Blocks until all have their answer.
 *
 * Texts and `options` are passed as to `amaas_route_classify`. The caller owns `out`.
 *
 * `AMAAS_STATUS_UNSUPPORTED` when the model has another task.
 *
 * The caller sees to it that `route` is live, `options` is NULL or live, `texts` and `lengths` point to as much as stated,
 * `out` can be written to.
 */
amaas_status amaas_route_tag(const amaas_route *route,
                             const char *const *texts,
                             const size_t *lengths,
                             size_t count,
                             const amaas_tag_options *options,
                             amaas_tagging **out,
                             amaas_error **error);

/**
 * As `amaas_route_tag`, without waiting: the texts are copied and tokenised before it returns. What
 * comes of them comes through the ticket. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_tag`.
 */
amaas_status amaas_route_submit_tag(const amaas_route *route,
                                    const char *const *texts,
                                    const size_t *lengths,
                                    size_t count,
                                    const amaas_tag_options *options,
                                    amaas_ticket **out,
                                    amaas_error **error);

/**
 * Blocks until the ticket of `amaas_route_submit_tag` is done and takes its answer, once. The caller
 * owns `out`.
 *
 * The caller sees to it that `ticket` is live, `out` can be written to.
 */
amaas_status amaas_ticket_tagging(const amaas_ticket *ticket,
                                  amaas_tagging **out,
                                  amaas_error **error);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_tag_options_new(amaas_tag_options **out, amaas_error **error);

/**
 * Sets what a label is of. The package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_tag_options_set_aggregation(amaas_tag_options *options,
                                               amaas_aggregation aggregation,
                                               amaas_error **error);

/**
 * Sets the `count` labels that no answer has, whole or without the letter in front. Each ends in NUL;
 * they are copied. The package's when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `labels` holds `count` texts.
 */
amaas_status amaas_tag_options_set_ignore_labels(amaas_tag_options *options,
                                                 const char *const *labels,
                                                 size_t count,
                                                 amaas_error **error);

/**
 * Sets what happens to texts that are too long. The package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_tag_options_set_overflow(amaas_tag_options *options,
                                            amaas_overflow overflow,
                                            amaas_error **error);

/**
 * Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
 * is set in `call` later does not count. Nothing of that when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `call` is live.
 */
amaas_status amaas_tag_options_set_call(amaas_tag_options *options,
                                        const amaas_call *call,
                                        amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_tag_options_free(amaas_tag_options *options);

/**
 * How many texts were read; 0 for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
size_t amaas_tagging_count(const amaas_tagging *tagging);

/**
 * How many spans the text at `text` has; 0 where there is no such text and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
size_t amaas_tagging_span_count(const amaas_tagging *tagging, size_t text);

/**
 * The label of the span at `span` of the text at `text`; spans are in the order of the text. NULL where
 * there is none and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
const char *amaas_tagging_label(const amaas_tagging *tagging,
                                size_t text,
                                size_t span);

/**
 * What stands in the text there. NULL where there is none and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
const char *amaas_tagging_word(const amaas_tagging *tagging, size_t text, size_t span);

/**
 * How sure that span is, 0 to 1. Not a number where there is none and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
double amaas_tagging_score(const amaas_tagging *tagging, size_t text, size_t span);

/**
 * The first character of that span, from 0; 0 where there is none and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
size_t amaas_tagging_start(const amaas_tagging *tagging, size_t text, size_t span);

/**
 * The character behind its last; 0 where there is none and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
size_t amaas_tagging_end(const amaas_tagging *tagging, size_t text, size_t span);

/**
 * The first byte of that span in the text as it was passed, from 0; 0 where there is none and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
size_t amaas_tagging_start_byte(const amaas_tagging *tagging,
                                size_t text,
                                size_t span);

/**
 * The byte behind its last; 0 where there is none and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
size_t amaas_tagging_end_byte(const amaas_tagging *tagging, size_t text, size_t span);

/**
 * The place of that token among those of its row, special ones included: with
 * `AMAAS_AGGREGATION_NONE` only; `SIZE_MAX` otherwise, where there is none and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
size_t amaas_tagging_index(const amaas_tagging *tagging, size_t text, size_t span);

/**
 * How many tokens of the text at `text` were cut off because it was too long; 0 where all was read,
 * where there is no such text and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
size_t amaas_tagging_truncated(const amaas_tagging *tagging, size_t text);

/**
 * How many windows the text at `text` was read in: 1 unless it was long and the overflow is
 * `AMAAS_OVERFLOW_WINDOW`; 0 where there is no such text and for NULL.
 *
 * The caller sees to it that `tagging` is NULL or live.
 */
size_t amaas_tagging_windows(const amaas_tagging *tagging, size_t text);

/**
 * Writes what the call used to `usage`, whose `size` must be set.
 *
 * The caller sees to it that `tagging` is live, `usage` can be written to.
 */
amaas_status amaas_tagging_usage(const amaas_tagging *tagging,
                                 amaas_usage *usage,
                                 amaas_error **error);

/**
 * Ends a tagging, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `tagging` is NULL or live, and is not used again.
 */
void amaas_tagging_free(amaas_tagging *tagging);

/**
 * Keeps what the route serves in memory for `tenant`, from now on. It pins the route, and leaves it
 * pinned. The caller owns `out`.
 *
 * The caller sees to it that `route` is live, `tenant` ends in NUL, `out` can be written to.
 */
amaas_status amaas_route_keep_for(const amaas_route *route,
                                  const char *tenant,
                                  amaas_tenancy **out,
                                  amaas_error **error);

/**
 * Charges for the time since it began or was last settled. The caller owns `out`.
 *
 * The caller sees to it that `tenancy` is live, `out` can be written to.
 */
amaas_status amaas_tenancy_settle(const amaas_tenancy *tenancy,
                                  amaas_receipt **out,
                                  amaas_error **error);

/**
 * Ends a tenancy, and charges for what was not settled; NULL is allowed. An error of that is logged.
 *
 * The caller sees to it that `tenancy` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_tenancy_free(amaas_tenancy *tenancy);

/**
 * A second handle to the same elements, for keeping an output beyond its `amaas_outputs`.
 * Nothing is copied. The caller owns `out`.
 *
 * The caller sees to it that `tensor` is live, `out` can be written to.
 */
amaas_status amaas_tensor_clone(const amaas_tensor *tensor,
                                amaas_tensor **out,
                                amaas_error **error);

/**
 * Ends a tensor that the caller owns; NULL is allowed.
 *
 * The caller sees to it that `tensor` is NULL or live, belongs to no `amaas_outputs` and is not used again.
 */
void amaas_tensor_free(amaas_tensor *tensor);

/**
 * The dtype; `AMAAS_DTYPE_UNDEFINED` for NULL.
 *
 * The caller sees to it that `tensor` is NULL or live.
 */
amaas_dtype amaas_tensor_dtype(const amaas_tensor *tensor);

/**
 * How many dimensions it has; 0 for a scalar and for NULL.
 *
 * The caller sees to it that `tensor` is NULL or live.
 */
size_t amaas_tensor_rank(const amaas_tensor *tensor);

/**
 * The lengths of the dimensions, `amaas_tensor_rank` of them.
 *
 * Never NULL for a tensor, not to be read where the rank is 0; NULL for NULL. Valid until the
 * tensor is freed.
 *
 * The caller sees to it that `tensor` is NULL or live.
 */
const int64_t *amaas_tensor_dimensions(const amaas_tensor *tensor);

/**
 * How many elements it has: the product of its dimensions, 1 for a scalar; 0 for NULL.
 *
 * The caller sees to it that `tensor` is NULL or live.
 */
size_t amaas_tensor_element_count(const amaas_tensor *tensor);

/**
 * The elements in row-major order and the machine's byte order, `amaas_tensor_byte_length`
 * bytes of them. Nothing is copied.
 *
 * NULL for texts, which `amaas_tensor_string` reads, and for NULL. Valid until the tensor is
 * freed, for one of an `amaas_outputs` until that is. Aligned for the dtype, unless it is
 * memory that was lent unaligned to `amaas_tensor_borrow`.
 *
 * The caller sees to it that `tensor` is NULL or live.
 */
const void *amaas_tensor_data(const amaas_tensor *tensor);

/**
 * How many bytes `amaas_tensor_data` points to; 0 for texts and for NULL.
 *
 * The caller sees to it that `tensor` is NULL or live.
 */
size_t amaas_tensor_byte_length(const amaas_tensor *tensor);

/**
 * Copies the elements into memory of the host's: `amaas_tensor_byte_length` bytes, in row-major order.
 *
 * `byte_length` is how many bytes `buffer` has room for; more than are copied stay as they were. An
 * answer goes straight to where the host wants it, without an object to keep. Fails for texts, and
 * where there is too little room; then nothing is written. `buffer` may be NULL where there are no
 * elements.
 *
 * The caller sees to it that `tensor` is live; `buffer` can be written to for `byte_length` bytes and is not the tensor's own.
 */
amaas_status amaas_tensor_copy(const amaas_tensor *tensor,
                               size_t byte_length,
                               void *buffer,
                               amaas_error **error);

/**
 * The text at `index` in row-major order: UTF-8, which does NOT end in NUL. Its length in bytes
 * is written to `length`. Nothing is copied.
 *
 * NULL, with `length` left alone, where there is no such text and for NULL. Valid until the
 * tensor is freed, for one of an `amaas_outputs` until that is.
 *
 * The caller sees to it that `tensor` is NULL or live; `length` is NULL or can be written to.
 */
const char *amaas_tensor_string(const amaas_tensor *tensor, size_t index, size_t *length);

/**
 * Makes a tensor of numbers from a copy of `data`.
 *
 * `dimensions` are `rank` lengths; both may be NULL and 0 for a scalar. `data` are `byte_length`
 * bytes in row-major order and the machine's byte order, as many as dtype and dimensions ask
 * for; NULL is allowed where that is none. All are free for other use when the call returns.
 * The caller owns `out`.
 *
 * The caller sees to it that `dimensions` and `data` point to as much as stated, `out` can be written to.
 */
amaas_status amaas_tensor_new(amaas_dtype dtype,
                              const int64_t *dimensions,
                              size_t rank,
                              const void *data,
                              size_t byte_length,
                              amaas_tensor **out,
                              amaas_error **error);

/**
 * Makes a tensor of numbers that reads `data` where it lies; nothing is copied.
 *
 * As `amaas_tensor_new`, but `data` is lent: it stays where it is, and nobody writes to it,
 * until `release` is called with `context`. That happens once, when nothing uses the memory any
 * more: as the tensor is freed or later, on whichever thread that is. `release` must not call
 * amaas. With NULL for `release` the memory is lent until the tensor, its clones and every request
 * that was given them have ended. When the call fails nothing is lent and `release` is not
 * called.
 *
 * The caller sees to it that As `amaas_tensor_new`, and `data` stays as described.
 */
amaas_status amaas_tensor_borrow(amaas_dtype dtype,
                                 const int64_t *dimensions,
                                 size_t rank,
                                 const void *data,
                                 size_t byte_length,
                                 void (*release)(void *context),
                                 void *context,
                                 amaas_tensor **out,
                                 amaas_error **error);

/**
 * Makes a tensor of texts from copies of `texts`.
 *
 * `dimensions` as in `amaas_tensor_new`; `count` is how many texts there are. `lengths` are
 * their lengths in bytes, or NULL where each text ends in NUL. The texts are UTF-8; one of
 * length 0 may be NULL. All are free for other use when the call returns. The caller owns
 * `out`.
 *
 * The caller sees to it that `dimensions`, `texts` and `lengths` point to as much as stated, `out` can be written to.
 */
amaas_status amaas_tensor_new_strings(const int64_t *dimensions,
                                      size_t rank,
                                      const char *const *texts,
                                      const size_t *lengths,
                                      size_t count,
                                      amaas_tensor **out,
                                      amaas_error **error);

/**
 * The text, in UTF-8, ending in NUL.
 *
 * NULL for NULL. Valid until the text is freed.
 *
 * The caller sees to it that `text` is NULL or live.
 */
const char *amaas_text_data(const amaas_text *text);

/**
 * Ends a text; NULL is allowed.
 *
 * The caller sees to it that `text` is NULL or live, and is not used again.
 */
void amaas_text_free(amaas_text *text);

/**
 * As `amaas_route_run`, without waiting. What comes of it comes through the ticket, also when the
 * request is refused; the error here is of the arguments alone. The tensors and `call`, which may be
 * NULL, may be freed at once. The caller owns `out`.
 *
 * The caller sees to it that `route` and the inputs are live, the arrays hold as much as stated, `call` is NULL or live, `out` can
 * be written to.
 */
amaas_status amaas_route_submit(const amaas_route *route,
                                const char *const *input_names,
                                const amaas_tensor *const *inputs,
                                size_t input_count,
                                const char *const *output_names,
                                size_t output_count,
                                const amaas_call *call,
                                amaas_ticket **out,
                                amaas_error **error);

/**
 * As `amaas_route_classify`, without waiting: the texts are copied and tokenised before it returns. What
 * comes of them comes through the ticket. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_classify`.
 */
amaas_status amaas_route_submit_classify(const amaas_route *route,
                                         const char *const *texts,
                                         const size_t *lengths,
                                         size_t count,
                                         const amaas_classify_options *options,
                                         amaas_ticket **out,
                                         amaas_error **error);

/**
 * As `amaas_route_embed`, without waiting: the texts are copied and tokenised before it returns.
 * What comes of them comes through the ticket. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_embed`.
 */
amaas_status amaas_route_submit_embed(const amaas_route *route,
                                      const char *const *texts,
                                      const size_t *lengths,
                                      size_t count,
                                      const amaas_embed_options *options,
                                      amaas_ticket **out,
                                      amaas_error **error);

/**
 * As `amaas_route_generate`, without waiting: the prompts are copied and tokenised before it returns.
 * What comes of them comes through the ticket. The caller owns `out`.
 *
 * The caller sees to it that As for `amaas_route_generate`.
 */
amaas_status amaas_route_submit_generate(const amaas_route *route,
                                         const char *const *prompts,
                                         const size_t *lengths,
                                         size_t count,
                                         const amaas_generate_options *options,
                                         amaas_ticket **out,
                                         amaas_error **error);

/**
 * Whether the answer is there, or the reason why there is none; false for NULL.
 *
 * The caller sees to it that `ticket` is NULL or live.
 */
bool amaas_ticket_is_done(const amaas_ticket *ticket);

/**
 * Blocks until the ticket is done, for at most so many milliseconds. `done` says whether it is; NULL is
 * allowed.
 *
 * The caller sees to it that `ticket` is live, `done` is NULL or can be written to.
 */
amaas_status amaas_ticket_wait(const amaas_ticket *ticket,
                               uint64_t milliseconds,
                               bool *done,
                               amaas_error **error);

/**
 * Gives the request up, in the queue or in its run: the ticket is then done with
 * `AMAAS_STATUS_CANCELLED`, unless it was done before. NULL is allowed.
 *
 * The caller sees to it that `ticket` is NULL or live.
 */
void amaas_ticket_cancel(const amaas_ticket *ticket);

/**
 * Has `callback` called once with `data` when the ticket is done; now if it is. It is called also
 * when the ticket is cancelled or freed before, so `data` must be valid until then.
 *
 * The caller sees to it that `ticket` is live; `callback` may be called with `data` from any thread.
 */
amaas_status amaas_ticket_on_done(const amaas_ticket *ticket,
                                  amaas_callback callback,
                                  void *data,
                                  amaas_error **error);

/**
 * Blocks until the ticket of `amaas_route_submit` or `amaas_stream_submit` is done and takes its
 * outputs, once. The caller owns `out`.
 *
 * The caller sees to it that `ticket` is live, `out` can be written to.
 */
amaas_status amaas_ticket_outputs(const amaas_ticket *ticket,
                                  amaas_outputs **out,
                                  amaas_error **error);

/**
 * Blocks until the ticket of `amaas_route_submit_classify`, `…_classify_pairs`, `…_classify_zero_shot`,
 * `…_classify_images` or `…_classify_audio` is done and takes its answers, once. The caller owns `out`.
 *
 * The caller sees to it that `ticket` is live, `out` can be written to.
 */
amaas_status amaas_ticket_classification(const amaas_ticket *ticket,
                                         amaas_classification **out,
                                         amaas_error **error);

/**
 * Blocks until the ticket of `amaas_route_submit_embed` is done and takes its vectors, once. The
 * caller owns `out`.
 *
 * The caller sees to it that `ticket` is live, `out` can be written to.
 */
amaas_status amaas_ticket_embedding(const amaas_ticket *ticket,
                                    amaas_embedding **out,
                                    amaas_error **error);

/**
 * Blocks until the ticket of `amaas_route_submit_generate` or `amaas_route_submit_chat` is done and
 * takes its texts, once. The caller owns `out`.
 *
 * The caller sees to it that `ticket` is live, `out` can be written to.
 */
amaas_status amaas_ticket_generation(const amaas_ticket *ticket,
                                     amaas_generation **out,
                                     amaas_error **error);

/**
 * Ends a ticket, and cancels what is not done; NULL is allowed.
 *
 * The caller sees to it that `ticket` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_ticket_free(amaas_ticket *ticket);

/**
 * The model's name; NULL for NULL.
 *
 * The caller sees to it that `transferred` is NULL or live.
 */
const char *amaas_transferred_name(const amaas_transferred *transferred);

/**
 * The version, as `1.2.0`; NULL for NULL.
 *
 * The caller sees to it that `transferred` is NULL or live.
 */
const char *amaas_transferred_version(const amaas_transferred *transferred);

/**
 * The digest of the package, which is the same here and there, as `sha256:` and 64 hexadecimal
 * digits; NULL for NULL.
 *
 * The caller sees to it that `transferred` is NULL or live.
 */
const char *amaas_transferred_digest(const amaas_transferred *transferred);

/**
 * Whether the version was new where it went; false when it was there already, and for NULL.
 *
 * The caller sees to it that `transferred` is NULL or live.
 */
bool amaas_transferred_created(const amaas_transferred *transferred);

/**
 * How many blobs were moved, the others were there; 0 for NULL.
 *
 * The caller sees to it that `transferred` is NULL or live.
 */
size_t amaas_transferred_blobs(const amaas_transferred *transferred);

/**
 * How many bytes of blobs were moved; 0 for NULL.
 *
 * The caller sees to it that `transferred` is NULL or live.
 */
uint64_t amaas_transferred_bytes(const amaas_transferred *transferred);

/**
 * Ends it, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `transferred` is NULL or live, and is not used again.
 */
void amaas_transferred_free(amaas_transferred *transferred);

/**
 * Lets the version that `reference` selects now answer a share of the requests of `route`, from 0
 * to 1, until it is promoted, aborted, or taken back by `guard`, which may be NULL for a guard with
 * nothing set. Calls with one key (`amaas_call_set_key`) always meet the same version; those
 * without one are taken in turn. Ends a trial that is under way. Blocks while the version is
 * loaded and checked.
 *
 * `AMAAS_STATUS_INVALID_ARGUMENT` for a share that is none, or for a version that takes or gives
 * other things; else as `amaas_service_load`.
 *
 * The caller sees to it that `route` is live, `reference` ends in NUL, `guard` is NULL or live.
 */
amaas_status amaas_route_canary(const amaas_route *route,
                                const char *reference,
                                double share,
                                const amaas_guard *guard,
                                amaas_error **error);

/**
 * Runs copies of a share of the answered requests on the version that `reference` selects now, on a
 * thread of its own, and counts how far the answers lie apart. Callers wait for none of it; while
 * that thread is busy with 16 of them, copies are dropped and counted. Else as
 * `amaas_route_canary`.
 *
 * The caller sees to it that `route` is live, `reference` ends in NUL, `guard` is NULL or live.
 */
amaas_status amaas_route_shadow(const amaas_route *route,
                                const char *reference,
                                double share,
                                const amaas_guard *guard,
                                amaas_error **error);

/**
 * Ends the trial, answers every request from the version that was tried, and follows its reference
 * from now on. `amaas_route_reference` of handles that were made before keeps what it said. `out`
 * is the version, as `1.2.0`, and belongs to the caller.
 *
 * `AMAAS_STATUS_NOT_FOUND` when no trial is under way.
 *
 * The caller sees to it that `route` is live, `out` can be written to.
 */
amaas_status amaas_route_promote(const amaas_route *route, amaas_text **out, amaas_error **error);

/**
 * Ends the trial: the route answers every request from its own version. `ended` says whether one
 * was under way; NULL is allowed.
 *
 * The caller sees to it that `route` is live, `ended` is NULL or can be written to.
 */
amaas_status amaas_route_abort(const amaas_route *route, bool *ended, amaas_error **error);

/**
 * Tells of the trial that is under way, or of the last one; `out` is NULL where there was none. The
 * caller owns `out`.
 *
 * The caller sees to it that `route` is live, `out` can be written to.
 */
amaas_status amaas_route_trial_status(const amaas_route *route,
                                      amaas_trial_status **out,
                                      amaas_error **error);

/**
 * How the version is tried; `AMAAS_TRIAL_NONE` for NULL.
 *
 * The caller sees to it that `status` is NULL or live.
 */
amaas_trial_kind amaas_trial_status_kind(const amaas_trial_status *status);

/**
 * What selected the version on trial; NULL for NULL.
 *
 * The caller sees to it that `status` is NULL or live.
 */
const char *amaas_trial_status_reference(const amaas_trial_status *status);

/**
 * The version on trial, as `1.2.0`; NULL for NULL.
 *
 * The caller sees to it that `status` is NULL or live.
 */
const char *amaas_trial_status_version(const amaas_trial_status *status);

/**
 * Its share of the requests, from 0 to 1; 0 for NULL.
 *
 * The caller sees to it that `status` is NULL or live.
 */
double amaas_trial_status_share(const amaas_trial_status *status);

/**
 * How it ended; `AMAAS_OUTCOME_NONE` while it goes on and for NULL.
 *
 * The caller sees to it that `status` is NULL or live.
 */
amaas_outcome amaas_trial_status_outcome(const amaas_trial_status *status);

/**
 * Why the guard took the version back; NULL where it did not, and for NULL.
 *
 * The caller sees to it that `status` is NULL or live.
 */
const char *amaas_trial_status_reason(const amaas_trial_status *status);

/**
 * How many copies were not run because the shadow was busy; 0 for NULL.
 *
 * The caller sees to it that `status` is NULL or live.
 */
uint64_t amaas_trial_status_dropped(const amaas_trial_status *status);

/**
 * Writes what was counted in the present window to `tally`, whose `size` must be set.
 *
 * The caller sees to it that `status` is live, `tally` can be written to.
 */
amaas_status amaas_trial_status_tally(const amaas_trial_status *status,
                                      amaas_tally *tally,
                                      amaas_error **error);

/**
 * Writes the sums, since the trial began, of the version that the route answers from to `totals`,
 * whose `size` must be set.
 *
 * The caller sees to it that `status` is live, `totals` can be written to.
 */
amaas_status amaas_trial_status_current(const amaas_trial_status *status,
                                        amaas_totals *totals,
                                        amaas_error **error);

/**
 * Writes the sums, since the trial began, of the version on trial to `totals`, whose `size` must be
 * set.
 *
 * The caller sees to it that `status` is live, `totals` can be written to.
 */
amaas_status amaas_trial_status_tried(const amaas_trial_status *status,
                                      amaas_totals *totals,
                                      amaas_error **error);

/**
 * Ends what was told of a trial; NULL is allowed.
 *
 * The caller sees to it that `status` is NULL or live, and is not used again.
 */
void amaas_trial_status_free(amaas_trial_status *status);

/**
 * Sets whose packages run, and what becomes of others: one of `AMAAS_TRUST_…`.
 *
 * `keys` are `count` public keys of P-256, each the text of a PEM file. `generations` is the path of a
 * file that remembers the highest signed generation of each model, so that older ones are refused
 * by later processes too; NULL for `generations` remembers them in this process alone.
 *
 * A version that no key vouches for, or that is older than one that has served, is
 * `AMAAS_STATUS_UNTRUSTED`.
 *
 * The caller sees to it that `options` is live and used by no other thread, `keys` points to `count` texts that end in NUL,
 * `generations` is NULL or ends in NUL.
 */
amaas_status amaas_service_options_set_trust(amaas_service_options *options,
                                             amaas_trust_policy policy,
                                             const char *const *keys,
                                             size_t count,
                                             const char *generations,
                                             amaas_error **error);

/**
 * Tries arrangements of what `reference` selects on the requests of `sample`, and says which is
 * best. Blocks meanwhile, for a minute unless `options` say otherwise; nothing else should run on
 * the machine. `options` may be NULL, and so may `progress`. All candidates are loaded at the same
 * time. The caller owns `out`.
 *
 * `AMAAS_STATUS_INVALID_ARGUMENT` for an empty sample or one that the model does not take,
 * `AMAAS_STATUS_CANCELLED` when the flag was raised, `AMAAS_STATUS_DEADLINE_EXCEEDED` when not one
 * request was answered in time; else as `amaas_service_load`.
 *
 * The caller sees to it that `service` and `sample` are live, `reference` ends in NUL, `options` is NULL or live, `progress`
 * is NULL or may be called with `data` until the call returns, `out` can be written to.
 */
amaas_status amaas_service_tune(const amaas_service *service,
                                const char *reference,
                                const amaas_sample *sample,
                                const amaas_tune_options *options,
                                amaas_tune_progress progress,
                                void *data,
                                amaas_tuned **out,
                                amaas_error **error);

/**
 * Makes options, for `amaas_service_load_with`, of the best arrangement. They say how versions are
 * loaded and nothing else. The caller owns `out`.
 *
 * `AMAAS_STATUS_NOT_FOUND` when no arrangement is as good as the objective asks, naming the
 * nearest.
 *
 * The caller sees to it that `tuned` is live, `out` can be written to.
 */
amaas_status amaas_tuned_options(const amaas_tuned *tuned,
                                 amaas_service_options **out,
                                 amaas_error **error);

/**
 * Keeps the best arrangement in the file at `path`, for `amaas_service_load_tuned` of later
 * processes on this machine. NULL is the user's own, `$XDG_CACHE_HOME/amaas/tuned.json` or below
 * `~/.cache`.
 *
 * `AMAAS_STATUS_NOT_FOUND` as `amaas_tuned_options`, `AMAAS_STATUS_IO` when the file cannot be
 * written, `AMAAS_STATUS_CORRUPT` when it is there and cannot be read.
 *
 * The caller sees to it that `tuned` is live, `path` is NULL or ends in NUL.
 */
amaas_status amaas_tuned_keep(const amaas_tuned *tuned, const char *path, amaas_error **error);

/**
 * As `amaas_service_load`, with the settings that the file at `path` holds for the version and this
 * machine; with those of the service where it holds none, or is not there. NULL is the user's own,
 * as for `amaas_tuned_keep`.
 *
 * The caller sees to it that `service` is live, `reference` ends in NUL, `path` is NULL or ends in NUL, `out` can be written
 * to.
 */
amaas_status amaas_service_load_tuned(const amaas_service *service,
                                      const char *reference,
                                      const char *path,
                                      amaas_route **out,
                                      amaas_error **error);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_tune_options_new(amaas_tune_options **out, amaas_error **error);

/**
 * Sets what "best" means: `throughput`, `latency` or, in milliseconds, `p99<20`. The throughput
 * when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `objective` ends in NUL.
 */
amaas_status amaas_tune_options_set_objective(amaas_tune_options *options,
                                              const char *objective,
                                              amaas_error **error);

/**
 * Sets how many milliseconds it may take, loading included; at least 1. A minute when it is not
 * set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_tune_options_set_budget(amaas_tune_options *options,
                                           uint64_t milliseconds,
                                           amaas_error **error);

/**
 * Sets the `count` numbers of requests that are sent at once, each in turn, 1 to 4096. A few that
 * fit the objective when it is not set, or when `count` is 0.
 *
 * The caller sees to it that `options` is live and used by no other thread, `clients` points to `count` numbers.
 */
amaas_status amaas_tune_options_set_clients(amaas_tune_options *options,
                                            const size_t *clients,
                                            size_t count,
                                            amaas_error **error);

/**
 * Sets the flag that gives up. The options keep a share of the flag, so that may be freed.
 *
 * The caller sees to it that `options` is live and used by no other thread, `stop` is live.
 */
amaas_status amaas_tune_options_set_stop(amaas_tune_options *options,
                                         const amaas_stop *stop,
                                         amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_tune_options_free(amaas_tune_options *options);

/**
 * How many arrangements were measured; 0 for NULL.
 *
 * The caller sees to it that `tuned` is NULL or live.
 */
size_t amaas_tuned_count(const amaas_tuned *tuned);

/**
 * How many arrangements there was no time for; 0 for NULL.
 *
 * The caller sees to it that `tuned` is NULL or live.
 */
size_t amaas_tuned_untried(const amaas_tuned *tuned);

/**
 * Whether the first arrangement is as good as the objective asks; false for NULL.
 *
 * The caller sees to it that `tuned` is NULL or live.
 */
bool amaas_tuned_is_reached(const amaas_tuned *tuned);

/**
 * Writes the arrangement at `index` to `row`, whose `size` must be set.
 *
 * `AMAAS_STATUS_INVALID_ARGUMENT` where there is none.
 *
 * The caller sees to it that `tuned` is live, `row` can be written to.
 */
amaas_status amaas_tuned_row(const amaas_tuned *tuned,
                             size_t index,
                             amaas_tune_row *row,
                             amaas_error **error);

/**
 * Ends what tuning found; NULL is allowed.
 *
 * The caller sees to it that `tuned` is NULL or live, and is not used again.
 */
void amaas_tuned_free(amaas_tuned *tuned);

/**
 * Resolves the reference of every route of the service again, and looks again what is kept, and
 * moves what selects another version now. Blocks while versions are loaded and checked; requests
 * go on meanwhile. The caller owns `out`.
 *
 * A route that cannot be moved goes on as it was, and is no error here: `out` tells of it. Updates
 * run one after the other.
 *
 * The caller sees to it that `service` is live, `out` can be written to.
 */
amaas_status amaas_service_update(const amaas_service *service,
                                  amaas_updated **out,
                                  amaas_error **error);

/**
 * How many routes answer from another version now; 0 for NULL.
 *
 * The caller sees to it that `updated` is NULL or live.
 */
size_t amaas_updated_moved_count(const amaas_updated *updated);

/**
 * What the route that moved at `index` follows; NULL where there is none and for NULL.
 *
 * The caller sees to it that `updated` is NULL or live.
 */
const char *amaas_updated_moved_reference(const amaas_updated *updated, size_t index);

/**
 * The version that the route that moved at `index` left; NULL where there is none and for NULL.
 *
 * The caller sees to it that `updated` is NULL or live.
 */
const char *amaas_updated_moved_from(const amaas_updated *updated, size_t index);

/**
 * The version that the route that moved at `index` came to; NULL where there is none and for NULL.
 *
 * The caller sees to it that `updated` is NULL or live.
 */
const char *amaas_updated_moved_to(const amaas_updated *updated, size_t index);

/**
 * Of how many models other versions are kept now; 0 for NULL.
 *
 * The caller sees to it that `updated` is NULL or live.
 */
size_t amaas_updated_kept_count(const amaas_updated *updated);

/**
 * The model at `index` of which other versions are kept now; NULL where there is none and for
 * NULL.
 *
 * The caller sees to it that `updated` is NULL or live.
 */
const char *amaas_updated_kept_model(const amaas_updated *updated, size_t index);

/**
 * How much could not be moved, and goes on as it was; 0 for NULL.
 *
 * The caller sees to it that `updated` is NULL or live.
 */
size_t amaas_updated_failed_count(const amaas_updated *updated);

/**
 * What the route that failed at `index` follows, or the model that is kept; NULL where there is
 * none and for NULL.
 *
 * The caller sees to it that `updated` is NULL or live.
 */
const char *amaas_updated_failed_reference(const amaas_updated *updated, size_t index);

/**
 * Why what failed at `index` did; NULL where there is none and for NULL. It belongs to `updated`:
 * it is not freed.
 *
 * The caller sees to it that `updated` is NULL or live.
 */
const amaas_error *amaas_updated_failed_error(const amaas_updated *updated, size_t index);

/**
 * Ends what an update told; NULL is allowed.
 *
 * The caller sees to it that `updated` is NULL or live, and is not used again.
 */
void amaas_updated_free(amaas_updated *updated);

/**
 * Whether nothing is damaged and every version that was loaded answered as its golden examples
 * say; false for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
bool amaas_verification_is_good(const amaas_verification *verification);

/**
 * How many blobs were looked at, the damaged ones included; 0 for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
uint64_t amaas_verification_blobs(const amaas_verification *verification);

/**
 * How many bytes these should have; 0 for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
uint64_t amaas_verification_bytes(const amaas_verification *verification);

/**
 * How many blobs are missing or damaged; 0 for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
size_t amaas_verification_damage_count(const amaas_verification *verification);

/**
 * The digest of a damaged blob, as `sha256:…`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
const char *amaas_verification_damage_digest(const amaas_verification *verification, size_t index);

/**
 * What is wrong with a blob; NULL where there is none and for NULL. It belongs to the
 * verification: it is not freed.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
const amaas_error *amaas_verification_damage_error(const amaas_verification *verification,
                                                   size_t index);

/**
 * How many versions need a damaged blob; 0 where there is none and for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
size_t amaas_verification_damage_needed_count(const amaas_verification *verification, size_t index);

/**
 * Who needs a damaged blob: `name@version`, or `name` where it is the index of a model; NULL where
 * there is none and for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
const char *amaas_verification_damage_needed(const amaas_verification *verification,
                                             size_t index,
                                             size_t needed);

/**
 * How many versions were found; 0 for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
size_t amaas_verification_version_count(const amaas_verification *verification);

/**
 * The model of a version; NULL where there is none and for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
const char *amaas_verification_version_model(const amaas_verification *verification, size_t index);

/**
 * A version, as `1.2.0`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
const char *amaas_verification_version(const amaas_verification *verification, size_t index);

/**
 * The digest of a version, as `sha256:…`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
const char *amaas_verification_version_digest(const amaas_verification *verification, size_t index);

/**
 * How many golden examples a version has; 0 where that cannot be read, where it was not loaded,
 * where there is none and for NULL.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
size_t amaas_verification_version_golden(const amaas_verification *verification, size_t index);

/**
 * Why a version must not serve; NULL for one that may, for one that was not loaded, where there is
 * none and for NULL. It belongs to the verification: it is not freed.
 *
 * The caller sees to it that `verification` is NULL or live.
 */
const amaas_error *amaas_verification_version_error(const amaas_verification *verification,
                                                    size_t index);

/**
 * Ends a verification, with all it answered with; NULL is allowed.
 *
 * The caller sees to it that `verification` is NULL or live, and is not used again.
 */
void amaas_verification_free(amaas_verification *verification);

/**
 * Checks what `reference` says, which is as for `amaas_service_load`: its bytes, whether it loads
 * here, its golden examples. Blocks meanwhile. The caller owns `out`.
 *
 * What is wrong with the version is the `amaas_verification_version_error` of index 0; the error
 * here is about finding it.
 *
 * The caller sees to it that `service` is live, `reference` ends in NUL, `out` can be written to.
 */
amaas_status amaas_service_verify(const amaas_service *service,
                                  const char *reference,
                                  amaas_verification **out,
                                  amaas_error **error);

/**
 * Reads every blob that some version of the registry needs, and lists those that are missing or
 * damaged. No version is loaded. Blocks meanwhile. `progress` may be NULL, and so may `stop`, whose
 * raising cancels the check. The caller owns `out`.
 *
 * `AMAAS_STATUS_CORRUPT` when the list of models cannot be read; other damage is in `out`.
 * `AMAAS_STATUS_CANCELLED` when the flag was raised.
 *
 * The caller sees to it that `service` is live, `progress` is NULL or may be called with `data` until the call returns, `stop`
 * is NULL or live, `out` can be written to.
 */
amaas_status amaas_service_verify_store(const amaas_service *service,
                                        amaas_verify_progress progress,
                                        void *data,
                                        const amaas_stop *stop,
                                        amaas_verification **out,
                                        amaas_error **error);

/**
 * As `amaas_service_verify_store`, and then as `amaas_service_verify` for every version, one after
 * the other, which takes the time and memory that loading each takes.
 *
 * The caller sees to it that `service` is live, `progress` is NULL or may be called with `data` until the call returns, `stop`
 * is NULL or live, `out` can be written to.
 */
amaas_status amaas_service_verify_all(const amaas_service *service,
                                      amaas_verify_progress progress,
                                      void *data,
                                      const amaas_stop *stop,
                                      amaas_verification **out,
                                      amaas_error **error);

/**
 * The binary interface of the library that is loaded.
 *
 * A host that opens the library at run time compares this with `AMAAS_ABI_VERSION` before it
 * calls anything else. Any thread.
 */
uint32_t amaas_abi_version(void);

/**
 * The release of the library that is loaded, as `0.1.0`.
 *
 * Never NULL; valid for ever. Any thread.
 */
const char *amaas_version(void);

/**
 * Lists every version that is loaded, is being loaded, or is served by a route though its
 * instances have left the memory. One that is served with different settings is listed once for
 * each. The caller owns `out`.
 *
 * The caller sees to it that `service` is live, `out` can be written to.
 */
amaas_status amaas_service_versions(const amaas_service *service,
                                    amaas_version_list **out,
                                    amaas_error **error);

/**
 * How many versions there are; 0 for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
size_t amaas_version_list_count(const amaas_version_list *list);

/**
 * The model of the version at `index`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_version_list_name(const amaas_version_list *list, size_t index);

/**
 * The version at `index`, as `1.2.0`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_version_list_version(const amaas_version_list *list, size_t index);

/**
 * The digest of the version at `index`, as `sha256:…`; NULL where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_version_list_digest(const amaas_version_list *list, size_t index);

/**
 * Where the version at `index` is in its life; `AMAAS_STATE_NONE` where there is none and for
 * NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
amaas_state amaas_version_list_state(const amaas_version_list *list, size_t index);

/**
 * How many routes the version at `index` answers, kept ones among them; 0 where there is none and
 * for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
size_t amaas_version_list_route_count(const amaas_version_list *list, size_t index);

/**
 * The reference of the route `route` of the version at `index`; NULL where there is none and for
 * NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
const char *amaas_version_list_route(const amaas_version_list *list, size_t index, size_t route);

/**
 * Whether the version at `index` stays in memory: a route to it is pinned, or it cannot be loaded
 * again. False where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
bool amaas_version_list_pinned(const amaas_version_list *list, size_t index);

/**
 * How many bytes graph and weights of the version at `index` have on disk; 0 where there is none
 * and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
uint64_t amaas_version_list_bytes(const amaas_version_list *list, size_t index);

/**
 * How many nanoseconds ago the last request of the version at `index` came, or its load where none
 * has; 0 where there is none and for NULL.
 *
 * The caller sees to it that `list` is NULL or live.
 */
uint64_t amaas_version_list_idle(const amaas_version_list *list, size_t index);

/**
 * Ends a list; NULL is allowed.
 *
 * The caller sees to it that `list` is NULL or live, and is not used again.
 */
void amaas_version_list_free(amaas_version_list *list);

/**
 * Sets how many milliseconds a version is run over the shapes it will see before it serves; 0 for
 * not at all. When it is not set: 200 where another version serves meanwhile, and a twentieth of what
 * loading took where somebody waits. No run is begun that would end later.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_warm_up_budget(amaas_service_options *options,
                                                      uint64_t milliseconds,
                                                      amaas_error **error);

/**
 * Sets how many milliseconds warming up and the golden examples may take together. A minute when it
 * is not set. A version whose golden examples were not all checked then is not loaded:
 * `AMAAS_STATUS_DEADLINE_EXCEEDED`.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_warm_up_deadline(amaas_service_options *options,
                                                        uint64_t milliseconds,
                                                        amaas_error **error);

/**
 * Sets the `count` numbers of rows that a version is warmed up with, as far as its task and the
 * queue allow them. 1 and 16 when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `rows` points to `count` numbers.
 */
amaas_status amaas_service_options_set_warm_up_rows(amaas_service_options *options,
                                                    const size_t *rows,
                                                    size_t count,
                                                    amaas_error **error);

/**
 * Sets the `count` lengths of rows that a version is warmed up with, as shares of the longest that
 * its task takes, each from 0 to 1. 1/8, 1/2 and 1 when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `shares` points to `count` numbers.
 */
amaas_status amaas_service_options_set_warm_up_lengths(amaas_service_options *options,
                                                       const double *shares,
                                                       size_t count,
                                                       amaas_error **error);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_watch_options_new(amaas_watch_options **out, amaas_error **error);

/**
 * Sets how many milliseconds pass between looks where nothing tells of a change; at least 1. 30
 * seconds when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_watch_options_set_interval(amaas_watch_options *options,
                                              uint64_t milliseconds,
                                              amaas_error **error);

/**
 * Sets the longest rest, in milliseconds, after failures in a row, each of which doubles the rest;
 * at least 1. Ten minutes when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_watch_options_set_longest(amaas_watch_options *options,
                                             uint64_t milliseconds,
                                             amaas_error **error);

/**
 * Sets whether to listen for changes of the registry's folder: 0 for no, 1 for yes,
 * as when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_watch_options_set_notifications(amaas_watch_options *options,
                                                   int32_t notifications,
                                                   amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_watch_options_free(amaas_watch_options *options);

/**
 * Starts a thread that updates the service at once, whenever the folder of its registry tells of a
 * change, and after each interval, until the watcher is freed or the service is gone. `options` may
 * be NULL for what they say when nothing is set. `told` may be NULL; looks that changed nothing are
 * not told. The caller owns `out`.
 *
 * `AMAAS_STATUS_NOT_FOUND` for a service without a registry.
 *
 * The caller sees to it that `service` is live, `options` is NULL or live, `told` is NULL or may be called with `data` from
 * another thread until `amaas_watcher_free` has returned, `out` can be written to.
 */
amaas_status amaas_service_watch(const amaas_service *service,
                                 const amaas_watch_options *options,
                                 amaas_watch_told told,
                                 void *data,
                                 amaas_watcher **out,
                                 amaas_error **error);

/**
 * As `amaas_service_watch`, and pulls from `remote` before each look what the references of the
 * service select there; its aliases move here as they moved there. The remote is not needed any more
 * once this returns.
 *
 * The caller sees to it that As of `amaas_service_watch`; `remote` is live.
 */
amaas_status amaas_service_watch_remote(const amaas_service *service,
                                        const amaas_remote *remote,
                                        const amaas_watch_options *options,
                                        amaas_watch_told told,
                                        void *data,
                                        amaas_watcher **out,
                                        amaas_error **error);

/**
 * Has the watcher look now, whatever the time; it does not wait for that. NULL is allowed.
 *
 * The caller sees to it that `watcher` is NULL or live.
 */
void amaas_watcher_look(const amaas_watcher *watcher);

/**
 * Ends a watcher and waits for a look that is under way, which may be loading a model; NULL is
 * allowed. It may be called from `told`, which it does not wait for then.
 *
 * The caller sees to it that `watcher` is NULL or live, no thread uses it, and it is not used again.
 */
void amaas_watcher_free(amaas_watcher *watcher);

/**
 * Withdraws a version: no range picks it any more. Whoever names it exactly, by digest or through
 * an alias gets it, with a notice; routes that serve it go on. Yanking again puts another reason
 * in place.
 *
 * `reason` is one line that is kept with it; NULL for `reason` is none. `AMAAS_STATUS_NOT_FOUND` when there is
 * no such version.
 *
 * The caller sees to it that `service` is live, the texts end in NUL.
 */
amaas_status amaas_service_yank(const amaas_service *service,
                                const char *model,
                                const char *version,
                                const char *reason,
                                amaas_error **error);

/**
 * Takes a yank back; nothing happens to a version that is not yanked.
 *
 * `AMAAS_STATUS_NOT_FOUND` when there is no such version.
 *
 * The caller sees to it that `service` is live, the texts end in NUL.
 */
amaas_status amaas_service_unyank(const amaas_service *service,
                                  const char *model,
                                  const char *version,
                                  amaas_error **error);

/**
 * Takes a version off the list, and with the last one its model and that model's history. Routes
 * that serve it go on. Its bytes stay until `amaas_service_gc` finds that nothing needs them.
 *
 * `AMAAS_STATUS_CONFLICT` names the aliases that point at it; `AMAAS_STATUS_NOT_FOUND` when there
 * is no such version.
 *
 * The caller sees to it that `service` is live, the texts end in NUL.
 */
amaas_status amaas_service_delete(const amaas_service *service,
                                  const char *model,
                                  const char *version,
                                  amaas_error **error);

/**
 * Makes options with nothing set. The caller owns `out`.
 *
 * The caller sees to it that `out` can be written to.
 */
amaas_status amaas_zero_shot_options_new(amaas_zero_shot_options **out, amaas_error **error);

/**
 * Sets the sentence about a label, with `{}` where the label stands. The package's when it is not
 * set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `hypothesis` ends in NUL.
 */
amaas_status amaas_zero_shot_options_set_hypothesis_template(amaas_zero_shot_options *options,
                                                             const char *hypothesis,
                                                             amaas_error **error);

/**
 * Sets whether labels hold independently: 0 for no, 1 for yes. The package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_zero_shot_options_set_multi_label(amaas_zero_shot_options *options,
                                                     int32_t multi_label,
                                                     amaas_error **error);

/**
 * Sets what happens to texts that are too long. The package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_zero_shot_options_set_overflow(amaas_zero_shot_options *options,
                                                  amaas_overflow overflow,
                                                  amaas_error **error);

/**
 * Sets which text of a pair is cut. The package's word when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_zero_shot_options_set_pair_truncation(amaas_zero_shot_options *options,
                                                         amaas_pair_truncation truncation,
                                                         amaas_error **error);

/**
 * Sets by when it must be answered, how urgent it is and what cancels it, as `call` says now; what
 * is set in `call` later does not count. Nothing of that when it is not set.
 *
 * The caller sees to it that `options` is live and used by no other thread, `call` is live.
 */
amaas_status amaas_zero_shot_options_set_call(amaas_zero_shot_options *options,
                                              const amaas_call *call,
                                              amaas_error **error);

/**
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_zero_shot_options_free(amaas_zero_shot_options *options);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* AMAAS_H */
