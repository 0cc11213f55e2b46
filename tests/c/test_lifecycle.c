/* Versions that come and go: updates, watching, trials, pins, what leaves the memory. */
#include "home.h"

#include <stdatomic.h>

static const char *text = "Wonderful!";

static void ask(const amaas_route *route, const char *key, const char *version)
{
    amaas_error *error = NULL;
    amaas_call *call = NULL;
    amaas_classify_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_usage usage = {.size = sizeof usage};
    OK(amaas_call_new(&call, &error));
    if (key)
        OK(amaas_call_set_key(call, key, &error));
    OK(amaas_classify_options_new(&options, &error));
    OK(amaas_classify_options_set_call(options, call, &error));
    OK(amaas_route_classify(route, &text, NULL, 1, options, &answer, &error));
    OK(amaas_classification_usage(answer, &usage, &error));
    if (version)
        SAME(usage.version, version);
    amaas_classification_free(answer);
    amaas_classify_options_free(options);
    amaas_call_free(call);
}

static void options_are_checked(const char *home)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    amaas_service *service = NULL;
    const size_t rows[] = {1, 2};
    const double shares[] = {0.5, 1.0}, wrong[] = {0.5, 1.5};
    char path[4096];
    snprintf(path, sizeof path, "%s/options", home);
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_registry(options, path, &error));
    OK(amaas_service_options_set_idle_unload(options, 60000, &error));
    OK(amaas_service_options_set_memory_budget(options, 1, &error));
    OK(amaas_service_options_set_memory_first(options, 1000, &error));
    OK(amaas_service_options_set_warm_up_budget(options, 0, &error));
    OK(amaas_service_options_set_warm_up_deadline(options, 60000, &error));
    OK(amaas_service_options_set_warm_up_rows(options, rows, 2, &error));
    OK(amaas_service_options_set_warm_up_rows(options, NULL, 0, &error));
    OK(amaas_service_options_set_warm_up_lengths(options, shares, 2, &error));
    INVALID(amaas_service_options_set_warm_up_lengths(options, wrong, 2, &error), "`shares` holds `1.5`");
    OK(amaas_service_new(options, &service, &error));
    amaas_service_options_free(options);
    amaas_service_free(service);
}

static void versions_are_listed(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = NULL;
    amaas_version_list *list = NULL;
    OK(amaas_service_load(service, "sentiment@=1.0.0", &route, &error));
    ask(route, NULL, "1.0.0");
    OK(amaas_service_versions(service, &list, &error));
    CHECK(amaas_version_list_count(list) == 1);
    SAME(amaas_version_list_name(list, 0), "sentiment");
    SAME(amaas_version_list_version(list, 0), "1.0.0");
    CHECK(strlen(amaas_version_list_digest(list, 0)) == 71);
    CHECK(amaas_version_list_state(list, 0) == AMAAS_STATE_READY);
    CHECK(amaas_version_list_route_count(list, 0) == 1);
    SAME(amaas_version_list_route(list, 0, 0), "sentiment@=1.0.0");
    CHECK(!amaas_version_list_pinned(list, 0) && amaas_version_list_bytes(list, 0) > 1000);
    CHECK(amaas_version_list_idle(list, 0) < UINT64_MAX);
    CHECK(amaas_version_list_name(list, 1) == NULL && amaas_version_list_version(list, 1) == NULL);
    CHECK(amaas_version_list_digest(list, 1) == NULL && amaas_version_list_state(list, 1) == AMAAS_STATE_NONE);
    CHECK(amaas_version_list_route(list, 0, 1) == NULL && amaas_version_list_route(list, SIZE_MAX, 0) == NULL);
    CHECK(amaas_version_list_route_count(list, 1) == 0 && !amaas_version_list_pinned(list, 1));
    CHECK(amaas_version_list_bytes(list, 1) == 0 && amaas_version_list_idle(list, 1) == 0);
    amaas_version_list_free(list);
    list = NULL;
    OK(amaas_route_pin(route, 1, &error));
    OK(amaas_service_versions(service, &list, &error));
    CHECK(amaas_version_list_pinned(list, 0));
    amaas_version_list_free(list);
    amaas_route_free(route);
}

