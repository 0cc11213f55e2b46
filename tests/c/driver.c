/* The conformance driver of the C face; tests/conformance.md has the protocol. */
#define _POSIX_C_SOURCE 200809L

#include "amaas.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

/* An input as it was read: the tensor, its name, and where the line holds it. */
struct inputs {
    const char *names[MOST];
    const amaas_tensor *tensors[MOST];
    size_t count;
};

static void put_line(const char *text)
{
    for (; *text; text++)
        putchar(*text == '\t' || *text == '\n' ? ' ' : *text);
}

static void put_error(amaas_error *error)
{
    printf("error\t%s\t", amaas_status_name(amaas_error_status(error)));
    put_line(amaas_error_report(error));
    amaas_error_free(error);
}

static void put_malformed(const char *what)
{
    printf("error\tinvalid_argument\tthe driver cannot read `%s`", what);
}

/* Cuts `text` at each `separator`; empty parts count. `-` has none where `dash` says so. */
static size_t split(char *text, char separator, bool dash, char **parts, size_t most)
{
    size_t count = 0;
    if (dash && strcmp(text, "-") == 0)
        return 0;
    while (count < most) {
        char *end = strchr(text, separator);
        parts[count++] = text;
        if (!end)
            break;
        *end = '\0';
        text = end + 1;
    }
    return count;
}

static bool parse_unsigned(const char *text, size_t size, void *at)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    uint8_t u8 = (uint8_t)value;
    uint16_t u16 = (uint16_t)value;
    uint32_t u32 = (uint32_t)value;
    memcpy(at, size == 1 ? (void *)&u8 : size == 2 ? (void *)&u16 : size == 4 ? (void *)&u32 : &value, size);
    return errno == 0 && end != text && *end == '\0' && *text != '-' && (size == 8 || value >> (8 * size) == 0);
}

static bool parse_signed(const char *text, size_t size, void *at)
{
    char *end;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    int64_t most = size == 8 ? INT64_MAX : ((int64_t)1 << (8 * size - 1)) - 1;
    int8_t i8 = (int8_t)value;
    int16_t i16 = (int16_t)value;
    int32_t i32 = (int32_t)value;
    memcpy(at, size == 1 ? (void *)&i8 : size == 2 ? (void *)&i16 : size == 4 ? (void *)&i32 : &value, size);
    return errno == 0 && end != text && *end == '\0' && value <= most && value >= -most - 1;
}

static bool parse_value(amaas_dtype dtype, const char *text, void *at)
{
    size_t size = amaas_dtype_bits(dtype) / 8;
    char *end;
    switch (dtype) {
    case AMAAS_DTYPE_BOOL:
        *(uint8_t *)at = strcmp(text, "1") == 0;
        return true;
    case AMAAS_DTYPE_FLOAT32:
        *(float *)at = strtof(text, &end);
        return end != text && *end == '\0';
    case AMAAS_DTYPE_FLOAT64:
        *(double *)at = strtod(text, &end);
        return end != text && *end == '\0';
    case AMAAS_DTYPE_UINT8:
    case AMAAS_DTYPE_UINT16:
    case AMAAS_DTYPE_UINT32:
    case AMAAS_DTYPE_UINT64:
        return parse_unsigned(text, size, at);
    case AMAAS_DTYPE_INT8:
    case AMAAS_DTYPE_INT16:
    case AMAAS_DTYPE_INT32:
    case AMAAS_DTYPE_INT64:
        return parse_signed(text, size, at);
    default:
        return false;
    }
}

static void put_value(const amaas_tensor *tensor, size_t index)
{
    const void *data = amaas_tensor_data(tensor);
    size_t length = 0;
    const char *text;
    switch (amaas_tensor_dtype(tensor)) {
    case AMAAS_DTYPE_STRING:
        text = amaas_tensor_string(tensor, index, &length);
        printf("%.*s", (int)length, text);
        break;
    case AMAAS_DTYPE_BOOL:
    case AMAAS_DTYPE_UINT8: printf("%" PRIu8, ((const uint8_t *)data)[index]); break;
    case AMAAS_DTYPE_UINT16: printf("%" PRIu16, ((const uint16_t *)data)[index]); break;
    case AMAAS_DTYPE_UINT32: printf("%" PRIu32, ((const uint32_t *)data)[index]); break;
    case AMAAS_DTYPE_UINT64: printf("%" PRIu64, ((const uint64_t *)data)[index]); break;
    case AMAAS_DTYPE_INT8: printf("%" PRId8, ((const int8_t *)data)[index]); break;
    case AMAAS_DTYPE_INT16: printf("%" PRId16, ((const int16_t *)data)[index]); break;
    case AMAAS_DTYPE_INT32: printf("%" PRId32, ((const int32_t *)data)[index]); break;
    case AMAAS_DTYPE_INT64: printf("%" PRId64, ((const int64_t *)data)[index]); break;
    case AMAAS_DTYPE_FLOAT32: printf("%.9g", (double)((const float *)data)[index]); break;
    case AMAAS_DTYPE_FLOAT64: printf("%.9g", ((const double *)data)[index]); break;
    default: putchar('?');
    }
}

