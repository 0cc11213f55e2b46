/* Tuning: a sample, options, the table, and what later loads make of it. */
#include "home.h"

static void told(void *data, const amaas_tune_state *state)
{
    CHECK(state->size >= sizeof *state && state->share >= 0 && state->candidates > 0);
    ++*(int *)data;
}

static amaas_sample *texts(void)
{
    static const char *const sentences[] = {"Wonderful!", "A dull, lifeless mess."};
    amaas_error *error = NULL;
    amaas_sample *sample = NULL;
    OK(amaas_sample_new(&sample, &error));
    OK(amaas_sample_add_texts(sample, NULL, NULL, 0, &error));
    OK(amaas_sample_add_texts(sample, sentences, NULL, 2, &error));
    return sample;
}

static amaas_tune_options *quick(const char *objective)
{
    amaas_error *error = NULL;
    amaas_tune_options *options = NULL;
    const size_t clients = 1, none = 0;
    OK(amaas_tune_options_new(&options, &error));
    OK(amaas_tune_options_set_objective(options, objective, &error));
    OK(amaas_tune_options_set_budget(options, 2000, &error));
    OK(amaas_tune_options_set_clients(options, &clients, 1, &error));
    INVALID(amaas_tune_options_set_clients(options, &none, 1, &error), "`clients` holds `0`");
    INVALID(amaas_tune_options_set_budget(options, 0, &error), "`milliseconds` is `0`");
    INVALID(amaas_tune_options_set_objective(options, "fast", &error), "`fast`");
    return options;
}

static void finds_and_keeps(const amaas_service *service, const char *file)
{
    amaas_error *error = NULL;
    amaas_sample *sample = texts();
    amaas_tune_options *options = quick("latency");
    amaas_tuned *tuned = NULL;
    amaas_service_options *best = NULL;
    amaas_route *route = NULL;
    amaas_tune_row row = {.size = sizeof row};
    int turns = 0;
    OK(amaas_service_tune(service, "sentiment", sample, options, told, &turns, &tuned, &error));
    CHECK(turns > 0 && amaas_tuned_count(tuned) > 0 && amaas_tuned_is_reached(tuned));
    CHECK(amaas_tuned_untried(tuned) < 1000);
    OK(amaas_tuned_row(tuned, 0, &row, &error));
    CHECK(row.clients == 1 && row.requests > 0 && row.requests_per_second > 0);
    CHECK(row.p50_ns > 0 && row.p50_ns <= row.p99_ns);
    INVALID(amaas_tuned_row(tuned, amaas_tuned_count(tuned), &row, &error), "`index`");
    row.size = 1;
    INVALID(amaas_tuned_row(tuned, 0, &row, &error), "`row->size` is `1`");
    OK(amaas_tuned_options(tuned, &best, &error));
    OK(amaas_service_load_with(service, "sentiment", best, &route, &error));
    amaas_route_free(route);
    OK(amaas_tuned_keep(tuned, file, &error));
    OK(amaas_service_load_tuned(service, "sentiment", file, &route, &error));
    amaas_route_free(route);
    OK(amaas_service_load_tuned(service, "sentiment", "/nowhere/tuned.json", &route, &error));
    amaas_route_free(route);
    amaas_service_options_free(best);
    amaas_tuned_free(tuned);
    amaas_tune_options_free(options);
    amaas_sample_free(sample);
}

static void says_what_is_nearest(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_sample *sample = texts();
    amaas_tune_options *options = quick("p99<0.000001");
    amaas_tuned *tuned = NULL;
    amaas_service_options *best = NULL;
    OK(amaas_service_tune(service, "sentiment", sample, options, NULL, NULL, &tuned, &error));
    CHECK(!amaas_tuned_is_reached(tuned));
    REFUSED(amaas_tuned_options(tuned, &best, &error), AMAAS_STATUS_NOT_FOUND, "nearest");
    REFUSED(amaas_tuned_keep(tuned, "/nowhere/tuned.json", &error), AMAAS_STATUS_NOT_FOUND, "nearest");
    amaas_tuned_free(tuned);
    amaas_tune_options_free(options);
    amaas_sample_free(sample);
}

static void tensors_are_requests_too(const amaas_service *service)
{
    static const char *const names[] = {"x"};
    const int64_t shape[] = {1, 2};
    const float numbers[] = {1, 2};
    amaas_error *error = NULL;
    amaas_sample *sample = NULL;
    amaas_tensor *tensor = NULL;
    const amaas_tensor *inputs[1];
    amaas_tune_options *options = quick("throughput");
    amaas_tuned *tuned = NULL;
    amaas_stop *stop = NULL;
    OK(amaas_sample_new(&sample, &error));
    INVALID(amaas_service_tune(service, "tests/fixtures/noop.onnx", sample, NULL, NULL, NULL, &tuned, &error), "empty");
    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, shape, 2, numbers, sizeof numbers, &tensor, &error));
    inputs[0] = tensor;
    OK(amaas_sample_add_inputs(sample, names, inputs, 1, &error));
    amaas_tensor_free(tensor);
    OK(amaas_service_tune(service, "tests/fixtures/noop.onnx", sample, options, NULL, NULL, &tuned, &error));
    amaas_tuned_free(tuned);
    tuned = NULL;
    OK(amaas_stop_new(&stop, &error));
    OK(amaas_tune_options_set_stop(options, stop, &error));
    amaas_stop_raise(stop);
    amaas_stop_free(stop);
    REFUSED(amaas_service_tune(service, "tests/fixtures/noop.onnx", sample, options, NULL, NULL, &tuned, &error),
            AMAAS_STATUS_CANCELLED, "");
    OK(amaas_sample_add_texts(sample, names, NULL, 1, &error));
    INVALID(amaas_service_tune(service, "tests/fixtures/noop.onnx", sample, options, NULL, NULL, &tuned, &error),
            "`sample` holds texts and tensors");
    CHECK(tuned == NULL);
    amaas_tune_options_free(options);
    amaas_sample_free(sample);
}

int main(int argc, char **argv)
{
    amaas_service *service;
    char file[4096];
    CHECK(argc == 2);
    service = start(argv[1], "tuned");
    publish(service, "models/sentiment/1.0.0");
    snprintf(file, sizeof file, "%s/cache/tuned.json", argv[1]);
    finds_and_keeps(service, file);
    says_what_is_nearest(service);
    tensors_are_requests_too(service);
    amaas_service_free(service);
    return 0;
}
