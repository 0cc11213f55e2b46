/* The conformance driver of the C face; tests/conformance.md has the protocol. */
#define _POSIX_C_SOURCE 200809L

#include "media.h"

static void put_outputs(const amaas_outputs *outputs)
{
    for (size_t i = 0; i < amaas_outputs_count(outputs); i++)
        put_tensor(amaas_outputs_name(outputs, i), amaas_outputs_tensor(outputs, i));
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
    put_outputs(outputs);
    amaas_outputs_free(outputs);
}

/* The inputs in groups of four fields; false when that failed and the answer is printed. */
static bool read_inputs(char **fields, size_t count, struct inputs *inputs)
{
    inputs->count = 0;
    if (count % 4) {
        put_malformed("inputs");
        return false;
    }
    for (size_t at = 0; at < count; at += 4) {
        amaas_tensor *tensor = read_tensor(fields[at + 1], fields[at + 2], fields[at + 3]);
        if (!tensor)
            return false;
        inputs->names[inputs->count] = fields[at];
        inputs->tensors[inputs->count] = inputs->owned[inputs->count] = tensor;
        inputs->count++;
    }
    return true;
}

static void free_inputs(struct inputs *inputs)
{
    while (inputs->count)
        amaas_tensor_free(inputs->owned[--inputs->count]);
}

