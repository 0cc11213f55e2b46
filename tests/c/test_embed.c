/* Embedding texts with the small encoder of the fixtures: 16 numbers a text. */
#include "check.h"

#include <math.h>

static const char *texts[] = {"A warm, funny film.", "A dull, lifeless mess."};

static double dot(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void answers(const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_embedding *answer = NULL;
    amaas_usage usage = {.size = sizeof usage};
    const size_t lengths[] = {6, 6};
    const float *first, *second;

    OK(amaas_route_embed(route, texts, NULL, 2, NULL, &answer, &error));
    CHECK(amaas_embedding_count(answer) == 2 && amaas_embedding_dimensions(answer) == 16);
    first = amaas_embedding_vector(answer, 0);
    second = amaas_embedding_vector(answer, 1);
    CHECK(first == amaas_embedding_data(answer) && second == first + 16);
    CHECK(fabs(dot(first, first, 16) - 1) < 1e-5 && dot(first, second, 16) < 0.999999);
    CHECK(amaas_embedding_truncated(answer, 0) == 0);
    OK(amaas_embedding_usage(answer, &usage, &error));
    SAME(usage.model, "encoder");
    CHECK(usage.rows == 2 && usage.tokens > 4);

    /* Beyond the end there is nothing. */
    CHECK(amaas_embedding_vector(answer, 2) == NULL && amaas_embedding_vector(answer, SIZE_MAX) == NULL);
    CHECK(amaas_embedding_truncated(answer, 2) == 0);
    INVALID(amaas_embedding_usage(NULL, &usage, &error), "`embedding` is NULL");
    amaas_embedding_free(answer);

    /* Lengths cut texts; no texts are no mistake. */
    OK(amaas_route_embed(route, texts, lengths, 2, NULL, &answer, &error));
    amaas_embedding_free(answer);
    OK(amaas_route_embed(route, NULL, NULL, 0, NULL, &answer, &error));
    CHECK(amaas_embedding_count(answer) == 0 && amaas_embedding_dimensions(answer) == 16);
    CHECK(amaas_embedding_data(answer) == NULL && amaas_embedding_vector(answer, 0) == NULL);
    amaas_embedding_free(answer);
}

static void options(const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_embed_options *options = NULL;
    amaas_embedding *whole = NULL, *front = NULL;
    char words[1200], *at = words;
    const char *text = words;
    for (int i = 0; i < 399; i++, at += 3)
        memcpy(at, "so ", 4);

    OK(amaas_embed_options_new(&options, &error));
    OK(amaas_embed_options_set_normalize(options, 0, &error));
    OK(amaas_embed_options_set_prompt(options, "query", &error));
    OK(amaas_route_embed(route, texts, NULL, 1, options, &whole, &error));
    OK(amaas_embed_options_set_dimensions(options, 3, &error));
    OK(amaas_route_embed(route, texts, NULL, 1, options, &front, &error));
    CHECK(amaas_embedding_dimensions(front) == 3);
    CHECK(memcmp(amaas_embedding_data(whole), amaas_embedding_data(front), 3 * sizeof(float)) == 0);
    amaas_embedding_free(front);
    amaas_embedding_free(whole);
    OK(amaas_route_embed(route, &text, NULL, 1, options, &front, &error));
    CHECK(amaas_embedding_truncated(front, 0) > 0);
    amaas_embedding_free(front);

    OK(amaas_embed_options_set_overflow(options, AMAAS_OVERFLOW_ERROR, &error));
    REFUSED(amaas_route_embed(route, &text, NULL, 1, options, &front, &error), AMAAS_STATUS_INPUT_TOO_LONG, "");
    OK(amaas_embed_options_set_dimensions(options, 17, &error));
    INVALID(amaas_route_embed(route, texts, NULL, 1, options, &front, &error), "`dimensions` is `17`");
    OK(amaas_embed_options_set_dimensions(options, 16, &error));
    OK(amaas_embed_options_set_prompt(options, "passage", &error));
    INVALID(amaas_route_embed(route, texts, NULL, 1, options, &front, &error), "`passage`");
    INVALID(amaas_embed_options_set_prompt(options, NULL, &error), "`prompt` is NULL");
    INVALID(amaas_embed_options_set_dimensions(options, 0, &error), "`dimensions`");
    INVALID(amaas_embed_options_set_overflow(options, 3, &error), "`overflow` is `3`");
    INVALID(amaas_embed_options_set_normalize(NULL, 1, &error), "`options` is NULL");
    INVALID(amaas_embed_options_new(NULL, &error), "`out` is NULL");
    amaas_embed_options_free(options);
    amaas_embed_options_free(NULL);
}

static void refuses(const amaas_service *service, const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_route *add = NULL;
    amaas_embedding *answer = NULL;
    amaas_classification *labels = NULL;

    INVALID(amaas_route_embed(route, NULL, NULL, 1, NULL, &answer, &error), "`texts` is NULL");
    INVALID(amaas_route_embed(route, texts, NULL, 2, NULL, NULL, &error), "`out` is NULL");
    INVALID(amaas_route_embed(NULL, texts, NULL, 2, NULL, &answer, &error), "`route` is NULL");
    OK(amaas_service_load(service, "tests/fixtures/add.onnx", &add, &error));
    REFUSED(amaas_route_embed(add, texts, NULL, 2, NULL, &answer, &error), AMAAS_STATUS_UNSUPPORTED, "task");
    amaas_route_free(add);
    REFUSED(amaas_route_classify(route, texts, NULL, 2, NULL, &labels, &error), AMAAS_STATUS_UNSUPPORTED, "text-embedding");
    CHECK(answer == NULL && labels == NULL);
    OK(amaas_route_embed(route, texts, NULL, 2, NULL, &answer, &error));
    {
        const size_t count = 2 * amaas_embedding_dimensions(answer);
        float *room = calloc(count, sizeof *room);
        CHECK(room != NULL);
        INVALID(amaas_embedding_copy(answer, count - 1, room, &error), "`buffer` has room for");
        OK(amaas_embedding_copy(answer, count, room, &error));
        CHECK(memcmp(room, amaas_embedding_data(answer), count * sizeof *room) == 0);
        free(room);
    }
    amaas_embedding_free(answer);
    CHECK(amaas_embedding_count(NULL) == 0 && amaas_embedding_dimensions(NULL) == 0);
    CHECK(amaas_embedding_data(NULL) == NULL && amaas_embedding_vector(NULL, 0) == NULL);
    CHECK(amaas_embedding_truncated(NULL, 0) == 0);
    amaas_embedding_free(NULL);
}

int main(void)
{
    amaas_error *error = NULL;
    amaas_service *service = NULL;
    amaas_route *route = NULL;

    OK(amaas_service_new(NULL, &service, &error));
    OK(amaas_service_load(service, "tests/fixtures/encoder", &route, &error));
    answers(route);
    options(route);
    refuses(service, route);
    amaas_route_free(route);
    amaas_service_free(service);
    return 0;
}
