/* One live object of each type that functions take besides others, for the program that
 * `amaas-capi/tests/c/every.rs` writes: `live_NAME` is an `amaas_NAME`. */
#ifndef AMAAS_TEST_LIVE_H
#define AMAAS_TEST_LIVE_H

#include "home.h"

static amaas_audio *live_audio;
static amaas_call *live_call;
static amaas_classification *live_classification;
static amaas_classify_options *live_classify_options;
static amaas_detect_speech_options *live_detect_speech_options;
static amaas_detection *live_detection;
static amaas_embed_options *live_embed_options;
static amaas_embedding *live_embedding;
static amaas_export_options *live_export_options;
static amaas_gc_options *live_gc_options;
static amaas_generate_options *live_generate_options;
static amaas_generation *live_generation;
static amaas_guard *live_guard;
static amaas_image *live_image;
static amaas_image_options *live_image_options;
static amaas_import_limits *live_import_limits;
static amaas_import_options *live_import_options;
static amaas_invoice *live_invoice;
static amaas_kept *live_kept;
static amaas_key_ring *live_key_ring; /* none outside of a callback: texts are looked at first */
static amaas_ledger *live_ledger;
static amaas_ledger_filter *live_ledger_filter;
static amaas_metrics *live_metrics;
static amaas_outputs *live_outputs;
static amaas_publish_options *live_publish_options;
static amaas_rank_options *live_rank_options;
static amaas_ranking *live_ranking;
static amaas_reading *live_reading;
static amaas_receipt *live_receipt;
static amaas_redaction *live_redaction;
static amaas_redactor *live_redactor;
static amaas_redactor_options *live_redactor_options;
static amaas_remote *live_remote;
static amaas_remote_options *live_remote_options;
static amaas_route *live_route;
static amaas_sample *live_sample;
static amaas_service *live_service;
static amaas_service_options *live_service_options;
static amaas_speech *live_speech;
static amaas_standing *live_standing;
static amaas_stop *live_stop;
static amaas_stream *live_stream;
static amaas_sum_list *live_sum_list;
static amaas_tenancy *live_tenancy;
static amaas_tag_options *live_tag_options;
static amaas_tagging *live_tagging;
static amaas_tensor *live_tensor;
static amaas_ticket *live_ticket;
static amaas_trial_status *live_trial_status;
static amaas_tune_options *live_tune_options;
static amaas_tuned *live_tuned;
static amaas_watch_options *live_watch_options;
static amaas_zero_shot_options *live_zero_shot_options;

/* Structs to be filled. */
static amaas_exported live_exported = {.size = sizeof live_exported};
static amaas_sum live_sum = {.size = sizeof live_sum};
static amaas_tally live_tally = {.size = sizeof live_tally};
static amaas_totals live_totals = {.size = sizeof live_totals};
static amaas_tune_row live_tune_row = {.size = sizeof live_tune_row};
static amaas_usage live_usage = {.size = sizeof live_usage};

static void made_empty(void)
{
    amaas_error *error = NULL;
    OK(amaas_call_new(&live_call, &error));
    OK(amaas_classify_options_new(&live_classify_options, &error));
    OK(amaas_detect_speech_options_new(&live_detect_speech_options, &error));
    OK(amaas_embed_options_new(&live_embed_options, &error));
    OK(amaas_export_options_new(&live_export_options, &error));
    OK(amaas_gc_options_new(&live_gc_options, &error));
    OK(amaas_generate_options_new(&live_generate_options, &error));
    OK(amaas_guard_new(&live_guard, &error));
    OK(amaas_image_options_new(&live_image_options, &error));
    OK(amaas_import_limits_new(&live_import_limits, &error));
    OK(amaas_import_options_new(&live_import_options, &error));
    OK(amaas_ledger_filter_new(&live_ledger_filter, &error));
    OK(amaas_publish_options_new(&live_publish_options, &error));
    OK(amaas_redactor_options_new(&live_redactor_options, &error));
    OK(amaas_rank_options_new(&live_rank_options, &error));
    OK(amaas_remote_options_new(&live_remote_options, &error));
    OK(amaas_sample_new(&live_sample, &error));
    OK(amaas_service_options_new(&live_service_options, &error));
    OK(amaas_stop_new(&live_stop, &error));
    OK(amaas_tag_options_new(&live_tag_options, &error));
    OK(amaas_tune_options_new(&live_tune_options, &error));
    OK(amaas_watch_options_new(&live_watch_options, &error));
    OK(amaas_zero_shot_options_new(&live_zero_shot_options, &error));
}