/* The budget lets a version go that nobody asks while another is loaded. */
static void memory_is_given_back(const char *home)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    amaas_service *service = NULL;
    amaas_route *old = NULL, *next = NULL;
    amaas_version_list *list = NULL;
    char path[4096];
    snprintf(path, sizeof path, "%s/trials", home);
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_registry(options, path, &error));
    OK(amaas_service_options_set_memory_budget(options, 1, &error));
    OK(amaas_service_new(options, &service, &error));
    amaas_service_options_free(options);
    OK(amaas_service_load(service, "sentiment@=1.0.0", &old, &error));
    OK(amaas_service_load(service, "sentiment@=1.1.0", &next, &error));
    OK(amaas_service_versions(service, &list, &error));
    CHECK(amaas_version_list_state(list, 0) == AMAAS_STATE_UNLOADED);
    CHECK(amaas_version_list_state(list, 1) == AMAAS_STATE_READY);
    amaas_version_list_free(list);
    ask(old, NULL, "1.0.0"); /* loads it again */
    amaas_route_free(old);
    amaas_route_free(next);
    amaas_service_free(service);
}

static void an_update_moves_and_tells(const char *home)
{
    amaas_error *error = NULL;
    amaas_service *service = start(home, "updates");
    amaas_route *route = NULL, *gone = NULL;
    amaas_updated *updated = NULL;
    amaas_kept *kept = NULL;
    publish(service, "models/sentiment/1.0.0");
    OK(amaas_service_load(service, "sentiment@^1", &route, &error));
    OK(amaas_service_load(service, "sentiment@=1.0.0", &gone, &error));
    OK(amaas_service_keep_latest(service, "sentiment", 1, &kept, &error));
    OK(amaas_service_update(service, &updated, &error));
    CHECK(amaas_updated_moved_count(updated) == 0 && amaas_updated_failed_count(updated) == 0);
    CHECK(amaas_updated_kept_count(updated) == 0);
    amaas_updated_free(updated);
    publish(service, "models/sentiment/1.1.0");
    OK(amaas_service_update(service, &updated, &error));
    CHECK(amaas_updated_moved_count(updated) == 1 && amaas_updated_kept_count(updated) == 1);
    SAME(amaas_updated_moved_reference(updated, 0), "sentiment@^1");
    SAME(amaas_updated_moved_from(updated, 0), "1.0.0");
    SAME(amaas_updated_moved_to(updated, 0), "1.1.0");
    SAME(amaas_updated_kept_model(updated, 0), "sentiment");
    CHECK(amaas_updated_moved_reference(updated, 1) == NULL && amaas_updated_moved_from(updated, 1) == NULL);
    CHECK(amaas_updated_moved_to(updated, 1) == NULL && amaas_updated_kept_model(updated, 1) == NULL);
    CHECK(amaas_updated_failed_reference(updated, 0) == NULL && amaas_updated_failed_error(updated, 0) == NULL);
    amaas_updated_free(updated);
    ask(route, NULL, "1.1.0");
    amaas_kept_free(kept);
    OK(amaas_service_delete(service, "sentiment", "1.0.0", &error));
    OK(amaas_service_update(service, &updated, &error));
    CHECK(amaas_updated_failed_count(updated) == 1);
    SAME(amaas_updated_failed_reference(updated, 0), "sentiment@=1.0.0");
    CHECK(amaas_error_status(amaas_updated_failed_error(updated, 0)) == AMAAS_STATUS_NOT_FOUND);
    amaas_updated_free(updated);
    ask(gone, NULL, "1.0.0"); /* goes on as it was */
    amaas_route_free(gone);
    amaas_route_free(route);
    amaas_service_free(service);
}

struct heard {
    atomic_int moved;
    amaas_watcher *watcher;
};

static void heard(void *data, const amaas_updated *updated, const amaas_error *error)
{
    struct heard *heard = data;
    CHECK(error == NULL && updated != NULL);
    CHECK(amaas_updated_moved_count(updated) == 1);
    SAME(amaas_updated_moved_to(updated, 0), "1.1.0");
    amaas_watcher_look(heard->watcher); /* amaas may be called from within */
    atomic_fetch_add(&heard->moved, 1);
}

