/* Running a graph: named tensors in, named tensors out. */
#include "check.h"

static amaas_tensor *row(float first, float second)
{
    amaas_error *error = NULL;
    amaas_tensor *tensor = NULL;
    const float data[] = {first, second};
    const int64_t shape[] = {1, 2};
    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, shape, 2, data, sizeof data, &tensor, &error));
    return tensor;
}

static void describes(const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_model_info *info = NULL;
    const amaas_port *port;
    OK(amaas_route_info(route, &info, &error));
    CHECK(amaas_model_info_input_count(info) == 2 && amaas_model_info_output_count(info) == 1);
    port = amaas_model_info_input(info, 0);
    SAME(amaas_port_name(port), "left");
    SAME(amaas_port_kind(port), "float32[batch, 2]");
    CHECK(amaas_port_dtype(port) == AMAAS_DTYPE_FLOAT32 && amaas_port_rank(port) == 2);
    CHECK(amaas_port_dimension(port, 0) == -1 && amaas_port_dimension(port, 1) == 2);
    CHECK(amaas_port_dimension(port, 2) == -1 && amaas_port_dimension(port, SIZE_MAX) == -1);
    SAME(amaas_port_dimension_name(port, 0), "batch");
    CHECK(amaas_port_dimension_name(port, 1) == NULL && amaas_port_dimension_name(port, 2) == NULL);
    SAME(amaas_port_name(amaas_model_info_output(info, 0)), "sum");
    CHECK(amaas_model_info_input(info, 2) == NULL && amaas_model_info_output(info, 1) == NULL);
    CHECK(amaas_model_info_task(info) == NULL);
    CHECK(strstr(amaas_model_info_placement(info), "CPUExecutionProvider") != NULL);
    CHECK(strncmp(amaas_model_info_batching(info), "together", 8) == 0);
    CHECK(amaas_model_info_shared_bytes(info) + amaas_model_info_unique_bytes(info) > 0);
    CHECK(amaas_model_info_batching(NULL) == NULL && amaas_model_info_shared_bytes(NULL) == 0);
    CHECK(amaas_model_info_unique_bytes(NULL) == 0);
    CHECK(strncmp(amaas_model_info_digest(info), "sha256:", 7) == 0);
    CHECK(amaas_model_info_name(info) != NULL && amaas_model_info_version(info) != NULL);
    amaas_model_info_free(info);
}

static void runs(const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_tensor *inputs[] = {row(1, 2), row(3, 4)}, *kept = NULL;
    const amaas_tensor *borrowed[] = {inputs[0], inputs[1]};
    const char *names[] = {"left", "right"}, *wanted[] = {"sum"};
    amaas_outputs *outputs = NULL;
    amaas_usage usage = {.size = sizeof usage};
    amaas_totals totals = {.size = sizeof totals};

    OK(amaas_route_run(route, names, borrowed, 2, wanted, 1, &outputs, &error));
    CHECK(amaas_outputs_count(outputs) == 1);
    SAME(amaas_outputs_name(outputs, 0), "sum");
    CHECK(amaas_outputs_name(outputs, 1) == NULL && amaas_outputs_tensor(outputs, 1) == NULL);
    CHECK(amaas_outputs_find(outputs, "sum") == amaas_outputs_tensor(outputs, 0));
    CHECK(amaas_outputs_find(outputs, "x") == NULL && amaas_outputs_find(outputs, NULL) == NULL);
    OK(amaas_outputs_usage(outputs, &usage, &error));
    CHECK(usage.size == sizeof usage && usage.rows == 1 && usage.tokens == 0);
    CHECK(strncmp(usage.digest, "sha256:", 7) == 0 && usage.computed_ns > 0);
    OK(amaas_route_totals(route, &totals, &error));
    CHECK(totals.requests == 1 && totals.failures == 0 && totals.computed_ns == usage.computed_ns);
    OK(amaas_tensor_clone(amaas_outputs_tensor(outputs, 0), &kept, &error));
    amaas_outputs_free(outputs);
    CHECK(((const float *)amaas_tensor_data(kept))[1] == 6);
    amaas_tensor_free(kept);
    amaas_tensor_free(inputs[0]);
    amaas_tensor_free(inputs[1]);
}