static void put_tensor(const char *name, const amaas_tensor *tensor)
{
    size_t rank = amaas_tensor_rank(tensor), count = amaas_tensor_element_count(tensor);
    printf("\t%s\t%s\t", name, amaas_dtype_name(amaas_tensor_dtype(tensor)));
    for (size_t i = 0; i < rank; i++)
        printf("%s%" PRId64, i ? "," : "", amaas_tensor_dimensions(tensor)[i]);
    printf("%s\t", rank ? "" : "-");
    for (size_t i = 0; i < count; i++) {
        if (i)
            putchar(',');
        put_value(tensor, i);
    }
    if (!count)
        putchar('-');
}

/* Makes the tensor of four fields; NULL when that failed and the answer is printed. */
static amaas_tensor *read_tensor(const char *type, char *shape, char *list)
{
    int64_t dimensions[MOST];
    char *lengths[MOST];
    size_t rank = split(shape, ',', true, lengths, MOST), most = strlen(list) + 1;
    amaas_dtype dtype = amaas_dtype_from_name(type);
    char **values = calloc(most, sizeof *values);
    unsigned char *data = calloc(most, sizeof(uint64_t));
    amaas_tensor *tensor = NULL;
    amaas_error *error = NULL;
    const char *malformed = dtype == AMAAS_DTYPE_UNDEFINED ? type : NULL;
    size_t count = split(list, ',', true, values, most), size = amaas_dtype_bits(dtype) / 8;

    for (size_t i = 0; i < rank && !malformed; i++)
        if (!parse_signed(lengths[i], sizeof(int64_t), &dimensions[i]))
            malformed = lengths[i];
    for (size_t i = 0; i < count && !malformed && dtype != AMAAS_DTYPE_STRING; i++)
        if (!parse_value(dtype, values[i], data + i * size))
            malformed = values[i];
    if (malformed)
        put_malformed(malformed);
    else if (dtype == AMAAS_DTYPE_STRING
                 ? amaas_tensor_new_strings(dimensions, rank, (const char *const *)values, NULL, count, &tensor, &error)
                 : amaas_tensor_new(dtype, dimensions, rank, data, count * size, &tensor, &error))
        put_error(error);
    free(values);
    free(data);
    return tensor;
}

static void run_on(const amaas_route *route, const amaas_call *call, char *wanted, const struct inputs *inputs)
{
    char *names[MOST];
    size_t count = split(wanted, ',', true, names, MOST);
    amaas_outputs *outputs = NULL;
    amaas_error *error = NULL;
    if (amaas_route_run_with(route, inputs->names, inputs->tensors, inputs->count, (const char *const *)names, count, call, &outputs, &error)) {
        put_error(error);
        return;
    }
    fputs("ok", stdout);
    for (size_t i = 0; i < amaas_outputs_count(outputs); i++)
        put_tensor(amaas_outputs_name(outputs, i), amaas_outputs_tensor(outputs, i));
    amaas_outputs_free(outputs);
}

static void run(const amaas_route *route, const amaas_call *call, char **fields, size_t count)
{
    struct inputs inputs = {{NULL}, {NULL}, 0};
    amaas_tensor *tensors[MOST];
    bool good = true;
    if (count < 2 || (count - 2) % 4) {
        put_malformed("run");
        return;
    }
    for (size_t at = 2; at < count && good; at += 4) {
        amaas_tensor *tensor = read_tensor(fields[at + 1], fields[at + 2], fields[at + 3]);
        good = tensor != NULL;
        inputs.names[inputs.count] = fields[at];
        inputs.tensors[inputs.count] = tensors[inputs.count] = tensor;
        inputs.count++;
    }
    if (good)
        run_on(route, call, fields[1], &inputs);
    for (size_t i = 0; i < inputs.count; i++)
        amaas_tensor_free(tensors[i]);
}

