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
 *   valid until that object is. `const` objects never change.
 *
 * ARGUMENTS
 *   Arguments are borrowed for the call: when it returns they are the caller's again, to change
 *   or free. Only `amaas_tensor_borrow` and what it says about its memory is different. Names,
 *   paths and references end in NUL. What users wrote comes with its length in bytes, or ends in
 *   NUL where the array of lengths is NULL. All text is UTF-8, and is checked. NULL is an error
 *   unless the function says that it may be NULL; an array of 0 elements may be NULL. Counts,
 *   dtypes and dimensions may be anything: they are checked before memory is touched.
 *
 * RESULTS
 *   What can fail returns an `amaas_status`, which is 0 for success. Outputs come last and are
 *   written only on success: otherwise they keep their value. Getters cannot fail: for NULL, or
 *   for an index that is out of range, they return what their description says, most often NULL
 *   or 0.
 *
 * ERRORS
 *   The last parameter of what can fail may be NULL. If not, `*error` is written only on failure,
 *   to a new error that belongs to the caller. What it held before is not freed: start with NULL
 *   and free after each failure. A bug in amaas that would end a Rust program comes back as
 *   AMAAS_STATUS_INTERNAL; the process goes on.
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
 * ENDING
 *   Nothing has to be freed before the process ends. The library cannot be unloaded. After fork
 *   the child must not use what the parent made.
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
 * The answers to the texts of one call, in their order, and the receipt.
 *
 * Made by `amaas_route_classify`, owned by its caller, ended with `amaas_classification_free`.
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
 * `amaas_error_free`.
 *
 * It never changes: any number of threads may read it.
 */
typedef struct amaas_error amaas_error;

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
 * Made by `amaas_service_models`, owned by its caller, ended with `amaas_model_list_free`. It
 * never changes: any number of threads may read it. Everything it answers with is valid until
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
 * One input or output of a model. Belongs to its `amaas_model_info` and is valid as long.
 *
 * It never changes: any number of threads may read it.
 */
typedef struct amaas_port amaas_port;

/**
 * The version that `amaas_service_publish` stored.
 *
 * Owned by its caller, ended with `amaas_published_free`. It never changes: any number of
 * threads may read it. Everything it answers with is valid until it is freed.
 */
typedef struct amaas_published amaas_published;

/**
 * Follows a reference and answers requests, each on one version from start to end.
 *
 * Made by `amaas_service_load`, owned by its caller, ended with `amaas_route_free`. Any number
 * of threads may use one route at once; none may use it while or after it is freed. It keeps
 * its service alive.
 */
typedef struct amaas_route amaas_route;

/**
 * Owns the runtime, the registry and the loaded versions.
 *
 * Made by `amaas_service_new`, owned by its caller, ended with `amaas_service_free`. Any number
 * of threads may use one service at once; none may use it while or after it is freed.
 */
typedef struct amaas_service amaas_service;

/**
 * Options of `amaas_service_new`.
 *
 * Made by `amaas_service_options_new`, owned by its caller, ended with
 * `amaas_service_options_free`; a service that was made with it does not need it any more.
 * Used by one thread at a time.
 */
typedef struct amaas_service_options amaas_service_options;

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
 * How a call ended: `AMAAS_STATUS_OK` or the kind of the error.
 *
 * Later releases may add numbers: treat one that you do not know as `AMAAS_STATUS_INTERNAL`.
 */
typedef int32_t amaas_status;

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
 * The type of a tensor's elements: one of `AMAAS_DTYPE_…`, the numbers of ONNX.
 */
typedef int32_t amaas_dtype;

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

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

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
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_classify_options_free(amaas_classify_options *options);

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
 * Sets whether vectors are scaled to length 1: 0 for no, any other number for yes. The
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
 * Whether the same call may succeed a little later without any change; false for NULL.
 *
 * The caller sees to it that `error` is NULL or live.
 */
bool amaas_error_retryable(const amaas_error *error);

/**
 * Ends an error; NULL is allowed.
 *
 * The caller sees to it that `error` is NULL or live, and is not used again.
 */
void amaas_error_free(amaas_error *error);

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
 * Points an alias of a model at a version.
 *
 * `expected` guards against somebody else who moves it at the same time: the version that the
 * alias must point at now, or an empty text when there must be no such alias yet; otherwise
 * `AMAAS_STATUS_CONFLICT` and nothing is changed. NULL for no guard. `reason` is kept in the
 * alias's history; NULL for none. Routes that follow the alias move with `amaas_route_update`.
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
 * Points an alias back at the version it pointed at before; again, one step further back.
 *
 * `AMAAS_STATUS_CONFLICT` when it has not pointed elsewhere before.
 *
 * `reason` is kept in the alias's history; NULL for none. `out` gets that version, as `1.2.0`,
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
 * Sets how many threads one run may use, the calling thread included; at least 1. When only the
 * instances are set, the processors of the process are divided among them.
 *
 * The caller sees to it that `options` is live and used by no other thread.
 */
amaas_status amaas_service_options_set_threads(amaas_service_options *options,
                                               size_t threads,
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
 * Ends options; NULL is allowed.
 *
 * The caller sees to it that `options` is NULL or live, and is not used again.
 */
void amaas_service_options_free(amaas_service_options *options);

/**
 * The name of a status, as logs and the other languages spell it: `not_found`.
 *
 * Never NULL, `unknown` for a number that is no status; valid for ever. Any thread.
 */
const char *amaas_status_name(amaas_status status);

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
 * amaas. With `release` NULL the memory is lent until the tensor, its clones and every request
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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* AMAAS_H */