static void refuses(const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_tensor *inputs[] = {row(1, 2), row(3, 4)}, *flat = NULL, *whole = NULL;
    const amaas_tensor *good[] = {inputs[0], inputs[1]}, *hole[] = {inputs[0], NULL}, *wrong[] = {inputs[0], NULL};
    const char *names[] = {"left", "right"}, *unknown[] = {"left", "z"}, *twice[] = {"left", "left"};
    const char *bad[] = {"left", "\xff"}, *none[] = {"left", NULL};
    const int64_t two[] = {2}, matrix[] = {1, 2};
    const double data[] = {1, 2};
    amaas_outputs *outputs = NULL;

    INVALID(amaas_route_run(route, names, good, 1, NULL, 0, &outputs, &error), "`right` is missing");
    INVALID(amaas_route_run(route, unknown, good, 2, NULL, 0, &outputs, &error), "`right` is missing");
    INVALID(amaas_route_run(route, twice, good, 2, NULL, 0, &outputs, &error), "`left`");
    INVALID(amaas_route_run(route, names, good, 2, unknown, 2, &outputs, &error), "no output `left`");
    INVALID(amaas_route_run(route, NULL, NULL, 0, NULL, 0, &outputs, &error), "`left` is missing");
    INVALID(amaas_route_run(route, NULL, good, 2, NULL, 0, &outputs, &error), "`input_names` is NULL");
    INVALID(amaas_route_run(route, none, good, 2, NULL, 0, &outputs, &error), "`input_names[1]` is NULL");
    INVALID(amaas_route_run(route, bad, good, 2, NULL, 0, &outputs, &error), "`input_names[1]` is not UTF-8");
    INVALID(amaas_route_run(route, names, NULL, 2, NULL, 0, &outputs, &error), "`inputs` is NULL");
    INVALID(amaas_route_run(route, names, hole, 2, NULL, 0, &outputs, &error), "`inputs[1]` is NULL");
    INVALID(amaas_route_run(route, names, good, SIZE_MAX, NULL, 0, &outputs, &error), "`input_names`");
    INVALID(amaas_route_run(route, names, good, 2, NULL, 1, &outputs, &error), "`output_names` is NULL");
    INVALID(amaas_route_run(route, names, good, 2, NULL, 0, NULL, &error), "`out` is NULL");
    INVALID(amaas_route_run(NULL, names, good, 2, NULL, 0, &outputs, &error), "`route` is NULL");
    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, two, 1, data, 8, &flat, &error));
    wrong[1] = flat;
    INVALID(amaas_route_run(route, names, wrong, 2, NULL, 0, &outputs, &error), "[2]");
    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT64, matrix, 2, data, 16, &whole, &error));
    wrong[1] = whole;
    INVALID(amaas_route_run(route, names, wrong, 2, NULL, 0, &outputs, &error), "float64");
    CHECK(outputs == NULL);
    amaas_tensor_free(flat);
    amaas_tensor_free(whole);
    amaas_tensor_free(inputs[0]);
    amaas_tensor_free(inputs[1]);
}

static void nothing(const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_model_info *info = NULL;
    amaas_usage usage = {.size = sizeof usage};
    amaas_totals totals = {.size = sizeof totals - 1};
    INVALID(amaas_route_info(NULL, &info, &error), "`route` is NULL");
    INVALID(amaas_route_info(route, NULL, &error), "`out` is NULL");
    INVALID(amaas_route_totals(NULL, &totals, &error), "`route` is NULL");
    INVALID(amaas_route_totals(route, NULL, &error), "`totals` is NULL");
    INVALID(amaas_route_totals(route, &totals, &error), "`totals->size`");
    INVALID(amaas_outputs_usage(NULL, &usage, &error), "`outputs` is NULL");
    CHECK(amaas_outputs_count(NULL) == 0 && amaas_outputs_name(NULL, 0) == NULL);
    CHECK(amaas_outputs_tensor(NULL, 0) == NULL && amaas_outputs_find(NULL, "x") == NULL);
    CHECK(amaas_model_info_name(NULL) == NULL && amaas_model_info_version(NULL) == NULL);
    CHECK(amaas_model_info_digest(NULL) == NULL && amaas_model_info_placement(NULL) == NULL);
    CHECK(amaas_model_info_task(NULL) == NULL && amaas_model_info_input(NULL, 0) == NULL);
    CHECK(amaas_model_info_input_count(NULL) == 0 && amaas_model_info_output_count(NULL) == 0);
    CHECK(amaas_model_info_output(NULL, 0) == NULL && amaas_port_name(NULL) == NULL);
    CHECK(amaas_port_kind(NULL) == NULL && amaas_port_dtype(NULL) == AMAAS_DTYPE_UNDEFINED);
    CHECK(amaas_port_rank(NULL) == -1 && amaas_port_dimension(NULL, 0) == -1);
    CHECK(amaas_port_dimension_name(NULL, 0) == NULL && amaas_route_reference(NULL) == NULL);
    amaas_outputs_free(NULL);
    amaas_model_info_free(NULL);
}

int main(void)
{
    amaas_error *error = NULL;
    amaas_service *service = NULL;
    amaas_route *route = NULL, *clone = NULL;

    OK(amaas_service_new(NULL, &service, &error));
    OK(amaas_service_load(service, "tests/fixtures/add.onnx", &route, &error));
    amaas_service_free(service); /* the route goes on */
    SAME(amaas_route_reference(route), "tests/fixtures/add.onnx");
    OK(amaas_route_clone(route, &clone, &error));
    INVALID(amaas_route_clone(NULL, &clone, &error), "`route` is NULL");
    INVALID(amaas_route_clone(route, NULL, &error), "`out` is NULL");
    amaas_route_free(route);
    describes(clone);
    runs(clone);
    refuses(clone);
    nothing(clone);
    amaas_route_free(clone);
    amaas_route_free(NULL);
    return 0;
}