/* `within`, milliseconds, and then as `run`. */
static void within(const amaas_route *route, char **fields, size_t count)
{
    amaas_error *error = NULL;
    amaas_call *call = NULL;
    if (amaas_call_new(&call, &error) ||
        amaas_call_set_timeout(call, strtoul(fields[1], NULL, 10), &error))
        put_error(error);
    else
        run(route, call, fields + 1, count - 1);
    amaas_call_free(call);
}

static void put_labels(const amaas_classification *answer)
{
    fputs("ok", stdout);
    for (size_t i = 0; i < amaas_classification_label_count(answer, 0); i++)
        printf("\t%s=%.9g", amaas_classification_label(answer, 0, i), amaas_classification_score(answer, 0, i));
}

static void classify(const amaas_route *route, const char *top_k, const char *text)
{
    amaas_classify_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_error *error = NULL;
    size_t most = strtoul(top_k, NULL, 10);
    if (amaas_classify_options_new(&options, &error) ||
        (strcmp(top_k, "-") && amaas_classify_options_set_top_k(options, most, &error)) ||
        amaas_route_classify(route, &text, NULL, 1, options, &answer, &error)) {
        put_error(error);
    } else {
        put_labels(answer);
    }
    amaas_classification_free(answer);
    amaas_classify_options_free(options);
}

static void pair(const amaas_route *route, char **fields)
{
    amaas_classify_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_error *error = NULL;
    const char *first = fields[2], *second = fields[3];
    size_t most = strtoul(fields[1], NULL, 10);
    if (amaas_classify_options_new(&options, &error) ||
        (strcmp(fields[1], "-") && amaas_classify_options_set_top_k(options, most, &error)) ||
        amaas_route_classify_pairs(route, &first, NULL, &second, NULL, 1, options, &answer, &error))
        put_error(error);
    else
        put_labels(answer);
    amaas_classification_free(answer);
    amaas_classify_options_free(options);
}

static void zero_shot(const amaas_route *route, char **fields)
{
    amaas_zero_shot_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_error *error = NULL;
    char *labels[MOST];
    const char *text = fields[3];
    size_t count = split(fields[2], ',', true, labels, MOST);
    if (amaas_zero_shot_options_new(&options, &error) ||
        amaas_zero_shot_options_set_multi_label(options, strcmp(fields[1], "1") == 0, &error) ||
        amaas_route_classify_zero_shot(route, &text, NULL, 1, (const char *const *)labels, count, options, &answer, &error))
        put_error(error);
    else
        put_labels(answer);
    amaas_classification_free(answer);
    amaas_zero_shot_options_free(options);
}

static amaas_aggregation aggregation(const char *name)
{
    static const char *const names[] = {"none", "simple", "first", "average", "max"};
    amaas_aggregation found = 0;
    while (found < 5 && strcmp(names[found], name))
        found++;
    return found;
}

static void tag(const amaas_route *route, char **fields)
{
    amaas_tag_options *options = NULL;
    amaas_tagging *answer = NULL;
    amaas_error *error = NULL;
    const char *text = fields[2];
    if (amaas_tag_options_new(&options, &error) ||
        (strcmp(fields[1], "-") && amaas_tag_options_set_aggregation(options, aggregation(fields[1]), &error)) ||
        amaas_route_tag(route, &text, NULL, 1, options, &answer, &error)) {
        put_error(error);
    } else {
        fputs("ok", stdout);
        for (size_t i = 0; i < amaas_tagging_span_count(answer, 0); i++)
            printf("\t%s,%zu,%zu,%zu,%zu,%.9g", amaas_tagging_label(answer, 0, i), amaas_tagging_start(answer, 0, i),
                   amaas_tagging_end(answer, 0, i), amaas_tagging_start_byte(answer, 0, i),
                   amaas_tagging_end_byte(answer, 0, i), amaas_tagging_score(answer, 0, i));
    }
    amaas_tagging_free(answer);
    amaas_tag_options_free(options);
}

