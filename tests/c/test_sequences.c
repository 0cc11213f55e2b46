/* Spans, pairs, rankings, labels of the call and similarity, with the small models of the fixtures. */
#include "check.h"

#include <math.h>

static amaas_route *load(const amaas_service *service, const char *reference)
{
    amaas_error *error = NULL;
    amaas_route *route = NULL;
    OK(amaas_service_load(service, reference, &route, &error));
    return route;
}

static bool near(double found, double expected)
{
    return fabs(found - expected) < 2e-6;
}

static void spans(const amaas_service *service)
{
    static const char *const texts[] = {"\xc3\x89" "COLE Z\xc3\xbcrich na\xc3\xafve", ""};
    static const char *const ignored[] = {"PER"};
    amaas_error *error = NULL;
    amaas_route *route = load(service, "tests/fixtures/tagger");
    amaas_tag_options *options = NULL;
    amaas_tagging *answer = NULL, *later = NULL;
    amaas_ticket *ticket = NULL;
    amaas_usage usage = {.size = sizeof usage};

    OK(amaas_tag_options_new(&options, &error));
    OK(amaas_tag_options_set_aggregation(options, AMAAS_AGGREGATION_MAX, &error));
    OK(amaas_route_tag(route, texts, NULL, 2, options, &answer, &error));
    CHECK(amaas_tagging_count(answer) == 2 && amaas_tagging_span_count(answer, 1) == 0);
    CHECK(amaas_tagging_span_count(answer, 0) == 2);
    SAME(amaas_tagging_label(answer, 0, 0), "LOC");
    SAME(amaas_tagging_word(answer, 0, 1), "na\xc3\xafve");
    CHECK(near(amaas_tagging_score(answer, 0, 0), 0.650548));
    CHECK(amaas_tagging_start(answer, 0, 1) == 13 && amaas_tagging_end(answer, 0, 1) == 18);
    CHECK(amaas_tagging_start_byte(answer, 0, 1) == 15 && amaas_tagging_end_byte(answer, 0, 1) == 21);
    CHECK(amaas_tagging_index(answer, 0, 0) == SIZE_MAX);
    CHECK(amaas_tagging_windows(answer, 0) == 1 && amaas_tagging_truncated(answer, 0) == 0);
    OK(amaas_tagging_usage(answer, &usage, &error));
    SAME(usage.model, "tagger");

    /* Beyond the end there is nothing. */
    CHECK(amaas_tagging_label(answer, 0, 2) == NULL && amaas_tagging_word(answer, 2, 0) == NULL);
    CHECK(isnan(amaas_tagging_score(answer, 1, 0)) && amaas_tagging_span_count(answer, 9) == 0);
    amaas_tagging_free(answer);

    OK(amaas_tag_options_set_aggregation(options, AMAAS_AGGREGATION_NONE, &error));
    OK(amaas_tag_options_set_ignore_labels(options, ignored, 1, &error));
    OK(amaas_route_tag(route, texts, NULL, 1, options, &answer, &error));
    CHECK(amaas_tagging_index(answer, 0, 0) == 1);
    OK(amaas_route_submit_tag(route, texts, NULL, 1, options, &ticket, &error));
    OK(amaas_ticket_tagging(ticket, &later, &error));
    CHECK(amaas_tagging_span_count(later, 0) == amaas_tagging_span_count(answer, 0));
    amaas_tagging_free(later);
    amaas_tagging_free(answer);
    amaas_ticket_free(ticket);
    OK(amaas_tag_options_set_overflow(options, AMAAS_OVERFLOW_WINDOW, &error));
    {
        amaas_call *call = NULL;
        amaas_stop *stop = NULL;
        OK(amaas_call_new(&call, &error));
        OK(amaas_stop_new(&stop, &error));
        amaas_stop_raise(stop);
        OK(amaas_call_set_stop(call, stop, &error));
        OK(amaas_tag_options_set_call(options, call, &error));
        REFUSED(amaas_route_tag(route, texts, NULL, 1, options, &answer, &error), AMAAS_STATUS_CANCELLED, "cancel");
        amaas_call_free(call);
        amaas_stop_free(stop);
    }
    INVALID(amaas_tag_options_set_aggregation(options, 5, &error), "`aggregation`");
    amaas_tag_options_free(options);
    amaas_route_free(route);
}

static void pairs(const amaas_service *service)
{
    static const char *const firsts[] = {"A man plays a guitar."};
    static const char *const seconds[] = {"Somebody makes music."};
    amaas_error *error = NULL;
    amaas_route *route = load(service, "tests/fixtures/inference");
    amaas_classify_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_ticket *ticket = NULL;

    OK(amaas_classify_options_new(&options, &error));
    OK(amaas_classify_options_set_pair_truncation(options, AMAAS_PAIR_TRUNCATION_ONLY_SECOND, &error));
    OK(amaas_route_classify_pairs(route, firsts, NULL, seconds, NULL, 1, options, &answer, &error));
    SAME(amaas_classification_label(answer, 0, 0), "neutral");
    CHECK(near(amaas_classification_score(answer, 0, 0), 0.968192));
    amaas_classification_free(answer);
    OK(amaas_route_submit_classify_pairs(route, firsts, NULL, seconds, NULL, 1, NULL, &ticket, &error));
    OK(amaas_ticket_classification(ticket, &answer, &error));
    SAME(amaas_classification_label(answer, 0, 0), "neutral");
    amaas_classification_free(answer);
    amaas_ticket_free(ticket);
    INVALID(amaas_classify_options_set_pair_truncation(options, 2, &error), "`truncation`");
    amaas_classify_options_free(options);
    amaas_route_free(route);
}