/* Once by the folder that tells of a change, once by looking again and again. */
static void a_watcher_moves_and_tells(const char *home, int notifications)
{
    amaas_error *error = NULL;
    amaas_service *service = start(home, notifications ? "watched" : "looked-at");
    amaas_route *route = NULL;
    amaas_watch_options *options = NULL;
    struct heard told = {0};
    publish(service, "models/sentiment/1.0.0");
    OK(amaas_service_load(service, "sentiment@^1", &route, &error));
    OK(amaas_watch_options_new(&options, &error));
    OK(amaas_watch_options_set_notifications(options, notifications, &error));
    OK(amaas_watch_options_set_interval(options, notifications ? 3600000 : 5, &error));
    OK(amaas_watch_options_set_longest(options, 3600000, &error));
    INVALID(amaas_watch_options_set_interval(options, 0, &error), "`milliseconds` is `0`");
    INVALID(amaas_watch_options_set_longest(options, 0, &error), "`milliseconds` is `0`");
    OK(amaas_service_watch(service, options, heard, &told, &told.watcher, &error));
    amaas_watch_options_free(options);
    publish(service, "models/sentiment/1.1.0");
    while (atomic_load(&told.moved) == 0)
        ;
    ask(route, NULL, "1.1.0");
    amaas_watcher_free(told.watcher);
    amaas_route_free(route);
    amaas_service_free(service);
}

static amaas_trial_status *trial(const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_trial_status *status = NULL;
    OK(amaas_route_trial_status(route, &status, &error));
    return status;
}

static void a_canary_is_promoted(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = NULL;
    amaas_text *version = NULL;
    amaas_trial_status *status;
    amaas_tally tally = {.size = sizeof tally};
    amaas_totals totals = {.size = sizeof totals};
    OK(amaas_service_load(service, "sentiment@=1.0.0", &route, &error));
    CHECK(trial(route) == NULL);
    REFUSED(amaas_route_promote(route, &version, &error), AMAAS_STATUS_NOT_FOUND, "no trial");
    INVALID(amaas_route_canary(route, "sentiment@=1.0.1", 1.5, NULL, &error), "`1.5`");
    OK(amaas_route_canary(route, "sentiment@=1.0.1", 0.5, NULL, &error));
    for (int i = 0; i < 10; i++) {
        ask(route, "user 17", NULL);
        ask(route, NULL, NULL);
    }
    status = trial(route);
    CHECK(amaas_trial_status_kind(status) == AMAAS_TRIAL_CANARY);
    SAME(amaas_trial_status_reference(status), "sentiment@=1.0.1");
    SAME(amaas_trial_status_version(status), "1.0.1");
    CHECK(amaas_trial_status_share(status) == 0.5);
    CHECK(amaas_trial_status_outcome(status) == AMAAS_OUTCOME_NONE);
    CHECK(amaas_trial_status_reason(status) == NULL && amaas_trial_status_dropped(status) == 0);
    OK(amaas_trial_status_tally(status, &tally, &error));
    CHECK(tally.current_requests + tally.tried_requests == 20 && tally.compared == 0);
    /* The ten with one key met one version; of the others each met five. */
    CHECK(tally.tried_requests == 5 || tally.tried_requests == 15);
    CHECK(tally.current_errors == 0 && tally.tried_rows == tally.tried_requests);
    OK(amaas_trial_status_current(status, &totals, &error));
    CHECK(totals.requests == tally.current_requests);
    OK(amaas_trial_status_tried(status, &totals, &error));
    CHECK(totals.requests == tally.tried_requests);
    amaas_trial_status_free(status);
    OK(amaas_route_promote(route, &version, &error));
    SAME(amaas_text_data(version), "1.0.1");
    amaas_text_free(version);
    ask(route, NULL, "1.0.1");
    status = trial(route);
    CHECK(amaas_trial_status_outcome(status) == AMAAS_OUTCOME_PROMOTED);
    amaas_trial_status_free(status);
    amaas_route_free(route);
}