static void rank(const amaas_route *route, char **fields, size_t count)
{
    amaas_rank_options *options = NULL;
    amaas_ranking *answer = NULL;
    amaas_error *error = NULL;
    size_t most = strtoul(fields[1], NULL, 10);
    if (amaas_rank_options_new(&options, &error) ||
        (strcmp(fields[1], "-") && amaas_rank_options_set_top_k(options, most, &error)) ||
        amaas_route_rank(route, fields[2], NULL, (const char *const *)(fields + 3), NULL, count - 3, options, &answer, &error)) {
        put_error(error);
    } else {
        fputs("ok", stdout);
        for (size_t i = 0; i < amaas_ranking_count(answer); i++)
            printf("\t%zu=%.9g", amaas_ranking_index(answer, i), amaas_ranking_score(answer, i));
    }
    amaas_ranking_free(answer);
    amaas_rank_options_free(options);
}

static void alike(const amaas_route *route, const char *one, const char *other)
{
    amaas_embedding *answer = NULL;
    amaas_error *error = NULL;
    if (amaas_route_similarity(route, &one, NULL, 1, &other, NULL, 1, AMAAS_SIMILARITY_COSINE, NULL, &answer, &error))
        put_error(error);
    else
        printf("ok\t%.9g", amaas_embedding_vector(answer, 0)[0]);
    amaas_embedding_free(answer);
}

static void embed(const amaas_route *route, const char *count, const char *text)
{
    amaas_embedding *answer = NULL;
    amaas_error *error = NULL;
    size_t most = strtoul(count, NULL, 10);
    if (amaas_route_embed(route, &text, NULL, 1, NULL, &answer, &error)) {
        put_error(error);
    } else {
        const float *vector = amaas_embedding_vector(answer, 0);
        size_t dimensions = amaas_embedding_dimensions(answer);
        printf("ok\t%zu\t", dimensions);
        for (size_t i = 0; i < most && i < dimensions; i++)
            printf("%s%.9g", i ? "," : "", vector[i]);
    }
    amaas_embedding_free(answer);
}

static void generate(const amaas_route *route, const char *most, const char *text)
{
    static const char *const finishes[] = {"stop", "length"};
    amaas_generate_options *options = NULL;
    amaas_generation *answer = NULL;
    amaas_error *error = NULL;
    if (amaas_generate_options_new(&options, &error) ||
        amaas_generate_options_set_max_new_tokens(options, strtoul(most, NULL, 10), &error) ||
        amaas_route_generate(route, &text, NULL, 1, options, &answer, &error))
        put_error(error);
    else
        printf("ok\t%s\t%s", finishes[amaas_generation_finish(answer, 0)], amaas_generation_text(answer, 0));
    amaas_generation_free(answer);
    amaas_generate_options_free(options);
}

static void answer(const amaas_route *route, char *line)
{
    char *fields[4 * MOST];
    size_t count;
    line[strcspn(line, "\n")] = '\0';
    count = split(line, '\t', false, fields, 4 * MOST);
    if (count == 3 && strcmp(fields[0], "classify") == 0)
        classify(route, fields[1], fields[2]);
    else if (count == 3 && strcmp(fields[0], "embed") == 0)
        embed(route, fields[1], fields[2]);
    else if (count == 3 && strcmp(fields[0], "generate") == 0)
        generate(route, fields[1], fields[2]);
    else if (strcmp(fields[0], "run") == 0)
        run(route, NULL, fields, count);
    else if (count > 2 && strcmp(fields[0], "within") == 0)
        within(route, fields, count);
    else if (count == 3 && strcmp(fields[0], "tag") == 0)
        tag(route, fields);
    else if (count == 4 && strcmp(fields[0], "pair") == 0)
        pair(route, fields);
    else if (count > 2 && strcmp(fields[0], "rank") == 0)
        rank(route, fields, count);
    else if (count == 4 && strcmp(fields[0], "zero") == 0)
        zero_shot(route, fields);
    else if (count == 3 && strcmp(fields[0], "alike") == 0)
        alike(route, fields[1], fields[2]);
    else
        put_malformed(fields[0]);
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv)
{
    amaas_service *service = NULL;
    amaas_route *route = NULL;
    amaas_error *error = NULL;
    char *line = NULL;
    size_t room = 0;
    if (amaas_service_new(NULL, &service, &error) ||
        amaas_service_load(service, argc > 1 ? argv[1] : "", &route, &error)) {
        put_error(error);
        putchar('\n');
    } else {
        while (getline(&line, &room, stdin) != -1)
            answer(route, line);
    }
    free(line);
    amaas_route_free(route);
    amaas_service_free(service);
    return 0;
}