static void rankings(const amaas_service *service)
{
    static const char *const documents[] = {"berlin is in germany", "a cat sleeps"};
    amaas_error *error = NULL;
    amaas_route *route = load(service, "tests/fixtures/ranker");
    amaas_rank_options *options = NULL;
    amaas_ranking *answer = NULL;
    amaas_ticket *ticket = NULL;
    amaas_usage usage = {.size = sizeof usage};

    OK(amaas_route_rank(route, "where is berlin?", NULL, documents, NULL, 2, NULL, &answer, &error));
    CHECK(amaas_ranking_count(answer) == 2 && amaas_ranking_index(answer, 0) == 1);
    CHECK(near(amaas_ranking_score(answer, 0), 0.982229) && near(amaas_ranking_score(answer, 1), 0.962116));
    CHECK(amaas_ranking_truncated(answer, 0) == 0 && amaas_ranking_index(answer, 2) == SIZE_MAX);
    OK(amaas_ranking_usage(answer, &usage, &error));
    CHECK(usage.rows == 2);
    amaas_ranking_free(answer);
    OK(amaas_rank_options_new(&options, &error));
    OK(amaas_rank_options_set_top_k(options, 1, &error));
    OK(amaas_rank_options_set_function(options, AMAAS_FUNCTION_SIGMOID, &error));
    OK(amaas_rank_options_set_overflow(options, AMAAS_OVERFLOW_TRUNCATE, &error));
    OK(amaas_rank_options_set_pair_truncation(options, AMAAS_PAIR_TRUNCATION_LONGEST_FIRST, &error));
    {
        amaas_call *call = NULL;
        OK(amaas_call_new(&call, &error));
        OK(amaas_call_set_priority(call, AMAAS_PRIORITY_HIGH, &error));
        OK(amaas_rank_options_set_call(options, call, &error));
        amaas_call_free(call);
    }
    OK(amaas_route_submit_rank(route, "where is berlin?", NULL, documents, NULL, 2, options, &ticket, &error));
    OK(amaas_ticket_ranking(ticket, &answer, &error));
    CHECK(amaas_ranking_count(answer) == 1);
    INVALID(amaas_ticket_tagging(ticket, NULL, &error), "`out`");
    INVALID(amaas_rank_options_set_top_k(options, 0, &error), "`top_k`");
    amaas_ranking_free(answer);
    amaas_ticket_free(ticket);
    amaas_rank_options_free(options);
    amaas_route_free(route);
}

static void labels(const amaas_service *service)
{
    static const char *const names[] = {"music", "sport"};
    const char *text = "A match";
    amaas_error *error = NULL;
    amaas_route *route = load(service, "tests/fixtures/zero_shot");
    amaas_zero_shot_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_ticket *ticket = NULL;

    OK(amaas_route_classify_zero_shot(route, &text, NULL, 1, names, 2, NULL, &answer, &error));
    SAME(amaas_classification_label(answer, 0, 0), "sport");
    CHECK(near(amaas_classification_score(answer, 0, 0), 0.619956));
    amaas_classification_free(answer);
    OK(amaas_zero_shot_options_new(&options, &error));
    OK(amaas_zero_shot_options_set_multi_label(options, 1, &error));
    OK(amaas_zero_shot_options_set_overflow(options, AMAAS_OVERFLOW_TRUNCATE, &error));
    OK(amaas_zero_shot_options_set_pair_truncation(options, AMAAS_PAIR_TRUNCATION_LONGEST_FIRST, &error));
    {
        amaas_call *call = NULL;
        OK(amaas_call_new(&call, &error));
        OK(amaas_call_set_priority(call, AMAAS_PRIORITY_HIGH, &error));
        OK(amaas_zero_shot_options_set_call(options, call, &error));
        amaas_call_free(call);
    }
    OK(amaas_zero_shot_options_set_hypothesis_template(options, "About {}.", &error));
    OK(amaas_route_submit_classify_zero_shot(route, &text, NULL, 1, names, 2, options, &ticket, &error));
    OK(amaas_ticket_classification(ticket, &answer, &error));
    CHECK(amaas_classification_label_count(answer, 0) == 2);
    amaas_classification_free(answer);
    amaas_ticket_free(ticket);
    OK(amaas_zero_shot_options_set_hypothesis_template(options, "no place", &error));
    INVALID(amaas_route_classify_zero_shot(route, &text, NULL, 1, names, 2, options, &answer, &error), "`hypothesis_template`");
    amaas_zero_shot_options_free(options);
    amaas_route_free(route);
}

static void alike(const amaas_service *service)
{
    static const char *const texts[] = {"A cat sleeps."};
    static const char *const others[] = {"A cat sleeps.", "x"};
    amaas_error *error = NULL;
    amaas_route *route = load(service, "tests/fixtures/encoder");
    amaas_embedding *table = NULL;

    OK(amaas_route_similarity(route, texts, NULL, 1, others, NULL, 2, AMAAS_SIMILARITY_COSINE, NULL, &table, &error));
    CHECK(amaas_embedding_count(table) == 1 && amaas_embedding_dimensions(table) == 2);
    CHECK(fabs((double)amaas_embedding_vector(table, 0)[0] - 1) < 1e-5);
    amaas_embedding_free(table);
    INVALID(amaas_route_similarity(route, texts, NULL, 1, others, NULL, 2, 2, NULL, &table, &error), "`function`");
    amaas_route_free(route);
}

int main(void)
{
    amaas_error *error = NULL;
    amaas_service *service = NULL;
    OK(amaas_service_new(NULL, &service, &error));
    spans(service);
    pairs(service);
    rankings(service);
    labels(service);
    alike(service);
    amaas_service_free(service);
    return 0;
}