static void a_guard_takes_a_shadow_back(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = NULL;
    amaas_guard *guard = NULL;
    amaas_trial_status *status;
    bool ended = true, over = false;
    double infinity = strtod("inf", NULL);
    OK(amaas_service_load(service, "sentiment@=1.0.0", &route, &error));
    OK(amaas_guard_new(&guard, &error));
    OK(amaas_guard_set_max_error_rate(guard, infinity, &error));
    OK(amaas_guard_set_max_disagreement(guard, infinity, &error));
    OK(amaas_guard_set_max_latency_ratio(guard, 0, &error)); /* no version is as fast as that */
    OK(amaas_guard_set_min_requests(guard, 1, &error));
    OK(amaas_guard_set_window(guard, 600000, &error));
    INVALID(amaas_guard_set_max_error_rate(guard, -0.5, &error), "`rate` is `-0.5`");
    INVALID(amaas_guard_set_max_latency_ratio(guard, strtod("nan", NULL), &error), "`ratio` is `NaN`");
    INVALID(amaas_guard_set_max_disagreement(guard, -infinity, &error), "`distance` is `-inf`");
    INVALID(amaas_guard_set_window(guard, 0, &error), "`milliseconds` is `0`");
    OK(amaas_route_shadow(route, "sentiment@=1.0.1", 1, guard, &error));
    amaas_guard_free(guard);
    while (!over) {
        ask(route, NULL, "1.0.0");
        status = trial(route);
        over = amaas_trial_status_outcome(status) == AMAAS_OUTCOME_REVERTED;
        CHECK(amaas_trial_status_kind(status) == AMAAS_TRIAL_SHADOW);
        if (over)
            CHECK(strstr(amaas_trial_status_reason(status), "times as long") != NULL);
        amaas_trial_status_free(status);
    }
    OK(amaas_route_abort(route, &ended, &error));
    CHECK(!ended);
    OK(amaas_route_shadow(route, "sentiment@=1.0.1", 0, NULL, &error));
    OK(amaas_route_abort(route, &ended, &error));
    CHECK(ended);
    OK(amaas_route_abort(route, NULL, &error));
    amaas_route_free(route);
}

static void sums_stay(const char *home)
{
    amaas_error *error = NULL;
    amaas_service *service = start(home, "trials");
    amaas_route *first = NULL, *second = NULL;
    amaas_metrics *metrics = NULL;
    amaas_totals totals = {.size = sizeof totals};
    OK(amaas_service_load(service, "sentiment@=1.0.0", &first, &error));
    OK(amaas_service_load(service, "sentiment@=1.1.0", &second, &error));
    ask(first, NULL, NULL);
    amaas_route_free(first);
    ask(second, NULL, NULL);
    OK(amaas_service_metrics(service, &metrics, &error));
    CHECK(amaas_metrics_count(metrics) == 1);
    SAME(amaas_metrics_model(metrics, 0), "sentiment");
    CHECK(amaas_metrics_model(metrics, 1) == NULL);
    OK(amaas_metrics_totals(metrics, 0, &totals, &error));
    CHECK(totals.requests == 2 && totals.rows == 2 && totals.tokens > 2 && totals.failures == 0);
    INVALID(amaas_metrics_totals(metrics, 1, &totals, &error), "`index` is `1` of `1`");
    amaas_metrics_free(metrics);
    amaas_route_free(second);
    amaas_service_free(service);
}

int main(int argc, char **argv)
{
    amaas_service *service;
    CHECK(argc == 3); /* a folder, and a package like 1.0.0 that is 1.0.1 */
    options_are_checked(argv[1]);
    service = start(argv[1], "trials");
    publish(service, "models/sentiment/1.0.0");
    publish(service, "models/sentiment/1.1.0");
    publish(service, argv[2]);
    versions_are_listed(service);
    a_canary_is_promoted(service);
    a_guard_takes_a_shadow_back(service);
    amaas_service_free(service);
    memory_is_given_back(argv[1]);
    an_update_moves_and_tells(argv[1]);
    a_watcher_moves_and_tells(argv[1], 1);
    a_watcher_moves_and_tells(argv[1], 0);
    sums_stay(argv[1]);
    return 0;
}