/* Objects that some work has made; whatever they answer is of no interest here. */
static void live(const char *home)
{
    static const char *const names[] = {"x"};
    const int64_t shape[] = {1, 2};
    const float numbers[] = {1, 2};
    const amaas_tensor *inputs[1];
    const amaas_image *images[1];
    const char *text = "Wonderful!";
    const char *prompt = "count: one";
    const size_t client = 1;
    char ledger[4096];
    amaas_error *error = NULL;
    amaas_route *route = NULL;
    made_empty();
    snprintf(ledger, sizeof ledger, "%s/live.db", home);
    OK(amaas_ledger_open(ledger, 0, &live_ledger, &error));
    OK(amaas_ledger_sums(live_ledger, NULL, NULL, 0, &live_sum_list, &error));
    OK(amaas_ledger_invoice(live_ledger, "acme", "2026-11-01", "2026-12-01", &live_invoice, &error));
    OK(amaas_redactor_new(NULL, &live_redactor, &error));
    OK(amaas_redactor_redact(live_redactor, text, &live_redaction, &error));
    live_service = start(home, "live");
    publish(live_service, "models/sentiment/1.0.0");
    OK(amaas_service_load(live_service, "sentiment", &live_route, &error));
    OK(amaas_route_keep_for(live_route, "acme", &live_tenancy, &error));
    OK(amaas_tenancy_settle(live_tenancy, &live_receipt, &error));
    OK(amaas_service_standing(live_service, "acme", &live_standing, &error));
    OK(amaas_route_classify(live_route, &text, NULL, 1, NULL, &live_classification, &error));
    OK(amaas_route_submit_classify(live_route, &text, NULL, 1, NULL, &live_ticket, &error));
    OK(amaas_route_shadow(live_route, "sentiment", 0, NULL, &error));
    OK(amaas_route_trial_status(live_route, &live_trial_status, &error));
    OK(amaas_service_keep_latest(live_service, "sentiment", 1, &live_kept, &error));
    OK(amaas_service_metrics(live_service, &live_metrics, &error));
    OK(amaas_remote_open("oci://127.0.0.1:1/acme", NULL, &live_remote, &error));
    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, shape, 2, numbers, sizeof numbers, &live_tensor, &error));
    inputs[0] = live_tensor;
    OK(amaas_service_load(live_service, "tests/fixtures/noop.onnx", &route, &error));
    OK(amaas_route_run(route, names, inputs, 1, NULL, 0, &live_outputs, &error));
    amaas_route_free(route);
    OK(amaas_service_load(live_service, "tests/fixtures/encoder", &route, &error));
    OK(amaas_route_embed(route, &text, NULL, 1, NULL, &live_embedding, &error));
    amaas_route_free(route);
    OK(amaas_service_load(live_service, "tests/fixtures/tagger", &route, &error));
    OK(amaas_route_tag(route, &text, NULL, 1, NULL, &live_tagging, &error));
    amaas_route_free(route);
    OK(amaas_service_load(live_service, "tests/fixtures/ranker", &route, &error));
    OK(amaas_route_rank(route, text, NULL, &text, NULL, 1, NULL, &live_ranking, &error));
    amaas_route_free(route);
    OK(amaas_image_open("tests/fixtures/images/rgb.png", &live_image, &error));
    OK(amaas_service_load(live_service, "tests/fixtures/boxes", &route, &error));
    images[0] = live_image;
    OK(amaas_route_detect(route, images, 1, NULL, &live_detection, &error));
    amaas_route_free(route);
    OK(amaas_service_load(live_service, "models/ocr/rapidocr/1.0.0", &route, &error));
    OK(amaas_route_read_images(route, images, 1, NULL, &live_reading, &error));
    amaas_route_free(route);
    OK(amaas_audio_samples(numbers, 2, 1, 16000, &live_audio, &error));
    OK(amaas_service_load(live_service, "tests/fixtures/hearing", &route, &error));
    OK(amaas_route_stream(route, 0, &live_stream, &error));
    OK(amaas_stream_finish(live_stream, NULL, &live_speech, &error));
    amaas_route_free(route);
    OK(amaas_service_load(live_service, "tests/fixtures/writer", &route, &error));
    OK(amaas_route_generate(route, &prompt, NULL, 1, NULL, &live_generation, &error));
    amaas_route_free(route);
    OK(amaas_sample_add_inputs(live_sample, names, inputs, 1, &error));
    OK(amaas_tune_options_set_budget(live_tune_options, 500, &error));
    OK(amaas_tune_options_set_clients(live_tune_options, &client, 1, &error));
    OK(amaas_service_tune(live_service, "tests/fixtures/noop.onnx", live_sample, live_tune_options, NULL, NULL,
                          &live_tuned, &error));
}

#endif
