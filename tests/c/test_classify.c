/* Classifying texts with the model that the repository holds. */
#include "check.h"

#include <math.h>

static const char *texts[] = {"Wonderful!", "A dull, lifeless mess."};

static void answers(const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_classification *answer = NULL;
    amaas_usage usage = {.size = sizeof usage + 64};
    const size_t lengths[] = {10, 4};
    double sum;

    OK(amaas_route_classify(route, texts, NULL, 2, NULL, &answer, &error));
    CHECK(amaas_classification_count(answer) == 2);
    CHECK(amaas_classification_label_count(answer, 0) == 2);
    SAME(amaas_classification_label(answer, 0, 0), "positive");
    SAME(amaas_classification_label(answer, 1, 0), "negative");
    sum = amaas_classification_score(answer, 0, 0) + amaas_classification_score(answer, 0, 1);
    CHECK(fabs(sum - 1) < 1e-6 && fabs(amaas_classification_score(answer, 0, 0) - 0.7336282) < 1e-4);
    CHECK(amaas_classification_truncated(answer, 0) == 0 && amaas_classification_windows(answer, 0) == 1);
    OK(amaas_classification_usage(answer, &usage, &error));
    SAME(usage.model, "sentiment");
    SAME(usage.version, "1.0.0");
    CHECK(usage.rows == 2 && usage.tokens > 2 && usage.computed_ns > 0);

    /* Beyond the end there is nothing. */
    CHECK(amaas_classification_label_count(answer, 2) == 0);
    CHECK(amaas_classification_label(answer, 2, 0) == NULL && amaas_classification_label(answer, 0, 2) == NULL);
    CHECK(isnan(amaas_classification_score(answer, 0, SIZE_MAX)));
    CHECK(amaas_classification_truncated(answer, 9) == 0 && amaas_classification_windows(answer, 9) == 0);
    usage.size = 8;
    INVALID(amaas_classification_usage(answer, &usage, &error), "`usage->size` is `8`");
    INVALID(amaas_classification_usage(answer, NULL, &error), "`usage` is NULL");
    INVALID(amaas_classification_usage(NULL, &usage, &error), "`classification` is NULL");
    amaas_classification_free(answer);

    /* Lengths cut texts, no NUL needed; no texts are no mistake. */
    OK(amaas_route_classify(route, texts, lengths, 2, NULL, &answer, &error));
    amaas_classification_free(answer);
    OK(amaas_route_classify(route, NULL, NULL, 0, NULL, &answer, &error));
    CHECK(amaas_classification_count(answer) == 0);
    amaas_classification_free(answer);
}

static void options(const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_classify_options *options = NULL;
    amaas_classification *answer = NULL;
    char words[400 * 3 + 1], *at = words;
    const char *text = words;
    for (int i = 0; i < 400; i++, at += 3)
        memcpy(at, "so ", 4);

    OK(amaas_classify_options_new(&options, &error));
    OK(amaas_classify_options_set_top_k(options, 1, &error));
    OK(amaas_classify_options_set_overflow(options, AMAAS_OVERFLOW_TRUNCATE, &error));
    OK(amaas_classify_options_set_function(options, AMAAS_FUNCTION_NONE, &error));
    OK(amaas_route_classify(route, &text, NULL, 1, options, &answer, &error));
    CHECK(amaas_classification_label_count(answer, 0) == 1);
    CHECK(amaas_classification_truncated(answer, 0) > 0);
    amaas_classification_free(answer);
    OK(amaas_classify_options_set_overflow(options, AMAAS_OVERFLOW_ERROR, &error));
    REFUSED(amaas_route_classify(route, &text, NULL, 1, options, &answer, &error), AMAAS_STATUS_INPUT_TOO_LONG, "");
    INVALID(amaas_classify_options_set_top_k(options, 0, &error), "`top_k`");
    INVALID(amaas_classify_options_set_top_k(NULL, 1, &error), "`options` is NULL");
    INVALID(amaas_classify_options_set_overflow(options, 3, &error), "`overflow` is `3`");
    INVALID(amaas_classify_options_set_overflow(NULL, 0, &error), "`options` is NULL");
    INVALID(amaas_classify_options_set_function(options, -1, &error), "`function` is `-1`");
    INVALID(amaas_classify_options_set_function(NULL, 0, &error), "`options` is NULL");
    INVALID(amaas_classify_options_new(NULL, &error), "`out` is NULL");
    amaas_classify_options_free(options);
    amaas_classify_options_free(NULL);
}

static void refuses(const amaas_service *service, const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_route *add = NULL;
    amaas_classification *answer = NULL;
    const char *bad[] = {"fine", "\xff\xfe"}, *hole[] = {"fine", NULL};
    const size_t huge[] = {4, SIZE_MAX};

    INVALID(amaas_route_classify(route, bad, NULL, 2, NULL, &answer, &error), "`texts[1]` is not UTF-8");
    INVALID(amaas_route_classify(route, hole, NULL, 2, NULL, &answer, &error), "`texts[1]` is NULL");
    INVALID(amaas_route_classify(route, texts, huge, 2, NULL, &answer, &error), "`texts[1]`");
    INVALID(amaas_route_classify(route, NULL, NULL, 1, NULL, &answer, &error), "`texts` is NULL");
    INVALID(amaas_route_classify(route, texts, NULL, SIZE_MAX, NULL, &answer, &error), "`texts`");
    INVALID(amaas_route_classify(route, texts, NULL, 2, NULL, NULL, &error), "`out` is NULL");
    INVALID(amaas_route_classify(NULL, texts, NULL, 2, NULL, &answer, &error), "`route` is NULL");
    CHECK(amaas_route_classify(NULL, NULL, NULL, 1, NULL, NULL, NULL) == AMAAS_STATUS_INVALID_ARGUMENT);
    OK(amaas_service_load(service, "tests/fixtures/add.onnx", &add, &error));
    REFUSED(amaas_route_classify(add, texts, NULL, 2, NULL, &answer, &error), AMAAS_STATUS_UNSUPPORTED, "task");
    amaas_route_free(add);
    CHECK(answer == NULL);
    CHECK(amaas_classification_count(NULL) == 0 && amaas_classification_label_count(NULL, 0) == 0);
    CHECK(amaas_classification_label(NULL, 0, 0) == NULL && isnan(amaas_classification_score(NULL, 0, 0)));
    CHECK(amaas_classification_truncated(NULL, 0) == 0 && amaas_classification_windows(NULL, 0) == 0);
    amaas_classification_free(NULL);
}

int main(void)
{
    amaas_error *error = NULL;
    amaas_service *service = NULL;
    amaas_route *route = NULL;

    OK(amaas_service_new(NULL, &service, &error));
    OK(amaas_service_load(service, "models/sentiment/1.0.0", &route, &error));
    answers(route);
    options(route);
    refuses(service, route);
    amaas_route_free(route);
    amaas_service_free(service);
    return 0;
}