static void run(const amaas_route *route, const amaas_call *call, char **fields, size_t count)
{
    struct inputs inputs;
    if (count < 2) {
        put_malformed("run");
        return;
    }
    if (read_inputs(fields + 2, count - 2, &inputs))
        run_on(route, call, fields[1], &inputs);
    free_inputs(&inputs);
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

static void put_written(const amaas_generation *answer, const char *text)
{
    static const char *const finishes[] = {"stop", "length"};
    printf("ok\t%s\t%s", finishes[amaas_generation_finish(answer, 0)], text);
}

enum { LONGEST = 4096 };

/* A piece of a text, after those before it; gives up what there is no room for. */
static int32_t append(const char *piece, size_t length, void *data)
{
    char *text = data;
    size_t room = LONGEST - 1 - strlen(text);
    strncat(text, piece, length < room ? length : room);
    return length > room;
}

/* `generate`, `chat` and `pieces`: the most tokens, and what to go on from. */
static void generate(const amaas_route *route, char **fields)
{
    char text[LONGEST] = "";
    const char *prompt = fields[2];
    amaas_generate_options *options = NULL;
    amaas_generation *answer = NULL;
    amaas_error *error = NULL;
    amaas_status status = amaas_generate_options_new(&options, &error);
    if (!status)
        status = amaas_generate_options_set_max_new_tokens(options, strtoul(fields[1], NULL, 10), &error);
    if (!status && strcmp(fields[0], "chat") == 0)
        status = amaas_route_chat(route, prompt, NULL, options, &answer, &error);
    else if (!status && strcmp(fields[0], "pieces") == 0)
        status = amaas_route_stream_generate(route, prompt, strlen(prompt), options, append, text, &answer, &error);
    else if (!status)
        status = amaas_route_generate(route, &prompt, NULL, 1, options, &answer, &error);
    if (status)
        put_error(error);
    else
        put_written(answer, strcmp(fields[0], "pieces") ? amaas_generation_text(answer, 0) : text);
    amaas_generation_free(answer);
    amaas_generate_options_free(options);
}

static void prompt(const amaas_route *route, const char *messages)
{
    amaas_text *text = NULL;
    amaas_error *error = NULL;
    if (amaas_route_chat_prompt(route, messages, NULL, &text, &error))
        put_error(error);
    else
        printf("ok\t%s", amaas_text_data(text));
    amaas_text_free(text);
}

/* One call of a stream; NULL when that failed and the answer is printed. */
static amaas_outputs *step(const amaas_stream *stream, char **names, size_t wanted, char **fields, size_t count)
{
    struct inputs inputs;
    amaas_outputs *outputs = NULL;
    amaas_error *error = NULL;
    if (read_inputs(fields, count, &inputs) &&
        amaas_stream_run(stream, inputs.names, inputs.tensors, inputs.count, (const char *const *)names, wanted, NULL,
                         &outputs, &error))
        put_error(error);
    free_inputs(&inputs);
    return outputs;
}

/* `follow`, output names, and the inputs of each call of a stream, `;` between two calls. */
static void follow(const amaas_route *route, char **fields, size_t count)
{
    char *names[MOST];
    size_t wanted = split(fields[1], ',', true, names, MOST), calls = 0;
    amaas_outputs *outputs[MOST];
    amaas_stream *stream = NULL;
    amaas_error *error = NULL;
    bool good = amaas_route_stream(route, 0, &stream, &error) == AMAAS_STATUS_OK;
    if (!good)
        put_error(error);
    for (size_t first = 2, at = 2; good && at <= count && calls < MOST; at++) {
        if (at < count && strcmp(fields[at], ";"))
            continue;
        outputs[calls] = step(stream, names, wanted, fields + first, at - first);
        good = outputs[calls] != NULL;
        calls += good;
        first = at + 1;
    }
    if (good)
        fputs("ok", stdout);
    for (size_t i = 0; i < calls; i++) {
        if (good)
            put_outputs(outputs[i]);
        amaas_outputs_free(outputs[i]);
    }
    amaas_stream_free(stream);
}

static void redact(const char *text)
{
    amaas_redactor *redactor = NULL;
    amaas_redaction *redaction = NULL;
    amaas_error *error = NULL;
    if (amaas_redactor_new(NULL, &redactor, &error) || amaas_redactor_redact(redactor, text, &redaction, &error))
        put_error(error);
    else
        printf("ok\t%s", amaas_redaction_text(redaction));
    amaas_redaction_free(redaction);
    amaas_redactor_free(redactor);
}

/* A service with a price table and a file of keys, where they are given, and its route. */
static amaas_status serve(char **fields, amaas_service **service, amaas_route **route, amaas_error **error)
{
    amaas_service_options *options = NULL;
    amaas_status status = amaas_service_options_new(&options, error);
    if (!status && strcmp(fields[1], "-"))
        status = amaas_service_options_set_prices(options, fields[1], error);
    if (!status && strcmp(fields[2], "-"))
        status = amaas_service_options_set_keys_file(options, fields[2], error);
    if (!status)
        status = amaas_service_new(options, service, error);
    if (!status)
        status = amaas_service_load(*service, fields[3], route, error);
    amaas_service_options_free(options);
    return status;
}

/* `served`, a price table, keys, a reference, a tenant and a text: the best label and the receipt. */
static void served(char **fields)
{
    amaas_service *service = NULL;
    amaas_route *route = NULL;
    amaas_call *call = NULL;
    amaas_classify_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_usage usage = {.size = sizeof usage};
    amaas_error *error = NULL;
    const char *text = fields[5];
    if (serve(fields, &service, &route, &error) || amaas_call_new(&call, &error) ||
        amaas_call_set_tenant(call, fields[4], &error) || amaas_classify_options_new(&options, &error) ||
        amaas_classify_options_set_call(options, call, &error) ||
        amaas_route_classify(route, &text, NULL, 1, options, &answer, &error) ||
        amaas_classification_usage(answer, &usage, &error))
        put_error(error);
    else
        printf("ok\t%s\t%s\t%" PRIu64 "\t%s\t%s", amaas_classification_label(answer, 0, 0), usage.tenant, usage.rows,
               usage.price ? usage.price : "-", usage.currency ? usage.currency : "-");
    amaas_classification_free(answer);
    amaas_classify_options_free(options);
    amaas_call_free(call);
    amaas_route_free(route);
    amaas_service_free(service);
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
    else if (count == 3 && (strcmp(fields[0], "generate") == 0 || strcmp(fields[0], "chat") == 0 ||
                            strcmp(fields[0], "pieces") == 0))
        generate(route, fields);
    else if (count == 2 && strcmp(fields[0], "prompt") == 0)
        prompt(route, fields[1]);
    else if (count > 2 && strcmp(fields[0], "follow") == 0)
        follow(route, fields, count);
    else if (count == 2 && strcmp(fields[0], "redact") == 0)
        redact(fields[1]);
    else if (count == 6 && strcmp(fields[0], "served") == 0)
        served(fields);
    else if (answer_media(route, fields, count))
        ;
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
